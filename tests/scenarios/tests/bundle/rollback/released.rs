//! What Helm released is rolled back without Helm, and Helm goes on.

use std::fs;

use harness::Namespace;
use serde_json::json;
use tempfile::TempDir;

use super::look::{Look, expect_same};
use super::{patch, rollback};

const TEMPLATE: &str = "
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {mode: MODE EXTRA}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {rules: [{host: shop.test, http: {paths:
 [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web},
 spec: {replicas: 0, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}},
 spec: {containers: [{name: web, image: 'drover.test/box:1', envFrom: [{configMapRef: {name: settings}}],
 env: [{name: MODE, value: MODE}]}]}}}}
";

/// A chart of the shop with this mode, and with more in its ConfigMap.
fn chart(mode: &str, extra: &str) -> TempDir {
    let chart = tempfile::tempdir().expect("a temporary folder can be created");
    let write = |path: &str, text: &str| {
        fs::write(chart.path().join(path), text).expect("a file can be written in a new temporary folder");
    };
    fs::create_dir(chart.path().join("templates")).expect("a folder can be created in a new one");
    write("Chart.yaml", &json!({"apiVersion": "v2", "name": "shop", "version": "0.1.0"}).to_string());
    let template = TEMPLATE.replace("name: MODE", "name: mode").replace("MODE", mode).replace("EXTRA", extra);
    write("templates/shop.yaml", &template);
    chart
}

fn helm(namespace: &Namespace, command: &str, chart: &TempDir, more: &[&str]) {
    let path = chart.path().to_str().expect("text");
    namespace.helm([&[command, "released", path], more].concat()).run().success();
}

#[test]
fn helm_upgrade_goes_on_after_a_rollback() {
    // By the server's side, and by Helm's own
    for (name, by) in [("server", "--server-side=true"), ("client", "--server-side=false")] {
        // Given a release that was upgraded, and changed by hand besides
        let namespace = Namespace::new(&format!("rollback-helm-{name}"));
        helm(&namespace, "install", &chart("fast", ", kept: 'yes'"), &[by]);
        namespace.kubectl(["bundle", "create", "svc/web", "--name=shop"]).success();
        let before = Look::at(&namespace);
        helm(&namespace, "upgrade", &chart("slow", ", kept: 'no'"), &[by]);
        patch(&namespace, "cm/settings", r#"{"data": {"more": "1"}}"#);
        patch(&namespace, "deploy/web", r#"{"metadata": {"labels": {"team": "a"}}}"#);
        namespace.kubectl(["delete", "ingress/web"]).success();

        // When it is rolled back, then it is as Helm had released it first
        rollback(&namespace, &["1", "--yes"]).success();
        let after = Look::at(&namespace);
        let of_helm = |look: &Look| {
            let mut all = look.wanted();
            all.retain(|path, _| !path.starts_with("Secret/sh.helm.release"));
            all
        };
        expect_same(&of_helm(&before), &of_helm(&after));
        let owners = |look: &Look| {
            let mut all = look.owners();
            all.retain(|path, _| !path.starts_with("Secret/sh.helm.release"));
            all
        };
        expect_same(&owners(&before), &owners(&after));

        // and the next upgrade has no conflict, changes what it says, and drops what it drops
        helm(&namespace, "upgrade", &chart("third", ""), &[by]);
        assert_eq!(namespace.get("cm/settings")["data"], json!({"mode": "third"}), "{by}");
        let container = &namespace.get("deploy/web")["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["env"][0]["value"], "third");
        namespace.get("ingress/web");
    }
}
