//! Who else uses what belongs to a bundle: whom a change of it may hit.

use std::collections::{BTreeMap, BTreeSet};

use drover::model::object::{CRON_JOBS, ObjectRef};

use crate::membership::{BY_HAND, Known, Member, Presence};
use crate::relations::Related;
use crate::store::{BundleName, Definition};

/// Somebody outside the bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    Object(ObjectRef),
    /// Another bundle that has it as a root or by hand.
    Bundle(BundleName),
}

/// One member with one of its users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    pub member: ObjectRef,
    pub by: User,
    /// The fields of the user, or words where there is none.
    pub how: Vec<String>,
}

/// Who uses each member, in the members' order. Objects without a namespace are the cluster's, and not looked at.
pub fn usages<'a>(
    members: &[Member],
    known: &Known,
    others: impl Iterator<Item = &'a Related>,
    bundles: &BTreeMap<BundleName, Definition>,
) -> Vec<Usage> {
    let own: BTreeSet<_> = members.iter().map(|member| member.object.path()).collect();
    let outside = |other: &&Related| !own.contains(&other.object.path()) && !is_told_by_owner(other);
    let others: Vec<_> = others.filter(outside).filter(|other| !other.is_machinery).collect();
    let members = members.iter().filter(|member| member.presence != Presence::Cluster);
    members.flat_map(|member| of(&member.object, known, &others, bundles)).collect()
}

/// The CronJob says all that its Jobs do.
fn is_told_by_owner(other: &Related) -> bool {
    other.controller().is_some_and(|owner| owner.kind == CRON_JOBS.kind)
}

fn of(
    member: &ObjectRef,
    known: &Known,
    others: &[&Related],
    bundles: &BTreeMap<BundleName, Definition>,
) -> Vec<Usage> {
    let usage =
        |by: User, how: Vec<String>| (!how.is_empty()).then(|| Usage { member: member.clone(), by, how });
    let related = known.related(member);
    let objects = others
        .iter()
        .filter_map(|other| usage(User::Object(other.object.clone()), how(member, related, other)));
    let bundles = bundles.iter().filter_map(|(name, definition)| {
        usage(User::Bundle(name.clone()), has(definition, member).into_iter().map(str::to_owned).collect())
    });
    objects.chain(bundles).collect()
}

/// All ways in which one object depends on a member, or is there for it.
fn how(member: &ObjectRef, related: Option<&Related>, other: &Related) -> Vec<String> {
    let relations = other.relations.iter().filter(|relation| relation.to == *member);
    let mut how: Vec<_> = relations.map(|relation| relation.path.clone()).collect();
    let Some(related) = related else { return how };
    if selects(other, related) {
        how.push("selector".to_owned());
    }
    if selects(related, other) {
        how.push("it is selected".to_owned());
    }
    how.dedup();
    how
}

/// Whether it selects the pods of the other, or the other itself where that is a Service.
fn selects(one: &Related, other: &Related) -> bool {
    let pods = one.selector.as_ref().zip(other.template_labels.as_ref());
    let services = one.service_selector.as_ref().zip(other.labels.as_ref());
    pods.into_iter().chain(services).any(|(selector, labels)| selector.matches(labels))
}

fn has(definition: &Definition, member: &ObjectRef) -> Option<&'static str> {
    if definition.roots.contains(member) {
        Some("it starts from it")
    } else if definition.added.contains(member) {
        Some(BY_HAND)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::{CONFIG_MAPS, DEPLOYMENTS, JOBS, NETWORK_POLICIES, Resource, SERVICES};
    use serde_json::{Value, json};

    use super::*;
    use crate::kinds::{INGRESSES, SECRETS, STORAGE_CLASSES};
    use crate::membership::{Pins, gather};

    fn object(resource: Resource, name: &str) -> ObjectRef {
        ObjectRef::namespaced(resource, "shop", name)
    }

    fn related(resource: Resource, name: &str, mut fields: Value) -> Related {
        for (key, value) in [("name", json!(name)), ("namespace", json!("shop"))] {
            fields["metadata"][key] = value;
        }
        Related::of(resource, &fields).unwrap()
    }

    fn workload(app: &str, uses: &[&str]) -> Value {
        let sources: Vec<_> = uses.iter().map(|name| json!({"configMapRef": {"name": name}})).collect();
        json!({"spec": {"template": {
            "metadata": {"labels": {"app": app}},
            "spec": {"containers": [{"name": app, "envFrom": sources}]},
        }}})
    }

    /// `member < user: how, …`.
    fn told(usages: &[Usage]) -> Vec<String> {
        let by = |user: &User| match user {
            User::Object(object) => object.to_string(),
            User::Bundle(name) => format!("bundle/{name}"),
        };
        let words = |usage: &Usage| format!("{} < {}: {}", usage.member, by(&usage.by), usage.how.join(", "));
        usages.iter().map(words).collect()
    }

    fn of_web(others: Vec<Related>, pins: &Pins, bundles: &BTreeMap<BundleName, Definition>) -> Vec<String> {
        let mut known = Known::default();
        known.add(related(SERVICES, "web", json!({"spec": {"selector": {"app": "web"}}})));
        known.add(related(DEPLOYMENTS, "web", workload("web", &["settings"])));
        known.add(related(CONFIG_MAPS, "settings", json!({})));
        others.into_iter().for_each(|other| known.add(other));
        let members = gather(&[object(SERVICES, "web")], pins, &known).members;
        told(&usages(&members, &known, known.all(), bundles))
    }

    #[test]
    fn other_workloads_use_what_belongs_to_the_bundle() {
        let job = |owner| {
            let mut job = workload("report", &["settings"]);
            job["metadata"]["ownerReferences"] =
                json!([{"apiVersion": "x/v1", "kind": owner, "name": "o", "uid": "u", "controller": true}]);
            job
        };
        let others = vec![
            related(DEPLOYMENTS, "api", workload("api", &["other", "settings"])),
            related(DEPLOYMENTS, "none", workload("none", &["other"])),
            related(CRON_JOBS, "report", json!({"spec": {"jobTemplate": workload("report", &["settings"])}})),
            related(JOBS, "report-1", job("CronJob")),
            related(JOBS, "run-1", job("Workflow")),
        ];
        assert_eq!(
            of_web(others, &Pins::default(), &BTreeMap::new()),
            [
                "configmap/settings < deployment.apps/api: containers[api].envFrom",
                "configmap/settings < cronjob.batch/report: containers[report].envFrom",
                "configmap/settings < job.batch/run-1: containers[report].envFrom",
            ]
        );
    }

    #[test]
    fn a_policy_selects_the_pods_of_others_too() {
        let policy = json!({"spec": {"podSelector": {}}});
        let others =
            vec![related(NETWORK_POLICIES, "all", policy), related(DEPLOYMENTS, "api", workload("api", &[]))];
        assert_eq!(
            of_web(others, &Pins::default(), &BTreeMap::new()),
            ["networkpolicy.networking.k8s.io/all < deployment.apps/api: it is selected"]
        );
    }

    #[test]
    fn what_was_taken_out_may_use_the_rest() {
        let backend = json!({"service": {"name": "web"}});
        let others = vec![
            related(INGRESSES, "web", json!({"spec": {"defaultBackend": backend}})),
            related(NETWORK_POLICIES, "all", json!({"spec": {"podSelector": {}}})),
        ];
        let removed = vec![object(INGRESSES, "web"), object(NETWORK_POLICIES, "all")];
        let pins = Pins { removed, ..Pins::default() };
        assert_eq!(
            of_web(others, &pins, &BTreeMap::new()),
            [
                "service/web < ingress.networking.k8s.io/web: defaultBackend",
                "deployment.apps/web < networkpolicy.networking.k8s.io/all: selector",
            ]
        );
    }

    #[test]
    fn other_bundles_have_it_too() {
        let roots = Definition { roots: vec![object(SERVICES, "web")], ..Definition::default() };
        let added = Definition { added: vec![object(CONFIG_MAPS, "settings")], ..Definition::default() };
        let none = Definition { removed: vec![object(DEPLOYMENTS, "web")], ..Definition::default() };
        let named = [("a", roots), ("b", added), ("c", none)];
        let bundles = named.map(|(name, definition)| (BundleName::parse(name).unwrap(), definition));
        assert_eq!(
            of_web(Vec::new(), &Pins::default(), &bundles.into()),
            ["service/web < bundle/a: it starts from it", "configmap/settings < bundle/b: added by hand"]
        );
    }

    #[test]
    fn what_is_the_clusters_is_not_looked_at() {
        let class = ObjectRef { resource: STORAGE_CLASSES, namespace: None, name: "fast".to_owned() };
        let claim = json!({"spec": {"storageClassName": "fast"}});
        let claim = |name| related(crate::kinds::CLAIMS, name, claim.clone());
        let mut known = Known::default();
        known.add(Related::of(STORAGE_CLASSES, &json!({"metadata": {"name": "fast"}})).unwrap());
        [claim("a"), claim("b")].into_iter().for_each(|claim| known.add(claim));
        known.add(related(SECRETS, "db", json!({})));
        let members = gather(&[object(crate::kinds::CLAIMS, "a")], &Pins::default(), &known).members;
        assert!(members.iter().any(|member| member.object == class));
        assert_eq!(told(&usages(&members, &known, known.all(), &BTreeMap::new())), [""; 0]);
    }
}
