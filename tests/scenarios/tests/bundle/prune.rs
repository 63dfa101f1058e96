//! Pruning leaves every version that stays whole, and what a run elsewhere is about to need.

use harness::{Fault, Namespace, Proxy, Select};
use scenarios::words::expect_words;
use serde_json::Value;

use crate::versions::{bundled, change, history, record, stored};

const MARK: &str = "drover.dev/bundle-attempt";

#[test]
fn the_newest_stay_with_all_they_need_and_the_rest_goes() {
    let namespace = bundled("bundle-prune");
    (2..=4).for_each(|number| record(&namespace, number));

    let said = namespace.kubectl(["bundle", "prune", "shop", "--keep=2"]).success();

    expect_words(&said.stdout, &["bundle.drover.dev/shop pruned of 2 versions"]);
    assert_eq!(said.stderr, "", "nothing is left to be told");
    let left = stored(&namespace);
    assert_eq!((left.names(), left.unneeded()), (vec!["3".to_owned(), "4".to_owned()], vec![]));
    let again = namespace.kubectl(["bundle", "prune", "shop", "--keep=2"]).success().stdout;
    expect_words(&again, &["has nothing to prune"]);
    // Numbers are not given twice.
    record(&namespace, 5);
}

#[test]
fn the_last_that_a_person_recorded_stays_and_the_past_goes_when_told() {
    // Given a version of the past, one that a person recorded, and two that came by themselves
    let namespace = crate::shop::shop("bundle-prune-meant");
    let revisions = |count| {
        namespace.watch_until("apps/v1/replicasets", 60, |sets| {
            let owner = |set: &&Value| set["metadata"]["ownerReferences"][0]["name"] == "web";
            (sets.values().filter(owner).count() == count).then_some(())
        });
    };
    revisions(1);
    namespace.kubectl(["set", "env", "deployment/web", "A=1"]).success();
    revisions(2);
    namespace.kubectl(["bundle", "create", "svc/web", "--name=shop"]).success();
    (2..=3).for_each(|number| record(&namespace, number));
    for number in [2, 3] {
        let index = namespace.get(&format!("secret/drover-bundle-shop-v{number}"));
        let summary = index["metadata"]["annotations"]["drover.dev/bundle-version"].as_str().expect("text");
        let automatic = summary.replace(r#""origin":"recorded""#, r#""origin":"automatic""#);
        annotate(
            &namespace,
            &format!("drover-bundle-shop-v{number}"),
            "drover.dev/bundle-version",
            &automatic,
        );
    }

    namespace.kubectl(["bundle", "prune", "shop", "--keep=1"]).success();
    assert_eq!(history(&namespace), ["web@1", "1", "3"]);
    namespace.kubectl(["bundle", "prune", "shop", "--keep=1", "--partial"]).success();
    assert_eq!(history(&namespace), ["1", "3"]);
    assert_eq!(stored(&namespace).unneeded(), [""; 0]);
}

#[test]
fn what_an_unfinished_run_left_goes_when_it_is_old() {
    // Given a run that ended between its chunks and its version
    let namespace = bundled("bundle-garbage");
    change(&namespace, 2);
    let proxy = Proxy::start();
    proxy.break_request(Select::nth(2, "create", "secrets"), Fault::Status(403));
    namespace.through(&proxy).kubectl(["bundle", "snapshot", "shop"]).failure(1);
    let garbage = stored(&namespace).unneeded();
    assert_eq!(garbage.len(), 1);

    // When it is pruned at once, then what it left stays, since it might still be under way
    let said = namespace.kubectl(["bundle", "prune", "shop", "--keep=1"]).success();
    expect_words(&said.stdout, &["has nothing to prune"]);
    expect_words(&said.stderr, &["1 chunk may be of a version that is being recorded", "10 minutes"]);
    assert_eq!(stored(&namespace).unneeded(), garbage);

    // and when it is old, it goes
    annotate(&namespace, &garbage[0], MARK, r#"[{"attempt": "x", "at": "2026-01-01T00:00:00Z"}]"#);
    let said = namespace.kubectl(["bundle", "prune", "shop", "--keep=1"]).success();
    expect_words(&said.stdout, &["pruned of 1 chunk that no version needs"]);
    assert_eq!((said.stderr, stored(&namespace).unneeded()), (String::new(), vec![]));
    assert_eq!(stored(&namespace).names(), ["1"]);
}

#[test]
fn a_chunk_that_is_needed_again_while_it_is_pruned_survives() {
    // Given a chunk that only the first of two versions needs
    let namespace = std::sync::Arc::new(bundled("bundle-prune-race"));
    record(&namespace, 2);
    let original = r#"{"data": {"mode": "fast"}}"#;
    namespace.kubectl(["patch", "configmap", "settings", "--type=merge", "--patch", original]).success();

    // When the shop is as it was at first, and recorded while a prune is about to delete that chunk
    let proxy = Proxy::start();
    let meanwhile = namespace.clone();
    proxy.break_request(
        Select::nth(2, "delete", "secrets"),
        Fault::before(move || drop(meanwhile.kubectl(["bundle", "snapshot", "shop"]).success())),
    );
    namespace.through(&proxy).kubectl(["bundle", "prune", "shop", "--keep=1"]).success();

    // Then what was recorded meanwhile is whole
    assert_eq!(proxy.fired(), 1);
    let left = stored(&namespace);
    assert!(left.names().contains(&"3".to_owned()), "{:?}", left.names());
    assert_eq!(left.versions()["3"].objects["configmaps/settings"]["data"]["mode"], "fast");
}

fn annotate(namespace: &Namespace, secret: &str, key: &str, value: &str) {
    namespace.kubectl(["annotate", "--overwrite", "secret", secret, &format!("{key}={value}")]).success();
}
