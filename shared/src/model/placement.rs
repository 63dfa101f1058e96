//! What may keep a pod's replacement from being scheduled while the pod itself is still there.

use k8s_openapi::api::core::v1::{Container, PodSpec};

use super::selector::{Labels, Selector};

/// The obstacles, each a sentence about the replacement.
///
/// `template` are the labels that the replacement will have. The pod's own anti-affinity holds
/// against it whatever labels the pod loses (observed on 1.35).
#[must_use]
pub fn obstacles(spec: &PodSpec, template: &Labels) -> Vec<String> {
    let mut obstacles = Vec::new();
    let ports = host_ports(spec);
    if !ports.is_empty() {
        obstacles
            .push(format!("it needs another node, since hostPort {} is taken on this one", ports.join(", ")));
    }
    for topology in own_anti_affinity(spec, template) {
        obstacles.push(format!("the pod's own anti-affinity keeps it out of this {topology}"));
    }
    let spread = spec.topology_spread_constraints.iter().flatten();
    for constraint in spread.filter(|constraint| constraint.when_unsatisfiable == "DoNotSchedule") {
        obstacles.push(format!("the topology spread over {} may leave it no room", constraint.topology_key));
    }
    obstacles
}

fn host_ports(spec: &PodSpec) -> Vec<String> {
    let containers = spec.init_containers.iter().flatten().chain(&spec.containers);
    let ports = containers.flat_map(|container: &Container| container.ports.iter().flatten());
    ports.filter_map(|port| port.host_port).map(|port| port.to_string()).collect()
}

/// The topology keys of required anti-affinity terms that the template's own labels match.
fn own_anti_affinity<'a>(spec: &'a PodSpec, template: &Labels) -> Vec<&'a str> {
    let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.pod_anti_affinity.as_ref());
    let terms =
        affinity.and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    terms
        .into_iter()
        .flatten()
        .filter(|term| {
            term.label_selector.as_ref().is_some_and(|found| Selector::from(found).matches(template))
        })
        .map(|term| term.topology_key.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_obstacle_is_named() {
        let spec: PodSpec = serde_json::from_value(serde_json::json!({
            "containers": [{"name": "web", "ports": [{"containerPort": 80, "hostPort": 8080}]}],
            "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}},
                {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "other"}}},
            ]}},
            "topologySpreadConstraints": [
                {"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"},
                {"topologyKey": "rack", "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"},
            ],
        }))
        .unwrap();
        let template = [("app".to_owned(), "web".to_owned())].into();
        assert_eq!(
            obstacles(&spec, &template),
            [
                "it needs another node, since hostPort 8080 is taken on this one",
                "the pod's own anti-affinity keeps it out of this kubernetes.io/hostname",
                "the topology spread over zone may leave it no room",
            ]
        );
    }
}
