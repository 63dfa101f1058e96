//! What debug mode promises, and whether it is so.

use serde_json::Value;

use crate::cell::Cell;
use crate::disturbance::Family;
use crate::look::{Look, decided};
use crate::shop::Subject;
use crate::verb::Verb;

const MARK: &str = "drover.dev/debug-mode";
const MANAGER: &str = "kubectl-debug-mode";

/// Whether the end state is the one that was asked for; after a colleague's act, whether it is no half of two.
pub fn promised(cell: &Cell, subject: &Subject, now: &Look) -> Result<(), String> {
    if cell.disturbance.family() == Family::Colleagues {
        return settled(now);
    }
    still_serve(subject, now)?;
    match cell.verb {
        Verb::DebugOn => {
            in_debug_mode(now)?;
            debug_pod_runs(now)
        }
        _ => restored(subject, now),
    }
}

/// In debug mode, out of it, or gone: nothing in between.
pub fn settled(now: &Look) -> Result<(), String> {
    let Some(deployment) = now.deployment() else { return Ok(()) };
    if is_marked(deployment) { in_debug_mode(now) } else { out_of_debug_mode(now) }
}

/// Whether the command left the Deployment as it found it.
pub fn untouched(subject: &Subject, now: &Look) -> bool {
    let state = |look: &Look| (look.deployment().map(decided), record(look).map(decided));
    state(&subject.before) == state(now)
}

pub fn is_marked(deployment: &Value) -> bool {
    deployment["metadata"]["annotations"][MARK].is_string()
}

fn in_debug_mode(now: &Look) -> Result<(), String> {
    let deployment = now.deployment().ok_or("the Deployment is gone")?;
    let facts = [
        (is_marked(deployment), "it is not marked"),
        (has_gate(deployment), "its template has no gate"),
        (record(now).is_some(), "its record is gone"),
    ];
    all(&facts)
}

fn out_of_debug_mode(now: &Look) -> Result<(), String> {
    let deployment = now.deployment().ok_or("the Deployment is gone")?;
    let entries = deployment["metadata"]["managedFields"].as_array();
    let owns = entries.is_some_and(|entries| entries.iter().any(|entry| entry["manager"] == MANAGER));
    let left = |set: &Value| has_gate(set) || is_marked(set);
    let surge = &deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"];
    let facts = [
        (!is_marked(deployment), "it is still marked"),
        (!has_gate(deployment), "its template still has the gate"),
        (record(now).is_none(), "its record is still there"),
        (surge == "25%", "its strategy is not as before"),
        (!owns, "fields of it are still ours"),
        (!now.of_kind("ReplicaSet").any(left), "a ReplicaSet of debug mode is still there"),
    ];
    all(&facts)
}

fn restored(subject: &Subject, now: &Look) -> Result<(), String> {
    out_of_debug_mode(now)?;
    let (then, now) = (subject.at_first.deployment().map(decided), now.deployment().map(decided));
    if then == now { Ok(()) } else { Err(format!("it is not as it was: {then:?}\nnow {now:?}")) }
}

/// The pods that served before go on serving, not restarted.
fn still_serve(subject: &Subject, now: &Look) -> Result<(), String> {
    let serving = now.serving();
    for before in subject.at_first.owned() {
        let name = before.name();
        let pod = now.pod(before.uid()).ok_or(format!("{name}, which served, is gone"))?;
        if !pod.runs_like(before) || !serving.contains(pod.uid()) {
            return Err(format!("{name} no longer serves as it did"));
        }
    }
    Ok(())
}

fn debug_pod_runs(now: &Look) -> Result<(), String> {
    let mut pods = now.of_kind("Pod").filter(|pod| !pod["spec"]["readinessGates"].is_null());
    let pod = pods.next().ok_or("there is no debug pod")?;
    let uid = pod["metadata"]["uid"].as_str().expect("a pod has a uid");
    let facts = [
        (pod["status"]["phase"] == "Running", "the debug pod does not run"),
        (!now.serving().contains(uid), "a Service sends the debug pod traffic"),
    ];
    all(&facts)
}

fn record(look: &Look) -> Option<&Value> {
    look.of_kind("ConfigMap").find(|map| !map["metadata"]["labels"][MARK].is_null())
}

/// Of a Deployment or a ReplicaSet.
fn has_gate(object: &Value) -> bool {
    !object["spec"]["template"]["spec"]["readinessGates"].is_null()
}

fn all(facts: &[(bool, &str)]) -> Result<(), String> {
    match facts.iter().find(|(holds, _)| !holds) {
        Some((_, broken)) => Err((*broken).to_owned()),
        None => Ok(()),
    }
}
