//! The harness itself, on the real cluster.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use harness::{EndpointsMonitor, Load, Namespace, Rights, workloads};

#[test]
fn traffic_to_a_healthy_service_is_answered_by_every_pod() {
    let namespace = Namespace::new("smoke-traffic");
    namespace.apply(&(workloads::web_deployment("web", 2) + &workloads::service("web", "app: web")));
    namespace.wait("deployment/web", "condition=Available", 60);

    let mut load = Load::start(&namespace, "web", 100);
    let monitor = EndpointsMonitor::start(&namespace, "web");
    load.sent_at_least(200);
    let endpoints = monitor.finish();
    let report = load.finish();

    report.expect_no_failures();
    assert!(report.sent >= 200, "{report:?}");
    assert_eq!(report.answers.len(), 2, "{report:?}");
    assert_eq!(endpoints.history, [(Duration::ZERO, 2)]);
}

#[test]
fn failures_and_lost_endpoints_are_noticed() {
    let namespace = Namespace::new("smoke-failures");
    namespace.apply(&(workloads::web_deployment("web", 1) + &workloads::service("web", "app: web")));
    namespace.wait("deployment/web", "condition=Available", 60);

    let load = Load::start(&namespace, "web", 100);
    let monitor = EndpointsMonitor::start(&namespace, "web");
    namespace.kubectl(["exec", "deployment/web", "--", "rm", "/www/ready"]).success();
    namespace.watch_until("discovery.k8s.io/v1/endpointslices", 60, |slices| {
        let mut slices = slices.values();
        slices.any(|slice| slice["endpoints"][0]["conditions"]["ready"] == false).then_some(())
    });
    // The container ends with its server, perhaps before kubectl has heard how the command went.
    namespace.kubectl(["exec", "deployment/web", "--", "killall", "httpd"]);
    namespace.watch_until("pods", 60, |pods| {
        let mut pods = pods.values();
        pods.any(|pod| pod["status"]["containerStatuses"][0]["restartCount"] == 1).then_some(())
    });

    let endpoints = monitor.finish();
    assert_eq!(endpoints.minimum_ready, 0, "{endpoints:?}");
    assert!(!load.finish().failures.is_empty(), "the only server was killed under load");
}

#[test]
fn a_namespace_is_deleted_also_after_a_panic() {
    let (sender, receiver) = mpsc::channel();
    let test = thread::spawn(move || {
        let namespace = Namespace::new("smoke-panic");
        sender.send(namespace.name().to_owned()).expect("the receiver waits");
        panic!("as a failing test does");
    });
    assert!(test.join().is_err());

    let name = receiver.recv().expect("the namespace was created");
    Namespace::new("smoke-cleanup").wait(&format!("namespace/{name}"), "delete", 60);
}

#[test]
fn a_limited_user_may_do_only_what_its_role_says() {
    let namespace = Namespace::new("smoke-users");
    let rules = "- {apiGroups: [''], resources: [configmaps], verbs: [list]}";
    let reader = namespace.limited_user("reader", Rights::Rules(rules));
    reader.kubectl(["get", "configmaps"]).success();
    let refused = reader.kubectl(["get", "pods"]).failure(1);
    assert!(refused.stderr.contains("Forbidden"), "{}", refused.stderr);

    let viewer = namespace.limited_user("viewer", Rights::ClusterRole("view"));
    viewer.kubectl(["get", "pods"]).success();
    viewer.kubectl(["get", "secrets"]).failure(1);
}
