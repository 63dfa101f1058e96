//! An isolated pod goes on running beside its replacement: not where both would write to one thing.

use harness::{Namespace, workloads};

use crate::pods::{Pod, pods};
use crate::promises::{
    expect_isolated, expect_replaced, expect_untouched, expect_words, isolate, isolate_with, refused,
};
use crate::shop::{serving, shop_of, web_with, web_with_pod};

#[test]
fn a_deployment_that_never_wants_two_pods_at_once() {
    let manifest = web_with(1, "strategy: {type: Recreate}");
    let namespace = shop_of("recreate", &manifest, 1);

    is_refused_until_it_is_allowed(&namespace, "Recreate");
}

#[test]
fn a_folder_of_the_node() {
    let namespace = shop_of("host-path", &web_that_mounts("hostPath: {path: /tmp}"), 1);

    is_refused_until_it_is_allowed(&namespace, "hostPath /tmp");
}

#[test]
fn a_claim() {
    // Given a pod that writes to a volume made for one node
    let namespace = Namespace::new("claim");
    let _volume = Volume::bound_to_claim(&namespace, "data");
    let manifest = web_that_mounts("persistentVolumeClaim: {claimName: data}");
    namespace.apply(&(manifest + &workloads::service("web", "app: web")));
    serving(&namespace, "web", 1);

    is_refused_until_it_is_allowed(&namespace, "claim data");
}

#[test]
fn what_a_pod_only_reads_or_has_for_itself_is_no_reason() {
    // Given a pod with a folder of the node that it only reads, a folder of its own, and a configuration
    let mounts = "volumeMounts: [{name: node, mountPath: /node, readOnly: true}, {name: own, mountPath: /own}, \
                  {name: config, mountPath: /config}]";
    let volumes = "volumes: [{name: node, hostPath: {path: /tmp}}, {name: own, emptyDir: {}}, \
                   {name: config, configMap: {name: kube-root-ca.crt}}]";
    let namespace = shop_of("no-writer", &with_mounts(volumes, mounts), 1);
    let before = pods(&namespace, "app=web");

    // When it is isolated
    isolate(&namespace, &before[0]);

    // Then nothing stands in the way
    expect_isolated(&namespace, &before[0]);
    expect_replaced(&namespace, &before, &before[0], &["web"]);
}

/// Given the only pod of a Deployment, which would get a second writer.
fn is_refused_until_it_is_allowed(namespace: &Namespace, reason: &str) {
    let before = pods(namespace, "app=web");
    let sick = &before[0];

    // When it is isolated in whatever order, then that is refused before any write, for this reason
    for flags in [&[][..], &["--traffic-first"]] {
        let said = refused(namespace.kubectl([&["isolate", sick.name()], flags].concat()));
        expect_words(&said, &["beside its replacement", reason, "--allow-second-writer"]);
        expect_untouched(namespace, sick);
        let now = pods(namespace, "app=web");
        assert_eq!(now.iter().map(Pod::uid).collect::<Vec<_>>(), [sick.uid()], "no replacement was made");
    }

    // When it is allowed, then it is done
    isolate_with(namespace, sick, &["--allow-second-writer"]);
    expect_isolated(namespace, sick);
    expect_replaced(namespace, &before, sick, &["web"]);
}

/// Deployment `web` of one pod that mounts this volume at `/data`.
fn web_that_mounts(volume: &str) -> String {
    let mounts = "volumeMounts: [{name: data, mountPath: /data}]";
    with_mounts(&format!("volumes: [{{name: data, {volume}}}]"), mounts)
}

fn with_mounts(volumes: &str, mounts: &str) -> String {
    let manifest = web_with_pod(1, volumes);
    manifest.replacen("        ports:", &format!("        {mounts}\n        ports:"), 1)
}

/// A volume in a folder of the node, bound to a claim of a namespace; deleted at the end of the test.
struct Volume<'namespace> {
    namespace: &'namespace Namespace,
    name: String,
}

impl<'namespace> Volume<'namespace> {
    fn bound_to_claim(namespace: &'namespace Namespace, claim: &str) -> Self {
        let volume = Self { namespace, name: format!("drover-test-{}", namespace.name()) };
        namespace.apply(&format!(
            "---
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {name}}}
spec:
  capacity: {{storage: 1Mi}}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: ''
  hostPath: {{path: /tmp}}
  claimRef: {{namespace: {namespace}, name: {claim}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: {claim}}}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: ''
  volumeName: {name}
  resources: {{requests: {{storage: 1Mi}}}}
",
            name = volume.name,
            namespace = namespace.name(),
        ));
        namespace.wait(&format!("pvc/{claim}"), "jsonpath={.status.phase}=Bound", 30);
        volume
    }
}

impl Drop for Volume<'_> {
    fn drop(&mut self) {
        let finished = self.namespace.kubectl(["delete", "persistentvolume", &self.name, "--wait=false"]);
        if finished.code != 0 {
            eprintln!("PersistentVolume {} is left: {}", self.name, finished.stderr);
        }
    }
}
