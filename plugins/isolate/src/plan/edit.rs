//! Which labels to take from the pod, and what that means for policies.

use std::collections::BTreeSet;

use drover::model::POD_TEMPLATE_HASH;
use drover::model::label_edit::{Keys, smallest_removals, without};
use drover::model::policy::NetworkPolicy;
use drover::model::selector::{Labels, Selector};

use crate::state::State;

/// The labels to remove in each phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What makes every controller let go of the pod.
    pub leave: Keys,
    /// What then ends traffic, and its counting for budgets and autoscalers.
    pub traffic: Keys,
}

/// The smallest edit of a pod with these labels, or none when a controller's selector can't be
/// escaped by removing labels.
///
/// Among equally small ones, the first phase spares Services (it must not end traffic), and both
/// spare labels that NetworkPolicies select by.
pub fn smallest(state: &State, labels: &Labels) -> Option<Edit> {
    let controllers: Vec<_> = controller_selectors(state);
    let services: Vec<_> = state.survey.services.iter().map(|service| &service.selector).collect();
    let leave = smallest_removals(labels, &controllers).into_iter().min_by_key(|keys| {
        let left = without(labels, keys);
        let lost_services =
            services.iter().filter(|selector| selector.matches(labels) && !selector.matches(&left)).count();
        (lost_services, policies_changed(state, labels, &left), !keys.contains(POD_TEMPLATE_HASH))
    })?;
    let left = without(labels, &leave);
    let everything: Vec<&Selector> =
        controllers.into_iter().chain(services).chain(counting_selectors(state)).collect();
    let traffic = smallest_removals(&left, &everything)
        .into_iter()
        .min_by_key(|keys| policies_changed(state, labels, &without(&left, keys)))?;
    Some(Edit { leave, traffic })
}

fn controller_selectors(state: &State) -> Vec<&Selector> {
    let sets = state.survey.replica_sets.iter().map(|set| &set.selector);
    sets.chain(state.survey.other_controllers.iter().map(|controller| &controller.selector)).collect()
}

/// Selectors by which the pod would still count: its Deployment's, which autoscalers use too, and
/// those of budgets, except budgets that no pod can escape.
fn counting_selectors(state: &State) -> impl Iterator<Item = &Selector> {
    let deployment = state.subject.deployment.iter().map(|deployment| &deployment.selector);
    let budgets = state.survey.budgets.iter().flatten().map(|budget| &budget.selector);
    deployment.chain(budgets.filter(|selector| !selector.is_inescapable()))
}

/// The budgets that go on counting the pod whatever its labels.
pub fn inescapable_budgets<'a>(state: &'a State, labels: &'a Labels) -> impl Iterator<Item = &'a str> {
    let budgets = state.survey.budgets.iter().flatten();
    budgets
        .filter(|budget| budget.selector.is_inescapable() && budget.selector.matches(labels))
        .map(|budget| budget.name.as_str())
}

/// The NetworkPolicies for which the pod becomes another: they no longer apply to it, or their
/// rules no longer let it through, or the other way round.
pub fn changed_policies<'a>(
    state: &'a State,
    before: &'a Labels,
    after: &'a Labels,
) -> impl Iterator<Item = &'a NetworkPolicy> {
    let policies = state.survey.policies.iter().flatten();
    policies.filter(move |policy| policy.verdict(before) != policy.verdict(after))
}

fn policies_changed(state: &State, before: &Labels, after: &Labels) -> usize {
    changed_policies(state, before, after).count()
}

/// The labels that could have gone instead and were kept for policies, with those policies' names.
pub fn kept_for_policies(state: &State, labels: &Labels, edit: &Edit) -> Vec<(String, Vec<String>)> {
    let dropped: Keys = edit.leave.union(&edit.traffic).cloned().collect();
    let mut candidates = BTreeSet::new();
    for service in &state.survey.services {
        if service.selector.matches(labels) {
            candidates.extend(service.selector.required_keys().map(str::to_owned));
        }
    }
    candidates
        .difference(&dropped)
        .filter_map(|key| {
            let after = without(labels, &Keys::from([key.clone()]));
            let names: Vec<_> =
                changed_policies(state, labels, &after).map(|policy| policy.name.clone()).collect();
            (!names.is_empty()).then(|| (key.clone(), names))
        })
        .collect()
}
