//! What belongs together, and why.

use harness::Proxy;
use scenarios::words::{expect_words, refused};

use crate::shop::{PASSWORD, members, shop};

/// Written down by hand from the manifests.
const OF_THE_SERVICE: [&str; 15] = [
    "service/web: present; ",
    "deployment.apps/web: present; selector of service/web",
    "ingress.networking.k8s.io/web: present; its rules[shop.test/].backend of service/web",
    "configmap/schema: present; initContainers[migrate].envFrom of deployment.apps/web",
    "configmap/settings: present; containers[web].envFrom of deployment.apps/web",
    "secret/db: present; containers[web].env[PASSWORD] of deployment.apps/web",
    "configmap/files: present; volumes[files] of deployment.apps/web",
    "configmap/extra: missing, optional; volumes[extra] of deployment.apps/web",
    "serviceaccount/web: present; serviceAccountName of deployment.apps/web",
    "horizontalpodautoscaler.autoscaling/web: present; its scaleTargetRef of deployment.apps/web",
    "poddisruptionbudget.policy/web: present; its selector of deployment.apps/web",
    "secret/tls: missing; tls of ingress.networking.k8s.io/web",
    "secret/registry: present; imagePullSecrets of serviceaccount/web",
    "rolebinding.rbac.authorization.k8s.io/reader: present; its subjects of serviceaccount/web",
    "role.rbac.authorization.k8s.io/reader: present; roleRef of rolebinding.rbac.authorization.k8s.io/reader",
];

#[test]
fn of_a_service_whose_workload_is_scaled_to_zero() {
    // Given a shop that runs no pod
    let namespace = shop("bundle-members");

    // When it is asked what belongs to its Service
    let told = namespace.kubectl(["bundle", "show", "svc/web", "-o", "json"]).success();

    // Then it is exactly that, each with its reason, and no value of a Secret is shown
    let (mut found, mut expected) = (members(&told.stdout), OF_THE_SERVICE);
    found.sort();
    expected.sort_unstable();
    assert_eq!(found, expected);

    // and people see the same as a tree
    let finished = namespace.kubectl(["bundle", "show", "svc/web"]).success();
    expect_words(
        &finished.stdout,
        &["├─ deployment/web", "│  ├─ configmap/settings", "missing, optional", "└─ ingress/web"],
    );
    for output in [&told.stdout, &told.stderr, &finished.stdout, &finished.stderr] {
        assert!(!output.contains(PASSWORD), "no value of a Secret is shown");
    }
}

#[test]
fn of_several_roots_together() {
    // Given the same shop
    let namespace = shop("bundle-roots");

    // When a StatefulSet and a CronJob are asked about together
    let told = namespace.kubectl(["bundle", "show", "sts/db", "cj/report", "-o", "json"]).success();

    // Then both are roots, with all that is theirs
    let mut found = members(&told.stdout);
    found.sort();
    assert_eq!(
        found,
        [
            "configmap/settings: present; containers[report].envFrom of cronjob.batch/report",
            "cronjob.batch/report: present; ",
            "persistentvolumeclaim/data-db-0: present; volumeClaimTemplates of statefulset.apps/db",
            "secret/db: present; containers[db].envFrom of statefulset.apps/db",
            "service/db: present; serviceName of statefulset.apps/db, its selector of statefulset.apps/db",
            "statefulset.apps/db: present; ",
        ]
    );
    let names = namespace.kubectl(["bundle", "show", "cj/report", "-o", "name"]).success().stdout;
    assert_eq!(names, "cronjob.batch/report\nconfigmap/settings\n");
}

#[test]
fn of_a_service_whose_workload_no_controller_made() {
    let namespace = shop("bundle-by-hand");

    let told = namespace.kubectl(["bundle", "show", "svc/tools", "-o", "json"]).success();

    assert_eq!(
        members(&told.stdout),
        [
            "service/tools: present; ",
            "replicaset.apps/tools: present; selector of service/tools",
            "configmap/settings: present; containers[tools].envFrom of replicaset.apps/tools",
        ]
    );
}

#[test]
fn it_asks_little() {
    let namespace = shop("bundle-asks");
    let proxy = Proxy::start();

    namespace.through(&proxy).kubectl(["bundle", "show", "svc/web"]).success();

    // The kinds that point at others, then what is referred to, then what that refers to
    let recording = proxy.recording();
    assert!(recording.waves() <= 3, "{}", recording.table());
    let lists = |resource: &str| {
        recording
            .requests
            .iter()
            .filter(|request| request.verb == "list" && request.resource == resource)
            .count()
    };
    assert_eq!([lists("secrets"), lists("configmaps"), lists("pods")], [0, 0, 0], "{}", recording.table());
}

#[test]
fn what_can_not_be_a_root() {
    let namespace = shop("bundle-roots-refused");
    let refuses = |root: &str, words: &[&str]| {
        expect_words(&refused(namespace.kubectl(["bundle", "show", root])), words);
    };
    refuses("svc/webb", &["service/webb does not exist", "did you mean svc/web?"]);
    refuses("cj/unlike", &["cronjob.batch/unlike does not exist", "kubectl get cronjobs.batch -n"]);
    refuses("cm/settings", &["\"cm\" is not a kind that a bundle starts from", "svc, deploy"]);
    refuses("web", &["bundle/web does not exist", "begin one:  kubectl bundle create svc/web"]);
}
