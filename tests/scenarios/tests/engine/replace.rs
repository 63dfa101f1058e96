//! A whole object in the place of another.

use drover::change::{Applied, Test, Write};
use drover::cluster::ErrorKind;
use drover::model::object::{CONFIG_MAPS, DEPLOYMENTS, ObjectRef, SERVICES};
use harness::{Fault, Namespace, Proxy, Select};
use serde_json::{Value, json};

use crate::{connect, metadata, write};

const SETTINGS: &str = "configmap/settings";

fn namespace(test: &str) -> Namespace {
    let namespace = Namespace::new(test);
    namespace.kubectl(["create", "configmap", "settings", "--from-literal=colour=blue"]).success();
    namespace
}

/// Takes the object as it was before `colour` changed and a key came in addition.
fn changed(namespace: &Namespace) -> (Value, Value) {
    let before = namespace.get(SETTINGS);
    let change = r#"{"data": {"colour": "red", "size": "large"}}"#;
    namespace.kubectl(["patch", SETTINGS, "--patch", change]).success();
    (before, namespace.get(SETTINGS))
}

fn replacement(namespace: &Namespace, body: &Value, live: &Value) -> Write {
    let target = ObjectRef::namespaced(CONFIG_MAPS, namespace.name(), "settings");
    let effect = vec![Test::equals(["data"], body["data"].clone())];
    Write::replace(target, body.clone(), &metadata(live), effect)
}

#[tokio::test]
async fn what_is_not_in_it_goes() {
    let namespace = namespace("replace-whole");
    let (before, live) = changed(&namespace);
    let cluster = connect(namespace.kubeconfig()).await;

    let applied = write(&cluster, replacement(&namespace, &before, &live)).await.unwrap();

    let Applied::Done(Some(object)) = applied else { panic!("{applied:?}") };
    assert_eq!(object["data"], json!({"colour": "blue"}));
    assert_eq!(namespace.get(SETTINGS)["data"], json!({"colour": "blue"}));
}

#[tokio::test]
async fn what_somebody_changed_meanwhile_is_left_alone() {
    let namespace = namespace("replace-changed");
    let (before, live) = changed(&namespace);
    namespace.kubectl(["label", SETTINGS, "seen=yes"]).success();
    let cluster = connect(namespace.kubeconfig()).await;

    let applied = write(&cluster, replacement(&namespace, &before, &live)).await.unwrap();

    assert!(matches!(applied, Applied::Overtaken), "{applied:?}");
    assert_eq!(namespace.get(SETTINGS)["data"]["colour"], "red");
}

/// The API server lets a PUT create a Service.
#[tokio::test]
async fn what_somebody_deleted_does_not_come_back() {
    let namespace = Namespace::new("replace-deleted");
    namespace.kubectl(["create", "service", "clusterip", "web", "--tcp=80"]).success();
    let live = namespace.get("service/web");
    let target = ObjectRef::namespaced(SERVICES, namespace.name(), "web");
    let replacement = Write::replace(target, live.clone(), &metadata(&live), Vec::new());
    namespace.kubectl(["delete", "service/web"]).success();
    let cluster = connect(namespace.kubeconfig()).await;

    let applied = write(&cluster, replacement).await.unwrap();

    assert!(matches!(applied, Applied::Overtaken), "{applied:?}");
    let left = namespace.kubectl(["get", "services", "--output=name"]).success().stdout;
    assert_eq!(left, "");
}

#[tokio::test]
async fn an_immutable_field_is_the_servers_refusal() {
    let namespace = Namespace::new("replace-immutable");
    namespace.kubectl(["create", "deployment", "web", "--image=web", "--replicas=0"]).success();
    let live = namespace.get("deployment/web");
    let mut body = live.clone();
    for labels in ["/spec/selector/matchLabels", "/spec/template/metadata/labels"] {
        *body.pointer_mut(labels).unwrap() = json!({"app": "other"});
    }
    let target = ObjectRef::namespaced(DEPLOYMENTS, namespace.name(), "web");
    let effect = vec![Test::equals(["spec", "selector", "matchLabels", "app"], "other")];
    let cluster = connect(namespace.kubeconfig()).await;

    let refused = write(&cluster, Write::replace(target, body, &metadata(&live), effect)).await.unwrap_err();

    // The controller writes the status meanwhile: that is no reason to plan again.
    assert_eq!(refused.kind, ErrorKind::Invalid);
    assert!(refused.message.contains("field is immutable"), "{refused}");
}

#[tokio::test]
async fn without_an_answer_it_is_judged_by_what_is_there() {
    for fault in [Fault::ResetAfter, Fault::ResetBefore, Fault::Status(504)] {
        let namespace = namespace("replace-unanswered");
        let (before, live) = changed(&namespace);
        let proxy = Proxy::start();
        let user = namespace.through(&proxy);
        proxy.break_request(Select::nth(1, "update", "configmaps"), fault);
        let cluster = connect(user.kubeconfig()).await;

        let applied = write(&cluster, replacement(&namespace, &before, &live)).await.unwrap();

        assert!(matches!(applied, Applied::Done(Some(_))), "{applied:?}");
        assert_eq!(proxy.fired(), 1);
        assert_eq!(namespace.get(SETTINGS)["data"], json!({"colour": "blue"}));
    }
}
