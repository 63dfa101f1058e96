//! Images that are known to have no shell.

/// Repositories, as their beginning: each is built on distroless' `static` or `base`, or from nothing.
const WITHOUT_SHELL: [&str; 10] = [
    "gcr.io/distroless/",
    "quay.io/jetstack/cert-manager-",
    "registry.k8s.io/coredns/coredns",
    "registry.k8s.io/kube-apiserver",
    "registry.k8s.io/kube-controller-manager",
    "registry.k8s.io/kube-scheduler",
    "registry.k8s.io/kube-state-metrics/kube-state-metrics",
    "registry.k8s.io/metrics-server/metrics-server",
    "registry.k8s.io/pause",
    "cgr.dev/chainguard/static",
];

/// Whether the image surely has neither a shell nor other programs than its own.
pub fn has_no_shell(image: &str) -> bool {
    let without_digest = image.split('@').next().unwrap_or(image);
    let (repository, tag) = match without_digest.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (without_digest, ""),
    };
    // Tags such as envoy's `distroless-v1.30.1`; `debug` ones bring busybox along.
    let is_distroless =
        tag.contains("distroless") || WITHOUT_SHELL.iter().any(|known| repository.starts_with(known));
    is_distroless && !tag.contains("debug") && !tag.ends_with("dev")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distroless_images_are_known() {
        for image in [
            "gcr.io/distroless/static",
            "gcr.io/distroless/java17-debian12:nonroot",
            "gcr.io/distroless/static@sha256:0123",
            "envoyproxy/envoy:distroless-v1.30.1",
            "registry.k8s.io/coredns/coredns:v1.11.1",
        ] {
            assert!(has_no_shell(image), "{image}");
        }
        for image in [
            "gcr.io/distroless/static:debug-nonroot",
            "nginx:1.27",
            "registry:5000/web",
            "envoyproxy/envoy:v1.30.1",
        ] {
            assert!(!has_no_shell(image), "{image}");
        }
    }
}
