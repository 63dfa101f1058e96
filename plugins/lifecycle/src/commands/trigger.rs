//! Causes what is then followed.

use drover::change::{Applied, Body, Effect, Step, Test, Write, apply, set};
use drover::cli::Failure;
use drover::cluster::{Cluster, Right};
use drover::model::object::{ObjectRef, Resource};
use serde_json::{Value, json};

use super::FIELD_MANAGER;

/// The annotation by which `kubectl rollout restart` makes pods differ
/// (k8s.io/kubectl/pkg/polymorphichelpers/objectrestarter.go).
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// How often a workload that others keep changing is read again.
const TRIES: u32 = 5;

/// Refuses, before anything is caused, what can't be followed then.
///
/// # Errors
/// With all the rights that are missing.
pub async fn need(cluster: &Cluster, rights: &[(&'static str, Resource)]) -> Result<(), Failure> {
    let namespace = &cluster.namespace;
    let right = |&(verb, resource)| Right { verb, resource, namespace: Some(namespace.clone()) };
    let missing = cluster.missing_rights(&rights.iter().map(right).collect::<Vec<_>>()).await?;
    if missing.is_empty() { Ok(()) } else { Err(Failure::lacking(&missing, namespace, "lifecycle")) }
}

/// Restarts the pods of a workload as `kubectl rollout restart` does; the workload as it is then.
///
/// # Errors
/// When it is paused, and whatever the server says.
pub async fn restart(cluster: &Cluster, workload: &ObjectRef) -> Result<Value, Failure> {
    for _ in 0..TRIES {
        let body: Value = cluster.get(workload).await?;
        if body["spec"]["paused"] == true {
            return Err(Failure::new(format!("{workload} is paused, so that nothing would restart"))
                .hint(format!("go on:  kubectl rollout resume {workload}")));
        }
        let step = Step { title: "restart".to_owned(), write: annotated(workload, &body, cluster) };
        if let Applied::Done(Some(restarted)) = apply(cluster, &step, FIELD_MANAGER, None).await? {
            return Ok(restarted);
        }
    }
    Err(Failure::new(format!("{workload}: others keep changing it, and it was not restarted"))
        .hint("when they are done:  the same command again"))
}

/// As long as nobody changes the annotations meanwhile.
fn annotated(workload: &ObjectRef, body: &Value, cluster: &Cluster) -> Write {
    let now = cluster.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let annotations = ["spec", "template", "metadata", "annotations"];
    let annotation = ["spec", "template", "metadata", "annotations", RESTARTED_AT];
    let shows = Test::equals(annotation, now.as_str());
    let (as_seen, change) = match body.pointer("/spec/template/metadata/annotations") {
        None => (Test::absent(annotations), set(annotations, json!({RESTARTED_AT: now}))),
        Some(seen) => (Test::equals(annotations, seen.clone()), set(annotation, now)),
    };
    let uid = Test::equals(["metadata", "uid"], body["metadata"]["uid"].clone());
    Write {
        target: workload.clone(),
        require: vec![uid, as_seen],
        body: Body::Patch(vec![change]),
        effect: Effect::Shows(vec![shows]),
    }
}

/// Has a pod evicted, so that its budgets hold.
///
/// # Errors
/// When a budget speaks against it, and whatever the server says.
pub async fn evict(cluster: &Cluster, pod: &ObjectRef) -> Result<(), Failure> {
    let body: Value = cluster.get(pod).await?;
    let uid = body["metadata"]["uid"].as_str().unwrap_or_default();
    match cluster.evict(pod, uid).await {
        // Nobody knows whether it came to that: the pod tells. Of a budget that speaks against it, it tells no.
        Err(error) if error.is_transient() && is_going(cluster, pod, uid).await? => Ok(()),
        answer => Ok(answer?),
    }
}

async fn is_going(cluster: &Cluster, pod: &ObjectRef, uid: &str) -> Result<bool, Failure> {
    let body = cluster.get_optional::<Value>(pod).await?;
    Ok(Effect::Deleted(uid.to_owned()).holds(body.as_ref()))
}
