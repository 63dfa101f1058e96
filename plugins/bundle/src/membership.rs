//! Which objects belong together, and why: all that the roots use, and all that is there for it.
//!
//! Pure: from what is known of the namespace to the members, with the objects that must be looked up
//! before more can be said.

use std::collections::{BTreeMap, VecDeque};

use drover::model::object::{ObjectRef, Owner, SERVICES};
use serde::Serialize;

use crate::kinds::{CLAIMS, SERVICE_ACCOUNTS, is_cluster_scoped};
use crate::relations::{Direction, Related};

/// What is known of one object.
#[derive(Debug)]
pub enum Sight {
    Seen(Box<Related>),
    Absent,
    /// The user may not read it.
    Forbidden,
}

/// What is known of the namespace, by the path of each object.
#[derive(Debug, Default)]
pub struct Known {
    sights: BTreeMap<String, Sight>,
}

impl Known {
    pub fn add(&mut self, related: Related) {
        let object = related.object.clone();
        self.set(&object, Sight::Seen(Box::new(related)));
    }

    pub fn set(&mut self, object: &ObjectRef, sight: Sight) {
        self.sights.insert(object.path(), sight);
    }

    pub fn sight(&self, object: &ObjectRef) -> Option<&Sight> {
        self.sights.get(&object.path())
    }

    fn related(&self, object: &ObjectRef) -> Option<&Related> {
        match self.sight(object) {
            Some(Sight::Seen(related)) => Some(related),
            _ => None,
        }
    }

    fn all(&self) -> impl Iterator<Item = &Related> {
        self.sights.values().filter_map(|sight| match sight {
            Sight::Seen(related) => Some(&**related),
            _ => None,
        })
    }
}

/// Why an object is a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The member that led to it.
    #[serde(serialize_with = "as_text")]
    pub of: ObjectRef,
    /// The field that connects the two: of that member, or, where it says `its`, of this one.
    pub path: String,
}

fn as_text<S: serde::Serializer>(object: &ObjectRef, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(object)
}

/// Whether a member is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    Present,
    /// Without a namespace: the bundle refers to it, but it is not its own.
    Cluster,
    /// Something else makes it: a copy of it would be overwritten.
    Controlled(Owner),
    Missing,
    /// It is not there, and who refers to it does without it.
    MissingOptional,
    Forbidden,
    /// It has to be looked up.
    Unknown,
}

/// One object of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub object: ObjectRef,
    /// None for a root; the first is the shortest way to it.
    pub reasons: Vec<Reason>,
    pub presence: Presence,
}

/// All members, each after the one that led to it first.
pub fn gather(roots: &[ObjectRef], known: &Known) -> Vec<Member> {
    let mut gathering =
        Gathering { known, members: Vec::new(), places: BTreeMap::new(), queue: VecDeque::new() };
    for root in roots {
        gathering.reach(root, None, false);
    }
    while let Some(place) = gathering.queue.pop_front() {
        gathering.expand(place);
    }
    gathering.members
}

struct Gathering<'a> {
    known: &'a Known,
    members: Vec<Member>,
    /// Where each is among the members, by its path.
    places: BTreeMap<String, usize>,
    queue: VecDeque<usize>,
}

impl Gathering<'_> {
    fn reach(&mut self, object: &ObjectRef, reason: Option<Reason>, optional: bool) {
        if is_machinery(object, self.known) {
            return;
        }
        if let Some(place) = self.places.get(&object.path()) {
            let member = &mut self.members[*place];
            // What one member does without, another may need.
            if !optional && member.presence == Presence::MissingOptional {
                member.presence = Presence::Missing;
            }
            // A root needs no reason.
            if !member.reasons.is_empty() {
                member.reasons.extend(reason.filter(|reason| !member.reasons.contains(reason)));
            }
            return;
        }
        let is_root = reason.is_none();
        let presence = match self.known.sight(object) {
            Some(Sight::Seen(related)) => match &related.controller {
                Some(owner) if !is_root => Presence::Controlled(owner.clone()),
                _ if is_cluster_scoped(object.resource) => Presence::Cluster,
                _ => Presence::Present,
            },
            Some(Sight::Absent) if optional => Presence::MissingOptional,
            Some(Sight::Absent) => Presence::Missing,
            Some(Sight::Forbidden) => Presence::Forbidden,
            None => Presence::Unknown,
        };
        let place = self.members.len();
        self.places.insert(object.path(), place);
        // A binding of the whole cluster leads on to its role.
        if matches!(presence, Presence::Present | Presence::Cluster) {
            self.queue.push_back(place);
        }
        self.members.push(Member { object: object.clone(), reasons: reason.into_iter().collect(), presence });
    }

    fn expand(&mut self, place: usize) {
        let object = self.members[place].object.clone();
        let Some(related) = self.known.related(&object) else { return };
        let because = |path: &str| Some(Reason { of: object.clone(), path: path.to_owned() });
        for relation in related.relations.iter().filter(|relation| relation.direction == Direction::Uses) {
            self.reach(&relation.to, because(&relation.path), relation.optional);
        }
        for other in self.known.all() {
            if makes_selected_pods(related, other) {
                self.reach(&other.object, because("selector"), false);
            }
            if selects_pods_of(other, related) {
                self.reach(&other.object, because("its selector"), false);
            }
            if is_claim_of(related, other) {
                self.reach(&other.object, because("volumeClaimTemplates"), false);
            }
            let serving = other.relations.iter().filter(|relation| relation.direction == Direction::Serves);
            for relation in serving.filter(|relation| relation.to == object) {
                self.reach(&other.object, because(&format!("its {}", relation.path)), false);
            }
        }
    }
}

/// A Service leads to the workloads behind it; a budget or a policy does not.
fn makes_selected_pods(service: &Related, other: &Related) -> bool {
    let selector = service.selector.as_ref().filter(|_| service.object.resource == SERVICES);
    let matches = selector.zip(other.template_labels.as_ref());
    matches.is_some_and(|(selector, labels)| selector.matches(labels))
}

fn selects_pods_of(other: &Related, workload: &Related) -> bool {
    let matches = other.selector.as_ref().zip(workload.template_labels.as_ref());
    matches.is_some_and(|(selector, labels)| selector.matches(labels))
}

fn is_claim_of(set: &Related, other: &Related) -> bool {
    let is_ordinal = |end: &str| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit());
    other.object.resource == CLAIMS
        && set
            .claim_prefixes
            .iter()
            .any(|prefix| other.object.name.strip_prefix(prefix).is_some_and(is_ordinal))
}

fn is_machinery(object: &ObjectRef, known: &Known) -> bool {
    object.resource == SERVICE_ACCOUNTS && object.name == "default"
        || known.related(object).is_some_and(|related| related.is_machinery)
}

#[cfg(test)]
mod tests {
    use drover::model::object::{
        CONFIG_MAPS, DEPLOYMENTS, HORIZONTAL_POD_AUTOSCALERS, POD_DISRUPTION_BUDGETS, Resource, STATEFUL_SETS,
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::kinds::{ROLE_BINDINGS, SECRETS};

    fn known(objects: &[(Resource, &str, Value)]) -> Known {
        let mut known = Known::default();
        for (resource, name, fields) in objects {
            let mut object = fields.clone();
            for (key, value) in [("name", json!(name)), ("namespace", json!("shop"))] {
                object["metadata"][key] = value;
            }
            known.add(Related::of(*resource, &object).unwrap());
        }
        known
    }

    fn object(resource: Resource, name: &str) -> ObjectRef {
        ObjectRef::namespaced(resource, "shop", name)
    }

    /// `object: presence < reason of …`, one line a member.
    fn members(root: ObjectRef, known: &Known) -> Vec<String> {
        let words = |member: &Member| {
            let reasons: Vec<_> =
                member.reasons.iter().map(|reason| format!("{} of {}", reason.path, reason.of)).collect();
            format!("{} {:?} < {}", member.object, member.presence, reasons.join(", "))
        };
        gather(&[root], known).iter().map(words).collect()
    }

    fn workload(app: &str, more: Value) -> Value {
        let mut spec =
            json!({"containers": [{"name": "web", "envFrom": [{"configMapRef": {"name": "settings"}}]}]});
        for (key, value) in more.as_object().unwrap() {
            spec[key] = value.clone();
        }
        json!({"spec": {"template": {"metadata": {"labels": {"app": app}}, "spec": spec}}})
    }

    #[test]
    fn a_service_leads_to_all_that_belongs_to_it_and_to_nothing_else() {
        let account = json!({"serviceAccountName": "web"});
        let mut known = known(&[
            (SERVICES, "web", json!({"spec": {"selector": {"app": "web"}}})),
            (SERVICES, "other", json!({"spec": {"selector": {"app": "other"}}})),
            (DEPLOYMENTS, "web", workload("web", account)),
            (DEPLOYMENTS, "other", workload("other", json!({}))),
            (SERVICE_ACCOUNTS, "web", json!({"imagePullSecrets": [{"name": "registry"}]})),
            (
                ROLE_BINDINGS,
                "web",
                json!({"roleRef": {"kind": "Role", "name": "web"}, "subjects": [{"kind": "ServiceAccount", "name": "web"}]}),
            ),
            (
                HORIZONTAL_POD_AUTOSCALERS,
                "web",
                json!({"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}}}),
            ),
            (POD_DISRUPTION_BUDGETS, "all", json!({"spec": {"selector": {}}})),
            (CONFIG_MAPS, "settings", json!({})),
        ]);
        known.set(&object(SECRETS, "registry"), Sight::Absent);
        assert_eq!(
            members(object(SERVICES, "web"), &known),
            [
                "service/web Present < ",
                "deployment.apps/web Present < selector of service/web",
                "configmap/settings Present < containers[web].envFrom of deployment.apps/web",
                "serviceaccount/web Present < serviceAccountName of deployment.apps/web",
                "horizontalpodautoscaler.autoscaling/web Present < its scaleTargetRef of deployment.apps/web",
                "poddisruptionbudget.policy/all Present < its selector of deployment.apps/web",
                "secret/registry Missing < imagePullSecrets of serviceaccount/web",
                "rolebinding.rbac.authorization.k8s.io/web Present < its subjects of serviceaccount/web",
                "role.rbac.authorization.k8s.io/web Unknown < roleRef of rolebinding.rbac.authorization.k8s.io/web",
            ]
        );
    }

    #[test]
    fn a_stateful_set_has_the_claims_of_its_ordinals() {
        let set = json!({"spec": {
            "serviceName": "db",
            "volumeClaimTemplates": [{"metadata": {"name": "data"}}],
            "template": {"spec": {}},
        }});
        let known = known(&[
            (STATEFUL_SETS, "db", set),
            (CLAIMS, "data-db-0", json!({})),
            (CLAIMS, "data-db-x", json!({})),
        ]);
        assert_eq!(
            members(object(STATEFUL_SETS, "db"), &known),
            [
                "statefulset.apps/db Present < ",
                "service/db Unknown < serviceName of statefulset.apps/db",
                "persistentvolumeclaim/data-db-0 Present < volumeClaimTemplates of statefulset.apps/db",
            ]
        );
    }

    #[test]
    fn what_a_controller_makes_is_named_with_it_and_not_followed() {
        let owner =
            json!([{"apiVersion": "x/v1", "kind": "Vault", "name": "v", "uid": "1", "controller": true}]);
        let known = known(&[
            (DEPLOYMENTS, "web", workload("web", json!({}))),
            (CONFIG_MAPS, "settings", json!({"metadata": {"ownerReferences": owner}})),
        ]);
        let member = &gather(&[object(DEPLOYMENTS, "web")], &known)[1];
        assert!(matches!(&member.presence, Presence::Controlled(owner) if owner.to_string() == "Vault/v"));
    }

    #[test]
    fn what_one_does_without_another_may_need() {
        let optional = json!({"containers": [
            {"name": "a", "envFrom": [{"configMapRef": {"name": "settings", "optional": true}}]},
            {"name": "b", "envFrom": [{"configMapRef": {"name": "more", "optional": true}}]},
            {"name": "c", "envFrom": [{"configMapRef": {"name": "settings"}}]},
        ]});
        let mut known = known(&[(DEPLOYMENTS, "web", workload("web", optional))]);
        for name in ["settings", "more"] {
            known.set(&object(CONFIG_MAPS, name), Sight::Absent);
        }
        let presence: Vec<_> =
            gather(&[object(DEPLOYMENTS, "web")], &known).into_iter().map(|member| member.presence).collect();
        assert_eq!(presence, [Presence::Present, Presence::Missing, Presence::MissingOptional]);
    }
}
