//! What the server would refuse is found out before the first pod is touched.

use crate::admission_policy::Policy;
use crate::pods::{ISOLATED_LABEL, pods};
use crate::promises::{expect_untouched, expect_words};
use crate::shop::shop;

/// What the server says to who isolates a pod with the label `keep`.
const REFUSAL: &str = "this pod stays where it is";

#[test]
fn one_pod_that_the_server_keeps_keeps_all_where_they_are() {
    // Given two pods, the second of which an admission policy protects
    let namespace = shop("admission", 2);
    let [free, kept] = &pods(&namespace, "app=web")[..] else { panic!("two pods were made") };
    namespace.kubectl(["label", "pod", kept.name(), "keep=true"]).success();
    let rule = format!("!('keep' in object.metadata.labels && '{ISOLATED_LABEL}' in object.metadata.labels)");
    let isolated = format!("{ISOLATED_LABEL}=true");
    let attempt = ["label", "pod", kept.name(), &isolated, "--dry-run=server"];
    let _policy = Policy::create(&namespace, "UPDATE", &rule, REFUSAL, &attempt);
    let before = pods(&namespace, "app=web");

    // When both are to be isolated
    let finished = namespace.kubectl(["isolate", free.name(), kept.name()]).failure(1);

    // Then the server's words are told, and neither has changed
    expect_words(&finished.stderr, &["error: ", kept.name(), REFUSAL]);
    assert_eq!(finished.stdout, "", "no pod was isolated");
    for pod in &before {
        expect_untouched(&namespace, pod);
    }

    // and a dry run by the server, unlike the client's, finds out too
    let dry_run = |mode: &str| namespace.kubectl(["isolate", kept.name(), &format!("--dry-run={mode}")]);
    expect_words(&dry_run("server").failure(1).stderr, &["error: ", REFUSAL]);
    dry_run("client").success();
}
