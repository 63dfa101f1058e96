//! A dry run changes nothing; and every answer has forms for programs.

use harness::Namespace;
use scenarios::words::expect_words;
use serde_json::{Value, json};

use crate::debugging::{debug_mode, debug_pod, on};
use crate::sick::{RUNS, api_pods, app, deployment, running, spec};

#[test]
fn a_dry_run_changes_nothing_and_shows_the_change() {
    // Given a Deployment that nothing happens to
    let namespace = quiet("dry-run");
    let version = || namespace.get("deploy/api")["metadata"]["resourceVersion"].clone();
    let before = version();

    for (mode, suffix) in [("client", "(dry run)"), ("server", "(server dry run)")] {
        // When it is only tried, then the answer says so, and the change is shown
        let finished = debug_mode(&namespace, &["on", "deploy/api", &format!("--dry-run={mode}")]).success();
        assert_eq!(finished.stdout, format!("deployment.apps/api in debug mode {suffix}\n"));
        expect_words(
            &finished.stderr,
            &["livenessProbe", "readinessGates", "drover.dev/debug-mode", "maxUnavailable"],
        );
        assert_eq!(version(), before, "--dry-run={mode} changes nothing");
        let maps = namespace.kubectl(["get", "configmaps", "--output=name"]).success().stdout;
        assert_eq!(maps, "configmap/kube-root-ca.crt\n", "--dry-run={mode} leaves no record");
    }

    // nor on the way back
    on(&namespace, "deploy/api", &[]);
    let debug = debug_pod(&namespace);
    let generation = namespace.get("deploy/api")["metadata"]["generation"].clone();
    for (mode, suffix) in [("client", "(dry run)"), ("server", "(server dry run)")] {
        let finished = debug_mode(&namespace, &["off", "deploy/api", &format!("--dry-run={mode}")]).success();
        assert_eq!(finished.stdout, format!("deployment.apps/api restored {suffix}\n"));
        assert_eq!(namespace.get("deploy/api")["metadata"]["generation"], generation);
        assert_eq!(debug_pod(&namespace).uid(), debug.uid(), "--dry-run={mode} leaves it as it is");
    }
}

#[test]
fn every_answer_can_be_read_by_programs() {
    let namespace = quiet("forms");

    // When it is tried, then the forms say the same
    let run = |words: &[&str]| debug_mode(&namespace, words).success().stdout;
    let tried = ["on", "deploy/api", "--dry-run=client", "-o"];
    let planned = only_item(&run(&[&tried[..], &["json"]].concat()), "DebugModeList");
    expect_belongings(&namespace, &planned);
    assert_eq!(planned["dryRun"], "client");
    assert!(planned["plan"].is_object(), "{planned}");
    let yaml: Value =
        serde_saphyr::from_str(&run(&[&tried[..], &["yaml"]].concat())).expect("-o yaml prints YAML");
    expect_belongings(&namespace, &yaml["items"][0]);
    assert_eq!(run(&[&tried[..], &["name"]].concat()), "deployment.apps/api\n");

    // When it is done, then the pod is named, and how long each part took
    let done = only_item(&run(&["on", "deploy/api", "-o", "json"]), "DebugModeList");
    expect_belongings(&namespace, &done);
    assert_eq!((&done["dryRun"], &done["pod"]), (&"none".into(), &debug_pod(&namespace).name().into()));
    for stage in done["stages"].as_array().expect("the stages") {
        assert!(stage["seconds"].is_f64(), "how long it took is known: {stage}");
    }

    // and the way back proves what it promises
    let back = only_item(&run(&["off", "deploy/api", "-o", "json"]), "RestorationList");
    assert_eq!(back["workload"], "deployment.apps/api");
    let hash = api_pods(&namespace)[0].label("pod-template-hash").expect("its ReplicaSet's hash").to_owned();
    let proof = &back["proof"];
    assert_eq!(proof["exact"], true, "{back}");
    assert_eq!(proof["replicaSet"], format!("api-{hash}"), "{back}");
    assert_eq!(
        (&proof["kept"], &proof["before"], &proof["restarted"]),
        (&1.into(), &1.into(), &Value::Array(vec![]))
    );
    assert_eq!(run(&["off", "deploy/api", "-o", "name"]), "deployment.apps/api\n");
}

/// A Deployment with a pod that serves and is well, whose rollout is over.
fn quiet(test: &str) -> Namespace {
    let probe = "livenessProbe: {exec: {command: ['true']}}";
    let namespace = running(test, &deployment(1, &spec(&app(&format!("{RUNS}, {probe}"))), ""), 1);
    namespace.kubectl(["rollout", "status", "deploy/api", "--timeout=30s"]).success();
    namespace
}

/// The documented fields that hold before and after.
fn expect_belongings(namespace: &Namespace, item: &Value) {
    assert_eq!(item["workload"], "deployment.apps/api");
    assert_eq!(item["namespace"], namespace.name());
    assert_eq!(item["taken"], json!({"app": ["livenessProbe"]}));
    assert_eq!(item["services"], json!(["api"]));
    assert!(item["warnings"].is_array() && item["stages"].is_array(), "{item}");
}

fn only_item(text: &str, kind: &str) -> Value {
    let mut list: Value = serde_json::from_str(text).expect("-o json prints one JSON document");
    assert_eq!(list["kind"], kind);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "one workload, one item: {list}");
    list["items"][0].take()
}
