//! What the server fills in where a manifest says nothing (`k8s.io/kubernetes/pkg/apis/*/v1/defaults.go`).
//!
//! A field that one side lacks and the other has with its default is the same: servers learn new fields,
//! and what was written by hand lacks the old ones. Values are JSON, with sorted keys.

use drover::model::object::{
    CONFIG_MAPS, CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, HORIZONTAL_POD_AUTOSCALERS, JOBS, NETWORK_POLICIES,
    POD_DISRUPTION_BUDGETS, PODS, REPLICA_SETS, REPLICATION_CONTROLLERS, Resource, SERVICES, STATEFUL_SETS,
};
use serde_json::Value;

use crate::kinds::{CLAIMS, PRIORITY_CLASSES, SECRETS, STORAGE_CLASSES, VOLUMES};

/// Fields with their defaults; `[]` stands for any item of a list.
type Defaults = &'static [(&'static str, &'static str)];

/// A default that depends on the cluster: any value is as good as none. (No JSON is empty.)
const ANY: &str = "";

/// The defaults of the fields below one.
struct Group {
    below: &'static str,
    fields: Defaults,
    groups: &'static [Group],
}

impl Group {
    const fn new(below: &'static str, fields: Defaults) -> Self {
        Self { below, fields, groups: &[] }
    }

    const fn pod(below: &'static str) -> Self {
        Self { below, fields: POD, groups: CONTAINERS }
    }

    const fn container(below: &'static str) -> Self {
        Self { below, fields: CONTAINER, groups: PROBES }
    }

    fn has(&self, field: &str, value: &Value) -> bool {
        let Some(field) = field.strip_prefix(self.below) else { return false };
        let written = value.to_string();
        let is_default = |default: &str| default == ANY || default == written;
        self.fields.iter().any(|(name, default)| *name == field && is_default(default))
            || self.groups.iter().any(|group| group.has(field, value))
    }
}

/// Whether a field of that kind, such as `spec.ports[].protocol`, has this value where a manifest says
/// nothing of it.
pub fn is_default(resource: Resource, field: &str, value: &Value) -> bool {
    groups(resource).iter().any(|group| group.has(field, value))
}

fn groups(resource: Resource) -> &'static [Group] {
    match resource {
        PODS => const { &[Group::pod("spec.")] },
        DEPLOYMENTS => const { &[Group::new("spec.", DEPLOYMENT), Group::pod("spec.template.spec.")] },
        STATEFUL_SETS => {
            const {
                &[
                    Group::new("spec.", STATEFUL_SET),
                    Group::pod("spec.template.spec."),
                    Group::new("spec.volumeClaimTemplates[].spec.", CLAIM),
                ]
            }
        }
        DAEMON_SETS => const { &[Group::new("spec.", DAEMON_SET), Group::pod("spec.template.spec.")] },
        REPLICA_SETS | REPLICATION_CONTROLLERS => {
            const { &[Group::new("spec.", REPLICATED), Group::pod("spec.template.spec.")] }
        }
        JOBS => const { &[Group::new("spec.", JOB), Group::pod("spec.template.spec.")] },
        CRON_JOBS => {
            const {
                &[
                    Group::new("spec.", CRON_JOB),
                    Group::new("spec.jobTemplate.spec.", JOB),
                    Group::pod("spec.jobTemplate.spec.template.spec."),
                ]
            }
        }
        SERVICES => const { &[Group::new("spec.", SERVICE)] },
        HORIZONTAL_POD_AUTOSCALERS => const { &[Group::new("spec.", AUTOSCALER)] },
        NETWORK_POLICIES => const { &[Group::new("spec.", NETWORK_POLICY)] },
        POD_DISRUPTION_BUDGETS => const { &[Group::new("spec.", BUDGET)] },
        CLAIMS => const { &[Group::new("spec.", CLAIM)] },
        VOLUMES => const { &[Group::new("spec.", VOLUME)] },
        STORAGE_CLASSES => const { &[Group::new("", STORAGE_CLASS)] },
        PRIORITY_CLASSES => const { &[Group::new("", PRIORITY_CLASS)] },
        CONFIG_MAPS | SECRETS => const { &[Group::new("", DATA)] },
        _ => &[],
    }
}

const CONTAINERS: &[Group] = &[
    Group::container("containers[]."),
    Group::container("initContainers[]."),
    Group::container("ephemeralContainers[]."),
];

const PROBES: &[Group] = &[
    Group::new("livenessProbe.", PROBE),
    Group::new("readinessProbe.", PROBE),
    Group::new("startupProbe.", PROBE),
];

const POD: Defaults = &[
    ("dnsPolicy", r#""ClusterFirst""#),
    ("enableServiceLinks", "true"),
    ("restartPolicy", r#""Always""#),
    ("schedulerName", r#""default-scheduler""#),
    ("securityContext", "{}"),
    ("terminationGracePeriodSeconds", "30"),
    ("volumes[].configMap.defaultMode", "420"),
    ("volumes[].downwardAPI.defaultMode", "420"),
    ("volumes[].downwardAPI.items[].fieldRef.apiVersion", r#""v1""#),
    ("volumes[].hostPath.type", r#""""#),
    ("volumes[].projected.defaultMode", "420"),
    ("volumes[].projected.sources[].serviceAccountToken.expirationSeconds", "3600"),
    ("volumes[].projected.sources[].downwardAPI.items[].fieldRef.apiVersion", r#""v1""#),
    ("volumes[].secret.defaultMode", "420"),
    ("volumes[].ephemeral.volumeClaimTemplate.spec.volumeMode", r#""Filesystem""#),
];

const CONTAINER: Defaults = &[
    ("env[].valueFrom.fieldRef.apiVersion", r#""v1""#),
    ("env[].valueFrom.resourceFieldRef.divisor", r#""0""#),
    // It depends on the image's tag which of the two is filled in.
    ("imagePullPolicy", r#""Always""#),
    ("imagePullPolicy", r#""IfNotPresent""#),
    ("lifecycle.postStart.httpGet.scheme", r#""HTTP""#),
    ("lifecycle.preStop.httpGet.scheme", r#""HTTP""#),
    ("ports[].protocol", r#""TCP""#),
    ("resources", "{}"),
    ("securityContext.procMount", r#""Default""#),
    ("terminationMessagePath", r#""/dev/termination-log""#),
    ("terminationMessagePolicy", r#""File""#),
];

const PROBE: Defaults = &[
    ("failureThreshold", "3"),
    ("grpc.service", r#""""#),
    ("httpGet.path", r#""/""#),
    ("httpGet.scheme", r#""HTTP""#),
    ("periodSeconds", "10"),
    ("successThreshold", "1"),
    ("timeoutSeconds", "1"),
];

const REPLICATED: Defaults = &[("minReadySeconds", "0"), ("replicas", "1")];

const DEPLOYMENT: Defaults = &[
    ("minReadySeconds", "0"),
    ("paused", "false"),
    ("progressDeadlineSeconds", "600"),
    ("replicas", "1"),
    ("revisionHistoryLimit", "10"),
    ("strategy", r#"{"rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"},"type":"RollingUpdate"}"#),
    ("strategy.rollingUpdate", r#"{"maxSurge":"25%","maxUnavailable":"25%"}"#),
    ("strategy.rollingUpdate.maxSurge", r#""25%""#),
    ("strategy.rollingUpdate.maxUnavailable", r#""25%""#),
    ("strategy.type", r#""RollingUpdate""#),
];

const STATEFUL_SET: Defaults = &[
    ("minReadySeconds", "0"),
    ("persistentVolumeClaimRetentionPolicy", r#"{"whenDeleted":"Retain","whenScaled":"Retain"}"#),
    ("persistentVolumeClaimRetentionPolicy.whenDeleted", r#""Retain""#),
    ("persistentVolumeClaimRetentionPolicy.whenScaled", r#""Retain""#),
    ("podManagementPolicy", r#""OrderedReady""#),
    ("replicas", "1"),
    ("revisionHistoryLimit", "10"),
    ("updateStrategy", r#"{"rollingUpdate":{"partition":0},"type":"RollingUpdate"}"#),
    ("updateStrategy.rollingUpdate", r#"{"partition":0}"#),
    ("updateStrategy.rollingUpdate.partition", "0"),
    ("updateStrategy.type", r#""RollingUpdate""#),
];

const DAEMON_SET: Defaults = &[
    ("minReadySeconds", "0"),
    ("revisionHistoryLimit", "10"),
    ("updateStrategy", r#"{"rollingUpdate":{"maxSurge":0,"maxUnavailable":1},"type":"RollingUpdate"}"#),
    ("updateStrategy.rollingUpdate", r#"{"maxSurge":0,"maxUnavailable":1}"#),
    ("updateStrategy.rollingUpdate.maxSurge", "0"),
    ("updateStrategy.rollingUpdate.maxUnavailable", "1"),
    ("updateStrategy.type", r#""RollingUpdate""#),
];

const JOB: Defaults = &[
    ("backoffLimit", "6"),
    ("completionMode", r#""NonIndexed""#),
    ("completions", "1"),
    ("manualSelector", "false"),
    ("parallelism", "1"),
    ("podReplacementPolicy", r#""TerminatingOrFailed""#),
    ("suspend", "false"),
];

const CRON_JOB: Defaults = &[
    ("concurrencyPolicy", r#""Allow""#),
    ("failedJobsHistoryLimit", "1"),
    ("successfulJobsHistoryLimit", "3"),
    ("suspend", "false"),
];

const SERVICE: Defaults = &[
    ("allocateLoadBalancerNodePorts", "true"),
    ("externalTrafficPolicy", r#""Cluster""#),
    ("internalTrafficPolicy", r#""Cluster""#),
    ("ipFamilies", r#"["IPv4"]"#),
    ("ipFamilyPolicy", r#""SingleStack""#),
    ("ports[].nodePort", ANY),
    ("ports[].protocol", r#""TCP""#),
    ("sessionAffinity", r#""None""#),
    ("type", r#""ClusterIP""#),
];

const NETWORK_POLICY: Defaults =
    &[("egress[].ports[].protocol", r#""TCP""#), ("ingress[].ports[].protocol", r#""TCP""#)];

// A claim without a class gets the default one, even later on.
const CLAIM: Defaults = &[("storageClassName", ANY), ("volumeMode", r#""Filesystem""#)];

const AUTOSCALER: Defaults = &[("minReplicas", "1")];

const BUDGET: Defaults = &[("unhealthyPodEvictionPolicy", r#""IfHealthyBudget""#)];

const DATA: Defaults = &[("immutable", "false"), ("type", r#""Opaque""#)];

const VOLUME: Defaults =
    &[("persistentVolumeReclaimPolicy", r#""Retain""#), ("volumeMode", r#""Filesystem""#)];

const STORAGE_CLASS: Defaults = &[
    ("allowVolumeExpansion", "false"),
    ("reclaimPolicy", r#""Delete""#),
    ("volumeBindingMode", r#""Immediate""#),
];

const PRIORITY_CLASS: Defaults =
    &[("globalDefault", "false"), ("preemptionPolicy", r#""PreemptLowerPriority""#)];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_are_known_wherever_a_pod_is_described() {
        for (resource, pod) in [
            (PODS, "spec"),
            (DEPLOYMENTS, "spec.template.spec"),
            (CRON_JOBS, "spec.jobTemplate.spec.template.spec"),
        ] {
            let is = |field: &str, value: Value| is_default(resource, &format!("{pod}.{field}"), &value);
            assert!(is("dnsPolicy", json!("ClusterFirst")));
            assert!(is("securityContext", json!({})));
            assert!(is("initContainers[].terminationMessagePath", json!("/dev/termination-log")));
            assert!(is("containers[].readinessProbe.periodSeconds", json!(10)));
            assert!(!is("containers[].readinessProbe.periodSeconds", json!(11)));
            assert!(!is("containers[].readinessProbe", json!({})));
            assert!(!is("volumes[].emptyDir", json!({})), "it says which volume it is");
        }
        assert!(!is_default(SERVICES, "spec.dnsPolicy", &json!("ClusterFirst")));
        assert!(is_default(SERVICES, "spec.ports[].nodePort", &json!(30123)));
    }

    #[test]
    fn defaults_are_json_as_it_is_written_here() {
        let all = [
            POD,
            CONTAINER,
            PROBE,
            REPLICATED,
            DEPLOYMENT,
            STATEFUL_SET,
            DAEMON_SET,
            JOB,
            CRON_JOB,
            SERVICE,
            NETWORK_POLICY,
            CLAIM,
            AUTOSCALER,
            BUDGET,
            DATA,
            VOLUME,
            STORAGE_CLASS,
            PRIORITY_CLASS,
        ];
        for (field, default) in all.concat().into_iter().filter(|(_, default)| *default != ANY) {
            let value: Value = serde_json::from_str(default).expect(field);
            assert_eq!(value.to_string(), default, "{field}");
        }
    }
}
