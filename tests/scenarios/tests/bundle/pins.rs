//! Exceptions by hand from what can be seen.

use harness::Namespace;
use scenarios::words::{expect_words, refused};
use serde_json::json;

use crate::shop::shop;

/// Of all members, in alphabetical order.
fn names(namespace: &Namespace) -> Vec<String> {
    let told = namespace.kubectl(["bundle", "show", "shop", "-o", "name"]).success().stdout;
    let mut names: Vec<_> = told.lines().map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn what_a_person_decides_counts_until_it_is_decided_otherwise() {
    // Given a saved bundle
    let namespace = shop("bundle-pins");
    namespace.kubectl(["bundle", "create", "deploy/web", "--name", "shop"]).success();
    let before = names(&namespace);

    // When one object is added and another removed
    namespace.kubectl(["bundle", "add", "shop", "cm/unrelated"]).success();
    let removed = namespace.kubectl(["bundle", "remove", "shop", "cm/settings", "sa/web"]).success().stdout;
    expect_words(&removed, &["configmap/settings removed from bundle/shop", "serviceaccount/web removed"]);

    // Then the members are those, without what only the removed one led to
    let mut expected = before.clone();
    expected.retain(|name| {
        let led_to = ["configmap/settings", "serviceaccount/web", "secret/registry"];
        !led_to.contains(&name.as_str()) && !name.contains("reader")
    });
    expected.push("configmap/unrelated".to_owned());
    expected.sort();
    assert_eq!(names(&namespace), expected);
    let why = namespace.kubectl(["bundle", "show", "shop"]).success().stdout;
    expect_words(&why, &["added by hand"]);

    // and deciding the same again changes nothing
    let again = namespace.kubectl(["bundle", "add", "shop", "cm/unrelated"]).success().stdout;
    expect_words(&again, &["configmap/unrelated unchanged"]);

    // and deciding otherwise brings all back
    namespace.kubectl(["bundle", "remove", "shop", "cm/unrelated"]).success();
    namespace.kubectl(["bundle", "add", "shop", "cm/settings", "sa/web"]).success();
    assert_eq!(names(&namespace), before);
}

#[test]
fn what_can_not_be_decided() {
    let namespace = shop("bundle-pins-refused");
    namespace.kubectl(["bundle", "create", "deploy/web", "--name", "shop"]).success();
    let refuses = |arguments: [&str; 3], words: &[&str]| {
        expect_words(&refused(namespace.kubectl([&["bundle"], &arguments[..]].concat())), words);
    };
    refuses(["add", "shop", "cm/nothing"], &["configmap/nothing does not exist"]);
    refuses(["remove", "shop", "deploy/web"], &["deployment.apps/web: the bundle starts from it"]);
    refuses(["add", "shop", "widget/web"], &["\"widget\" is not a kind that a bundle knows"]);
    refuses(["add", "shup", "cm/settings"], &["bundle/shup does not exist", "did you mean shop?"]);
}

#[test]
fn an_object_of_any_kind_that_the_cluster_serves() {
    // Given a kind of this test's own, and an object of it as a member
    let namespace = shop("bundle-pins-custom");
    let group = format!("{}.drover.test", namespace.name());
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("widgets.{group}")},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema":
                {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}],
        },
    });
    namespace.apply(&definition.to_string());
    let crd = format!("crd/widgets.{group}");
    namespace.wait(&crd, "condition=Established", 30);
    namespace.apply(&format!("{{apiVersion: {group}/v1, kind: Widget, metadata: {{name: big}}, size: 1}}"));
    namespace.kubectl(["bundle", "create", "deploy/web", "--name", "shop"]).success();
    let widget = format!("widget.{group}/big");
    namespace.kubectl(["bundle", "add", "shop", &widget]).success();
    namespace.kubectl(["bundle", "snapshot", "shop"]).success();

    // When it changes, that is a difference
    let patch = ["patch", &widget, "--type=merge", "--field-manager=tester", "-p", r#"{"size": 2}"#];
    namespace.kubectl(patch).success();
    let told = namespace.kubectl(["bundle", "diff", "shop"]).failure(1).stdout;
    expect_words(&told, &[&widget, "size: 1 → 2", "tester", "1 of"]);

    // and when its kind is no longer served, that is told
    namespace.kubectl(["delete", &crd, "--wait=true"]).success();
    let told = namespace.kubectl(["bundle", "diff", "shop"]).failure(1).stdout;
    expect_words(&told, &[&widget, "its kind is no longer served"]);
    let shown = namespace.kubectl(["bundle", "show", "shop"]).success().stdout;
    expect_words(&shown, &["widget/big", "missing"]);
}
