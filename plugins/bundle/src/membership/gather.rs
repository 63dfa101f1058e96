//! Pure: from what is known of the namespace to the members, with the objects that must be looked up
//! before more can be said.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use drover::model::object::{ObjectRef, Owner};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::fit::{is_claim_of, is_machinery, makes_selected_pods, selects_pods_of, selects_service};
use super::known::Place;
use super::{BY_HAND, Known, Member, Pins, Presence, Reason, Sight};
use crate::relations::Direction;

/// What is known of a bundle.
#[derive(Debug)]
pub struct Gathered {
    /// Each after the one that led to it first.
    pub members: Vec<Member>,
    /// Owners are of kinds that the server must be asked about: these, by their apiVersion.
    pub unasked: BTreeSet<String>,
    /// Owners that can't be shown, since the server does not serve their kind.
    pub not_served: Vec<(ObjectRef, OwnerReference)>,
}

/// Follows the roots, and what a person added, to all members.
pub fn gather(roots: &[ObjectRef], pins: &Pins, known: &Known) -> Gathered {
    let mut gathering = Gathering {
        known,
        removed: pins.removed.iter().map(ObjectRef::path).collect(),
        gathered: Gathered { members: Vec::new(), unasked: BTreeSet::new(), not_served: Vec::new() },
        places: BTreeMap::new(),
        queue: VecDeque::new(),
    };
    for root in roots {
        gathering.reach(root, None, false);
    }
    gathering.expand_all();
    // After what leads there by itself, so that it stays the first reason.
    for added in &pins.added {
        gathering.reach(added, Some(Reason { of: None, path: BY_HAND.to_owned() }), false);
    }
    gathering.expand_all();
    gathering.gathered
}

struct Gathering<'a> {
    known: &'a Known,
    /// The paths of those that a person took out.
    removed: BTreeSet<String>,
    gathered: Gathered,
    /// Where each is among the members, by its path.
    places: BTreeMap<String, usize>,
    queue: VecDeque<usize>,
}

impl Gathering<'_> {
    fn reach(&mut self, object: &ObjectRef, reason: Option<Reason>, optional: bool) {
        let path = object.path();
        if is_machinery(object, self.known) || reason.is_some() && self.removed.contains(&path) {
            return;
        }
        if let Some(place) = self.places.get(&path) {
            self.gathered.members[*place].reach_again(reason, optional);
            return;
        }
        let presence = match self.known.sight(object) {
            Some(Sight::Seen(related)) => match related.controller() {
                Some(owner) => Presence::Controlled(Owner::from(owner)),
                None if object.namespace.is_none() => Presence::Cluster,
                None => Presence::Present,
            },
            Some(Sight::Absent) if optional => Presence::MissingOptional,
            Some(Sight::Absent) => Presence::Missing,
            Some(Sight::Forbidden) => Presence::Forbidden,
            None => Presence::Unknown,
        };
        let place = self.gathered.members.len();
        self.places.insert(path, place);
        let member = Member {
            object: object.clone(),
            reasons: reason.into_iter().collect(),
            presence,
            is_being_deleted: self.known.related(object).is_some_and(|related| related.is_being_deleted),
        };
        // Also what something else makes leads on: it may use what nobody made for it.
        if self.known.related(object).is_some() {
            self.queue.push_back(place);
        }
        self.gathered.members.push(member);
    }

    fn expand_all(&mut self) {
        while let Some(place) = self.queue.pop_front() {
            self.expand(place);
        }
    }

    fn expand(&mut self, place: usize) {
        let object = self.gathered.members[place].object.clone();
        let Some(related) = self.known.related(&object) else { return };
        let because = |path: &str| Some(Reason { of: Some(object.clone()), path: path.to_owned() });
        for relation in related.relations.iter().filter(|relation| relation.direction == Direction::Uses) {
            self.reach(&relation.to, because(&relation.path), relation.optional);
        }
        for owner in &related.owners {
            match self.known.place_of(owner, &object) {
                Place::Of(owner) => self.reach(&owner, because("ownerReferences"), false),
                Place::Unasked(api_version) => drop(self.gathered.unasked.insert(api_version)),
                Place::NotServed => self.gathered.not_served.push((object.clone(), owner.clone())),
            }
        }
        for other in self.known.all() {
            if makes_selected_pods(related, other) {
                self.reach(&other.object, because("selector"), false);
            }
            if selects_pods_of(other, related) {
                self.reach(&other.object, because("its selector"), false);
            }
            if selects_service(other, related) {
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

impl Member {
    fn reach_again(&mut self, reason: Option<Reason>, optional: bool) {
        // What one member does without, another may need.
        if !optional && self.presence == Presence::MissingOptional {
            self.presence = Presence::Missing;
        }
        // A root needs no reason.
        if !self.reasons.is_empty() {
            self.reasons.extend(reason.filter(|reason| !self.reasons.contains(reason)));
        }
    }
}

#[cfg(test)]
mod tests {
    use drover::cluster::Served;
    use drover::model::object::{
        CONFIG_MAPS, DEPLOYMENTS, HORIZONTAL_POD_AUTOSCALERS, POD_DISRUPTION_BUDGETS, Resource, SERVICES,
        STATEFUL_SETS,
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::kinds::{CLAIMS, ROLE_BINDINGS, SECRETS, SERVICE_ACCOUNTS, SERVICE_MONITORS};
    use crate::relations::Related;

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

    fn words_of(reason: &Reason) -> String {
        let of = reason.of.as_ref().map(|of| format!(" of {of}"));
        format!("{}{}", reason.path, of.unwrap_or_default())
    }

    /// `object: presence < reason of …`, one line a member.
    fn members(root: ObjectRef, known: &Known) -> Vec<String> {
        members_with(root, &Pins::default(), known)
    }

    fn members_with(root: ObjectRef, pins: &Pins, known: &Known) -> Vec<String> {
        let words = |member: &Member| {
            let reasons: Vec<_> = member.reasons.iter().map(words_of).collect();
            format!("{} {:?} < {}", member.object, member.presence, reasons.join(", "))
        };
        gather(&[root], pins, known).members.iter().map(words).collect()
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

    fn owned_by(kind: &str, name: &str, controller: bool) -> Value {
        let owner = json!({"apiVersion": "x.test/v1", "kind": kind, "name": name, "uid": "1", "controller": controller});
        json!([owner])
    }

    #[test]
    fn the_topmost_owner_stands_for_what_is_made() {
        let mut made = workload("web", json!({}));
        made["metadata"]["ownerReferences"] = owned_by("Vault", "v", true);
        let mut known = known(&[
            (SERVICES, "web", json!({"spec": {"selector": {"app": "web"}}})),
            (DEPLOYMENTS, "web", made),
            (CONFIG_MAPS, "settings", json!({})),
        ]);
        let gathered = gather(&[object(SERVICES, "web")], &Pins::default(), &known);
        assert_eq!(gathered.unasked.into_iter().collect::<Vec<_>>(), ["x.test/v1"]);

        let kind = |plural, kind| Resource::new("x.test", "v1", plural, kind);
        let (vaults, safes) = (kind("vaults", "Vault"), kind("safes", "Safe"));
        let served = [vaults, safes].map(|resource| Served { resource, is_namespaced: true });
        known.set_served("x.test/v1".to_owned(), served.to_vec());
        let metadata =
            json!({"name": "v", "namespace": "shop", "ownerReferences": owned_by("Safe", "s", true)});
        known.add(Related::of(vaults, &json!({"metadata": metadata})).unwrap());
        let controlled =
            |kind, name| format!("Controlled(Owner {{ kind: {kind:?}, name: {name:?}, uid: \"1\" }})");
        let (by_vault, by_safe) = (controlled("Vault", "v"), controlled("Safe", "s"));
        assert_eq!(
            members(object(SERVICES, "web"), &known),
            [
                "service/web Present < ",
                &format!("deployment.apps/web {by_vault} < selector of service/web"),
                "configmap/settings Present < containers[web].envFrom of deployment.apps/web",
                &format!("vault.x.test/v {by_safe} < ownerReferences of deployment.apps/web"),
                "safe.x.test/s Unknown < ownerReferences of vault.x.test/v",
            ]
        );
    }

    #[test]
    fn an_owner_that_does_not_control_is_a_member_beside_what_it_owns() {
        let mut owned = workload("web", json!({}));
        owned["metadata"]["ownerReferences"] = owned_by("Vault", "v", false);
        let mut known = known(&[(DEPLOYMENTS, "web", owned), (CONFIG_MAPS, "settings", json!({}))]);
        let vaults = Resource::new("x.test", "v1", "vaults", "Vault");
        known.set_served("x.test/v1".to_owned(), vec![Served { resource: vaults, is_namespaced: true }]);
        known.set(&object(vaults, "v"), Sight::Absent);
        assert_eq!(
            members(object(DEPLOYMENTS, "web"), &known),
            [
                "deployment.apps/web Present < ",
                "configmap/settings Present < containers[web].envFrom of deployment.apps/web",
                "vault.x.test/v Missing < ownerReferences of deployment.apps/web",
            ]
        );
    }

    #[test]
    fn an_owner_of_a_kind_no_longer_served_is_named() {
        let mut owned = workload("web", json!({}));
        owned["metadata"]["ownerReferences"] = owned_by("Vault", "v", true);
        let mut known = known(&[(DEPLOYMENTS, "web", owned)]);
        known.set_served("x.test/v1".to_owned(), Vec::new());
        let gathered = gather(&[object(DEPLOYMENTS, "web")], &Pins::default(), &known);
        let named = gathered.not_served.iter().map(|(of, owner)| format!("{of} {}", owner.name));
        assert_eq!(named.collect::<Vec<_>>(), ["deployment.apps/web v"]);
    }

    #[test]
    fn a_service_monitor_is_there_for_the_services_it_selects() {
        let known = known(&[
            (SERVICES, "web", json!({"metadata": {"labels": {"app": "web"}}, "spec": {}})),
            (SERVICE_MONITORS, "web", json!({"spec": {"selector": {"matchLabels": {"app": "web"}}}})),
            (SERVICE_MONITORS, "api", json!({"spec": {"selector": {"matchLabels": {"app": "api"}}}})),
        ]);
        assert_eq!(
            members(object(SERVICES, "web"), &known),
            [
                "service/web Present < ",
                "servicemonitor.monitoring.coreos.com/web Present < its selector of service/web",
            ]
        );
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
        let presence: Vec<_> = gather(&[object(DEPLOYMENTS, "web")], &Pins::default(), &known)
            .members
            .into_iter()
            .map(|member| member.presence)
            .collect();
        assert_eq!(presence, [Presence::Present, Presence::Missing, Presence::MissingOptional]);
    }

    #[test]
    fn a_person_adds_members_and_takes_others_out() {
        let known = known(&[
            (DEPLOYMENTS, "web", workload("web", json!({"serviceAccountName": "web"}))),
            (DEPLOYMENTS, "api", workload("api", json!({}))),
            (SERVICE_ACCOUNTS, "web", json!({"imagePullSecrets": [{"name": "registry"}]})),
            (CONFIG_MAPS, "settings", json!({})),
        ]);
        let pins = Pins {
            added: vec![object(DEPLOYMENTS, "api"), object(CONFIG_MAPS, "settings")],
            removed: vec![object(SERVICE_ACCOUNTS, "web"), object(DEPLOYMENTS, "web")],
        };
        assert_eq!(
            members_with(object(DEPLOYMENTS, "web"), &pins, &known),
            [
                "deployment.apps/web Present < ",
                "configmap/settings Present < containers[web].envFrom of deployment.apps/web, added by hand, \
                 containers[web].envFrom of deployment.apps/api",
                "deployment.apps/api Present < added by hand",
            ]
        );
    }

    #[test]
    fn what_is_being_deleted_is_still_a_member() {
        let gone = json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}});
        let known =
            known(&[(DEPLOYMENTS, "web", workload("web", json!({}))), (CONFIG_MAPS, "settings", gone)]);
        let settings = &gather(&[object(DEPLOYMENTS, "web")], &Pins::default(), &known).members[1];
        assert_eq!((&settings.presence, settings.is_being_deleted), (&Presence::Present, true));
    }
}
