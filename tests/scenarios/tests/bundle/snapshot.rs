//! A snapshot records what changed, and nothing when nothing did.

use harness::{Proxy, workloads};
use scenarios::words::{expect_words, refused};

use crate::shop::shop;
use crate::versions::{bundled, change, history, items, stored, writes};

#[test]
fn nothing_new_is_recorded_when_nothing_changed() {
    let namespace = bundled("bundle-unchanged");
    let proxy = Proxy::start();

    let said = namespace.through(&proxy).kubectl(["bundle", "snapshot", "shop"]).success().stdout;

    expect_words(&said, &["bundle.drover.dev/shop unchanged since version 1"]);
    assert_eq!(writes(&proxy), [""; 0]);
    assert_eq!(history(&namespace), ["1"]);
}

#[test]
fn a_change_is_recorded_with_who_and_why() {
    let namespace = bundled("bundle-changed");
    change(&namespace, 2);

    let snapshot = ["bundle", "snapshot", "shop", "-m", "before 1.5", "-o", "json"];
    let told = items(&namespace.kubectl(snapshot).success().stdout).remove(0);

    assert_eq!(
        (&told["bundle"], &told["version"], &told["message"]),
        (&"shop".into(), &"2".into(), &"before 1.5".into())
    );
    assert_eq!((&told["origin"], &told["recorded"]), (&"recorded".into(), &true.into()));
    assert!(told["by"].is_string(), "{told}");
    let versions = stored(&namespace).versions();
    let mode = |version: &str| versions[version].objects["configmaps/settings"]["data"]["mode"].clone();
    assert_eq!([mode("1"), mode("2")], ["fast", "2"]);
    // One ConfigMap that was left out by the change keeps its chunk for both.
    assert_eq!(stored(&namespace).unneeded(), [""; 0]);
}

#[test]
fn a_dry_run_writes_nothing() {
    let namespace = shop("bundle-dry-run");
    for mode in ["--dry-run=client", "--dry-run=server"] {
        let proxy = Proxy::start();
        let create = ["bundle", "create", "svc/web", "--name=shop", mode, "-o", "json"];
        let told = namespace.through(&proxy).kubectl(create).success().stdout;
        assert_eq!(items(&told)[0]["recorded"], false);
        assert_eq!(writes(&proxy), [""; 0]);
    }
    namespace.kubectl(["bundle", "create", "svc/web", "--name=shop"]).success();
    change(&namespace, 2);
    for mode in ["--dry-run=client", "--dry-run=server"] {
        for command in [&["snapshot", "shop"][..], &["prune", "shop", "--keep=1"], &["delete", "shop"]] {
            let proxy = Proxy::start();
            let command = [&["bundle"][..], command, &[mode]].concat();
            let said = namespace.through(&proxy).kubectl(&command).success().stdout;
            expect_words(&said, &["bundle.drover.dev/shop", "dry run)"]);
            // Of a deletion, its body says that it is none.
            let writes: Vec<_> =
                writes(&proxy).into_iter().filter(|one| !one.starts_with("delete")).collect();
            assert_eq!(writes, [""; 0], "{command:?}");
        }
    }
    assert_eq!(history(&namespace), ["1"]);
    assert_eq!((stored(&namespace).names(), stored(&namespace).secrets()), (vec!["1".to_owned()], 2));
}

#[test]
fn a_version_knows_the_digests_that_ran() {
    let namespace = scenarios::shop::shop("bundle-digests", 1);

    namespace.kubectl(["bundle", "create", "svc/web"]).success();

    let versions = harness::StoredBundle::read(&namespace, "web").versions();
    let pods = namespace.kubectl(["get", "pods", "-o", "jsonpath={..imageID}"]).success().stdout;
    let image = &versions["1"].images[0];
    assert_eq!(image["workload"], "deployment.apps/web");
    assert_eq!((&image["container"], &image["image"]), (&"web".into(), &"drover.test/box:1".into()));
    assert!(pods.contains("sha256:") && image["imageId"] == pods, "{image} {pods}");
}

#[test]
fn two_bundles_of_one_namespace_leave_each_other_alone() {
    let namespace = bundled("bundle-two");
    namespace.apply(&workloads::web_deployment("web-v1", 0));
    namespace.kubectl(["bundle", "create", "deploy/web-v1", "--name=shop-v1"]).success();
    change(&namespace, 2);
    namespace.kubectl(["bundle", "snapshot", "shop"]).success();

    let unchanged = namespace.kubectl(["bundle", "snapshot", "shop-v1"]).success().stdout;
    expect_words(&unchanged, &["shop-v1 unchanged since version 1"]);
    namespace.kubectl(["bundle", "prune", "shop", "--keep=1"]).success();
    assert_eq!(harness::StoredBundle::read(&namespace, "shop-v1").names(), ["1"]);
    namespace.kubectl(["bundle", "delete", "shop-v1", "--yes"]).success();
    assert_eq!(stored(&namespace).names(), ["2"]);
    let listed = namespace.kubectl(["bundle", "list", "-o", "name"]).success().stdout;
    assert_eq!(listed, "bundle.drover.dev/shop\n");
}

#[test]
fn a_bundle_that_does_not_exist_is_named_with_those_that_do() {
    let namespace = bundled("bundle-absent");
    for verb in [&["snapshot"][..], &["history"], &["prune", "--keep=1"], &["delete", "--yes"]] {
        let said = refused(namespace.kubectl([&["bundle"][..], verb, &["shpo"]].concat()));
        expect_words(&said, &["bundle/shpo does not exist", "did you mean shop?"]);
    }
}
