//! How two objects fit together that do not name each other: by labels, or by how names are made.

use drover::model::object::{ObjectRef, SERVICES};

use super::Known;
use crate::kinds::{CLAIMS, SERVICE_ACCOUNTS};
use crate::relations::Related;

// Each is asked about every pair of a member and an object of the namespace: what most lack comes first.

/// A Service leads to the workloads behind it; a budget or a policy does not.
pub fn makes_selected_pods(service: &Related, other: &Related) -> bool {
    let matches = service.selector.as_ref().zip(other.template_labels.as_ref());
    matches.is_some_and(|(selector, labels)| service.object.resource == SERVICES && selector.matches(labels))
}

pub fn selects_pods_of(other: &Related, workload: &Related) -> bool {
    let matches = other.selector.as_ref().zip(workload.template_labels.as_ref());
    matches.is_some_and(|(selector, labels)| selector.matches(labels))
}

pub fn selects_service(other: &Related, service: &Related) -> bool {
    let matches = other.service_selector.as_ref().zip(service.labels.as_ref());
    matches.is_some_and(|(selector, labels)| selector.matches(labels))
}

/// Whether any of the workloads behind a Service is known.
pub fn has_workload(service: &Related, known: &Known) -> bool {
    known.all().any(|other| makes_selected_pods(service, other))
}

pub fn is_claim_of(set: &Related, other: &Related) -> bool {
    let is_ordinal = |end: &str| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit());
    let is_one = |prefix: &String| other.object.name.strip_prefix(prefix).is_some_and(is_ordinal);
    set.claim_prefixes.iter().any(is_one) && other.object.resource == CLAIMS
}

pub fn is_machinery(object: &ObjectRef, known: &Known) -> bool {
    object.resource == SERVICE_ACCOUNTS && object.name == "default"
        || known.related(object).is_some_and(|related| related.is_machinery)
}
