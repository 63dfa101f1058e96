//! What a colleague takes away in the middle of an isolation is named, with the way on.

use crate::pods::pods;
use crate::promises::{expect_isolated, expect_words};
use crate::shop::{half_isolate, slow_shop};

#[test]
fn a_pod_that_somebody_deletes_meanwhile() {
    let namespace = slow_shop("lost-pod", 2);
    let sick = &pods(&namespace, "app=web")[0];
    let (command, _) = half_isolate(&namespace, sick);

    namespace.kubectl(["delete", "pod", sick.name(), "--wait=false"]).success();

    let said = command.finish().failure(1).stderr;
    let deleted = format!("error: pod/{} is being deleted by somebody else; ReplicaSet/web-", sick.name());
    let way =
        format!("wait for all its pods:  kubectl rollout status -n {} deployment/web", namespace.name());
    expect_words(&said, &[&deleted, "has 1 of 2 pods Ready", &way]);
}

#[test]
fn a_deployment_that_somebody_deletes_meanwhile() {
    let namespace = slow_shop("lost-owner", 1);
    let sick = &pods(&namespace, "app=web")[0];
    let (command, _) = half_isolate(&namespace, sick);

    namespace.kubectl(["delete", "deployment", "web"]).success();

    let said = command.finish().success().stderr;
    let warning = "warning: Deployment/web was deleted: no replacement will come";
    expect_words(&said, &[warning, "warning: Service web has no ready endpoint"]);
    expect_isolated(&namespace, sick);
}
