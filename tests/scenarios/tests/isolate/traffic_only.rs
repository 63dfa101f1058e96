//! A pod that can't have a second copy beside it leaves traffic, and nothing else.

use harness::{Namespace, workloads};

use crate::pods::{ISOLATED_LABEL, Pod, RECORD, pod, pods, services_sending_to};
use crate::promises::{expect_order, expect_untouched, expect_words, isolate_with, refused, restore_with};
use crate::shop::{serving, shop, shop_of, web};

/// Deployment `web` as a StatefulSet or DaemonSet of pods `app=web`, that also have `live=yes`.
fn kept(kind: &str) -> String {
    let web = web(2).replace("kind: Deployment", &format!("kind: {kind}"));
    let web = web.replace("{app: web, tier: front}", "{app: web, tier: front, live: 'yes'}");
    match kind {
        "DaemonSet" => web.replace("  replicas: 2\n", ""),
        _ => web.replace("  replicas: 2\n", "  replicas: 2\n  serviceName: web\n"),
    }
}

/// Behind a Service that selects by a label of its own.
fn shop_of_kept(test: &str, kind: &str, replicas: u32) -> Namespace {
    let namespace = Namespace::new(test);
    namespace.apply(&(kept(kind) + &workloads::service("web", "live: 'yes'")));
    serving(&namespace, "web", replicas);
    namespace
}

#[test]
fn pods_of_a_stateful_set_and_of_a_daemon_set_leave_traffic_and_come_back() {
    for (kind, replicas) in [("StatefulSet", 2), ("DaemonSet", 1)] {
        let namespace = shop_of_kept(&format!("only-{}", kind.to_lowercase()), kind, replicas);
        let before = pods(&namespace, "app=web");
        let sick = &before[0];

        // When one is to be isolated, then it is refused, and the way is named
        let said = refused(namespace.kubectl(["isolate", sick.name()]));
        expect_words(&said, &[&format!("belongs to {kind}/web"), "--traffic-only"]);
        expect_untouched(&namespace, sick);

        // When it leaves traffic alone
        let said = isolate_with(&namespace, sick, &["--traffic-only", "--reason=slow"]).stderr;

        // Then only that label went, and its controller keeps it
        expect_out_of_traffic(&namespace, sick);
        expect_words(&said, &["dropped live (still of", &format!("{kind}/web keeps it")]);
        let left = if replicas > 1 { "one ready endpoint less" } else { "no ready endpoint" };
        expect_order(&said, &format!("warning: Service web will have {left}"), "1 leave all traffic");
        let names = |pods: &[Pod]| pods.iter().map(|pod| pod.name().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&pods(&namespace, "app=web")), names(&before), "none came or went");
        let list = namespace.kubectl(["isolate", "list"]).success().stdout;
        expect_words(&list, &["traffic-only", &format!("{}/web", kind.to_lowercase()), "yes", "slow"]);
        // and the same once more changes nothing
        let said = isolate_with(&namespace, sick, &["--traffic-only"]).stderr;
        expect_words(&said, &["already isolated"]);

        // When it is put back, then it is as before
        restore_with(&namespace, sick, &[]);
        expect_untouched(&namespace, sick);
        assert_eq!(services_sending_to(&namespace, sick), ["web"]);
        let described = namespace.kubectl(["describe", &kind.to_lowercase(), "web"]).success().stdout;
        expect_order(&described, "Isolated", "Restored");
    }
}

#[test]
fn one_that_is_cleared_away_is_made_anew() {
    let namespace = shop_of_kept("only-cleanup", "StatefulSet", 2);
    let sick = &pods(&namespace, "app=web")[0];
    isolate_with(&namespace, sick, &["--traffic-only", "--quarantine"]);
    expect_out_of_traffic(&namespace, sick);
    namespace.get(&format!("networkpolicy/quarantine-{}", sick.name()));

    namespace.kubectl(["isolate", "cleanup", sick.name()]).success();

    serving(&namespace, "web", 2);
    let anew = pod(&namespace, sick.name());
    assert_ne!(anew.uid(), sick.uid(), "it is another pod of that name");
    namespace.watch_until("networking.k8s.io/v1/networkpolicies", 30, |policies| {
        policies.is_empty().then_some(())
    });
}

#[test]
fn where_one_label_serves_both_the_selectors_are_shown_side_by_side() {
    // Given a StatefulSet, and a Service that selects by the same label
    let namespace = shop_of("only-both", &kept("StatefulSet"), 2);
    let sick = &pods(&namespace, "app=web")[0];

    let said = refused(namespace.kubectl(["isolate", sick.name(), "--traffic-only"]));

    expect_words(&said, &["no label can go that takes it out of traffic and leaves it to StatefulSet/web"]);
    expect_words(
        &said,
        &["\nStatefulSet/web   selects by app=web\n", "\nService/web       selects by app=web"],
    );
    expect_untouched(&namespace, sick);
}

#[test]
fn a_label_that_a_controller_wrote_never_goes() {
    // Given a Service for one pod, by the label that the StatefulSet writes
    let namespace = shop_of_kept("only-written", "StatefulSet", 2);
    let sick = &pods(&namespace, "app=web")[0];
    let own = format!("statefulset.kubernetes.io/pod-name: {}", sick.name());
    namespace.apply(&workloads::service("first", &own));
    serving(&namespace, "first", 1);

    let said = refused(namespace.kubectl(["isolate", sick.name(), "--traffic-only"]));

    let selector = format!("selects by statefulset.kubernetes.io/pod-name={}", sick.name());
    expect_words(&said, &["Service/first", &selector]);
    expect_untouched(&namespace, sick);
}

#[test]
fn a_pod_of_a_deployment_can_do_so_too() {
    let namespace = Namespace::new("only-deployment");
    namespace.apply(&(web(2) + &workloads::service("web", "app: web, tier: front")));
    serving(&namespace, "web", 2);
    let before = pods(&namespace, "app=web");
    let sick = &before[0];

    isolate_with(&namespace, sick, &["--traffic-only"]);

    expect_out_of_traffic(&namespace, sick);
    assert_eq!(pod(&namespace, sick.name()).label("tier"), None, "the label that only the Service asks for");
    assert_eq!(pods(&namespace, "app=web").len(), before.len(), "no replacement was made");
    restore_with(&namespace, sick, &[]);
    expect_untouched(&namespace, sick);
}

#[test]
fn one_that_is_in_no_service_has_no_traffic_to_leave() {
    let namespace = shop("only-idle", 1);
    namespace.kubectl(["delete", "service", "web"]).success();
    let sick = &pods(&namespace, "app=web")[0];
    let said = refused(namespace.kubectl(["isolate", sick.name(), "--traffic-only"]));
    expect_words(&said, &["is in no Service"]);
    expect_untouched(&namespace, sick);
}

/// No Service sends it traffic, it runs on, and its controller has it.
fn expect_out_of_traffic(namespace: &Namespace, before: &Pod) {
    let after = pod(namespace, before.name());
    assert_eq!((after.uid(), after.restarts()), (before.uid(), before.restarts()), "it runs on");
    assert_eq!(after.owners(), before.owners(), "its controller keeps it");
    assert_eq!(after.label(ISOLATED_LABEL), Some("true"));
    assert!(after.annotation(RECORD).is_some(), "it carries its record");
    let services = services_sending_to(namespace, &after);
    assert!(services.is_empty(), "no Service sends it traffic: {services:?}");
}
