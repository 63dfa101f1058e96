//! A shop with one of everything that can belong to a Service.

use harness::Namespace;
use serde_json::Value;

/// What must never leave the cluster.
pub const PASSWORD: &str = "hunter2-correct-horse";

const MANIFESTS: &str = "
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {mode: fast}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: files}, data: {a: '1'}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: schema}, data: {a: '1'}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: unrelated}, data: {a: '1'}}
---
{apiVersion: v1, kind: Secret, metadata: {name: db}, stringData: {password: SECRET_VALUE}}
---
{apiVersion: v1, kind: Secret, metadata: {name: registry}, stringData: {a: SECRET_VALUE}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: web}, imagePullSecrets: [{name: registry}]}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: reader}, rules: []}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: reader},
 roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader},
 subjects: [{kind: ServiceAccount, name: web}]}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web},
 spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web},
 spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web},
 spec: {tls: [{secretName: tls}],
 rules: [{host: shop.test, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: db}, spec: {selector: {app: db}, clusterIP: None, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-db-0},
 spec: {accessModes: [ReadWriteOnce], storageClassName: '', resources: {requests: {storage: 1Gi}}}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db},
 spec: {replicas: 0, serviceName: db, selector: {matchLabels: {app: db}},
 template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: 'drover.test/box:1',
 envFrom: [{secretRef: {name: db}}]}]}},
 volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: tools}, spec: {selector: {app: tools}, ports: [{port: 80}]}}
---
{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: tools, labels: {app: tools}},
 spec: {replicas: 0, selector: {matchLabels: {app: tools}}, template: {metadata: {labels: {app: tools}},
 spec: {containers: [{name: tools, image: 'drover.test/box:1', envFrom: [{configMapRef: {name: settings}}]}]}}}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: report},
 spec: {schedule: '0 0 1 1 *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never,
 containers: [{name: report, image: 'drover.test/box:1', envFrom: [{configMapRef: {name: settings}}]}]}}}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web},
 spec: {replicas: 0, selector: {matchLabels: {app: web}},
 template: {metadata: {labels: {app: web}}, spec: {serviceAccountName: web,
 initContainers: [{name: migrate, image: 'drover.test/box:1', envFrom: [{configMapRef: {name: schema}}]}],
 containers: [{name: web, image: 'drover.test/box:1', envFrom: [{configMapRef: {name: settings}}],
 env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]}],
 volumes: [{name: files, configMap: {name: files}}, {name: extra, configMap: {name: extra, optional: true}}]}}}}
";

/// A namespace with the shop in it, all of it scaled to zero.
pub fn shop(test: &str) -> Namespace {
    let namespace = Namespace::new(test);
    namespace.apply(&manifests());
    namespace
}

/// What the shop was made from.
pub fn manifests() -> String {
    MANIFESTS.replace("SECRET_VALUE", PASSWORD)
}

/// `object: state; path of object, …`, a line for each member that `-o json` tells.
pub fn members(json: &str) -> Vec<String> {
    let list: Value = serde_json::from_str(json).expect("`-o json` prints JSON");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let words = |member: &Value| {
        let reasons = member["reasons"].as_array().expect("a list").iter();
        let reasons: Vec<_> =
            reasons.map(|reason| format!("{} of {}", text(&reason["path"]), text(&reason["of"]))).collect();
        format!("{}: {}; {}", text(&member["object"]), text(&member["state"]), reasons.join(", "))
    };
    list["items"].as_array().expect("a list").iter().map(words).collect()
}
