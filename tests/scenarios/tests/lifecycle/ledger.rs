//! The grace ledger is what the kubelet does.

use std::collections::BTreeMap;

use harness::{Namespace, Objects};
use jiff::Timestamp;
use serde_json::Value;

/// A container that does not end when it is told to: process 1 gets no signal that it does not handle.
const STAYS: &str = "image: drover.test/box:1, command: [sleep, '3600']";

/// How late the runtime may be, on a busy machine.
const LATE: f64 = 2.0;

/// Pod and container.
type Site = (String, String);

#[test]
fn every_container_is_killed_when_it_says() {
    // Given programs that do not end when they are told to
    let namespace = Namespace::new("ledger");
    let pods = [
        ("no-hook", 3, format!("containers: [{{name: app, {STAYS}}}]")),
        ("sleeps", 4, app("{sleep: {seconds: 2}}")),
        ("takes-it-all", 3, app("{exec: {command: [sleep, '20']}}")),
        ("unknown", 4, app("{exec: {command: [sh, -c, 'true; sleep 1']}}")),
        (
            "sidecar",
            3,
            format!(
                "initContainers: [{{name: proxy, restartPolicy: Always, {STAYS}}}], \
                 containers: [{{name: app, {STAYS}}}]"
            ),
        ),
    ];
    for (name, grace, spec) in &pods {
        namespace.apply(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, \
             spec: {{terminationGracePeriodSeconds: {grace}, {spec}}}}}"
        ));
    }
    namespace.kubectl(["wait", "pods", "--all", "--for=condition=Ready", "--timeout=60s"]).success();
    let ledger: Vec<_> = pods.iter().flat_map(|(name, ..)| ledger(&namespace, name)).collect();
    assert_eq!(ledger.len(), 6, "{ledger:?}");

    // When all pods are deleted
    namespace.kubectl(["delete", "pods", "--all", "--wait=false"]).success();
    let mut ends = BTreeMap::new();
    namespace.watch_until("pods", 60, |pods| {
        ends.extend(finished(pods));
        (ends.len() == ledger.len()).then_some(())
    });

    // Then each container was killed within the time that the ledger says
    let begins = killings(&namespace);
    for (site, at_least, at_most) in ledger {
        // The end is told in whole seconds, cut off.
        let elapsed = ends[&site] - begins[&site];
        let (earliest, latest) = (elapsed, elapsed + 1.0);
        let told = format!("{site:?}: SIGKILL {at_least}-{at_most}s, ended {earliest:.2}-{latest:.2}s");
        assert!(latest >= at_least && earliest <= at_most + LATE, "{told}");
    }
}

fn app(pre_stop: &str) -> String {
    format!("containers: [{{name: app, {STAYS}, lifecycle: {{preStop: {pre_stop}}}}}]")
}

/// When SIGKILL comes to each container of a pod, at the earliest and at the latest.
fn ledger(namespace: &Namespace, pod: &str) -> Vec<(Site, f64, f64)> {
    let shown = namespace.kubectl(["lifecycle", "show", pod, "-o", "json"]).success().stdout;
    let json: Value = serde_json::from_str(&shown).expect("-o json prints JSON");
    let entries = json["items"][0]["ledger"].as_array().expect("there is a ledger").iter();
    let seconds = |value: &Value| value.as_f64().expect("a number of seconds");
    entries
        .map(|entry| {
            let at = &entry["sigkillAt"];
            let site = (pod.to_owned(), text(&entry["container"]));
            (site, seconds(&at["atLeast"]), seconds(&at["atMost"]))
        })
        .collect()
}

/// When each container ended, in seconds.
fn finished(pods: &Objects) -> Vec<(Site, f64)> {
    let of_pod = |pod: &Value| -> Vec<(Site, f64)> {
        let lists = ["initContainerStatuses", "containerStatuses"].map(|list| pod["status"][list].as_array());
        let ended = lists.into_iter().flatten().flatten().filter_map(|status| {
            let at: Timestamp =
                status["state"]["terminated"]["finishedAt"].as_str()?.parse().expect("a time");
            Some(((text(&pod["metadata"]["name"]), text(&status["name"])), at.as_millisecond() as f64 / 1e3))
        });
        ended.collect()
    };
    pods.values().flat_map(of_pod).collect()
}

/// When the kubelet began to stop each container: the name of an event holds the time in nanoseconds.
fn killings(namespace: &Namespace) -> BTreeMap<Site, f64> {
    let arguments = ["get", "events", "--field-selector=reason=Killing", "--output=json"];
    let list: Value = serde_json::from_str(&namespace.kubectl(arguments).success().stdout)
        .expect("`kubectl get --output=json` prints JSON");
    let events = list["items"].as_array().expect("a list has items").iter();
    events
        .map(|event| {
            let name = text(&event["metadata"]["name"]);
            let (_, suffix) = name.rsplit_once('.').expect("an event's name ends in its time");
            let nanoseconds = u64::from_str_radix(suffix, 16).expect("a hexadecimal number");
            let object = &event["involvedObject"];
            let path = text(&object["fieldPath"]);
            let container = path.split(['{', '}']).nth(1).expect("it is about a container");
            ((text(&object["name"]), container.to_owned()), nanoseconds as f64 / 1e9)
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
