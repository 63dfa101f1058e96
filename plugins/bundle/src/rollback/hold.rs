//! Fields that are not brought back unless somebody asks for them by hand: what would come of it can't be
//! taken back.

use drover::model::object::{
    CRON_JOBS, DEPLOYMENTS, JOBS, ObjectRef, REPLICA_SETS, REPLICATION_CONTROLLERS, Resource, STATEFUL_SETS,
};
use serde_json::{Map, Value};

use super::immutable::{immutable, is_below};
use super::plan::{Because, Held, flag};
use crate::compare::Change;
use crate::kinds::{CLAIMS, ROLLOUTS};

const SCALED: [Resource; 5] = [DEPLOYMENTS, STATEFUL_SETS, REPLICA_SETS, REPLICATION_CONTROLLERS, ROLLOUTS];
const RETENTION: &str = "/spec/persistentVolumeClaimRetentionPolicy";

/// Puts back into `body` what is to stay as it is `live`, of what the changes say. What is immutable in a
/// claim stays even where the rest is allowed.
pub fn hold(
    object: &ObjectRef,
    allowed: bool,
    live: &Value,
    body: &mut Value,
    changes: &[Change],
) -> Vec<Held> {
    let resource = object.resource;
    let sealed: Vec<_> = match resource {
        CLAIMS => immutable(resource, live, body, changes),
        _ => Vec::new(),
    };
    let mut held = Vec::new();
    for change in changes {
        let (because, option) = if sealed.contains(&change) {
            (Because::ImmutableClaim, "--replace")
        } else {
            match reason(resource, live, body, change).filter(|_| !allowed) {
                Some(because) => (because, "--allow"),
                None => continue,
            }
        };
        held.push(Held { change: change.clone(), because, flag: flag(option, object) });
    }
    for held in &held {
        keep(body, live, place(&held.change.pointer));
    }
    held
}

fn reason(resource: Resource, live: &Value, body: &Value, change: &Change) -> Option<Because> {
    let pointer = change.pointer.as_str();
    let both = |default: &Value| [live, body].map(|side| side.pointer(pointer).unwrap_or(default).clone());
    match pointer {
        "/spec/replicas" if SCALED.contains(&resource) => {
            let [now, then] = both(&Value::from(1)).map(|replicas| replicas.as_u64());
            (then < now).then_some(Because::LowersReplicas)
        }
        "/spec/suspend" if [JOBS, CRON_JOBS].contains(&resource) => {
            (both(&Value::Bool(false)) == [true, false]).then_some(Because::Unsuspends)
        }
        "/spec/paused" if [DEPLOYMENTS, ROLLOUTS].contains(&resource) => {
            (both(&Value::Bool(false)) == [true, false]).then_some(Because::Unpauses)
        }
        _ if resource == STATEFUL_SETS && is_below(pointer, RETENTION) => {
            loosens(live, body).then_some(Because::LoosensRetention)
        }
        _ if resource == CLAIMS && is_below(pointer, "/spec") => Some(Because::Claim),
        _ => None,
    }
}

/// Whether claims that stay now would be deleted.
fn loosens(live: &Value, body: &Value) -> bool {
    ["whenDeleted", "whenScaled"].iter().any(|when| {
        let deletes =
            |set: &Value| set.pointer(&format!("{RETENTION}/{when}")) == Some(&Value::from("Delete"));
        deletes(body) && !deletes(live)
    })
}

/// Of a list and of what belongs together all stays: what changed in it was compared as a whole.
fn place(pointer: &str) -> &str {
    if is_below(pointer, RETENTION) { RETENTION } else { pointer }
}

fn keep(body: &mut Value, live: &Value, pointer: &str) {
    let Some((above, name)) = pointer.rsplit_once('/') else { return };
    let name = name.replace("~1", "/").replace("~0", "~");
    if live.pointer(above).is_some() && body.pointer(above).is_none() {
        keep(body, live, above);
        return;
    }
    let Some(fields) = body.pointer_mut(above).and_then(Value::as_object_mut) else { return };
    match live.pointer(pointer) {
        Some(value) => {
            fields.insert(name, value.clone());
        }
        None => {
            fields.remove(&name);
        }
    }
    remove_empty(body, live, above);
}

/// A map that only the version has.
fn remove_empty(body: &mut Value, live: &Value, pointer: &str) {
    let is_empty = body.pointer(pointer).and_then(Value::as_object).is_some_and(Map::is_empty);
    if let Some((above, name)) = pointer.rsplit_once('/')
        && is_empty
        && live.pointer(pointer).is_none()
        && let Some(fields) = body.pointer_mut(above).and_then(Value::as_object_mut)
    {
        fields.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::compare::{Masking, changes};

    /// What is held of it, and what is written.
    fn held(resource: Resource, allowed: bool, live: &Value, mut body: Value) -> (Vec<String>, Value) {
        let object = ObjectRef::namespaced(resource, "shop", "web");
        let changes = changes(resource, live, &body, false, &Masking::new(false).unwrap());
        let held = hold(&object, allowed, live, &mut body, &changes);
        let words = |held: &Held| format!("{} {:?} {}", held.change.path, held.because, held.flag);
        (held.iter().map(words).collect(), body)
    }

    fn spec(spec: Value) -> Value {
        json!({"metadata": {}, "spec": spec})
    }

    #[test]
    fn replicas_are_raised_but_not_lowered() {
        let (three, two) = (spec(json!({"replicas": 3})), spec(json!({"replicas": 2, "paused": true})));
        let expected = ["spec.replicas LowersReplicas --allow deploy/web".to_owned()];
        let left = spec(json!({"replicas": 3, "paused": true}));
        assert_eq!(held(DEPLOYMENTS, false, &three, two.clone()), (expected.to_vec(), left));
        assert_eq!(held(DEPLOYMENTS, true, &three, two.clone()), (Vec::new(), two.clone()));
        assert!(held(STATEFUL_SETS, false, &spec(json!({"replicas": 1})), two).0.is_empty());
        let absent = held(DEPLOYMENTS, false, &spec(json!({"replicas": 2})), spec(json!({})));
        assert_eq!(absent.0.len(), 1, "without replicas it is one");
    }

    #[test]
    fn what_was_stopped_is_not_started() {
        let (suspended, running) = (spec(json!({"suspend": true})), spec(json!({"suspend": false})));
        let expected = ["spec.suspend Unsuspends --allow cj/web".to_owned()];
        assert_eq!(
            held(CRON_JOBS, false, &suspended, running.clone()),
            (expected.to_vec(), suspended.clone())
        );
        assert!(held(CRON_JOBS, false, &running, suspended).0.is_empty());
        let paused = spec(json!({"paused": true, "minReadySeconds": 1}));
        let (words, body) = held(DEPLOYMENTS, false, &paused, spec(json!({"minReadySeconds": 2})));
        assert_eq!(words, ["spec.paused Unpauses --allow deploy/web"]);
        assert_eq!(body, spec(json!({"paused": true, "minReadySeconds": 2})));
    }

    #[test]
    fn claims_are_not_given_up() {
        let retention = |when: Value| spec(json!({"persistentVolumeClaimRetentionPolicy": when}));
        let deletes = retention(json!({"whenScaled": "Delete", "whenDeleted": "Retain"}));
        let retains = retention(json!({"whenScaled": "Retain", "whenDeleted": "Retain"}));
        let (words, body) = held(STATEFUL_SETS, false, &retains, deletes.clone());
        let expected =
            "spec.persistentVolumeClaimRetentionPolicy.whenScaled LoosensRetention --allow sts/web";
        assert_eq!(words, [expected]);
        assert_eq!(body, retains);
        assert_eq!(held(STATEFUL_SETS, false, &spec(json!({})), deletes.clone()).1, spec(json!({})));
        assert_eq!(held(STATEFUL_SETS, false, &deletes, retains.clone()), (Vec::new(), retains));
    }

    #[test]
    fn of_a_claim_its_labels_are_restored() {
        let claim = |label: &str, size: &str, class: &str| {
            json!({
                "metadata": {"labels": {"a": label}},
                "spec": {"resources": {"requests": {"storage": size}}, "volumeMode": class},
            })
        };
        let live = claim("1", "2Gi", "Filesystem");
        let (words, body) = held(CLAIMS, false, &live, claim("2", "3Gi", "Filesystem"));
        assert_eq!(words, ["spec.resources.requests.storage Claim --allow pvc/web"]);
        assert_eq!(body, claim("2", "2Gi", "Filesystem"));
        let grown = claim("2", "3Gi", "Filesystem");
        assert_eq!(held(CLAIMS, true, &live, grown.clone()), (Vec::new(), grown));
        let (words, body) = held(CLAIMS, true, &live, claim("2", "1Gi", "Block"));
        assert_eq!(
            words,
            [
                "spec.resources.requests.storage ImmutableClaim --replace pvc/web",
                "spec.volumeMode ImmutableClaim --replace pvc/web",
            ]
        );
        assert_eq!(body, claim("2", "2Gi", "Filesystem"));
    }
}
