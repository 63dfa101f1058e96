//! What is written before what.

use drover::model::object::{
    CONFIG_MAPS, CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, HORIZONTAL_POD_AUTOSCALERS, JOBS, NETWORK_POLICIES,
    ObjectRef, POD_DISRUPTION_BUDGETS, PODS, REPLICA_SETS, REPLICATION_CONTROLLERS, Resource, SERVICES,
    STATEFUL_SETS, VERTICAL_POD_AUTOSCALERS,
};
use serde_json::Value;

use super::plan::{Action, Item};
use crate::kinds::{
    CLAIMS, CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, GATEWAYS, GRPC_ROUTES, HTTP_ROUTES, INGRESS_CLASSES,
    INGRESSES, PRIORITY_CLASSES, ROLE_BINDINGS, ROLES, ROLLOUTS, RUNTIME_CLASSES, SCALED_OBJECTS, SECRETS,
    SERVICE_ACCOUNTS, STORAGE_CLASSES, TCP_ROUTES, TLS_ROUTES, VOLUMES,
};

/// What is needed comes before what needs it; all others but webhooks come after these.
const ORDER: [&[Resource]; 9] = [
    &[STORAGE_CLASSES, PRIORITY_CLASSES, RUNTIME_CLASSES, INGRESS_CLASSES, VOLUMES],
    &[SERVICE_ACCOUNTS, ROLES, CLUSTER_ROLES],
    &[ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS],
    &[CONFIG_MAPS, SECRETS, POD_DISRUPTION_BUDGETS, NETWORK_POLICIES],
    &[CLAIMS],
    &[SERVICES],
    &[
        DEPLOYMENTS,
        STATEFUL_SETS,
        DAEMON_SETS,
        REPLICA_SETS,
        REPLICATION_CONTROLLERS,
        JOBS,
        CRON_JOBS,
        PODS,
        ROLLOUTS,
    ],
    &[HORIZONTAL_POD_AUTOSCALERS, VERTICAL_POD_AUTOSCALERS, SCALED_OBJECTS],
    &[GATEWAYS, INGRESSES, HTTP_ROUTES, GRPC_ROUTES, TLS_ROUTES, TCP_ROUTES],
];

/// The kinds that all others may need.
const FIRST: [&str; 2] = ["Namespace", "CustomResourceDefinition"];

/// A webhook may judge, or break, every write that follows.
const LAST: [&str; 2] = ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];

/// Where a kind stands.
pub fn rank(resource: Resource) -> usize {
    let known = ORDER.iter().position(|kinds| kinds.contains(&resource));
    match resource.kind {
        kind if FIRST.contains(&kind) => 0,
        kind if LAST.contains(&kind) => ORDER.len() + 2,
        _ => known.map_or(ORDER.len() + 1, |position| position + 1),
    }
}

/// The writes, in groups of those that do not need each other; deletions the other way round, at the end.
pub fn groups(items: &[Item]) -> Vec<Vec<&Item>> {
    let group = |ranks: &mut dyn Iterator<Item = usize>, deletes: bool| {
        let of_rank = |rank: usize| {
            items.iter().filter(move |item| {
                item.action.is_write()
                    && matches!(item.action, Action::Delete) == deletes
                    && self::rank(item.object.resource) == rank
            })
        };
        ranks.map(|rank| of_rank(rank).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let ranks = 0..ORDER.len() + 3;
    let mut groups = group(&mut ranks.clone(), false);
    groups.extend(group(&mut ranks.rev(), true));
    groups.retain(|group| !group.is_empty());
    groups
}

/// Says of each write whether a dry-run before all of them proves it.
pub fn mark_proven(items: &mut [Item]) {
    let roles = items
        .iter()
        .filter(|item| item.action.is_write() && [ROLES, CLUSTER_ROLES].contains(&item.object.resource));
    let roles: Vec<_> = roles.map(|item| item.object.clone()).collect();
    let accounts: Vec<_> = items
        .iter()
        .filter(|item| {
            matches!(item.action, Action::Create { .. }) && item.object.resource == SERVICE_ACCOUNTS
        })
        .map(|item| item.object.name.clone())
        .collect();
    for item in items {
        let resource = item.object.resource;
        item.proven_by_dry_run = match &item.action {
            Action::Update { body } | Action::Create { body } => match resource {
                // Who binds a role must have its rights, as they are by then (observed on 1.35).
                ROLE_BINDINGS | CLUSTER_ROLE_BINDINGS => !roles.iter().any(|role| binds(body, role)),
                // A pod needs its account when it is created, not only when it runs.
                PODS => {
                    !accounts.iter().any(|account| body["spec"]["serviceAccountName"] == account.as_str())
                }
                _ => true,
            },
            Action::Delete => true,
            // It is in its own way.
            Action::Replace { .. } | Action::Same | Action::Leave { .. } => false,
        };
    }
}

fn binds(binding: &Value, role: &ObjectRef) -> bool {
    let reference = &binding["roleRef"];
    reference["kind"] == role.resource.kind && reference["name"] == role.name.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(resource: Resource, name: &str, action: Action) -> Item {
        Item {
            object: ObjectRef::namespaced(resource, "shop", name),
            action,
            state: None,
            changes: Vec::new(),
            held: Vec::new(),
            consequences: Vec::new(),
            proven_by_dry_run: false,
        }
    }

    fn update(body: Value) -> Action {
        Action::Update { body }
    }

    #[test]
    fn what_is_needed_comes_first_and_goes_last() {
        let widgets = Resource::new("test", "v1", "widgets", "Widget");
        let items = [
            item(widgets, "w", update(json!({}))),
            item(CONFIG_MAPS, "old", Action::Delete),
            item(INGRESSES, "i", update(json!({}))),
            item(DEPLOYMENTS, "d", Action::Create { body: json!({}) }),
            item(CONFIG_MAPS, "c", update(json!({}))),
            item(SECRETS, "s", update(json!({}))),
            item(DEPLOYMENTS, "gone", Action::Delete),
            item(SERVICES, "same", Action::Same),
            item(ROLES, "r", Action::Replace { fields: Vec::new(), body: json!({}) }),
        ];
        let names: Vec<Vec<&str>> = groups(&items)
            .into_iter()
            .map(|group| group.into_iter().map(|item| item.object.name.as_str()).collect())
            .collect();
        assert_eq!(
            names,
            [vec!["r"], vec!["c", "s"], vec!["d"], vec!["i"], vec!["w"], vec!["gone"], vec!["old"]]
        );
    }

    #[test]
    fn a_binding_is_not_proven_before_its_role_is_there() {
        let binding = |role: &str| update(json!({"roleRef": {"kind": "Role", "name": role}}));
        let mut items = [
            item(ROLES, "new", Action::Create { body: json!({}) }),
            item(ROLE_BINDINGS, "a", binding("new")),
            item(ROLE_BINDINGS, "b", binding("old")),
            item(CONFIG_MAPS, "c", Action::Replace { fields: Vec::new(), body: json!({}) }),
        ];
        mark_proven(&mut items);
        assert_eq!(items.map(|item| item.proven_by_dry_run), [true, false, true, false]);
    }
}
