//! Who else uses what belongs to a bundle.

use harness::{Namespace, Proxy};
use scenarios::words::{expect_words, refused};
use serde_json::Value;

use crate::shop::{PASSWORD, shop};

const OTHERS: &str = "
{apiVersion: apps/v1, kind: Deployment, metadata: {name: api},
 spec: {replicas: 0, selector: {matchLabels: {app: api}},
 template: {metadata: {labels: {app: api}}, spec: {serviceAccountName: web, containers: [{name: api, image: 'drover.test/box:1',
 envFrom: [{configMapRef: {name: settings}}], env: [{name: MODE, valueFrom: {configMapKeyRef: {name: settings, key: mode}}}]}]}}}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: load},
 spec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: load, image: 'drover.test/box:1',
 envFrom: [{configMapRef: {name: files}}]}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: stranger},
 spec: {replicas: 0, selector: {matchLabels: {app: stranger}},
 template: {metadata: {labels: {app: stranger}}, spec: {containers: [{name: api, image: 'drover.test/box:1',
 envFrom: [{configMapRef: {name: unrelated}}]}]}}}}
";

fn shop_with_others(test: &str) -> Namespace {
    let namespace = shop(test);
    namespace.apply(OTHERS);
    namespace.kubectl(["bundle", "create", "svc/web", "--name", "shop"]).success();
    namespace
}

/// `member < user: how, …`, a line for each that `-o json` tells.
fn usages(namespace: &Namespace, arguments: &[&str]) -> Vec<String> {
    let command = [&["bundle", "used-by", "shop", "-o", "json"][..], arguments].concat();
    let finished = namespace.kubectl(command).success();
    let list: Value = serde_json::from_str(&finished.stdout).expect("`-o json` prints JSON");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let words = |usage: &Value| {
        let how: Vec<_> = usage["how"].as_array().expect("a list").iter().map(text).collect();
        format!("{} < {}: {}", text(&usage["member"]), text(&usage["usedBy"]), how.join(", "))
    };
    list["items"].as_array().expect("a list").iter().map(words).collect()
}

#[test]
fn all_outside_that_refer_to_a_member() {
    // Given others that use a part of the shop, and another bundle
    let namespace = shop_with_others("bundle-used-by");
    namespace.kubectl(["bundle", "create", "svc/web", "--name", "other"]).success();

    // When it is asked who they are, then it is exactly those, with the fields in which they say so
    let mut found = usages(&namespace, &[]);
    found.sort();
    assert_eq!(
        found,
        [
            "configmap/files < job.batch/load: containers[load].envFrom",
            "configmap/settings < cronjob.batch/report: containers[report].envFrom",
            "configmap/settings < deployment.apps/api: containers[api].envFrom, containers[api].env[MODE]",
            "secret/db < statefulset.apps/db: containers[db].envFrom",
            "service/web < bundle.drover.dev/other: it starts from it",
            "serviceaccount/web < deployment.apps/api: serviceAccountName",
        ]
    );
    assert_eq!(
        usages(&namespace, &["sa/web"]),
        ["serviceaccount/web < deployment.apps/api: serviceAccountName"]
    );

    // and people see the same as a table, without any value
    let rows = namespace.kubectl(["bundle", "used-by", "shop"]).success().stdout;
    expect_words(&rows, &["MEMBER", "deployment/api", "containers[api].envFrom, and 1 more", "bundle/other"]);
    let names =
        namespace.kubectl(["bundle", "used-by", "shop", "cm/settings", "-o", "name"]).success().stdout;
    assert_eq!(names, "cronjob.batch/report\ndeployment.apps/api\n");
    assert!(!(rows + &names).contains(PASSWORD), "no value of a Secret is shown");
}

#[test]
fn where_nobody_does_it_says_so() {
    let namespace = shop_with_others("bundle-used-by-none");
    let says = |arguments: &[&str], words: &str| {
        let finished = namespace.kubectl([&["bundle", "used-by", "shop"][..], arguments].concat()).success();
        assert_eq!((&*finished.stdout, &*finished.stderr), ("", words));
    };
    says(&["cm/schema"], "Nothing outside bundle/shop uses configmap/schema.\n");
    namespace.kubectl(["delete", "deploy/api", "sts/db", "cj/report", "job/load"]).success();
    says(&[], "Nothing outside bundle/shop uses its members.\n");
}

#[test]
fn what_is_no_member_is_refused() {
    let namespace = shop_with_others("bundle-used-by-refused");
    let refuses = |object: &str, words: &[&str]| {
        expect_words(&refused(namespace.kubectl(["bundle", "used-by", "shop", object])), words);
    };
    refuses("cm/unrelated", &["configmap/unrelated is no member of bundle/shop", "kubectl bundle show shop"]);
    refuses("settings", &["give TYPE/NAME"]);
}

#[test]
fn it_takes_no_more_waves_than_show() {
    let namespace = shop_with_others("bundle-used-by-asks");
    let proxy = Proxy::start();

    namespace.through(&proxy).kubectl(["bundle", "used-by", "shop"]).success();

    let recording = proxy.recording();
    assert!(recording.waves() <= 3, "{}", recording.table());
    let is_secrets_or_pods = |request: &&harness::Recorded| {
        request.verb == "list" && ["secrets", "pods"].contains(&request.resource.as_str())
    };
    assert_eq!(recording.requests.iter().filter(is_secrets_or_pods).count(), 0, "{}", recording.table());
}
