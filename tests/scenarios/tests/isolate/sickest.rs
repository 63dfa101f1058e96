//! `deploy/NAME --pick sickest`: whichever pod is worst off.

use crate::pods::pods;
use crate::promises::{expect_isolated, expect_replaced, expect_untouched, expect_words, refused};
use crate::shop::{make_unready, shop};

#[test]
fn the_pod_that_is_not_ready_is_picked() {
    // Given three pods, one of which fails its readiness probe
    let namespace = shop("sickest", 3);
    let before = pods(&namespace, "app=web");
    make_unready(&namespace, &before[1]);

    // When the sickest is isolated
    let answer = namespace.kubectl(["isolate", "deploy/web", "--pick", "sickest"]).success().stdout;

    // Then it was that one
    assert_eq!(answer, format!("pod/{} isolated\n", before[1].name()));
    expect_isolated(&namespace, &before[1]);
    expect_replaced(&namespace, &before, &before[1], &["web"]);
}

#[test]
fn of_healthy_pods_none_is_picked() {
    let namespace = shop("healthy", 2);
    let before = pods(&namespace, "app=web");

    let said = refused(namespace.kubectl(["isolate", "deploy/web", "--pick=sickest"]));

    expect_words(&said, &["deployment", "web", "Ready", "name one"]);
    for pod in &before {
        expect_untouched(&namespace, pod);
    }
}
