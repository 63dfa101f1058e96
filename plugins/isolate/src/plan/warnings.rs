//! What is worth knowing before the first write, though it does not forbid it.

use drover::model::label_edit::{Keys, without};
use drover::model::placement;

use super::edit;
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
    let dropped: Keys = record.leave.union(&record.traffic).cloned().collect();
    let after = without(&record.labels, &dropped);
    let policies: Vec<_> =
        edit::changed_policies(state, &record.labels, &after).map(|policy| policy.name.as_str()).collect();
    if !policies.is_empty() {
        warnings
            .push(format!("NetworkPolicy {} will no longer apply to the pod as before", policies.join(", ")));
    }
    for budget in edit::inescapable_budgets(state, &record.labels) {
        warnings
            .push(format!("PodDisruptionBudget {budget} selects every pod: it goes on counting this one"));
    }
    for (list, kind) in [
        (
            state.survey.policies.is_none(),
            "networkpolicies: it is unknown which of them will no longer apply",
        ),
        (state.survey.budgets.is_none(), "poddisruptionbudgets: one may go on counting the pod"),
        (state.survey.quotas.is_none(), "resourcequotas: one may leave no room for the replacement"),
    ] {
        if list {
            warnings.push(format!("you may not list {kind}"));
        }
    }
    warnings
}
