//! What a colleague took away in the middle of our work: a pod and its controller share no
//! transaction, so that no order of requests prevents it. It is named instead, with the way on.

use drover::cli::Failure;
use drover::model::object::{DEPLOYMENTS, Owner};
use drover::model::pod::Pod;

use crate::record::Record;
use crate::state::State;

/// A failure after the work began, with what is lost by now and what can be done.
pub fn explain(failure: Failure, state: &State, record: &Record) -> Failure {
    let target = state.target();
    let pod = state.subject.pod.as_ref();
    let message = match pod {
        None => format!("{target} is gone: somebody else deleted it meanwhile"),
        Some(pod) if pod.metadata.deletion_timestamp.is_some() => {
            format!("{target} is being deleted by somebody else")
        }
        Some(_) => failure.message,
    };
    let stranded = stranded_victim(state, record);
    let lost = [capacity(state, record)].into_iter().chain(silent_services(state, record));
    let lost: Vec<_> = lost.chain(stranded.map(stranded_words)).collect();
    let mut explained = Failure::new(format!("{message}; {}", lost.join("; ")));
    if pod.is_some() {
        explained.hints = failure.hints;
    }
    if let Some(victim) = stranded {
        explained = explained.hint(way_of_the_victim(state, record, victim));
    }
    match pod.is_some_and(Pod::is_active) {
        true => explained,
        false => explained.hint(way_to_capacity(state, record)),
    }
}

/// A restore that succeeded is none if a colleague took away what the pod was put back into.
pub fn of_restore(state: &State, record: &Record) -> Result<(), Failure> {
    let lost = of_success(state, record);
    if lost.is_empty() {
        return Ok(());
    }
    let message = format!("{} was put back, and will be deleted too; {}", state.target(), lost.join("; "));
    Err(Failure::new(message).hint(way_to_capacity(state, record)))
}

/// What is to be said of an isolation that succeeded although a colleague took its controller away.
pub fn of_success(state: &State, record: &Record) -> Vec<String> {
    match has_controller(state, record) {
        true => Vec::new(),
        false => [capacity(state, record)].into_iter().chain(silent_services(state, record)).collect(),
    }
}

/// What is to be said of a restore that had begun, and that the pod is now isolated for all the same.
pub fn of_forgotten_restore(state: &State, record: &Record) -> Option<String> {
    record.rejoin.as_ref()?;
    let victim = stranded_victim(state, record)?;
    Some(format!("{}; {}", stranded_words(victim), way_of_the_victim(state, record, victim)))
}

/// Its ReplicaSet is there, and so is the Deployment without which that one is collected.
fn has_controller(state: &State, record: &Record) -> bool {
    if makes_anew(state, &record.owner) {
        return true;
    }
    let deployed = |owner: &Owner| owner.kind != DEPLOYMENTS.kind || state.subject.deployment.is_some();
    state
        .replica_set(&record.owner.uid)
        .is_some_and(|set| !set.terminating && set.controller.as_ref().is_none_or(deployed))
}

/// A StatefulSet or DaemonSet, which keeps a pod that left traffic alone.
fn makes_anew(state: &State, owner: &Owner) -> bool {
    state.survey.other_controllers.iter().any(|other| other.owner.uid == owner.uid)
}

/// How many pods the controller has of those that it wants.
fn capacity(state: &State, record: &Record) -> String {
    let owner = &record.owner;
    if makes_anew(state, owner) {
        return format!("{owner} is there, and makes anew what it lacks");
    }
    let Some(set) = state.replica_set(&owner.uid).filter(|_| has_controller(state, record)) else {
        let workload = workload(state, record);
        return format!("{workload} was deleted: no replacement will come");
    };
    let own = state.subject.pod.as_ref().filter(|pod| {
        pod.is_active() && pod.metadata.controller().is_some_and(|controller| controller.uid == owner.uid)
    });
    let ready = state.owned(owner).chain(own).filter(|pod| pod.is_ready()).count();
    format!("{owner} has {ready} of {} pods Ready", set.desired)
}

/// The Deployment, if it went too.
fn workload<'a>(state: &State, record: &'a Record) -> &'a Owner {
    let goes = state.subject.deployment.is_none();
    record.workload.as_ref().filter(|_| goes).unwrap_or(&record.owner)
}

fn silent_services<'a>(state: &'a State, record: &'a Record) -> impl Iterator<Item = String> + 'a {
    let services = state.services_of(&record.labels).into_iter();
    let is_silent = |service: &&str| {
        let mut slices = state.survey.slices.values().filter(|slice| slice.service() == Some(*service));
        !slices.any(|slice| slice.has_ready_endpoints())
    };
    services.filter(is_silent).map(|service| format!("Service {service} has no ready endpoint"))
}

/// The pod that made room in a restore and belongs to nobody now.
fn stranded_victim<'a>(state: &'a State, record: &Record) -> Option<&'a Pod> {
    let victim = state.subject.victim.as_ref()?;
    let is_free = victim.is_active()
        && victim.metadata.controller().is_none_or(|owner| owner.uid != record.owner.uid)
        && Record::of(victim).ok().flatten().is_some();
    is_free.then_some(victim)
}

fn stranded_words(victim: &Pod) -> String {
    format!("pod/{}, which made room for it, is isolated", victim.metadata.name)
}

/// Its place was taken by a new pod, or there is none any more: it can only go.
fn way_of_the_victim(state: &State, record: &Record, victim: &Pod) -> String {
    let (namespace, name) = (&state.survey.namespace, &victim.metadata.name);
    let why = match has_controller(state, record) {
        true => "once its own replacement is there, ",
        false => "",
    };
    format!("{why}clear {name} away:  kubectl isolate cleanup -n {namespace} {name}")
}

fn way_to_capacity(state: &State, record: &Record) -> String {
    let namespace = &state.survey.namespace;
    match &record.workload {
        Some(workload) if has_controller(state, record) && workload.kind == DEPLOYMENTS.kind => {
            let name = &workload.name;
            format!("wait for all its pods:  kubectl rollout status -n {namespace} deployment/{name}")
        }
        _ => format!("see what is left:  kubectl get -n {namespace} deployments,replicasets,pods"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::isolate::{self, Wish};
    use crate::plan::testing::*;

    fn begun() -> (State, Record) {
        let mut state = web();
        let plan = isolate::decide(&state, &Wish::default()).unwrap();
        apply(&mut state, &plan);
        let record = state.record().unwrap();
        (state, record)
    }

    #[test]
    fn a_pod_that_was_deleted_is_named_with_the_capacity_that_is_left() {
        let (mut state, record) = begun();
        state.subject.pod = None;
        state.subject.siblings.remove("uid-web-a");
        let failure = explain(Failure::new("?"), &state, &record);
        assert_eq!(
            failure.message,
            "pod/web-a is gone: somebody else deleted it meanwhile; ReplicaSet/web-1 has 2 of 3 pods Ready"
        );
        assert_eq!(failure.hints, ["wait for all its pods:  kubectl rollout status -n shop deployment/web"]);
    }

    #[test]
    fn a_deployment_that_was_deleted_is_named_with_the_services_it_leaves_without_endpoints() {
        let (mut state, record) = begun();
        state.survey.replica_sets.clear();
        state.subject.deployment = None;
        for service in ["web", "web-metrics"] {
            put_slice(&mut state, slice(service, &[]));
        }
        let lost = "Deployment/web was deleted: no replacement will come; Service web has no ready endpoint; \
                    Service web-metrics has no ready endpoint";
        assert_eq!(of_success(&state, &record).join("; "), lost);
        let failure = explain(Failure::new("pod/web-a: it broke").hint("do this"), &state, &record);
        assert_eq!(failure.message, format!("pod/web-a: it broke; {lost}"));
        assert_eq!(failure.hints, ["do this"]);
    }

    #[test]
    fn the_pod_that_made_room_is_not_forgotten() {
        let (mut state, record) = begun();
        let text = json!(record).to_string();
        state.subject.pod = None;
        state.subject.victim = Some(changed(pod_json("web-d"), |json| {
            json["metadata"]["ownerReferences"] = json!([]);
            json["metadata"]["annotations"] = json!({crate::record::ISOLATION_ANNOTATION: text});
        }));
        let failure = explain(Failure::new("?"), &state, &record);
        assert!(failure.message.ends_with("; pod/web-d, which made room for it, is isolated"), "{failure:?}");
        let way =
            "once its own replacement is there, clear web-d away:  kubectl isolate cleanup -n shop web-d";
        assert_eq!(failure.hints[0], way);
    }
}
