//! A rollout, with a bar for each pod, and why it can't succeed.

use harness::{Finished, Namespace, Proxy, workloads};
use scenarios::words::expect_words;
use serde_json::{Value, json};

/// The one trace of `-o json`.
fn told(finished: &Finished) -> Value {
    let list: Value = serde_json::from_str(&finished.stdout).expect("`-o json` prints JSON");
    assert_eq!(list["kind"], "LifecycleTrace");
    list["items"][0].clone()
}

/// How many bars of that kind there are.
fn count(trace: &Value, what: &str) -> usize {
    let steps = trace["steps"].as_array().expect("steps");
    steps.iter().filter(|step| step["what"] == what).count()
}

/// A Deployment whose pods need something that is not there.
fn deployment(more: Value) -> String {
    let mut spec =
        json!({"containers": [{"name": "web", "image": "drover.test/box:1", "command": ["sleep", "600"]}]});
    for (field, value) in more.as_object().expect("fields") {
        spec[field] = value.clone();
    }
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}}, "spec": spec,
        }},
    })
    .to_string()
}

fn follow(namespace: &Namespace) -> Finished {
    namespace.kubectl(["lifecycle", "trace", "deploy/web", "-f", "--timeout=60s"])
}

#[test]
fn a_restart_is_followed_to_its_last_pod() {
    let namespace = Namespace::new("rollout");
    namespace.apply(&workloads::web_deployment("web", 2));
    namespace.wait("deployment/web", "condition=Available", 60);

    let restarted = namespace.kubectl(["lifecycle", "trace", "deploy/web", "--restart", "-o", "json"]);

    let trace = told(&restarted.success());
    assert_eq!((&trace["course"], &trace["object"]), (&json!("rollout"), &json!("deployment.apps/web")));
    assert_eq!((count(&trace, "podStart"), count(&trace, "podShutdown")), (2, 2));
    for step in trace["steps"].as_array().expect("steps") {
        assert!(step["extent"]["span"].is_object(), "each came to its end: {step}");
    }
    assert_eq!(trace["verdicts"][0]["sign"], "good");
    assert!(namespace.get("deploy/web")["spec"]["template"]["metadata"]["annotations"]
        ["kubectl.kubernetes.io/restartedAt"]
        .is_string());
    // and afterwards the same is still known
    let shown = namespace.kubectl(["lifecycle", "trace", "deploy/web"]).success().stdout;
    expect_words(&shown, &["deployment.apps/web", "rollout", "✓ the rollout is complete"]);
}

#[test]
fn what_can_not_succeed_is_said_long_before_its_deadline() {
    let image = json!([{"name": "web", "image": "drover.test/box:1:2"}]);
    let missing = json!([{"name": "web", "image": "drover.test/box:1", "command": ["sleep", "600"],
        "envFrom": [{"configMapRef": {"name": "none"}}]}]);
    for (test, more, words) in [
        ("rollout-image", json!({"containers": image}), ["InvalidImageName", "web"]),
        (
            "rollout-config",
            json!({"containers": missing}),
            ["CreateContainerConfigError", "\"none\" not found"],
        ),
        ("rollout-node", json!({"nodeSelector": {"none": "none"}}), ["Unschedulable", "nodes are available"]),
    ] {
        let namespace = Namespace::new(test);
        namespace.apply(&deployment(more));

        let said = follow(&namespace).failure(1);

        expect_words(
            &said.stderr,
            &["error: deployment.apps/web can't succeed by itself any more", words[0], words[1]],
        );
        expect_words(&said.stdout, &["✗ the rollout can't succeed by itself any more"]);
    }
}

#[test]
fn a_quota_that_is_used_up_is_named() {
    let namespace = Namespace::new("rollout-quota");
    namespace.apply("{apiVersion: v1, kind: ResourceQuota, metadata: {name: none}, spec: {hard: {pods: 0}}}");
    namespace.apply(&deployment(json!({})));

    let said = follow(&namespace).failure(1).stderr;

    expect_words(&said, &["FailedCreate", "exceeded quota: none"]);
}

#[test]
fn what_only_takes_its_time_is_waited_for() {
    let namespace = Namespace::new("rollout-slow");
    let slow = json!([{"name": "web", "image": "drover.test/box:1", "command": ["sleep", "600"],
        "lifecycle": {"postStart": {"exec": {"command": ["sleep", "3"]}}}}]);
    namespace.apply(&deployment(json!({"containers": slow})));

    let shown = follow(&namespace).success().stdout;

    expect_words(&shown, &["✓ the rollout is complete"]);
}

#[test]
fn fifty_pods_take_no_more_requests_than_one() {
    let requests = |test: &str, replicas: u32| {
        let namespace = Namespace::new(test);
        // No scheduler has that name: they stay as they are.
        namespace.apply(&deployment(json!({"schedulerName": "nobody"})));
        namespace.kubectl(["scale", "deploy/web", &format!("--replicas={replicas}")]).success();
        namespace.watch_until("pods", 60, |pods| (pods.len() == replicas as usize).then_some(()));
        let proxy = Proxy::start();
        let user = namespace.through(&proxy);
        let said =
            user.kubectl(["lifecycle", "trace", "deploy/web", "-f", "--timeout=2s", "-o", "json"]).failure(1);
        expect_words(&said.stderr, &["not at its end in time", "kubectl lifecycle trace deploy/web -f"]);
        assert_eq!(count(&told(&said), "podStart"), replicas as usize);
        proxy.recording().requests.len()
    };

    assert_eq!([requests("rollout-one", 1), requests("rollout-fifty", 50)], [4, 4]);
}

#[test]
fn a_workload_that_is_not_there_is_named_with_those_that_are() {
    let namespace = Namespace::new("rollout-none");
    namespace.apply(&deployment(json!({"schedulerName": "nobody"})));

    let said = namespace.kubectl(["lifecycle", "trace", "deploy/wep"]).failure(1).stderr;

    expect_words(&said, &["error: deployment.apps/wep does not exist", "did you mean web?"]);
    for (wrong, words) in [
        (&["trace", "cj/web"][..], "cronjob"),
        (&["trace", "deploy/web", "--evict"], "--evict is for one pod"),
        (&["trace", "web", "--restart"], "--restart is for a workload"),
        (&["trace", "deploy/web", "--phase=start"], "--phase is for a pod"),
    ] {
        let said = namespace.kubectl([&["lifecycle"], wrong].concat()).failure(1).stderr;
        expect_words(&said, &[words]);
    }
}

#[test]
fn an_eviction_is_asked_for_and_followed() {
    let namespace = Namespace::new("evict");
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}}, spec: \
               {terminationGracePeriodSeconds: 2, containers: [{name: web, image: 'drover.test/box:1', \
               command: [sleep, '600'], lifecycle: {preStop: {sleep: {seconds: 1}}}}]}}";
    namespace.apply(pod);
    namespace.wait("pod/web", "condition=Ready", 60);
    let evict = ["lifecycle", "trace", "web", "--evict", "-o", "json"];

    // Nobody can answer
    let said = namespace.kubectl(evict).failure(1).stderr;
    expect_words(&said, &["Evict pod/web in ", "--yes"]);

    // A budget speaks against it
    namespace.apply(
        "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {minAvailable: 1, selector: \
         {matchLabels: {app: web}}}}",
    );
    namespace.watch_until("policy/v1/poddisruptionbudgets", 60, |budgets| {
        budgets.values().all(|budget| budget["status"]["observedGeneration"] == 1).then_some(())
    });
    let yes = [&evict[..], &["--yes"]].concat();
    let said = namespace.kubectl(yes.clone()).failure(1).stderr;
    expect_words(&said, &["disruption budget"]);
    assert!(namespace.get("pod/web")["metadata"]["deletionTimestamp"].is_null());

    // and without it the shutdown is followed to its end
    namespace.kubectl(["delete", "pdb/web"]).success();
    let trace = told(&namespace.kubectl(yes).success());
    assert_eq!(trace["course"], "shutdown");
    for what in ["deletionRequested", "preStop", "sigterm", "exit", "sigkill", "removed"] {
        assert_eq!(count(&trace, what), 1, "{what} in {trace:#}");
    }
    let cause = trace["verdicts"].as_array().expect("verdicts").iter();
    assert!(
        cause
            .into_iter()
            .any(|verdict| verdict["text"].as_str().is_some_and(|text| text.contains("evicted")))
    );
}
