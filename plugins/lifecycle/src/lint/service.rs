//! Services, as far as they send a pod traffic, and to which of its containers.

use drover::model::selector::{Labels, Selector};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::schedule::{Container, Pod, Role};

/// A Service that chooses its endpoints by label.
#[derive(Debug, Clone)]
pub struct Service {
    pub name: String,
    /// None where a manifest does not say.
    pub namespace: Option<String>,
    selector: Selector,
    target_ports: Vec<IntOrString>,
}

impl Service {
    /// None where no labels decide, and where it is there for members of a cluster to find each other: one that also
    /// sends to pods that are not ready.
    pub fn new(service: core::Service) -> Option<Self> {
        let spec = service.spec.unwrap_or_default();
        let selector = spec.selector.filter(|selector| !selector.is_empty())?;
        if spec.type_.as_deref() == Some("ExternalName") || spec.publish_not_ready_addresses == Some(true) {
            return None;
        }
        let ports = spec.ports.unwrap_or_default().into_iter();
        // A target port that is not given, or 0, is the port (apis/core/v1/defaults.go: `SetDefaults_Service`).
        let target = |port: core::ServicePort| match port.target_port {
            None | Some(IntOrString::Int(0)) => IntOrString::Int(port.port),
            Some(target) => target,
        };
        Some(Self {
            name: service.metadata.name.unwrap_or_default(),
            namespace: service.metadata.namespace,
            selector: Selector::from(&selector),
            target_ports: ports.map(target).collect(),
        })
    }

    /// Whether pods with these labels, in that namespace, are its endpoints.
    pub fn selects(&self, namespace: Option<&str>, labels: &Labels) -> bool {
        self.namespace.as_deref() == namespace && self.selector.matches(labels)
    }

    /// The first port it sends to.
    pub fn target_port(&self) -> Option<&IntOrString> {
        self.target_ports.first()
    }

    fn reaches(&self, container: &Container) -> bool {
        self.target_ports.iter().any(|port| match port {
            IntOrString::Int(number) => container.declares(*number),
            IntOrString::String(name) => container.declares_name(name),
        })
    }
}

/// A container that takes requests, and the Services that send them.
pub struct Served<'a> {
    pub container: &'a Container,
    pub services: Vec<&'a Service>,
}

impl Served<'_> {
    /// `Service web` or `Services web, web-metrics`.
    pub fn by(&self) -> String {
        let names: Vec<_> = self.services.iter().map(|service| service.name.as_str()).collect();
        format!("Service{} {}", if names.len() == 1 { "" } else { "s" }, names.join(", "))
    }
}

/// The containers that serve what Services send, of those that `lacks` something. Where no container declares the port,
/// any of the main ones may: then the first one stands for all, and only if all lack it.
pub fn served_without<'a>(
    pod: &'a Pod,
    services: &[&'a Service],
    lacks: impl Fn(&Container) -> bool,
) -> Vec<Served<'a>> {
    let mut found: Vec<Served> = Vec::new();
    for service in services {
        let stays = pod.containers.iter().filter(|container| container.role != Role::Init);
        let mut serving: Vec<_> = stays.filter(|container| service.reaches(container)).collect();
        if serving.is_empty() {
            let all_lack = pod.main_containers().all(&lacks);
            serving.extend(pod.main_containers().next().filter(|_| all_lack));
        }
        for container in serving.into_iter().filter(|container| lacks(container)) {
            match found.iter_mut().find(|served| served.container.name == container.name) {
                Some(served) => served.services.push(service),
                None => found.push(Served { container, services: vec![service] }),
            }
        }
    }
    found
}
