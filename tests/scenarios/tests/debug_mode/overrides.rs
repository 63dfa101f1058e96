//! What people need beside it.

use harness::{Namespace, workloads};
use scenarios::pods::ready_endpoints;
use scenarios::words::expect_words;
use serde_json::{Value, json};

use crate::debugging::{
    debug_mode, debug_pod, expect_nothing_left, expect_reachable, off, on, refused_words,
};
use crate::sick::{EXITS, RUNS, api_pods, app, crashing, deployment, ready, running, spec};
use crate::snapshot::Snapshot;

/// All that can be taken away, with which it comes up nonetheless.
const ALL: &str = "livenessProbe: {exec: {command: ['true']}}, readinessProbe: {exec: {command: ['true']}}, \
                   startupProbe: {exec: {command: ['true']}}, \
                   lifecycle: {postStart: {exec: {command: ['true']}}, preStop: {exec: {command: ['true']}}}";

#[test]
fn what_is_to_be_kept_is_kept() {
    // Given two containers with all probes and hooks
    let containers = ["app", "log"]
        .map(|name| app(&format!("{RUNS}, {ALL}")).replace("name: app", &format!("name: {name}")));
    let namespace = running("keep", &deployment(1, &spec(&containers.join(", ")), ""), 1);
    let before = api_pods(&namespace).remove(0);

    // When some are to be kept, of one container only
    on(&namespace, "deploy/api", &["--keep", "liveness,prestop", "-c", "app"]);

    // Then the others are gone, and the other container is as it was
    let pod = debug_pod(&namespace);
    let kept = container(&pod.0, "app");
    let parts = ["livenessProbe", "readinessProbe", "startupProbe"].map(|part| !kept[part].is_null());
    assert_eq!(parts, [true, false, false], "{kept}");
    assert_eq!(kept["lifecycle"], json!({"preStop": {"exec": {"command": ["true"]}}}));
    assert_eq!(template_of(&pod.0, "log"), template_of(&before.0, "log"));
}

#[test]
fn another_command_image_environment_and_grace_period() {
    // Given a container that exits, and one that does not
    let log = app(RUNS).replace("name: app", "name: log");
    let with_env = app(&format!("{EXITS}, env: [{{name: MODE, value: fast}}, {{name: KEPT, value: '1'}}]"));
    let namespace = crashing("overrides", &deployment(1, &spec(&format!("{with_env}, {log}")), ""));
    let before = Snapshot::of(&namespace, "deploy/api");

    // When it is to run something else, with other settings
    let flags = ["-c", "app", "--env", "MODE=slow", "--env", "NEW=a b", "--grace-period", "5s"];
    let image = ["--set-image", "log=drover.test/box:1", "--reason", "looking"];
    let command = ["--", "sh", "-c", "echo $MODE:$NEW:$KEPT; exec sleep 3600"];
    on(&namespace, "deploy/api", &[&flags[..], &image, &command].concat());

    // Then it does
    let pod = debug_pod(&namespace);
    let log = namespace.kubectl(["logs", pod.name(), "-c", "app"]).success().stdout;
    assert_eq!(log, "slow:a b:1\n");
    assert_eq!(pod.0["spec"]["terminationGracePeriodSeconds"], 5);
    assert_eq!(container(&pod.0, "log")["image"], "drover.test/box:1");
    expect_reachable(&namespace, &pod, "app");

    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
}

#[test]
fn traffic_that_is_allowed() {
    // Given a pod that serves
    let namespace = running("traffic", &deployment(1, &spec(&app(RUNS)), ""), 1);
    let before = Snapshot::of(&namespace, "deploy/api");

    // When it goes into debug mode with traffic, then it was warned of
    let said = on(&namespace, "deploy/api", &["--allow-traffic", "--env", "DEBUG=1"]).stderr;
    expect_words(&said, &["warning: the debug pod gets traffic from Service api"]);

    // and the debug pod takes the place of the one that served
    namespace.kubectl(["rollout", "status", "deploy/api", "--timeout=60s"]).success();
    namespace.watch_until("discovery.k8s.io/v1/endpointslices", 30, |slices| {
        let debug = api_pods(&namespace);
        let is_debug = debug.iter().all(|pod| container(&pod.0, "app")["env"][0]["name"] == "DEBUG");
        (is_debug && ready_endpoints(slices, "api").len() == 1).then_some(())
    });

    // and back
    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
    expect_nothing_left(&namespace);
    ready(&namespace, 1);
}

#[test]
fn nothing_takes_over_from_a_debug_pod_with_traffic() {
    // Given a debug pod that serves, and an original that can't be made any more
    let settings = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}";
    let namespace = Namespace::new("no-takeover");
    namespace.apply(settings);
    let pod = spec(&app(&format!("{RUNS}, envFrom: [{{configMapRef: {{name: settings}}}}]")));
    namespace.apply(&(deployment(1, &pod, "") + &workloads::service("api", "app: api")));
    ready(&namespace, 1);
    let before = Snapshot::of(&namespace, "deploy/api");
    on(&namespace, "deploy/api", &["--allow-traffic", "--env", "DEBUG=1"]);
    namespace.kubectl(["rollout", "status", "deploy/api", "--timeout=60s"]).success();
    namespace.kubectl(["delete", "configmap", "settings"]).success();

    // When it goes out of debug mode, then the debug pod serves on, and how to end it is said
    let words = [
        "serves until the rollout replaces it",
        "its template is restored",
        "off deploy/api --force-restore",
    ];
    refused_words(debug_mode(&namespace, &["off", "deploy/api", "--timeout=5s"]), &words);
    assert_eq!(api_pods(&namespace).iter().filter(|pod| pod.is_ready()).count(), 1);

    // and that does
    off(&namespace, "deploy/api", &["--force-restore"]);
    before.expect_same(&namespace, "deploy/api");
    expect_nothing_left(&namespace);
}

#[test]
fn an_autoscaler_stands_still() {
    // Given an autoscaler
    let namespace = running("autoscaler", &deployment(2, &spec(&app(RUNS)), ""), 2);
    namespace.apply(
        "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: api}, spec: \
         {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}, metrics: \
         [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]}}",
    );
    let (before, scaled) = (Snapshot::of(&namespace, "hpa/api"), Snapshot::of(&namespace, "deploy/api"));

    // When its Deployment is in debug mode, it can't change the number of pods
    on(&namespace, "deploy/api", &["--suspend-hpa"]);
    let bounds = &namespace.get("hpa/api")["spec"];
    assert_eq!((&bounds["minReplicas"], &bounds["maxReplicas"]), (&json!(2), &json!(2)));

    // and afterwards it can again, as its owner had it
    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "hpa/api");
    scaled.expect_same(&namespace, "deploy/api");

    // When nobody asks for that, it is named
    let flags = ["on", "deploy/api", "--dry-run=client"];
    let said = debug_mode(&namespace, &flags).success().stderr;
    expect_words(&said, &["HorizontalPodAutoscaler api", "--suspend-hpa"]);
    before.expect_same(&namespace, "hpa/api");
}

/// A container of a pod, by name.
fn container<'pod>(pod: &'pod Value, name: &str) -> &'pod Value {
    let mut containers = pod["spec"]["containers"].as_array().expect("a pod has containers").iter();
    containers.find(|container| container["name"] == name).expect("it has this one")
}

/// The same without what each pod gets for itself.
fn template_of(pod: &Value, name: &str) -> Value {
    let mut container = container(pod, name).clone();
    container.as_object_mut().expect("a container is an object").remove("volumeMounts");
    container
}
