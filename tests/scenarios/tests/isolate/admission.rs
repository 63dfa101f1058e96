//! What the server would refuse is found out before the first pod is touched.

use std::time::{Duration, Instant};

use harness::Namespace;

use crate::pods::{ISOLATED_LABEL, Pod, pods};
use crate::promises::{expect_untouched, expect_words};
use crate::shop::shop;

/// What the server says to who isolates a pod with the label `keep`.
const REFUSAL: &str = "this pod stays where it is";

#[test]
fn one_pod_that_the_server_keeps_keeps_all_where_they_are() {
    // Given two pods, the second of which an admission policy protects
    let namespace = shop("admission", 2);
    let [free, kept] = &pods(&namespace, "app=web")[..] else { panic!("two pods were made") };
    namespace.kubectl(["label", "pod", kept.name(), "keep=true"]).success();
    let _policy = Policy::create(&namespace, kept);
    let before = pods(&namespace, "app=web");

    // When both are to be isolated
    let finished = namespace.kubectl(["isolate", free.name(), kept.name()]).failure(1);

    // Then the server's words are told, and neither has changed
    expect_words(&finished.stderr, &["error: ", kept.name(), REFUSAL]);
    assert_eq!(finished.stdout, "", "no pod was isolated");
    for pod in &before {
        expect_untouched(&namespace, pod);
    }

    // and a dry run by the server, unlike the client's, finds out too
    let dry_run = |mode: &str| namespace.kubectl(["isolate", kept.name(), &format!("--dry-run={mode}")]);
    expect_words(&dry_run("server").failure(1).stderr, &["error: ", REFUSAL]);
    dry_run("client").success();
}

/// An admission policy over one namespace, deleted at the end of the test.
struct Policy<'namespace> {
    namespace: &'namespace Namespace,
    name: String,
}

impl<'namespace> Policy<'namespace> {
    fn create(namespace: &'namespace Namespace, kept: &Pod) -> Self {
        let policy = Self { namespace, name: format!("drover-test-{}", namespace.name()) };
        namespace.apply(&format!(
            "---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: {name}}}
spec:
  matchConstraints:
    resourceRules: [{{apiGroups: [''], apiVersions: [v1], operations: [UPDATE], resources: [pods]}}]
  validations:
  - expression: \"!('keep' in object.metadata.labels && '{ISOLATED_LABEL}' in object.metadata.labels)\"
    message: {REFUSAL}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: {name}}}
spec:
  policyName: {name}
  validationActions: [Deny]
  matchResources: {{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}}}
",
            name = policy.name,
            namespace = namespace.name(),
        ));
        policy.wait_until_in_force(kept);
        policy
    }

    /// The API server enforces a new policy a moment later, and nothing can be watched for it but its effect.
    fn wait_until_in_force(&self, kept: &Pod) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let label = format!("{ISOLATED_LABEL}=true");
        let attempt = ["label", "pod", kept.name(), &label, "--dry-run=server"];
        while self.namespace.kubectl(attempt).code == 0 {
            assert!(Instant::now() < deadline, "the policy was not enforced in time");
        }
    }
}

impl Drop for Policy<'_> {
    fn drop(&mut self) {
        for kind in ["validatingadmissionpolicybinding", "validatingadmissionpolicy"] {
            let finished = self.namespace.kubectl(["delete", kind, &self.name, "--wait=false"]);
            if finished.code != 0 {
                eprintln!("{kind} {} is left: {}", self.name, finished.stderr);
            }
        }
    }
}
