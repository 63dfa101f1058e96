//! What the tests of rules are written with.

use drover::model::object::{DEPLOYMENTS, Resource};

use k8s_openapi::api::core::v1 as core;
use serde_json::Value;

use super::{Finding, Service, Subject, lint};
use crate::schedule::testing::{pod, pod_of};

/// What a Deployment with this pod spec gives away without anything beside it: container, field and rule.
pub fn findings(spec: &str) -> Vec<String> {
    findings_of(DEPLOYMENTS, spec)
}

/// The same of another kind of workload.
pub fn findings_of(resource: Resource, spec: &str) -> Vec<String> {
    lines(lint(&Subject::alone(&pod_of(resource, spec)), None).findings)
}

/// What one container `web` with these fields gives away.
pub fn web(fields: &str) -> Vec<String> {
    findings(&format!("{{containers: [{{name: web, {fields}}}]}}"))
}

/// What a Deployment with this pod spec gives away that a Service with this port sends traffic.
pub fn served(port: &str, spec: &str) -> Vec<String> {
    let service = format!(
        "{{metadata: {{name: web}}, spec: {{selector: {{app: web}}, ports: [{{port: 80, {port}}}]}}}}"
    );
    let service: Value = serde_saphyr::from_str(&service).unwrap();
    let service: core::Service = serde_json::from_value(service).unwrap();
    let service = Service::new(service);
    let pod = pod(spec);
    let subject = Subject { services: Some(service.iter().collect()), ..Subject::alone(&pod) };
    lines(lint(&subject, None).findings)
}

fn lines(findings: Vec<Finding>) -> Vec<String> {
    findings.into_iter().map(|finding| format!("{} {}", finding.place(), finding.rule)).collect()
}
