//! A bundle goes, and its members stay.

use scenarios::words::{expect_words, refused};

use crate::versions::{bundled, history, record, stored};

#[test]
fn a_bundle_goes_as_a_whole_and_its_members_stay() {
    let namespace = bundled("bundle-delete");
    record(&namespace, 2);
    let state = || {
        let kinds = "services,deployments,secrets,configmaps,serviceaccounts,statefulsets,ingresses";
        let names =
            r"jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{'\n'}{end}";
        let unlabelled = "--selector=!drover.dev/bundle";
        namespace.kubectl(["get", kinds, unlabelled, "-o", names]).success().stdout
    };
    let before = state();

    // Nobody is asked, so nothing goes
    let said = refused(namespace.kubectl(["bundle", "delete", "shop"]));
    expect_words(&said, &["Delete bundle/shop", "with 2 versions?", "--yes"]);
    assert_eq!(history(&namespace), ["1", "2"]);

    // and with --yes all of it does
    let said = namespace.kubectl(["bundle", "delete", "shop", "--yes"]).success().stdout;
    expect_words(&said, &["bundle.drover.dev/shop deleted"]);
    let left = ["get", "secrets,configmaps", "--selector=drover.dev/bundle", "-o", "name"];
    assert_eq!(namespace.kubectl(left).success().stdout, "");
    assert_eq!(state(), before);
    let said = refused(namespace.kubectl(["bundle", "delete", "shop", "--yes"]));
    expect_words(&said, &["bundle/shop does not exist"]);
    namespace.kubectl(["bundle", "delete", "shop", "--yes", "--ignore-not-found"]).success();
}

#[test]
fn versions_that_were_kept_are_found_again() {
    let namespace = bundled("bundle-keep-versions");
    record(&namespace, 2);

    namespace.kubectl(["bundle", "delete", "shop", "--keep-versions"]).success();
    assert_eq!(history(&namespace), ["1", "2"]);

    namespace.kubectl(["bundle", "create", "svc/web", "--name=shop"]).success();
    assert_eq!(stored(&namespace).names(), ["1", "2", "3"]);
}
