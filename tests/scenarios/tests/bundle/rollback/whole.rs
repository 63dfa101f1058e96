//! The whole shop, changed in all ways, comes back to the last field, and only what changed is written.

use std::collections::BTreeSet;

use harness::{Namespace, Proxy, workloads};
use scenarios::pods::pods;
use scenarios::words::expect_words;

use super::look::{Look, expect_same};
use super::pruning::next_second;
use super::{item, patch, told, writes};
use crate::shop::{PASSWORD, shop};

const NEW_PASSWORD: &str = "s3cret-staple";

/// A shop with pods that run, kept as version 1.
fn running_shop(test: &str) -> Namespace {
    let namespace = shop(test);
    let load = "      - name: web\n        envFrom: [{configMapRef: {name: settings}}]\n";
    let front = workloads::web_deployment("front", 1).replace("      - name: web\n", load);
    namespace.apply(&(front + &workloads::service("front", "app: front")));
    namespace.wait("deployment/front", "condition=Available", 60);
    let create = ["bundle", "create", "svc/web", "svc/front", "sts/db", "cj/report", "--name=shop"];
    namespace.kubectl(create).success();
    namespace
}

/// Ten edits, one object deleted, and one created.
fn change_all(namespace: &Namespace) {
    patch(namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);
    patch(namespace, "cm/files", r#"{"data": {"b": "2"}}"#);
    patch(namespace, "cm/schema", r#"{"data": {"a": null}}"#);
    patch(namespace, "secret/db", &format!(r#"{{"stringData": {{"password": "{NEW_PASSWORD}"}}}}"#));
    patch(namespace, "hpa/web", r#"{"spec": {"maxReplicas": 5}}"#);
    patch(namespace, "pdb/web", r#"{"spec": {"minAvailable": 2}}"#);
    let rules = r#"{"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}"#;
    patch(namespace, "role/reader", rules);
    patch(namespace, "cj/report", r#"{"spec": {"schedule": "0 1 1 1 *"}}"#);
    patch(namespace, "svc/web", r#"{"metadata": {"labels": {"team": "a"}}}"#);
    namespace.kubectl(["set", "image", "deploy/web", "web=drover.test/box:2"]).success();
    namespace.kubectl(["delete", "ingress/web"]).success();
    next_second(namespace);
    namespace.kubectl(["create", "configmap", "extra", "--from-literal=a=1"]).success();
}

const CHANGED: [&str; 10] = [
    "ConfigMap/files",
    "ConfigMap/schema",
    "ConfigMap/settings",
    "CronJob/report",
    "Deployment/web",
    "HorizontalPodAutoscaler/web",
    "PodDisruptionBudget/web",
    "Role/reader",
    "Secret/db",
    "Service/web",
];

/// `name: uid` of the ReplicaSets of a Deployment.
fn replica_sets(namespace: &Namespace, app: &str) -> Vec<String> {
    let columns = "jsonpath={range .items[*]}{.metadata.name}: {.metadata.uid}{'\\n'}{end}";
    let arguments = ["get", "replicasets", "--selector", &format!("app={app}"), "-o", columns];
    namespace.kubectl(arguments).success().stdout.lines().map(str::to_owned).collect()
}

#[test]
fn ten_changes_go_and_nothing_else_is_written() {
    // Given a shop that was changed in all ways since
    let namespace = running_shop("rollback-whole");
    let before = Look::at(&namespace);
    let sets = [replica_sets(&namespace, "web"), replica_sets(&namespace, "front")];
    let pod = pods(&namespace, "app=front").remove(0);
    change_all(&namespace);
    let changed = Look::at(&namespace);

    // When it is rolled back
    let proxy = Proxy::start();
    let command = ["bundle", "rollback", "shop", "1", "--secrets", "--prune", "--yes"];
    let finished = namespace.through(&proxy).kubectl(command).success();

    // Then nothing differs, and each field belongs to whom it belonged
    let after = Look::at(&namespace);
    expect_same(&before.wanted(), &after.wanted());
    expect_same(&before.owners(), &after.owners());
    expect_words(&finished.stdout, &["rolled back to version 1"]);
    expect_words(&finished.stderr, &["proven equal, 12 objects written", "kubectl bundle rollback shop 2"]);

    // and only what had changed was written, and then given back to its owners; what a controller wrote to
    // at the same moment is written again
    let touched: Vec<_> = changed.touched(&after).into_iter().collect();
    let mut expected = [&CHANGED[..], &["ConfigMap/extra", "Ingress/web"]].concat();
    expected.sort_unstable();
    assert_eq!(touched, expected);
    let writes = writes(&proxy);
    let count =
        |verb: &str| writes.iter().filter(|write| write.starts_with(verb)).collect::<BTreeSet<_>>().len();
    assert_eq!(["update", "create", "delete"].map(count), [10, 1, 1], "{writes:?}");
    assert!(count("patch") <= 11, "{writes:?}");

    // without a needless restart: the first ReplicaSet is used again, and whose template did not change
    // keeps its pod, though it is told that this one did not load the ConfigMap
    assert!(replica_sets(&namespace, "web").contains(&sets[0][0]));
    assert_eq!(replica_sets(&namespace, "web").len(), 2);
    let newest =
        namespace.get("deployment/web")["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
            .clone();
    let first = sets[0][0].split(':').next().expect("a name");
    let revision = &namespace.get(&format!("replicaset/{first}"))["metadata"]["annotations"];
    assert_eq!(revision["deployment.kubernetes.io/revision"], newest);
    assert_eq!(replica_sets(&namespace, "front"), sets[1]);
    assert_eq!(pods(&namespace, "app=front").iter().map(|pod| pod.uid()).collect::<Vec<_>>(), [pod.uid()]);
    expect_words(&finished.stderr, &["deployment.apps/front does not load it", "--restart-consumers"]);

    // and no value of a Secret was shown
    for output in [&finished.stdout, &finished.stderr] {
        for value in [PASSWORD, NEW_PASSWORD] {
            assert!(!output.contains(value), "no value of a Secret is shown: {output}");
        }
    }
}

#[test]
fn and_back_to_the_future() {
    // Given a shop that was rolled back
    let namespace = running_shop("rollback-future");
    change_all(&namespace);
    let changed = Look::at(&namespace);
    let all = ["--secrets", "--prune", "--yes"];
    super::rollback(&namespace, &[&["1"], &all[..]].concat()).success();

    // When the version that was kept before is brought back
    let json = super::rollback(&namespace, &[&["2", "-o", "json"], &all[..]].concat()).success().stdout;

    // Then all is as it was changed, with the object created and without the one deleted
    let after = Look::at(&namespace);
    expect_same(&changed.wanted(), &after.wanted());
    expect_same(&changed.owners(), &after.owners());
    let told = told(&json);
    assert_eq!((&told["to"], &told["undo"], &told["written"]), (&"2".into(), &"3".into(), &12.into()));
    assert_eq!(told["proven"], told["of"], "all is proven");
    assert_eq!(item(&told, "configmap/extra")["action"], "create");
    assert_eq!(item(&told, "ingress.networking.k8s.io/web")["action"], "delete");

    // and there is nothing more to do
    let proxy = Proxy::start();
    let again = [&["bundle", "rollback", "shop", "2"], &all[..]].concat();
    let said = namespace.through(&proxy).kubectl(again).success().stdout;
    expect_words(&said, &["unchanged: it is at version 2"]);
    assert_eq!(writes(&proxy), [""; 0]);
}

#[test]
fn what_one_workload_was_comes_back_alone() {
    // Given a Deployment of which the cluster still knows what it was before the first version
    let namespace = shop("rollback-partial");
    namespace.wait("deployment/web", "jsonpath={.status.observedGeneration}=1", 30);
    namespace.kubectl(["set", "env", "deploy/web", "A=1"]).success();
    namespace.wait("deployment/web", "jsonpath={.status.observedGeneration}=2", 30);
    namespace.kubectl(["bundle", "create", "svc/web", "--name=shop"]).success();
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);

    super::rollback(&namespace, &["web@1", "--prune", "--yes"]).success();

    let container = namespace.get("deploy/web")["spec"]["template"]["spec"]["containers"][0].clone();
    assert!(!container["env"].to_string().contains(r#""A""#), "{container}");
    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "slow", "it says nothing of the rest");
}
