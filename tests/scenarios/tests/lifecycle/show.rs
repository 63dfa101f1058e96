//! What will run when, and how much of the grace period is left.

use harness::{Finished, Namespace, Proxy, Rights};
use scenarios::words::expect_words;
use serde_json::{Value, json};

/// Deployment `web`, for which nothing has to run: what is shown is what it says.
const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 45
      initContainers:
      - {name: migrate, image: drover.test/box:1}
      - name: proxy
        image: drover.test/box:1
        restartPolicy: Always
        startupProbe: {httpGet: {path: /ready, port: 15021}, periodSeconds: 1, failureThreshold: 30}
        lifecycle: {preStop: {exec: {command: [sh, -c, sleep 3; touch /tmp/drained]}}}
      containers:
      - name: web
        image: drover.test/box:1
        ports: [{name: http, containerPort: 8080}]
        lifecycle:
          postStart: {exec: {command: [/bin/warm-up]}}
          preStop: {sleep: {seconds: 5}}
        readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}
        livenessProbe: {httpGet: {path: /healthz, port: http}, terminationGracePeriodSeconds: 5}
      - name: log
        image: drover.test/box:1
        lifecycle: {preStop: {httpGet: {path: /flush, port: 9000}}}
";

#[test]
fn a_deployment() {
    let namespace = Namespace::new("show");
    namespace.apply(WEB);

    let shown = show(&namespace, &["deploy/web"]).success();

    expect_words(&shown.stderr, &[namespace.name(), "Deployment/web"]);
    let lines: Vec<_> = shown.stdout.lines().collect();
    let expected = [
        " 1 migrate: init container, ends before the next one starts",
        " 2 proxy: sidecar, stays; the next one starts once its startup probe succeeds",
        "   startup     GET :15021/ready every 1s × 30: killed unless up within 31s",
        "   preStop     exec sh -c 'sleep 3; touch /tmp/drained', at least 3s",
        " 3 web",
        "   postStart   exec /bin/warm-up, no time limit; log waits",
        "   readiness   GET :http/ready every 5s × 3: out of traffic within 16s",
        "   liveness    GET :http/healthz every 10s × 3: killed within 31s, grace 5s",
        "   preStop     sleep 5s",
        " 4 log",
        "   preStop     GET :9000/flush, length unknown",
    ];
    assert_eq!(lines[1..12], expected, "{}", shown.stdout);
    let ledger = [
        "web 5s - 5s 40s 45s",
        "log 0-45s - 0-45s 2-45s 45-47s",
        "proxy 3-45s 0-42s 5-45s 2-40s 45-47s",
        "web (liveness) 5s - 5s 2s floor 7s",
    ];
    let words = |line: &&str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(lines[15..19].iter().map(words).collect::<Vec<_>>(), ledger, "{}", shown.stdout);
    expect_words(
        &shown.stdout,
        &["! web preStop", "terminationGracePeriodSeconds of livenessProbe: more than 5"],
    );
}

#[test]
fn a_pod_for_programs() {
    // Given a pod that nobody starts
    let namespace = Namespace::new("show-pod");
    namespace.apply(
        "{apiVersion: v1, kind: Pod, metadata: {name: web-1}, spec: {schedulerName: nobody, containers: \
         [{name: web, image: drover.test/box:1, lifecycle: {preStop: {exec: {command: [sleep, '60']}}}}]}}",
    );

    // When it is shown to a program, then the ledger says what will be left
    let shown = show(&namespace, &["web-1", "-o", "json"]).success();
    assert_eq!(shown.stderr, "");
    let json: Value = serde_json::from_str(&shown.stdout).expect("-o json prints JSON");
    assert_eq!(json["kind"], "LifecycleSchedule");
    let schedule = &json["items"][0];
    assert_eq!((&schedule["object"], &schedule["gracePeriodSeconds"]), (&json!("pod/web-1"), &json!(30)));
    let exactly = |seconds: u64| json!({"atLeast": seconds, "atMost": seconds});
    let ledger = json!([{
        "container": "web", "cause": "deletion", "gracePeriodSeconds": 30, "preStop": exactly(30),
        "sigtermAt": exactly(30), "drain": exactly(2), "sigkillAt": exactly(32), "onlyFloor": true,
    }]);
    assert_eq!(schedule["ledger"], ledger);
    assert_eq!(schedule["findings"][0]["rule"], "pre-stop-takes-grace");

    // and YAML says the same
    let yaml = show(&namespace, &["web-1", "-o", "yaml"]).success().stdout;
    assert_eq!(serde_saphyr::from_str::<Value>(&yaml).expect("-o yaml prints YAML"), json);
}

#[test]
fn a_job_of_a_cron_job() {
    let namespace = Namespace::new("show-job");
    namespace.apply(
        "{apiVersion: batch/v1, kind: CronJob, metadata: {name: nightly}, spec: {schedule: 0 0 1 1 *, suspend: true, \
         jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: report, \
         image: drover.test/box:1, lifecycle: {preStop: {exec: {command: [/bin/done]}}}}]}}}}}}",
    );
    let shown = show(&namespace, &["cj/nightly"]).success().stdout;
    expect_words(
        &shown,
        &["1 report", "exec /bin/done", "! report preStop does not run when the program ends by itself"],
    );
}

#[test]
fn what_is_not_there() {
    let namespace = Namespace::new("show-missing");
    namespace.apply(WEB);

    for (arguments, words) in [
        (&["deploy/wep"][..], ["deployment.apps/wep does not exist", "did you mean deploy/web?"]),
        (&["web"], ["pod/web does not exist", "kubectl get pods -n"]),
        (&["svc/web"], ["\"svc\" is not a kind that has pods", "deploy/web"]),
    ] {
        let refused = show(&namespace, arguments).failure(1);
        assert_eq!(refused.stdout, "");
        expect_words(&refused.stderr, &words);
    }
}

#[test]
fn one_request_and_one_right() {
    let namespace = Namespace::new("show-right");
    namespace.apply(WEB);
    let rules = "- {apiGroups: [apps], resources: [deployments], verbs: [get]}";
    let reader = namespace.limited_user("reader", Rights::Rules(rules));
    let proxy = Proxy::start();

    let shown = reader.through(&proxy).kubectl(["lifecycle", "show", "deploy/web"]).success();
    expect_words(&shown.stdout, &["3 web"]);
    let recording = proxy.recording();
    assert_eq!(recording.requests.len(), 1, "{}", recording.table());

    let refused = reader.kubectl(["lifecycle", "show", "sts/web"]).failure(1);
    expect_words(&refused.stderr, &["statefulsets.apps \"web\" is forbidden"]);
}

fn show(namespace: &Namespace, arguments: &[&str]) -> Finished {
    namespace.kubectl([&["lifecycle", "show"], arguments].concat())
}
