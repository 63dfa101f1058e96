//! The rules, a family a file.

pub mod grace;
pub mod post_start;
pub mod pre_stop;
pub mod probes;
pub mod programs;
pub mod requests;
pub mod signal;
pub mod traffic;

use serde_json::{Value, json};

use crate::schedule::{Action, Container, Hook};

const POST_START: &str = "postStart";
const PRE_STOP: &str = "preStop";
const GRACE: &str = "terminationGracePeriodSeconds";

/// The hooks of a container, by their fields.
fn hooks(container: &Container) -> impl Iterator<Item = (&'static str, &Hook)> {
    let both = [(POST_START, &container.post_start), (PRE_STOP, &container.pre_stop)];
    both.into_iter().filter_map(|(field, hook)| Some((field, hook.as_ref()?)))
}

/// A hook that sleeps in the kubelet, instead of what it does now.
fn native_sleep(field: &str, hook: &Hook, seconds: u64) -> Value {
    let mut changed = json!({"sleep": {"seconds": seconds}});
    match hook.action {
        Action::Exec { .. } => changed["exec"] = Value::Null,
        Action::HttpGet { .. } => changed["httpGet"] = Value::Null,
        Action::TcpSocket { .. } => changed["tcpSocket"] = Value::Null,
        Action::Grpc { .. } | Action::Sleep { .. } => {}
    }
    json!({"lifecycle": {field: changed}})
}
