//! When a pod can't, or must not, be isolated: the reason and a way out.

use drover::cli::Failure;
use drover::model::endpoints::EndpointSlice;
use drover::model::object::{ObjectRef, Owner};
use drover::model::pod::Pod;
use drover::model::volumes::shared_writable;

use super::traffic_only;
use crate::record::own_labels;
use crate::state::State;

/// The pod that a plan may be made for.
pub fn living_pod(state: &State) -> Result<&Pod, Failure> {
    let target = state.target();
    let namespace = &state.survey.namespace;
    let Some(pod) = &state.subject.pod else {
        return Err(does_not_exist(&target, &[]));
    };
    let message = if pod.metadata.deletion_timestamp.is_some() {
        format!("{target} is being deleted: it left its controller and all traffic already")
    } else if pod.is_finished() {
        let phase = &pod.status.phase;
        format!("{target} has finished ({phase}): it serves nothing and its controller no longer counts it")
    } else {
        return Ok(pod);
    };
    let name = &pod.metadata.name;
    Err(Failure::new(message).hint(format!("its logs while it lasts:  kubectl logs -n {namespace} {name}")))
}

/// There is no such pod; but perhaps one of a name that is close.
pub fn does_not_exist(target: &ObjectRef, close_names: &[String]) -> Failure {
    let namespace = target.namespace.as_deref().unwrap_or_default();
    let failure = Failure::new(format!("{target} does not exist in namespace {namespace:?}"));
    if close_names.is_empty() {
        failure
    } else {
        failure.hint(format!("did you mean {}?", close_names.join(", ")))
    }
}

/// The owner that a pod not yet isolated would leave.
pub fn owner_to_leave(state: &State, pod: &Pod) -> Result<Owner, Failure> {
    let in_place = |reason: String| {
        let (namespace, name) = (&state.survey.namespace, &pod.metadata.name);
        let hint = format!("look at it where it is:  kubectl exec -it -n {namespace} {name} -- sh");
        Err(Failure::new(reason).hint(hint))
    };
    let target = state.target();
    if pod.is_mirror() {
        return in_place(format!(
            "{target} is a static pod: the kubelet runs it from a file on its node, whatever the API server says"
        ));
    }
    let Some(owner) = pod.metadata.controller() else {
        return in_place(format!("{target} has no controller: nothing would replace it"));
    };
    let belongs = format!("{target} belongs to {owner}");
    let reason = match owner.kind.as_str() {
        "ReplicaSet" | "ReplicationController" => match state.replica_set(&owner.uid) {
            None => "which is gone: nothing would replace it",
            Some(set) if set.terminating => "which is being deleted: nothing would replace it",
            Some(_) => return Ok(owner),
        },
        "StatefulSet" => {
            let name = &pod.metadata.name;
            return keeps(
                state,
                pod,
                &owner,
                &format!(
                    "{belongs}: while it lives, the StatefulSet can't create another {name}, so isolating it would cost a replica."
                ),
            );
        }
        "DaemonSet" => {
            let reason = format!("{belongs}: its replacement would have to run beside it on the same node");
            return keeps(state, pod, &owner, &reason);
        }
        "Job" => return in_place(format!("{belongs}: a second pod would do its work again")),
        _ => {
            return in_place(format!(
                "{belongs}: only pods of a ReplicaSet or a ReplicationController can be isolated"
            ));
        }
    };
    in_place(format!("{belongs}, {reason}"))
}

/// A pod that can't have a second copy beside it can leave traffic alone, where its labels allow that: a
/// label shared by its controller and a Service can't be taken from it without leaving both.
fn keeps(state: &State, pod: &Pod, owner: &Owner, reason: &str) -> Result<Owner, Failure> {
    let (namespace, name, labels) = (&state.survey.namespace, &pod.metadata.name, own_labels(pod));
    let mut failure = Failure::new(reason);
    let mut hints = Vec::new();
    for service in state.survey.services.iter().filter(|service| service.selector.matches(&labels)) {
        let keys: Vec<_> = service.selector.required_keys().collect();
        let shared = traffic_only::needed(state, &labels);
        if keys.iter().all(|key| shared.contains(*key)) {
            hints.push(format!(
                "Label {} serves both {owner} and Service/{}: labels can't take {name} out of traffic.",
                keys.join(", "),
                service.name
            ));
        }
    }
    let serves = !state.services_of(&labels).is_empty();
    if hints.is_empty() && serves {
        hints.push(format!(
            "take it out of traffic alone:  kubectl isolate -n {namespace} {name} --traffic-only"
        ));
    }
    failure.hints.extend(hints);
    Err(failure.hint(format!("look at it where it is:  kubectl exec -it -n {namespace} {name} -- sh")))
}

/// The controller that keeps a pod which leaves traffic alone: one whose selector is known.
pub fn owner_that_keeps(state: &State, pod: &Pod) -> Result<Owner, Failure> {
    let target = state.target();
    let reason = match pod.metadata.controller() {
        _ if pod.is_mirror() => "is a static pod: its labels come from a file on its node".to_owned(),
        None => "has no controller: to isolate it, take its labels away by hand".to_owned(),
        Some(owner) => {
            let is_known = state.replica_set(&owner.uid).is_some()
                || state.survey.other_controllers.iter().any(|other| other.owner.uid == owner.uid);
            if is_known {
                return Ok(owner);
            }
            format!("belongs to {owner}: by which labels that selects its pods is not known")
        }
    };
    let (namespace, name) = (&state.survey.namespace, &pod.metadata.name);
    let hint = format!("see its labels:  kubectl get pod -n {namespace} {name} --show-labels");
    Err(Failure::new(format!("{target} {reason}")).hint(hint))
}

/// Slices that send traffic to the pod and won't follow its labels: mirrored or made by hand.
pub fn deaf_slices(state: &State, pod: &Pod) -> Result<(), Failure> {
    let addresses = pod.addresses();
    let deaf: Vec<&EndpointSlice> = state
        .survey
        .slices
        .values()
        .filter(|slice| !slice.follows_labels())
        .filter(|slice| slice.sends_traffic_to(&pod.metadata.uid, &addresses))
        .collect();
    let Some(first) = deaf.first() else { return Ok(()) };
    let list: Vec<_> = deaf
        .iter()
        .map(|slice| format!("EndpointSlice/{} (managed by {})", slice.name, slice.manager()))
        .collect();
    Err(Failure::new(format!(
        "{} would stay in traffic: {} names it and does not follow labels",
        state.target(),
        list.join(", ")
    ))
    .hint(format!(
        "take its address out first:  kubectl edit endpointslice -n {} {}",
        state.survey.namespace, first.name
    )))
}

/// An isolated pod goes on running beside its replacement, in whatever order: two pods would write
/// to what was made for one (observed with a ReadWriteOnce claim and `Recreate`).
pub fn second_writer(state: &State) -> Result<(), Failure> {
    let volumes = state.subject.spec.as_ref().map(|spec| shared_writable(spec)).unwrap_or_default();
    let deployment = state.subject.deployment.as_ref();
    let recreates = deployment.filter(|deployment| deployment.recreates);
    let reason = match (recreates, volumes.is_empty()) {
        (None, true) => return Ok(()),
        (Some(deployment), true) => {
            format!("{} has strategy Recreate, which never wants two of its pods at once", deployment.owner)
        }
        (_, false) => format!("both would write to {}", volumes.join(", ")),
    };
    let (target, namespace, name) = (state.target(), &state.survey.namespace, &state.subject.name);
    Err(Failure::new(format!("{target} would go on running beside its replacement: {reason}"))
        .hint("isolate it all the same:  --allow-second-writer".to_owned())
        .hint(format!("or keep its logs and let it be replaced:  kubectl logs -n {namespace} {name} --all-containers > {name}.log && kubectl delete pod -n {namespace} {name}")))
}
