//! What a namespace's server refuses, as a cluster's owner may want it.

use std::time::{Duration, Instant};

use harness::Namespace;
use serde_json::json;

/// An admission policy over the pods of one namespace, deleted at the end of the test.
pub struct Policy<'namespace> {
    namespace: &'namespace Namespace,
    name: String,
}

impl<'namespace> Policy<'namespace> {
    /// Refuses an operation such as `UPDATE`, with this message, where the rule does not hold. It is in force when the
    /// attempt, a kubectl command that changes nothing, fails.
    pub fn create(
        namespace: &'namespace Namespace,
        operation: &str,
        rule: &str,
        message: &str,
        attempt: &[&str],
    ) -> Self {
        let policy = Self { namespace, name: format!("drover-test-{}", namespace.name()) };
        let manifests = [
            json!({
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingAdmissionPolicy",
                "metadata": {"name": policy.name},
                "spec": {
                    "matchConstraints": {"resourceRules": [
                        {"apiGroups": [""], "apiVersions": ["v1"], "operations": [operation], "resources": ["pods"]},
                    ]},
                    "validations": [{"expression": rule, "message": message}],
                },
            }),
            json!({
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingAdmissionPolicyBinding",
                "metadata": {"name": policy.name},
                "spec": {
                    "policyName": policy.name,
                    "validationActions": ["Deny"],
                    "matchResources": {"namespaceSelector": {
                        "matchLabels": {"kubernetes.io/metadata.name": namespace.name()},
                    }},
                },
            }),
        ];
        namespace.apply(&manifests.map(|manifest| manifest.to_string()).join("\n---\n"));
        policy.wait_until_in_force(attempt);
        policy
    }

    /// The API server enforces a new policy a moment later, and nothing can be watched for it but its effect.
    fn wait_until_in_force(&self, attempt: &[&str]) {
        let deadline = Instant::now() + Duration::from_secs(30);
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
