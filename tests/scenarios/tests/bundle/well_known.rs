//! Kinds that somebody installed: followed where they are served, and missed by nobody where they are not.

use harness::Namespace;
use scenarios::roles::{Lackers, role_of_the_readme};
use scenarios::words::expect_words;

use crate::shop::{members, shop};

const SERVICE_MONITORS: &str = "
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition,
 metadata: {name: servicemonitors.monitoring.coreos.com},
 spec: {group: monitoring.coreos.com, scope: Namespaced, names: {kind: ServiceMonitor, plural: servicemonitors},
 versions: [{name: v1, served: true, storage: true,
 schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}}
";

const MONITORED: &str = "
{apiVersion: v1, kind: Service, metadata: {name: shown, labels: {app: shown}},
 spec: {selector: {app: web}, ports: [{port: 80}]}}
---
{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: shown},
 spec: {selector: {matchLabels: {app: shown}}, endpoints: [{basicAuth: {password: {name: login, key: password}}}]}}
---
{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: other},
 spec: {selector: {matchLabels: {app: other}}}}
";

/// A shop whose Service is looked at by a ServiceMonitor.
fn monitored(test: &str) -> Namespace {
    let namespace = shop(test);
    namespace.apply(SERVICE_MONITORS);
    namespace.wait("crd/servicemonitors.monitoring.coreos.com", "condition=Established", 30);
    namespace.apply(MONITORED);
    namespace
}

#[test]
fn a_service_monitor_belongs_to_the_services_it_selects() {
    let namespace = monitored("bundle-monitor");

    let told = namespace.kubectl(["bundle", "show", "svc/shown", "-o", "json"]).success();

    let monitoring: Vec<_> = members(&told.stdout)
        .into_iter()
        .filter(|member| member.contains("servicemonitor.monitoring.coreos.com"))
        .collect();
    assert_eq!(
        monitoring,
        [
            "servicemonitor.monitoring.coreos.com/shown: present; its selector of service/shown",
            "secret/login: missing; endpoints.basicAuth.password of servicemonitor.monitoring.coreos.com/shown",
        ]
    );
}

#[test]
fn a_kind_that_may_not_be_listed_is_named_only_where_it_is_served() {
    // Given somebody without a right on a kind that is served, and somebody without one on a kind that is not
    let namespace = monitored("bundle-doubtful");
    let right = |resource: &str| ("list".to_owned(), resource.to_owned());
    let rights = [right("servicemonitors"), right("httproutes")];
    let lackers = Lackers::create(&namespace, &role_of_the_readme("bundle"), &rights);

    // When they look
    let say = |resource| lackers.run("list", resource, &["bundle", "show", "svc/shown"]).success().stderr;

    // Then only the first misses something
    expect_words(&say("servicemonitors"), &["you may not list servicemonitors.monitoring.coreos.com"]);
    let said = say("httproutes");
    assert!(!said.contains("httproutes"), "{said}");
}
