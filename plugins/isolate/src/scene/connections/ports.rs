//! Which ports of a pod its Services send traffic to.

use std::collections::BTreeMap;

use drover::model::service::{Service, TargetPort};
use k8s_openapi::api::core::v1::{Container, ContainerPort, PodSpec};

/// The pod's TCP ports behind these Services, each with the container that declares it, if one does.
pub fn behind<'a>(
    services: impl Iterator<Item = &'a Service>,
    spec: &PodSpec,
) -> BTreeMap<u16, Option<String>> {
    let ports = services.flat_map(|service| &service.tcp_ports).filter_map(|port| number(port, spec));
    ports.map(|port| (port, container(port, spec))).collect()
}

/// A name stands for the port of that name in the pod.
fn number(port: &TargetPort, spec: &PodSpec) -> Option<u16> {
    match port {
        TargetPort::Number(number) => Some(*number),
        TargetPort::Name(name) => {
            let (_, port) = declared(spec).find(|(_, port)| port.name.as_ref() == Some(name))?;
            u16::try_from(port.container_port).ok()
        }
    }
}

/// Whose port it is: the containers of a pod share one table of sockets. Without a declaration it can only be that of
/// the one container there is.
fn container(number: u16, spec: &PodSpec) -> Option<String> {
    let mut declaring = declared(spec).filter(|(_, port)| port.container_port == i32::from(number));
    let only = match spec.containers.as_slice() {
        [only] if spec.init_containers.is_none() => Some(only.name.clone()),
        _ => None,
    };
    declaring.next().map(|(container, _)| container.name.clone()).or(only)
}

fn declared(spec: &PodSpec) -> impl Iterator<Item = (&Container, &ContainerPort)> {
    let containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    containers
        .flat_map(|container| container.ports.iter().flatten().map(move |port| (container, port)))
        .filter(|(_, port)| port.protocol.as_deref().is_none_or(|protocol| protocol == "TCP"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_looked_up_in_the_pod() {
        let spec: PodSpec = serde_json::from_value(json!({"containers": [
            {"name": "web", "ports": [{"name": "http", "containerPort": 8080}]},
            {"name": "metrics", "ports": [{"name": "http", "containerPort": 53, "protocol": "UDP"}]},
        ]}))
        .unwrap();
        let service = |ports: serde_json::Value| {
            let listed =
                json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": ports}});
            Service::from_listed(serde_json::from_value(listed).unwrap()).unwrap()
        };
        let services = [
            service(json!([{"port": 80, "targetPort": "http"}, {"port": 53, "protocol": "UDP"}])),
            service(json!([{"port": 9090}, {"port": 1, "targetPort": "no-such-name"}])),
        ];
        let found = behind(services.iter(), &spec);
        assert_eq!(found, [(8080, Some("web".to_owned())), (9090, None)].into());
    }
}
