//! What is being deleted.

use harness::{Namespace, Objects};

use crate::shop::members;

const HELD: &str = "
{apiVersion: v1, kind: Service, metadata: {name: web, finalizers: [drover.test/held]},
 spec: {selector: {app: web}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, finalizers: [drover.test/held]}, data: {a: '1'}}
---
{apiVersion: v1, kind: Secret, metadata: {name: token}, stringData: {a: b}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, finalizers: [drover.test/held]},
 spec: {replicas: 0, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}},
 spec: {containers: [{name: web, image: 'drover.test/box:1',
 envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: token}}]}]}}}}
";

/// Without its finalizers nothing of it stays when the test is over, whatever it found.
struct Held(Namespace);

impl Drop for Held {
    fn drop(&mut self) {
        for object in ["service/web", "configmap/settings", "deployment/web"] {
            self.0.kubectl(["patch", object, "--type=merge", "--patch={\"metadata\":{\"finalizers\":null}}"]);
        }
    }
}

#[test]
fn an_object_being_deleted_is_a_member_still() {
    let held = Held(Namespace::new("bundle-going"));
    held.0.apply(HELD);
    held.0.kubectl(["delete", "configmap/settings", "--wait=false"]).success();

    let told = held.0.kubectl(["bundle", "show", "svc/web", "-o", "json"]).success();

    assert_eq!(
        members(&told.stdout),
        [
            "service/web: present; ",
            "deployment.apps/web: present; selector of service/web",
            "configmap/settings: being deleted; containers[web].envFrom of deployment.apps/web",
            "secret/token: present; containers[web].envFrom of deployment.apps/web",
        ]
    );
}

#[test]
fn a_namespace_being_terminated_shows_what_is_left_of_it() {
    let held = Held(Namespace::new("bundle-terminated"));
    held.0.apply(HELD);
    held.0.kubectl(["delete", "namespace", held.0.name(), "--wait=false"]).success();
    let is_going = |objects: &Objects| {
        let is_asked = |name: &str| {
            let mut named = objects.values().filter(|object| object["metadata"]["name"] == name);
            named.any(|object| !object["metadata"]["deletionTimestamp"].is_null())
        };
        (is_asked("web") || is_asked("settings")).then_some(())
    };
    for resource in ["services", "configmaps", "apps/v1/deployments"] {
        held.0.watch_until(resource, 60, is_going);
    }
    held.0.watch_until("secrets", 60, |secrets| secrets.is_empty().then_some(()));

    let told = held.0.kubectl(["bundle", "show", "svc/web", "-o", "json"]).success();

    assert_eq!(
        members(&told.stdout),
        [
            "service/web: being deleted; ",
            "deployment.apps/web: being deleted; selector of service/web",
            "configmap/settings: being deleted; containers[web].envFrom of deployment.apps/web",
            "secret/token: missing; containers[web].envFrom of deployment.apps/web",
        ]
    );
}
