//! A Deployment `web` of three Ready pods `web-a`, `web-b`, `web-c` behind two Services, as observed.

use std::collections::BTreeMap;

use drover::change::{Body, Plan};
use drover::model::POD_TEMPLATE_HASH;
use drover::model::controller::{Deployment, ReplicaSet};
use drover::model::object::Owner;
use drover::model::pod::Pod;
use drover::model::policy::{NetworkPolicy, PodDisruptionBudget};
use drover::model::selector::{Labels, Selector};
use drover::model::service::Service;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::state::{State, Subject, Survey};

/// The server's time in every test.
pub const NOW: &str = "2026-11-22T12:00:00Z";

pub fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub fn web_labels() -> Labels {
    labels(&[("app", "web"), ("tier", "front"), (POD_TEMPLATE_HASH, "1")])
}

pub fn selector(pairs: &[(&str, &str)]) -> Selector {
    Selector::from(&labels(pairs))
}

pub fn owner(kind: &str, name: &str) -> Owner {
    Owner { kind: kind.to_owned(), name: name.to_owned(), uid: format!("uid-{name}") }
}

/// A Ready pod of ReplicaSet `web-1`, created before [`NOW`].
pub fn pod(name: &str) -> Pod {
    from_json(pod_json(name))
}

pub fn pod_json(name: &str) -> Value {
    json!({
        "metadata": {
            "name": name, "namespace": "shop", "uid": format!("uid-{name}"), "resourceVersion": "7",
            "creationTimestamp": "2026-11-22T11:00:00Z", "labels": web_labels(),
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1",
                                 "uid": "uid-web-1", "controller": true}],
        },
        "status": {
            "phase": "Running", "podIPs": [{"ip": format!("ip-{name}")}],
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    })
}

/// The same pod as the API server would show it after a change.
pub fn changed(pod_json: Value, change: impl FnOnce(&mut Value)) -> Pod {
    let mut json = pod_json;
    change(&mut json);
    from_json(json)
}

fn from_json(json: Value) -> Pod {
    serde_json::from_value(json).unwrap()
}

pub fn service(name: &str, pairs: &[(&str, &str)]) -> Service {
    Service {
        name: name.to_owned(),
        selector: selector(pairs),
        prefers_node: false,
        publishes_not_ready: false,
        tcp_ports: Vec::new(),
    }
}

pub fn budget(name: &str, selector: Selector) -> PodDisruptionBudget {
    PodDisruptionBudget { name: name.to_owned(), selector }
}

pub fn policy(name: &str, pairs: &[(&str, &str)]) -> NetworkPolicy {
    NetworkPolicy {
        name: name.to_owned(),
        uid: format!("uid-{name}"),
        owners: Vec::new(),
        subject: selector(pairs),
        allows_ingress: true,
        allows_egress: false,
        peers: Vec::new(),
    }
}

/// The slice of a Service with these pods as ready endpoints.
pub fn slice(service: &str, pods: &[&str]) -> Value {
    let endpoints: Vec<_> = pods
        .iter()
        .map(|pod| {
            json!({"addresses": [format!("ip-{pod}")], "conditions": {"ready": true},
                   "targetRef": {"kind": "Pod", "uid": format!("uid-{pod}")}})
        })
        .collect();
    json!({
        "metadata": {"name": format!("{service}-slice"), "labels": {
            "kubernetes.io/service-name": service,
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        }},
        "endpoints": endpoints,
    })
}

/// Replaces a slice, or adds one.
pub fn put_slice(state: &mut State, slice: Value) {
    let slice: drover::model::endpoints::EndpointSlice = serde_json::from_value(slice).unwrap();
    state.survey.slices.insert(slice.name.clone(), slice);
}

/// Adds or replaces a pod of the ReplicaSet.
pub fn put_sibling(state: &mut State, pod: Pod) {
    state.subject.siblings.insert(pod.metadata.uid.clone(), pod);
}

/// Everything healthy; the subject is `web-a`.
pub fn web() -> State {
    let replica_set = ReplicaSet {
        owner: owner("ReplicaSet", "web-1"),
        controller: Some(owner("Deployment", "web")),
        selector: selector(&[("app", "web"), (POD_TEMPLATE_HASH, "1")]),
        template_labels: web_labels(),
        desired: 3,
        available: 3,
        min_ready_seconds: 0,
        revision: Some(1),
        failure: None,
        terminating: false,
    };
    let mut state = State {
        survey: Survey {
            namespace: "shop".to_owned(),
            services: vec![
                service("web", &[("app", "web")]),
                service("web-metrics", &[("app", "web"), ("tier", "front")]),
            ],
            replica_sets: vec![replica_set],
            budgets: Some(Vec::new()),
            policies: Some(Vec::new()),
            quotas: Some(Vec::new()),
            user: "oncall".to_owned(),
            user_is_reviewed: true,
            now: NOW.parse::<Timestamp>().unwrap(),
            ..Survey::default()
        },
        subject: Subject {
            name: "web-a".to_owned(),
            pod: Some(pod("web-a")),
            deployment: Some(Deployment {
                owner: owner("Deployment", "web"),
                selector: selector(&[("app", "web")]),
                progress_deadline_seconds: 600,
                recreates: false,
                annotations: BTreeMap::new(),
            }),
            siblings: BTreeMap::new(),
            siblings_version: "7".to_owned(),
            ..Subject::default()
        },
    };
    for name in ["web-a", "web-b", "web-c"] {
        put_sibling(&mut state, pod(name));
    }
    put_slice(&mut state, slice("web", &["web-a", "web-b", "web-c"]));
    put_slice(&mut state, slice("web-metrics", &["web-a", "web-b", "web-c"]));
    state
}

/// What the cluster shows once the plan's write was applied: the subject changes, nothing else yet.
pub fn apply(state: &mut State, plan: &Plan) {
    let step = plan.now.first().expect("there is something to write");
    let pod = state.subject.pod.as_ref().unwrap();
    let mut json = pod_json(&pod.metadata.name);
    json["metadata"]["labels"] = json!(pod.metadata.labels);
    json["metadata"]["annotations"] = json!(pod.metadata.annotations);
    json["metadata"]["ownerReferences"] = json!(pod.metadata.owner_references);
    json["status"]["conditions"] = json!(pod.status.conditions);
    if pod.metadata.annotations.is_none() {
        json["metadata"].as_object_mut().unwrap().remove("annotations");
    }
    let Body::Patch(operations) = &step.write.body else { panic!("not a patch: {step:?}") };
    json_patch::patch(&mut json, operations).expect("the patch applies to the pod it was made for");
    assert!(step.write.effect.holds(Some(&json)), "a write brings about what it claims: {json}");
    state.subject.pod = Some(serde_json::from_value(json).unwrap());
}

/// The controller lets go of the subject.
pub fn release(state: &mut State) {
    state.subject.pod.as_mut().unwrap().metadata.owner_references.clear();
}

/// A replacement, created after the isolation began.
pub fn replacement(ready: bool) -> Pod {
    changed(pod_json("web-d"), |json| {
        json["metadata"]["creationTimestamp"] = json!("2026-11-22T12:00:01Z");
        if !ready {
            json["status"]["conditions"][0]["status"] = json!("False");
        }
    })
}
