//! What is wrong with hooks, probes and grace periods, of what is on the cluster.

use std::fs;
use std::path::Path;

use harness::{Finished, Namespace, Proxy, Rights, User};
use scenarios::roles::{role_of_the_readme, rules, without};
use scenarios::words::expect_words;
use serde_json::{Value, json};

/// Deployment `web`, for which nothing has to run, and the Service that would send it traffic.
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
      containers:
      - name: web
        image: drover.test/box:1
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /ready, port: http}}
        lifecycle: {preStop: {exec: {command: [sh, -c, sleep 60; /bin/drain]}}}
      - name: log
        image: drover.test/box:1
        lifecycle: {preStop: {exec: {command: [sleep, '2']}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
";

fn lint(namespace: &Namespace, arguments: &[&str]) -> Finished {
    namespace.kubectl([&["lifecycle", "lint"], arguments].concat())
}

/// Those of all workloads: object and rule.
fn found(finished: &Finished) -> Vec<String> {
    let answer: Value = serde_json::from_str(&finished.stdout).expect("-o json prints JSON");
    let items = answer["items"].as_array().expect("a list has items").iter();
    let of_item = |item: &Value| {
        let findings = item["findings"].as_array().expect("there is a list of findings").clone();
        let object = item["object"].as_str().expect("an object has a name").to_owned();
        findings
            .into_iter()
            .map(move |finding| format!("{object} {}", finding["rule"].as_str().expect("an id")))
    };
    items.flat_map(of_item).collect()
}

#[test]
fn a_workload_is_checked_and_mended() {
    // Given a Deployment whose preStop is longer than its grace period
    let namespace = Namespace::new("lint-web");
    namespace.apply(WEB);

    // When it is checked, then that is found
    let checked = lint(&namespace, &["deploy/web"]).failure(1);
    expect_words(
        &checked.stdout,
        &[
            "error    pre-stop-takes-grace",
            "web preStop takes 60s of a grace period of 30s",
            "info     exec-sleep",
        ],
    );
    expect_words(&checked.stderr, &["1 error, 1 info, 2 can be mended by --fix"]);

    // and the patch that it prints mends it
    let patch = lint(&namespace, &["deploy/web", "--fix", "-o", "yaml"]).success().stdout;
    namespace.kubectl(["patch", "deploy/web", "--patch", &patch]).success();
    let web = namespace.get("deploy/web");
    let spec = &web["spec"]["template"]["spec"];
    assert_eq!(spec["terminationGracePeriodSeconds"], 90);
    assert_eq!(spec["containers"][1]["lifecycle"], json!({"preStop": {"sleep": {"seconds": 2}}}));
    let checked = lint(&namespace, &["deploy/web"]).success();
    assert_eq!((checked.stdout.as_str(), checked.stderr.trim_end()), ("", "nothing found in 1 workload"));
}

#[test]
fn two_requests_for_one_and_six_for_all() {
    let namespace = Namespace::new("lint-requests");
    namespace.apply(WEB);
    for (arguments, requests, waves) in
        [(&["deploy/web"][..], 2, 1), (&[], 6, 2), (&["-A", "--fail-on=never"], 6, 2)]
    {
        let proxy = Proxy::start();
        let words = [&["lifecycle", "lint", "-o", "json"], arguments].concat();
        let checked = namespace.through(&proxy).kubectl(words);
        let web = "deployment.apps/web pre-stop-takes-grace".to_owned();
        assert!(found(&checked).contains(&web), "{arguments:?}: {}", checked.stdout);
        let recording = proxy.recording();
        // Of all namespaces there may be more than a page.
        let is_bounded = recording.requests.len() == requests || arguments.contains(&"-A");
        assert!(is_bounded, "{arguments:?}: {}", recording.table());
        assert!(recording.waves() == waves || arguments.contains(&"-A"), "{}", recording.table());
    }
}

#[test]
fn what_a_cron_job_made_is_looked_at_once() {
    let namespace = Namespace::new("lint-owned");
    namespace.apply(
        "{apiVersion: batch/v1, kind: CronJob, metadata: {name: nightly}, spec: {schedule: 0 0 1 1 *, suspend: true, \
         jobTemplate: {spec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: report, \
         image: drover.test/box:1, lifecycle: {preStop: {exec: {command: [/bin/done]}}}}]}}}}}}",
    );
    namespace.kubectl(["create", "job", "--from=cronjob/nightly", "tonight"]).success();
    let all = lint(&namespace, &["-o", "json"]).failure(1);
    assert_eq!(found(&all), ["cronjob.batch/nightly pre-stop-of-job"]);
    let one = lint(&namespace, &["job/tonight", "-o", "json"]).failure(1);
    assert_eq!(found(&one), ["job.batch/tonight pre-stop-of-job"]);
}

#[test]
fn who_may_not_list_services_is_told_what_is_not_checked() {
    let namespace = Namespace::new("lint-rights");
    let without_hooks: Vec<_> = WEB.lines().filter(|line| !line.contains("lifecycle:")).collect();
    namespace.apply(&without_hooks.join("\n"));
    let user = |name: &str, role: &Value| namespace.limited_user(name, Rights::Rules(&rules(role)));
    let run = |user: &User| user.kubectl(["lifecycle", "lint", "deploy/web"]);

    let role = role_of_the_readme("lifecycle");
    let checked = run(&user("reader", &role)).failure(1);
    expect_words(&checked.stdout, &["web preStop is missing: Service web may still send it requests"]);
    user("surveyor", &role).kubectl(["lifecycle", "lint"]).failure(1);

    let checked = run(&user("lacker", &without(role, "services", "list"))).success();
    expect_words(
        &checked.stderr,
        &["not checked: served-without-pre-stop", "cannot list resource \"services\""],
    );
    assert_eq!(checked.stdout, "");
}

#[test]
fn what_is_not_there_can_not_be_checked() {
    let namespace = Namespace::new("lint-missing");
    namespace.apply(WEB);
    let said = lint(&namespace, &["deploy/wep"]).failure(2).stderr;
    expect_words(&said, &["deployment.apps/wep does not exist", "did you mean deploy/web?"]);
}

#[test]
fn what_the_rules_mend_the_server_takes() {
    // Given the examples of all rules, each as a workload of its own for which nothing runs
    let namespace = Namespace::new("lint-examples");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/lifecycle/src/lint/examples");
    let mut manifests = Vec::new();
    for file in fs::read_dir(folder).expect("there are examples") {
        let path = file.expect("it can be listed").path();
        let rule = path.file_stem().expect("files have names").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("it can be read");
        let (found, _) = text.split_once("# Clean: ").expect("there are two");
        for document in found.split("\n---\n") {
            let mut object: Value = serde_saphyr::from_str(document).expect("examples are YAML");
            object["metadata"]["name"] = json!(rule);
            match object["kind"].as_str() {
                Some("Deployment") => object["spec"]["replicas"] = json!(0),
                Some("Job") => object["spec"]["suspend"] = json!(true),
                _ => {}
            }
            manifests.push(object.to_string());
        }
    }
    namespace.apply(&manifests.join("\n---\n"));

    // When all are mended
    let fixes = lint(&namespace, &["--fix", "-o", "json"]).success().stdout;
    let fixes: Value = serde_json::from_str(&fixes).expect("-o json prints JSON");
    let fixes = fixes["items"].as_array().expect("a list has items");
    assert!(fixes.len() > 20, "each Deployment is at least without readiness: {}", fixes.len());
    for fix in fixes {
        let object = fix["object"].as_str().expect("an object has a name");
        namespace.kubectl(["patch", object, "--patch", &fix["patch"].to_string()]).success();
    }

    // Then nothing is left that could be
    let left = lint(&namespace, &["--fix", "-o", "json"]).success();
    assert_eq!(
        serde_json::from_str::<Value>(&left.stdout).expect("JSON")["items"],
        json!([]),
        "{}",
        left.stdout
    );
}

/// What `hook-leaves-child` says, proven: the kubelet waits for whoever holds the hook's output.
#[test]
fn a_child_in_the_background_holds_the_hook() {
    let namespace = Namespace::new("lint-child");
    let pod = |name: &str, script: &str| {
        let hook = json!({"postStart": {"exec": {"command": ["sh", "-c", script]}}});
        let container = |name: &str| json!({"name": name, "image": "drover.test/pause:1"});
        let mut first = json!({"name": "first", "image": "drover.test/box:1", "command": ["sleep", "600"]});
        first["lifecycle"] = hook;
        let containers = [first, container("second")];
        let spec = json!({"terminationGracePeriodSeconds": 1, "containers": containers});
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
    };
    let (held, free) = (pod("held", "sleep 4 &"), pod("free", "sleep 4 >/dev/null 2>&1 &"));
    namespace.apply(&format!("{held}\n---\n{free}"));
    for name in ["held", "free"] {
        namespace.wait(&format!("pod/{name}"), "condition=Ready", 60);
    }

    let between = |name: &str| {
        let [first, second] = ["first", "second"].map(|container| started(&namespace, name, container));
        second - first
    };
    assert!(between("held") > 3.9, "{}", between("held"));
    assert!(between("free") < between("held") - 1.0, "{} {}", between("free"), between("held"));
    let said = lint(&namespace, &["pod/held"]).failure(1).stdout;
    expect_words(&said, &["hook-leaves-child", "leaves `sleep 4` in the background"]);
    lint(&namespace, &["pod/free"]).success();
}

/// When the kubelet said so, in seconds: the nanoseconds are in the event's name.
fn started(namespace: &Namespace, pod: &str, container: &str) -> f64 {
    let field = format!("spec.containers{{{container}}}");
    let selector = format!("reason=Started,involvedObject.name={pod},involvedObject.fieldPath={field}");
    let name =
        namespace.kubectl(["get", "events", "--field-selector", &selector, "-o", "name"]).success().stdout;
    let (_, hex) = name.trim().rsplit_once('.').expect("the name of an event has a suffix");
    i64::from_str_radix(hex, 16).expect("it is a time") as f64 / 1e9
}
