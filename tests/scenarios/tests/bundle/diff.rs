//! What changed since a version: each edit once, with who made it as far as that is recorded, and nothing that the
//! cluster did by itself.

use harness::{Namespace, Proxy};
use scenarios::words::expect_words;
use serde_json::Value;

use crate::shop::{PASSWORD, shop};

const NEW_PASSWORD: &str = "s3cret-staple";

fn saved(test: &str) -> Namespace {
    let namespace = shop(test);
    let create = ["bundle", "create", "svc/web", "sts/db", "cj/report", "--name", "shop"];
    namespace.kubectl(create).success();
    namespace
}

/// `object path before → after: manager`, a line for each change that `-o json` tells.
fn changes(namespace: &Namespace) -> Vec<String> {
    let told = namespace.kubectl(["bundle", "diff", "shop", "-o", "json"]).failure(1).stdout;
    let list: Value = serde_json::from_str(&told).expect("`-o json` prints JSON");
    let mut lines = Vec::new();
    for item in list["items"].as_array().expect("a list") {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        if item["state"] != "changed" {
            lines.push(format!("{} {}", text(&item["object"]), text(&item["state"])));
        }
        for change in item["changes"].as_array().into_iter().flatten() {
            let [object, path, manager] = [&item["object"], &change["path"], &change["manager"]].map(&text);
            lines.push(format!("{object} {path} {} → {}: {manager}", change["before"], change["after"]));
        }
    }
    lines
}

#[test]
fn ten_edits_are_each_shown_once() {
    // Given a saved shop
    let namespace = saved("bundle-ten-edits");

    // When ten things are changed
    let patch = |object: &str, patch: &str| {
        namespace.kubectl(["patch", object, "--type=merge", "--field-manager=tester", "-p", patch]).success();
    };
    patch("cm/settings", r#"{"data": {"mode": "slow"}}"#);
    patch("cm/files", r#"{"data": {"b": "2"}}"#);
    patch("cm/schema", r#"{"data": {"a": null}}"#);
    patch("secret/db", &format!(r#"{{"stringData": {{"password": "{NEW_PASSWORD}"}}}}"#));
    patch("hpa/web", r#"{"spec": {"maxReplicas": 5}}"#);
    patch("pdb/web", r#"{"spec": {"minAvailable": 2}}"#);
    patch("role/reader", r#"{"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}"#);
    patch("cj/report", r#"{"spec": {"schedule": "0 1 1 1 *"}}"#);
    patch("svc/web", r#"{"metadata": {"labels": {"team": "a"}}}"#);
    namespace.kubectl(["set", "image", "deploy/web", "web=drover.test/box:2"]).success();

    // Then each is told once, with its manager
    let mut found = changes(&namespace);
    found.sort();
    let secret = found.iter().position(|line| line.starts_with("secret/db")).expect("the Secret has changed");
    let secret = found.remove(secret);
    assert_eq!(
        found,
        [
            r#"configmap/files data.b null → "2": tester"#,
            r#"configmap/schema data.a "1" → null: -"#,
            r#"configmap/settings data.mode "fast" → "slow": tester"#,
            r#"cronjob.batch/report spec.schedule "0 0 1 1 *" → "0 1 1 1 *": tester"#,
            r#"deployment.apps/web spec.template.spec.containers[web].image "drover.test/box:1" → "drover.test/box:2": kubectl-set"#,
            r#"horizontalpodautoscaler.autoscaling/web spec.maxReplicas 3 → 5: tester"#,
            r#"poddisruptionbudget.policy/web spec.minAvailable 1 → 2: tester"#,
            r#"role.rbac.authorization.k8s.io/reader rules null → [{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]: tester"#,
            r#"service/web metadata.labels.team null → "a": tester"#,
        ]
    );
    assert!(secret.starts_with("secret/db data.password") && secret.ends_with(": tester"), "{secret}");

    // and people see the same, without a value of a Secret
    let told = namespace.kubectl(["bundle", "diff", "shop"]).failure(1);
    expect_words(&told.stdout, &["data.mode: fast → slow", "not recorded", "10 of 17 objects differ"]);
    for output in [&told.stdout, &told.stderr, &secret] {
        for value in [PASSWORD, NEW_PASSWORD] {
            assert!(!output.contains(value), "no value of a Secret is shown");
        }
    }
    let told = namespace.kubectl(["bundle", "diff", "shop", "--reveal"]).failure(1).stdout;
    expect_words(&told, &[PASSWORD, NEW_PASSWORD]);
}

#[test]
fn what_the_cluster_does_by_itself_is_no_difference() {
    // Given a saved shop, and the manifests it came from
    let namespace = saved("bundle-noise");
    let quiet = || {
        let finished = namespace.kubectl(["bundle", "diff", "shop"]).success();
        assert_eq!(finished.stdout, "", "nothing differs");
    };
    quiet();

    // When it is applied again, scaled by its autoscaler, rolled out, and its status changes
    namespace.apply(&crate::shop::manifests());
    quiet();
    let scale = r#"{"spec": {"replicas": 1}}"#;
    let as_autoscaler = "--field-manager=kube-controller-manager";
    namespace.kubectl(["patch", "deploy/web", "--subresource=scale", as_autoscaler, "-p", scale]).success();
    quiet();
    namespace.kubectl(["rollout", "restart", "deploy/web"]).success();
    quiet();

    // and when a person scales it, that is a difference
    namespace.kubectl(["scale", "deploy/web", "--replicas=2"]).success();
    assert_eq!(changes(&namespace), ["deployment.apps/web spec.replicas 0 → 2: kubectl"]);
}

#[test]
fn members_come_and_go() {
    // Given a saved shop whose Deployment takes to another ConfigMap, while a budget is deleted
    let namespace = saved("bundle-come-and-go");
    let template = r#"{"spec": {"template": {"spec": {"volumes": [{"name": "extra", "configMap": {"name": "unrelated"}}]}}}}"#;
    namespace.kubectl(["patch", "deploy/web", "-p", template]).success();
    namespace.kubectl(["delete", "pdb/web"]).success();

    // Then both are told
    let found = changes(&namespace);
    expect_words(
        &found.join("\n"),
        &[
            "configmap/unrelated added",
            "poddisruptionbudget.policy/web removed",
            "deployment.apps/web spec.template.spec.volumes[extra].configMap.name",
        ],
    );

    // and between versions it is the same, from what they keep alone
    namespace.kubectl(["bundle", "snapshot", "shop"]).success();
    namespace.kubectl(["delete", "cm/unrelated"]).success();
    let names = namespace.kubectl(["bundle", "diff", "shop", "1", "2", "-o", "name"]).failure(1).stdout;
    let mut names: Vec<_> = names.lines().collect();
    names.sort_unstable();
    assert_eq!(names, ["configmap/unrelated", "deployment.apps/web", "poddisruptionbudget.policy/web"]);
    let names = namespace.kubectl(["bundle", "diff", "shop", "-o", "name"]).failure(1).stdout;
    assert_eq!(names, "configmap/unrelated\n", "since version 2");
}

#[test]
fn it_asks_little() {
    let namespace = saved("bundle-diff-asks");
    let proxy = Proxy::start();

    namespace.through(&proxy).kubectl(["bundle", "diff", "shop"]).success();

    let recording = proxy.recording();
    assert!(recording.waves() <= 4, "{}", recording.table());
    let lists = |resource: &str| {
        let all = recording.requests.iter();
        all.filter(|request| request.verb == "list" && request.resource == resource).count()
    };
    // Of Secrets the versions' metadata, by their label
    assert_eq!([lists("secrets"), lists("configmaps"), lists("pods")], [1, 0, 0], "{}", recording.table());
}

#[test]
fn what_can_not_be_compared_is_trouble() {
    let namespace = saved("bundle-diff-trouble");
    let trouble = |arguments: &[&str], words: &[&str]| {
        let finished = namespace.kubectl([&["bundle", "diff"], arguments].concat()).failure(2);
        assert_eq!(finished.stdout, "");
        expect_words(&finished.stderr, words);
    };
    trouble(&["shup"], &["bundle/shup does not exist", "did you mean shop?"]);
    trouble(&["shop", "7"], &["bundle/shop has no version \"7\"", "there are: 1"]);
}

#[test]
fn another_program_may_show_it() {
    // Given a change of a Secret and of a ConfigMap
    let namespace = saved("bundle-external-diff");
    let patch = |object: &str, patch: &str| {
        namespace.kubectl(["patch", object, "--type=merge", "-p", patch]).success();
    };
    patch("secret/db", &format!(r#"{{"stringData": {{"password": "{NEW_PASSWORD}"}}}}"#));
    patch("cm/settings", r#"{"data": {"mode": "slow"}}"#);

    // When diff(1) shows it
    let told = namespace
        .command(["bundle", "diff", "shop"])
        .environment("KUBECTL_EXTERNAL_DIFF", "diff -N -u")
        .run()
        .failure(1)
        .stdout;

    // Then it sees two folders of YAML, without a Secret's value
    expect_words(&told, &["-  mode: fast", "+  mode: slow", "v1.Secret."]);
    for value in [PASSWORD, NEW_PASSWORD, "aHVudGVy"] {
        assert!(!told.contains(value), "no value of a Secret is shown: {told}");
    }
}
