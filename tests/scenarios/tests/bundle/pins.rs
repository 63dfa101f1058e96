//! Exceptions by hand from what can be seen.

use harness::Namespace;
use scenarios::words::{expect_words, refused};

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
