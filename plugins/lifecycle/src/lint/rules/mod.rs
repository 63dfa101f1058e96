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

use crate::schedule::{Container, Hook};

const POST_START: &str = "postStart";
const PRE_STOP: &str = "preStop";
const GRACE: &str = "terminationGracePeriodSeconds";

/// The hooks of a container, by their fields.
fn hooks(container: &Container) -> impl Iterator<Item = (&'static str, &Hook)> {
    let both = [(POST_START, &container.post_start), (PRE_STOP, &container.pre_stop)];
    both.into_iter().filter_map(|(field, hook)| Some((field, hook.as_ref()?)))
}

/// A hook that sleeps in the kubelet, instead of whatever it is now.
fn native_sleep(field: &str, seconds: u64) -> Value {
    let sleep = json!({"exec": null, "httpGet": null, "tcpSocket": null, "sleep": {"seconds": seconds}});
    json!({"lifecycle": {field: sleep}})
}
