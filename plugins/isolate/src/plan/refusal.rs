//! When a pod can't, or must not, be isolated: the reason and a way out.

use drover::cli::Failure;
use drover::model::endpoints::EndpointSlice;
use drover::model::object::{ObjectRef, Owner};
use drover::model::pod::Pod;
use drover::model::volumes::shared_writable;

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
        "StatefulSet" => return stateful_set(state, pod, &owner),
        "DaemonSet" => {
            return in_place(format!(
                "{belongs}: its replacement would have to run beside it on the same node"
            ));
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

/// While `db-0` lives, no other `db-0` can be created; and a label shared by its StatefulSet and a
/// Service can't be taken from it without leaving the set.
fn stateful_set(state: &State, pod: &Pod, owner: &Owner) -> Result<Owner, Failure> {
    let (target, namespace, name) = (state.target(), &state.survey.namespace, &pod.metadata.name);
    let mut failure = Failure::new(format!(
        "{target} belongs to {owner}: while it lives, the StatefulSet can't create another {name}, so isolating it would cost a replica."
    ));
    let labels = own_labels(pod);
    let set = state.survey.other_controllers.iter().find(|set| set.owner.uid == owner.uid);
    for service in state.survey.services.iter().filter(|service| service.selector.matches(&labels)) {
        let keys: Vec<_> = service.selector.required_keys().collect();
        let is_shared =
            |key: &&str| set.is_some_and(|set| set.selector.required_keys().any(|other| other == *key));
        if keys.iter().all(is_shared) {
            failure = failure.hint(format!(
                "Label {} serves both {owner} and Service/{}: labels can't take {name} out of traffic.",
                keys.join(", "),
                service.name
            ));
        }
    }
    Err(failure.hint(format!("look at it where it is:  kubectl exec -it -n {namespace} {name} -- sh")))
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
