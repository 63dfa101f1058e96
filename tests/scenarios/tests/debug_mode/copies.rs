//! A pod beside the workload, which nobody else takes notice of.

use harness::{EndpointsMonitor, Namespace};
use scenarios::pods::{Pod, pod};
use scenarios::shop::serving as until_serving;
use scenarios::words::expect_words;
use serde_json::Value;

use crate::debugging::{
    MARK, debug_mode, expect_nothing_left, expect_reachable, expect_refused, full_name, items, on,
    refused_words,
};
use crate::sick::{EXITS, KILLED, RUNS, api_pods, app, crashing, deployment, running, spec, workload};
use crate::snapshot::Snapshot;

#[test]
fn of_a_deployment() {
    // Given a Deployment that serves, with a budget and a Service of all pods of the tier
    let labelled =
        deployment(2, &spec(&app(&format!("{RUNS}, livenessProbe: {{exec: {{command: ['true']}}}}"))), "")
            .replace("labels: {app: api}", "labels: {app: api, tier: front}");
    let namespace = running("copy", &(labelled + TIER), 2);
    let (before, serving) = (Snapshot::of(&namespace, "deploy/api"), api_pods(&namespace));
    let monitors = ["api", "tier"].map(|service| {
        // That follows its pods' readiness.
        until_serving(&namespace, service, 2);
        EndpointsMonitor::start(&namespace, service)
    });

    // When a copy is to be made where nobody can answer, then it says what the copy may do
    let words = ["runs a second time", "pod/api-debug", "--yes"];
    expect_refused(&namespace, &["on", "deploy/api", "--copy"], &words);

    // When it is made, then someone can look inside, and its Deployment is as it was
    let said = copy(&namespace, "deploy/api", "api-debug", &[]);
    expect_words(&said, &["kubectl exec -it api-debug", "kubectl debug-mode off deploy/api"]);
    let copy = pod(&namespace, "api-debug");
    assert!(copy.0["spec"]["containers"][0]["livenessProbe"].is_null(), "probes are gone: {}", copy.0);
    assert!(copy.is_ready(), "no gate keeps it from being Ready, and yet it gets no traffic");
    expect_apart(&namespace, &copy);
    before.expect_same(&namespace, "deploy/api");

    // When it is made once more, then it is the same
    self::copy(&namespace, "deploy/api", "api-debug", &[]);
    assert_eq!(pod(&namespace, "api-debug").uid(), copy.uid());
    refused_words(
        debug_mode(&namespace, &["on", "deploy/api", "--copy", "--hold", "--yes"]),
        &["other options", "kubectl debug-mode off"],
    );

    // When it is off, then only the copy went, and no Service ever sent it traffic
    expect_off(&namespace, "deploy/api");
    before.expect_same(&namespace, "deploy/api");
    let uids = |pods: &[Pod]| -> Vec<String> { pods.iter().map(|pod| pod.uid().to_owned()).collect() };
    assert_eq!(uids(&api_pods(&namespace)), uids(&serving), "its pods are the same");
    for monitor in monitors {
        let endpoints = monitor.finish();
        assert!(!endpoints.ever_ready.contains(copy.uid()), "{endpoints:?}");
        assert!(endpoints.minimum_ready >= 2, "{endpoints:?}");
    }
}

#[test]
fn of_a_stateful_set_with_the_claims_of_an_ordinal() {
    // Given a StatefulSet with a volume for each of its pods
    let namespace = Namespace::new("copy-claims");
    let fields = "replicas: 2, serviceName: api, volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: \
                  [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1Mi}}}}]";
    let mounted = app(&format!("{EXITS}, volumeMounts: [{{name: data, mountPath: /data}}]"));
    namespace.apply(&workload("StatefulSet", fields, &spec(&mounted)));

    // When a copy of one of them is tried
    let flags = ["on", "sts/api", "--copy", "--ordinal", "1", "--hold", "--dry-run=client", "-o", "json"];
    let planned: Value =
        serde_json::from_str(&debug_mode(&namespace, &flags).success().stdout).expect("JSON");

    // Then it would mount that one's claim, under that one's host name
    let text = planned["items"][0]["plan"].to_string();
    expect_words(&text, &["data-api-1", "api-1-debug", r#""hostname":"api-1""#]);
    assert!(!text.contains("data-api-0"), "and no other's: {text}");
    // and it is asked first, since both may write to it
    let flags = ["on", "sts/api", "--copy", "--ordinal", "1", "--hold"];
    expect_refused(&namespace, &flags, &["may write", "data"]);
}

#[test]
fn of_a_deployment_in_debug_mode() {
    // Given a Deployment that is held in place
    let namespace = crashing("copy-held", &deployment(1, &spec(&app(EXITS)), ""));
    on(&namespace, "deploy/api", &["--hold"]);

    // When a copy is made as well, then it is one of the original, whose command line is told
    let said = copy(&namespace, "deploy/api", "api-debug", &["--hold"]);
    expect_words(&said, &["/bin/sh -c 'echo cannot open /etc/app/config >&2; exit 3'"]);

    // and both are left together
    expect_off_saying(&namespace, "deploy/api", "restored");
}

#[test]
fn of_a_stateful_set_that_crashes() {
    let manifest = workload("StatefulSet", "replicas: 1, serviceName: api", &spec(&app(EXITS)));
    let namespace = crashing("copy-set", &manifest);
    let before = Snapshot::of(&namespace, "sts/api");

    copy(&namespace, "sts/api", "api-0-debug", &["--ordinal", "0", "--hold"]);

    expect_apart(&namespace, &pod(&namespace, "api-0-debug"));
    before.expect_same(&namespace, "sts/api");
    expect_off(&namespace, "sts/api");
    before.expect_same(&namespace, "sts/api");
}

#[test]
fn of_a_single_pod() {
    // Given a pod of nobody, that crashes behind a Service
    let namespace = crashing(
        "copy-pod",
        &format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: lone, labels: {{app: api}}}}, spec: {{{}}}}}\n",
            spec(&app(&format!("{RUNS}, {KILLED}")))
        ),
    );
    let lone = pod(&namespace, "lone");
    let monitor = EndpointsMonitor::start(&namespace, "api");

    // When a copy is made, then it runs, out of the Service
    copy(&namespace, "pod/lone", "lone-debug", &[]);
    let copy = pod(&namespace, "lone-debug");
    expect_apart(&namespace, &copy);

    // and the pod itself is the same all the time
    expect_off(&namespace, "pod/lone");
    assert_eq!(pod(&namespace, "lone").without_status(), lone.without_status());
    assert!(!monitor.finish().ever_ready.contains(copy.uid()));
}

#[test]
fn of_a_job_and_a_cron_job() {
    // Given a Job that fails, and one that is due next year
    let namespace = Namespace::new("copy-jobs");
    let pod_spec = format!("restartPolicy: Never, {}", spec(&app(EXITS)));
    let job = format!("backoffLimit: 0, template: {{spec: {{{pod_spec}}}}}");
    namespace.apply(&format!(
        "{{apiVersion: batch/v1, kind: Job, metadata: {{name: import}}, spec: {{{job}}}}}\n---\n\
         {{apiVersion: batch/v1, kind: CronJob, metadata: {{name: nightly}}, spec: {{schedule: '0 0 1 1 *', \
         jobTemplate: {{spec: {{{job}}}}}}}}}"
    ));
    namespace.wait("job/import", "condition=Failed", 60);

    for (target, name) in [("job/import", "import-debug"), ("cj/nightly", "nightly-debug")] {
        // When it is to go into debug mode in place, then that is refused
        for flags in [&["on", target][..], &["on", target, "--in-place", "--yes"]] {
            let way = format!("kubectl debug-mode on -n {} {target} --copy", namespace.name());
            let said = expect_refused(&namespace, flags, &["can't be debugged in place", &way]);
            assert!(!said.contains("--in-place"), "there is no such way: {said}");
        }

        // When a copy is made, then it runs, and the Job does not take it for its own
        copy(&namespace, target, name, &["--hold"]);
        expect_apart(&namespace, &pod(&namespace, name));
        expect_off(&namespace, target);
    }
    let jobs = items(&namespace, "jobs");
    assert_eq!(jobs.as_array().map(Vec::len), Some(1), "no Job was started");
}

/// A Service and a budget of everything in the tier.
const TIER: &str = "---\n{apiVersion: v1, kind: Service, metadata: {name: tier}, spec: {selector: {tier: front}, \
                    ports: [{port: 80}]}}\n---\n{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: \
                    {name: tier}, spec: {maxUnavailable: 1, selector: {matchLabels: {tier: front}}}}\n";

/// Makes a copy, which must succeed with exactly the promised answer. Returns what was said.
fn copy(namespace: &Namespace, target: &str, name: &str, flags: &[&str]) -> String {
    let finished = debug_mode(namespace, &[&["on", target, "--copy", "--yes"], flags].concat()).success();
    assert_eq!(finished.stdout, format!("pod/{name} made as a copy\n"), "stdout is the answer alone");
    finished.stderr
}

/// Someone can look inside, no controller owns it, and no Service selects it.
fn expect_apart(namespace: &Namespace, copy: &Pod) {
    expect_reachable(namespace, copy, "app");
    assert!(copy.is_released(), "no controller owns it: {}", copy.owners());
    assert_eq!(copy.label(MARK), Some("copy"));
    let slices = items(namespace, "endpointslices").to_string();
    assert!(!slices.contains(copy.uid()), "no Service selects it: {slices}");
}

/// Deletes the copy, of a workload that is not in debug mode itself.
fn expect_off(namespace: &Namespace, target: &str) {
    expect_off_saying(namespace, target, "copies deleted");
}

fn expect_off_saying(namespace: &Namespace, target: &str, answer: &str) {
    let finished = debug_mode(namespace, &["off", target]).success();
    assert_eq!(finished.stdout, format!("{} {answer}\n", full_name(target)));
    let copies = namespace.kubectl(["get", "pods", "-l", &format!("{MARK}=copy"), "--output=name"]).success();
    assert_eq!(copies.stdout, "", "the copy is gone");
    expect_nothing_left(namespace);
}
