//! What is worth knowing before the first write, though it does not forbid it.

use super::on::Wish;
use super::refusal::progress_deadline;
use crate::state::State;
use crate::target::Kind;
use crate::workload::Workload;

/// What the person should know before the first write.
pub fn before(state: &State, workload: &Workload, wish: &Wish) -> Vec<String> {
    let mut warnings = Vec::new();
    let labels = workload.template_labels();
    let services: Vec<_> = state.services_of(&labels).map(|service| service.name.as_str()).collect();
    if wish.overrides.allow_traffic && !services.is_empty() {
        warnings.push(format!("the debug pod gets traffic from Service {}", services.join(", ")));
    }
    if workload.kind() == Kind::Deployment {
        let seconds = progress_deadline(workload);
        warnings.push(format!(
            "the rollout waits on purpose: after {seconds}s its status says ProgressDeadlineExceeded, which harms nobody"
        ));
        if let Some(words) = rollout_in_flight(workload) {
            warnings.push(words);
        }
    }
    match &state.surroundings.autoscalers {
        Some(found) if !wish.overrides.suspend_hpa => warnings.extend(found.iter().map(|autoscaler| {
            format!(
                "HorizontalPodAutoscaler {} may change the number of pods meanwhile; --suspend-hpa prevents it",
                autoscaler.metadata.name
            )
        })),
        None => warnings.push("you may not list horizontalpodautoscalers: one may interfere".to_owned()),
        _ => {}
    }
    for name in &state.surroundings.vertical_autoscalers {
        warnings.push(format!("VerticalPodAutoscaler {name} may evict the debug pod"));
    }
    if state.surroundings.budgets.is_none() {
        warnings.push("you may not list poddisruptionbudgets: one may count the debug pod".to_owned());
    }
    for budget in state.surroundings.budgets.iter().flatten() {
        if !wish.overrides.allow_traffic && budget.selector.matches(&labels) {
            warnings.push(format!(
                "PodDisruptionBudget {} counts the debug pod as unhealthy: fewer evictions are allowed meanwhile",
                budget.name
            ));
        }
    }
    warnings
}

/// The rollout that has not come to its end, if there is one (kubectl's `rollout status` rules).
fn rollout_in_flight(workload: &Workload) -> Option<String> {
    let status = &workload.object["status"];
    let (updated, total) =
        (status["updatedReplicas"].as_u64().unwrap_or(0), status["replicas"].as_u64().unwrap_or(0));
    let wanted = workload.replicas();
    (updated < wanted || total > updated).then(|| {
        format!("a rollout is under way ({updated} of {wanted} pods updated): the debug pod has the newest template, older pods go on serving")
    })
}
