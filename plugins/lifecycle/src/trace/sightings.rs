//! What somebody who was watching saw, and nobody wrote down.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;

use super::Moment;

/// What [`drover::cluster::Cluster::now`] is behind the server's clock at most.
pub const BEHIND: SignedDuration = SignedDuration::from_secs(1);

/// The kubelet has noticed after this time what has become of a container. It looks a second after it looked last
/// (pkg/kubelet/kubelet.go: `genericPlegRelistPeriod`), and to look takes it its time where it has much to do; while it
/// starts the pod's containers it notes nothing.
const NOTICED: SignedDuration = SignedDuration::from_secs(2);

/// When we learned of each for the first time.
#[derive(Debug, Default)]
pub struct Sightings {
    /// Containers that are shown as running, by name.
    running: BTreeMap<String, Sighting>,
    /// Containers whose startup probe has succeeded, likewise.
    started: BTreeMap<String, Sighting>,
    /// What a failed postStart printed, which the status says for a second only.
    pub post_start_errors: BTreeMap<String, String>,
    /// In every slice that it is in, whether it is ready there, by the slice's name.
    slices: BTreeMap<String, bool>,
    /// It became ready in a slice.
    pub in_slice: Option<Moment>,
    /// It was ready in no slice any more.
    pub out_of_slice: Option<Moment>,
    /// It was ready in one although it was terminating: nothing but its removal takes it out
    /// (`publishNotReadyAddresses`).
    pub stays_in_slices: bool,
    /// Its readiness probe failed while it was terminating.
    pub stopped_serving: Option<Moment>,
    /// The pod was removed.
    pub gone: Option<Moment>,
}

impl Sightings {
    /// The pod as it was before we began to watch.
    pub fn know_pod(&mut self, pod: &Pod) {
        self.see(pod, None);
    }

    /// A change of the pod that was `learned` of.
    pub fn see_pod(&mut self, pod: &Pod, learned: Moment) {
        let written = last_written(pod.metadata.managed_fields.as_deref(), of_kubelet);
        self.see(pod, Some(written.map_or(learned, |written| written.not_after(&learned))));
    }

    fn see(&mut self, pod: &Pod, moment: Option<Moment>) {
        for status in statuses(pod) {
            if status.state.as_ref().is_some_and(|state| state.running.is_some()) {
                see(&mut self.running, status, moment);
            }
            self.keep_post_start_error(status);
            if status.started == Some(true) {
                see(&mut self.started, status, moment);
            }
        }
    }

    fn keep_post_start_error(&mut self, status: &ContainerStatus) {
        let waiting = status.state.as_ref().and_then(|state| state.waiting.as_ref());
        let failed = waiting.filter(|waiting| waiting.reason.as_deref() == Some("PostStartHookError"));
        let message = failed.and_then(|waiting| waiting.message.clone());
        self.post_start_errors.extend(message.map(|message| (status.name.clone(), message)));
    }

    /// When the container was first ready to be shown as running, in its latest start: its postStart hook had ended
    /// then, and not long before.
    pub fn running(&self, container: &str, prompt: SignedDuration) -> Option<Moment> {
        Some(self.running.get(container)?.moment?.earlier_by(NOTICED + prompt))
    }

    /// When its startup probe succeeded, in its latest start: the kubelet writes that down at once.
    pub fn started(&self, container: &str, prompt: SignedDuration) -> Option<Moment> {
        Some(self.started.get(container)?.moment?.earlier_by(prompt))
    }

    /// A slice that was there before we began to watch.
    pub fn know_slice(&mut self, slice: &EndpointSlice, uid: &str) {
        self.slices.insert(name(slice), is_ready(slice, uid));
    }

    /// A change of a slice.
    pub fn see_slice(&mut self, slice: &EndpointSlice, is_gone: bool, uid: &str, learned: Moment) {
        let was_ready = self.is_in_slices();
        let is_ready = !is_gone && is_ready(slice, uid);
        self.slices.insert(name(slice), is_ready);
        let written = last_written(slice.metadata.managed_fields.as_deref(), |_| true);
        let moment = written.map_or(learned, |written| written.not_after(&learned));
        match (was_ready, self.is_in_slices()) {
            (false, true) => {
                self.in_slice = Some(moment);
                self.out_of_slice = None;
            }
            (true, false) => self.out_of_slice = Some(moment),
            _ => {}
        }
        self.stays_in_slices |= is_ready && is_terminating(slice, uid);
        if has_stopped_serving(slice, uid) {
            self.stopped_serving.get_or_insert(moment);
        }
    }

    /// What was read again after nobody watched for a while.
    pub fn know_again(&mut self, read: Self, unseen: Moment) {
        let was_ready = self.is_in_slices();
        self.slices = read.slices;
        match (was_ready, self.is_in_slices()) {
            (false, true) => {
                self.in_slice = Some(unseen);
                self.out_of_slice = None;
            }
            (true, false) => self.out_of_slice = Some(unseen),
            _ => {}
        }
        self.post_start_errors.extend(read.post_start_errors);
    }

    /// Whether traffic is sent to it.
    pub fn is_in_slices(&self) -> bool {
        self.slices.values().any(|is_ready| *is_ready)
    }

    /// The pod was removed.
    pub fn see_end(&mut self, learned: Moment) {
        self.gone.get_or_insert(learned);
    }
}

fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let lists = pod
        .status
        .as_ref()
        .into_iter()
        .flat_map(|status| status.init_container_statuses.iter().chain(&status.container_statuses));
    lists.flatten()
}

/// What a container was first seen as, in one of its starts.
#[derive(Debug)]
struct Sighting {
    /// Of the container in the runtime, new in each start.
    id: Option<String>,
    /// None where it was so before we began to watch.
    moment: Option<Moment>,
}

fn see(seen: &mut BTreeMap<String, Sighting>, status: &ContainerStatus, moment: Option<Moment>) {
    let id = &status.container_id;
    if seen.get(&status.name).is_none_or(|known| known.id != *id) {
        seen.insert(status.name.clone(), Sighting { id: id.clone(), moment });
    }
}

/// What we learn of was so before; the news took its time, or was not listened to.
pub fn learned(at: Timestamp, unheard_since: Option<Timestamp>) -> Moment {
    let soonest = at - BEHIND;
    Moment::between(unheard_since.map_or(soonest, |since| since.min(soonest)), at + BEHIND)
}

fn name(slice: &EndpointSlice) -> String {
    slice.metadata.name.clone().unwrap_or_default()
}

/// When somebody of these last wrote, by the server's clock.
fn last_written(
    entries: Option<&[ManagedFieldsEntry]>,
    is_theirs: impl Fn(&ManagedFieldsEntry) -> bool,
) -> Option<Moment> {
    let theirs = entries?.iter().filter(|entry| is_theirs(entry));
    Some(Moment::second(theirs.filter_map(|entry| entry.time.as_ref()).map(|time| time.0).max()?))
}

fn of_kubelet(entry: &ManagedFieldsEntry) -> bool {
    entry.manager.as_deref() == Some("kubelet") && entry.subresource.as_deref() == Some("status")
}

fn endpoints<'a>(
    slice: &'a EndpointSlice,
    uid: &str,
) -> impl Iterator<Item = &'a k8s_openapi::api::discovery::v1::Endpoint> {
    let is_of = move |endpoint: &&k8s_openapi::api::discovery::v1::Endpoint| {
        endpoint.target_ref.as_ref().is_some_and(|target| target.uid.as_deref() == Some(uid))
    };
    let all: Vec<_> = slice.endpoints.iter().filter(is_of).collect();
    all.into_iter()
}

fn is_ready(slice: &EndpointSlice, uid: &str) -> bool {
    endpoints(slice, uid).any(|endpoint| {
        // Unknown counts as ready (k8s.io/api/discovery/v1: `EndpointConditions`).
        endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
    })
}

fn is_terminating(slice: &EndpointSlice, uid: &str) -> bool {
    let mut conditions = endpoints(slice, uid).filter_map(|endpoint| endpoint.conditions.as_ref());
    conditions.any(|conditions| conditions.terminating == Some(true))
}

/// Readiness goes on while it terminates, and is told apart there.
fn has_stopped_serving(slice: &EndpointSlice, uid: &str) -> bool {
    endpoints(slice, uid)
        .filter_map(|endpoint| endpoint.conditions.as_ref())
        .any(|conditions| conditions.terminating == Some(true) && conditions.serving == Some(false))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::moment::PROMPT;
    use super::super::testing::{at, pod};
    use super::*;

    fn news(seconds: &str) -> Moment {
        learned(at(seconds), None)
    }

    fn running(id: &str) -> Pod {
        let yaml = "
metadata:
  managedFields:
  - {manager: kubelet, subresource: status, time: '@05'}
  - {manager: someone, time: '@09'}
status:
  containerStatuses:
  - {name: web, containerID: WHICH, image: box, imageID: box, ready: true, restartCount: 0, state: {running: {}}}
";
        pod(&yaml.replace("WHICH", id))
    }

    fn slice(written: &str, conditions: &Value) -> EndpointSlice {
        let slice = json!({
            "metadata": {"name": "web-x", "managedFields": [{"time": at(written).to_string()}]},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [], "targetRef": {"uid": "u"}, "conditions": conditions}],
        });
        serde_json::from_value(slice).unwrap()
    }

    #[test]
    fn the_second_in_which_the_kubelet_wrote_counts() {
        let mut seen = Sightings::default();
        seen.see_pod(&running("one"), news("05.5"));
        assert_eq!(seen.running("web", PROMPT), Some(Moment::between(at("02.75"), at("06"))));
        // Once more is no news.
        seen.see_pod(&running("one"), news("08"));
        assert_eq!(seen.running("web", PROMPT), Some(Moment::between(at("02.75"), at("06"))));
        assert_eq!((seen.running("log", PROMPT), seen.started("web", PROMPT)), (None, None));
    }

    #[test]
    fn each_start_is_seen_anew() {
        let mut seen = Sightings::default();
        seen.know_pod(&running("one"));
        seen.see_pod(&running("one"), news("05.5"));
        assert_eq!(seen.running("web", PROMPT), None);
        seen.see_pod(&running("two"), news("05.5"));
        assert!(seen.running("web", PROMPT).is_some());
    }

    #[test]
    fn into_the_slices_and_out_of_them() {
        let mut seen = Sightings::default();
        seen.know_slice(&slice("01", &json!({"ready": false})), "u");
        seen.see_slice(&slice("03", &json!({"ready": true})), false, "u", news("03.2"));
        assert_eq!(seen.in_slice, Some(Moment::second(at("03"))));
        let terminating = json!({"ready": false, "serving": true, "terminating": true});
        seen.see_slice(&slice("07", &terminating), false, "u", news("07.2"));
        assert_eq!((seen.out_of_slice, seen.stopped_serving), (Some(Moment::second(at("07"))), None));
        let stopped = json!({"ready": false, "serving": false, "terminating": true});
        seen.see_slice(&slice("08", &stopped), false, "u", news("08.2"));
        assert_eq!(seen.stopped_serving, Some(Moment::second(at("08"))));
    }
    #[test]
    fn one_that_is_served_while_it_terminates_stays_until_it_is_gone() {
        let mut seen = Sightings::default();
        seen.know_slice(&slice("01", &json!({"ready": true})), "u");
        let published = json!({"ready": true, "serving": true, "terminating": true});
        seen.see_slice(&slice("07", &published), false, "u", news("07.2"));
        assert_eq!((seen.stays_in_slices, seen.out_of_slice), (true, None));
        seen.see_slice(&slice("09", &published), true, "u", news("09.2"));
        assert_eq!((seen.stays_in_slices, seen.out_of_slice), (true, Some(Moment::second(at("09")))));
    }

    #[test]
    fn what_was_not_listened_to_is_older_news() {
        assert_eq!(learned(at("40"), None), Moment::between(at("39"), at("41")));
        assert_eq!(learned(at("40"), Some(at("10"))), Moment::between(at("10"), at("41")));
        assert_eq!(learned(at("40"), Some(at("39.5"))), Moment::between(at("39"), at("41")));
    }
}
