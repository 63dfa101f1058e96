//! Records made by hand, for tests: pod `web-1` with container `web`, at seconds of one minute. It is now :60.

use drover::model::event::{Event, FetchedEvent};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::record::Record;
pub use super::super::testing::at;

pub fn record(pod: Value, events: Vec<Event>) -> Record {
    let now = at("00") + SignedDuration::from_secs(60);
    let pod = serde_json::from_value(pod).unwrap();
    Record::new("shop".to_owned(), "web-1".to_owned(), Some(pod), events, now)
}

/// Created at :00.
pub fn pod(lifecycle: Value) -> Value {
    json!({
        "metadata": {"name": "web-1", "uid": "u", "creationTimestamp": at("00").to_string()},
        "spec": {
            "terminationGracePeriodSeconds": 30,
            "containers": [{"name": "web", "lifecycle": lifecycle}],
        },
        "status": {},
    })
}

/// Its deletion was asked for then.
pub fn deleted(mut pod: Value, second: &str, grace_seconds: i64) -> Value {
    let due = at(second) + SignedDuration::from_secs(grace_seconds);
    pod["metadata"]["deletionTimestamp"] = json!(due.to_string());
    pod["metadata"]["deletionGracePeriodSeconds"] = json!(grace_seconds);
    pod
}

/// Its container ended within that second.
pub fn ended(mut pod: Value, second: &str, code: i32) -> Value {
    pod["status"]["containerStatuses"] = json!([{
        "name": "web", "image": "", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"terminated": {"exitCode": code, "finishedAt": at(second).to_string()}},
    }]);
    pod
}

/// The kubelet's about the container, at exactly that time.
pub fn event(reason: &str, second: &str) -> Event {
    let object = json!({"kind": "Pod", "name": "web-1", "uid": "u", "fieldPath": "spec.containers{web}"});
    read(reason, "", second, object, "kubelet")
}

/// Its ReplicaSet's.
pub fn of_owner(reason: &str, message: &str, second: &str) -> Event {
    let object = json!({"kind": "ReplicaSet", "apiVersion": "apps/v1", "name": "web", "uid": "r"});
    read(reason, message, second, object, "replicaset-controller")
}

fn read(reason: &str, message: &str, second: &str, object: Value, reporter: &str) -> Event {
    let time = at(second);
    let whole = Timestamp::from_second(time.as_second()).unwrap().to_string();
    let event = json!({
        "metadata": {
            "name": format!("web-1.{:x}", time.as_nanosecond()),
            "uid": format!("{reason}-{second}"),
            "creationTimestamp": whole,
        },
        "involvedObject": object,
        "firstTimestamp": whole,
        "lastTimestamp": whole,
        "reason": reason,
        "message": message,
        "source": {"component": reporter},
    });
    FetchedEvent::deserialize(event).unwrap().read().unwrap()
}
