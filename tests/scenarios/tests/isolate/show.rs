//! `kubectl isolate show`: all that is known of an isolated pod, at any later time, and what to do next.

use serde_json::{Value, json};

use crate::known::record;
use crate::pods::pods;
use crate::promises::{expect_words, isolate_with, refused};
use crate::shop::{half_isolate, make_unready, shop, slow_shop};

#[test]
fn one_screen_tells_all_and_what_comes_next() {
    // Given a pod that somebody isolated for a reason, for a while
    let namespace = shop("show", 2);
    let sick = &pods(&namespace, "app=web")[0];
    isolate_with(&namespace, sick, &["--reason=memory leak", "--ttl=2h"]);

    // When a colleague looks later
    let shown = namespace.kubectl(["isolate", "show", sick.name()]).success().stdout;

    // Then all is there
    let by = record(&namespace, sick)["by"].clone();
    let new = pods(&namespace, "app=web");
    let replacement = new.iter().find(|pod| pod.label("app").is_some() && !pod.owners().is_null());
    let replacement = replacement.expect("the Deployment has pods");
    let by = by.as_str().expect("somebody did it");
    expect_words(
        &shown,
        &[sick.name(), &format!("by {by}"), "memory leak", "Deployment/web", "in Service web"],
    );
    expect_words(&shown, &["in no ready endpoint", "without app=web", "in 119m", "put back      yes"]);
    expect_words(
        &shown,
        &[replacement.0["spec"]["nodeName"].as_str().expect("it runs"), "drover.test/box:1"],
    );

    // and the commands that come next, of which logs are found by name
    for command in [
        format!("kubectl exec -it {} -- sh", sick.name()),
        format!("kubectl logs {} -f", sick.name()),
        format!("stern {}\n              (by name: -l app=web finds it no longer)", sick.name()),
        format!("kubectl isolate restore {}", sick.name()),
        format!("kubectl isolate cleanup {}", sick.name()),
    ] {
        expect_words(&shown, &[&command]);
    }

    // and the same for programs
    let answer = namespace.kubectl(["isolate", "show", sick.name(), "-o", "json"]).success().stdout;
    let answer: Value = serde_json::from_str(&answer).expect("-o json prints JSON");
    let item = &answer["items"][0];
    let seen = json!([item["state"], item["reason"], item["by"], item["rejoin"], item["services"]]);
    assert_eq!(seen, json!(["whole", "memory leak", by, "yes", ["web"]]));

    // When it can't be put back any more, then that is said, and the way is not named
    make_unready(&namespace, sick);
    let shown = namespace.kubectl(["isolate", "show", sick.name()]).success().stdout;
    expect_words(&shown, &["put back      no: it is not Ready"]);
    assert!(!shown.contains("kubectl isolate restore"), "{shown}");
}

#[test]
fn what_is_half_done_is_shown_as_that() {
    let namespace = slow_shop("show-half", 2);
    let sick = &pods(&namespace, "app=web")[0];
    let (waiting, _) = half_isolate(&namespace, sick);

    let shown = namespace.kubectl(["isolate", "show", sick.name()]).success().stdout;

    expect_words(&shown, &["half: out of Deployment/web", "still in web-", "missing: "]);
    drop(waiting);
}

#[test]
fn a_pod_that_is_not_isolated_has_nothing_to_show() {
    let namespace = shop("show-none", 1);
    let pod = &pods(&namespace, "app=web")[0];
    let said = refused(namespace.kubectl(["isolate", "show", pod.name()]));
    expect_words(&said, &[pod.name(), "is not isolated", "kubectl isolate list"]);
    let said = refused(namespace.kubectl(["isolate", "show", "web-nobody"]));
    expect_words(&said, &["pod/web-nobody does not exist"]);
}
