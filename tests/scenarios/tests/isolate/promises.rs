//! What is promised whatever the story.

use harness::{Finished, Namespace};
pub use scenarios::words::{expect_order, expect_words, refused};

use crate::pods::{ISOLATED_LABEL, Pod, RECORD, pod, pods, services_sending_to};
use crate::shop::serving;

/// Isolates a pod, which must succeed with exactly the promised answer.
pub fn isolate(namespace: &Namespace, pod: &Pod) -> Finished {
    isolate_with(namespace, pod, &[])
}

/// The same with flags.
pub fn isolate_with(namespace: &Namespace, pod: &Pod, flags: &[&str]) -> Finished {
    let finished = namespace.kubectl([&["isolate", pod.name()], flags].concat()).success();
    assert_eq!(finished.stdout, format!("pod/{} isolated\n", pod.name()), "stdout is the answer alone");
    finished
}

/// Puts an isolated pod back, which must succeed with exactly the promised answer.
pub fn restore_with(namespace: &Namespace, pod: &Pod, flags: &[&str]) -> Finished {
    let finished = namespace.kubectl([&["isolate", "restore", pod.name()], flags].concat()).success();
    assert_eq!(finished.stdout, format!("pod/{} restored\n", pod.name()), "stdout is the answer alone");
    finished
}

/// The pod is out of its controller and of all traffic, and goes on as if nothing had happened.
pub fn expect_isolated(namespace: &Namespace, before: &Pod) {
    let after = pod(namespace, before.name());
    assert_eq!(after.uid(), before.uid(), "it is still the same pod");
    assert_eq!(after.restarts(), before.restarts(), "no container of it was restarted");
    assert_eq!(after.0["status"]["phase"], "Running", "it keeps running");
    assert!(after.is_released(), "no controller owns it: {}", after.owners());
    assert_eq!(after.label(ISOLATED_LABEL), Some("true"), "its label tells that it is isolated");
    assert!(after.annotation(RECORD).is_some(), "it carries the record by which it can be put back");
    let services = services_sending_to(namespace, &after);
    assert!(services.is_empty(), "no Service sends it traffic: {services:?}");
}

/// The pod is as it was, in the hands of the same controller; also after an isolation that was undone.
pub fn expect_untouched(namespace: &Namespace, before: &Pod) {
    let after = pod(namespace, before.name());
    assert_eq!(after.without_status(), before.without_status(), "nothing about the pod has changed");
}

/// The pod is back where it was, serving, among as many pods as before; and nothing is left that is isolated.
pub fn expect_restored(namespace: &Namespace, before: &[Pod], restored: &Pod) {
    // Its labels, annotations and owner: with none of our marks, and with no deletion cost but its own.
    expect_untouched(namespace, restored);
    let after = pod(namespace, restored.name());
    assert_eq!(after.restarts(), restored.restarts(), "no container of it was restarted");
    let now = pods(namespace, "app=web");
    assert_eq!(now.len(), before.len(), "the Deployment has as many pods as before");
    assert_eq!(namespace.get("deployment/web")["spec"]["replicas"], before.len(), "it was not scaled");
    let left: Vec<String> = pods(namespace, ISOLATED_LABEL).iter().map(|pod| pod.name().to_owned()).collect();
    assert!(left.is_empty(), "no pod is isolated any more, but {left:?} are");
    serving(namespace, "web", u32::try_from(before.len()).expect("a handful of pods"));
    assert_eq!(services_sending_to(namespace, &after), ["web"], "it serves again");
}

/// These pods and no other are behind Service `web`, with the labels, annotations and owner of before.
pub fn expect_all_as_before(namespace: &Namespace, before: &[Pod]) {
    serving(namespace, "web", u32::try_from(before.len()).expect("a handful of pods"));
    let uids = |pods: &[Pod]| -> Vec<String> { pods.iter().map(|pod| pod.uid().to_owned()).collect() };
    assert_eq!(uids(&pods(namespace, "app=web")), uids(before), "these pods and no other are left");
    for pod in before {
        expect_untouched(namespace, pod);
    }
}

/// The pod is deleted, and its containers have ended.
pub fn expect_gone(namespace: &Namespace, pod: &Pod) {
    namespace.watch_until("pods", 30, |pods| (!pods.contains_key(pod.uid())).then_some(()));
}

/// The Deployment has all its pods again without this one: exactly one new pod, ready in each of these Services.
pub fn expect_replaced(namespace: &Namespace, before: &[Pod], isolated: &Pod, services: &[&str]) {
    namespace.wait("deployment/web", "condition=Available", 30);
    let now = pods(namespace, "app=web");
    assert_eq!(now.len(), before.len(), "the Deployment has as many pods as before");
    let is_known = |pod: &&Pod| before.iter().any(|known| known.uid() == pod.uid());
    let new: Vec<&Pod> = now.iter().filter(|pod| !is_known(pod)).collect();
    let [replacement] = new[..] else { panic!("one pod was to be replaced, but {} are new", new.len()) };
    assert!(replacement.is_ready(), "the replacement of {} is Ready", isolated.name());
    assert_eq!(services_sending_to(namespace, replacement), services, "the replacement serves in its place");
}

/// The command refuses to isolate the pod, says why, and changes nothing. Returns what it said.
pub fn expect_refusal(namespace: &Namespace, pod: &Pod) -> String {
    let said = refused(namespace.kubectl(["isolate", pod.name()]));
    expect_untouched(namespace, pod);
    said
}

/// Each part of the way was told exactly once, in whatever order: in lines such as `  1 leave the Deployment   dropped …`.
pub fn expect_each_stage_once(said: &str) {
    let numbered = said.lines().filter_map(|line| line.strip_prefix("  ")?.split_once(' '));
    let titles: Vec<&str> = numbered
        .filter(|(number, _)| number.parse::<u32>().is_ok())
        .map(|(_, line)| line.split("  ").next().unwrap_or(line))
        .collect();
    for part in ["traffic", "replacement", "verified"] {
        let told = titles.iter().filter(|title| title.contains(part)).count();
        assert_eq!(told, 1, "{part:?} is told once, but the stages were {titles:?} in:\n{said}");
    }
}
