//! What is worth knowing before the first write, though it does not forbid it.

use drover::model::label_edit::{Keys, without};
use drover::model::network_plugin::Enforcement;
use drover::model::object::EVENTS;
use drover::model::placement;

use super::{edit, quarantine};
use crate::record::Record;
use crate::state::State;

/// What the person should know before the first write.
pub fn before(state: &State, record: &Record) -> Vec<String> {
    let mut warnings = Vec::new();
    let services = state.services_of(&record.labels);
    let released = without(&record.labels, &record.leave);
    for service in state.survey.services.iter().filter(|service| services.contains(&service.name.as_str())) {
        let name = &service.name;
        if !record.at_once && !service.selector.matches(&released) {
            let keys: Vec<_> =
                service.selector.required_keys().filter(|key| record.leave.contains(*key)).collect();
            warnings.push(format!(
                "Service {name} selects on {}: the pod leaves its traffic at once, before the replacement is there",
                keys.join(", ")
            ));
        }
        if service.prefers_node {
            let node = state.subject.pod.as_ref().and_then(|pod| pod.node()).unwrap_or("its node");
            warnings.push(format!(
                "Service {name} has a Local traffic policy: traffic that arrives on {node} is lost unless a pod of it is there"
            ));
        }
        if !record.services.contains_key(name) {
            warnings.push(format!(
                "Service {name} selects labels that {} does not give its pods: the replacement will not be in it",
                record.owner
            ));
        }
    }
    if let (Some(spec), Some(set)) = (&state.subject.spec, state.replica_set(&record.owner.uid)) {
        let quotas = state.survey.quotas.iter().flatten().flat_map(|quota| quota.shortages(spec));
        for obstacle in placement::obstacles(spec, &set.template_labels).into_iter().chain(quotas) {
            warnings.push(format!("the replacement may not come up: {obstacle}"));
        }
    }
    warnings.extend(policies(state, record));
    for budget in edit::inescapable_budgets(state, &record.labels) {
        warnings
            .push(format!("PodDisruptionBudget {budget} selects every pod: it goes on counting this one"));
    }
    for (list, kind) in [
        (state.survey.budgets.is_none(), "poddisruptionbudgets: one may go on counting the pod"),
        (state.survey.quotas.is_none(), "resourcequotas: one may leave no room for the replacement"),
    ] {
        if list {
            warnings.push(format!("you may not list {kind}"));
        }
    }
    warnings.extend(known(state));
    warnings
}

/// The same for a pod that leaves traffic alone: nothing takes its place.
pub fn before_traffic_only(state: &State, record: &Record) -> Vec<String> {
    let Some(pod) = &state.subject.pod else { return Vec::new() };
    let mut warnings = Vec::new();
    for service in state.services_of(&record.labels) {
        let mut slices = state.survey.slices.values().filter(|slice| slice.service() == Some(service));
        let is_left = slices.any(|slice| slice.sends_traffic_beside(&pod.metadata.uid, &pod.addresses()));
        let what = if is_left { "one ready endpoint less" } else { "no ready endpoint" };
        warnings.push(format!("Service {service} will have {what}: nothing takes the pod's place"));
    }
    warnings.extend(policies(state, record));
    warnings.extend(known(state));
    warnings
}

/// What becomes of NetworkPolicies: those by labels that go, and that of a quarantine.
fn policies(state: &State, record: &Record) -> Vec<String> {
    let dropped: Keys = record.leave.union(&record.traffic).cloned().collect();
    let after = without(&record.labels, &dropped);
    let changed: Vec<_> =
        edit::changed_policies(state, &record.labels, &after).map(|policy| policy.name.as_str()).collect();
    let mut warnings = Vec::new();
    if !changed.is_empty() {
        warnings
            .push(format!("NetworkPolicy {} will no longer apply to the pod as before", changed.join(", ")));
    }
    if state.survey.policies.is_none() {
        warnings.push(
            "you may not list networkpolicies: it is unknown which of them will no longer apply".to_owned(),
        );
    }
    warnings.extend(of_quarantine(state, record));
    warnings
}

/// What a quarantine is worth, where there is to be one.
pub fn of_quarantine(state: &State, record: &Record) -> Vec<String> {
    let Some(quarantine) = record.quarantine else { return Vec::new() };
    let mut warnings = Vec::new();
    let dropped: Keys = record.leave.union(&record.traffic).cloned().collect();
    let after = without(&record.labels, &dropped);
    if state.subject.spec.as_ref().is_some_and(|spec| spec.host_network == Some(true)) {
        // networking/v1: what a policy does to such pods is not defined, and most plugins ignore it.
        warnings.push("the pod is on its node's network, where NetworkPolicies do not apply".to_owned());
    }
    let open = quarantine::undermining(state, &after, quarantine);
    if !open.is_empty() {
        warnings.push(format!(
            "NetworkPolicy {} selects the pod too, and goes on letting through what it allows: the quarantine stops the rest",
            open.join(", ")
        ));
    }
    warnings.extend(unenforced(state).map(str::to_owned));
    warnings
}

/// That a quarantine may be worth nothing here.
pub fn unenforced(state: &State) -> Option<&'static str> {
    match state.survey.enforcement {
        None | Some(Enforcement::By(_)) => None,
        Some(Enforcement::NoneSeen) => Some(
            "no network plugin that is known to enforce NetworkPolicies runs in this cluster: the quarantine will be written, and nothing will heed it",
        ),
        Some(Enforcement::Unknown) => Some(
            "whether a network plugin enforces NetworkPolicies here could not be seen: try the quarantine before you trust it",
        ),
    }
}

/// What colleagues will not learn, or not for certain.
fn known(state: &State) -> impl Iterator<Item = String> {
    let user = &state.survey.user;
    let unreviewed = !state.survey.user_is_reviewed;
    let unreviewed = unreviewed.then(|| {
        format!("the server does not say who you are: the record names {user}, after the kubeconfig")
    });
    let untold = (!state.may("create", EVENTS)).then(|| {
        "you may not create events: `kubectl describe` of its workload will not show that you did this"
            .to_owned()
    });
    let unheard = (!state.may("list", EVENTS))
        .then(|| "you may not list events: whether a probe of the pod fails is not known".to_owned());
    unreviewed.into_iter().chain(untold).chain(unheard)
}
