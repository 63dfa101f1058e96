//! Fields given back after a whole object was put in the place of another.

use drover::change::{Applied, Test, Write, give_fields_back};
use drover::model::object::{CONFIG_MAPS, ObjectRef};
use harness::Namespace;
use serde_json::Value;

use crate::{FIELD_MANAGER, connect, metadata, write};

const SETTINGS: &str = "configmap/settings";

fn apply_as_owner(namespace: &Namespace, colour: &str) {
    let manifest = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{colour: {colour}}}\n"
    );
    namespace.command(["apply", "--server-side", "--filename=-"]).input(manifest).run().success();
}

fn recorded(namespace: &Namespace) -> Value {
    let json =
        namespace.kubectl(["get", SETTINGS, "--show-managed-fields", "--output=json"]).success().stdout;
    serde_json::from_str(&json).unwrap()
}

#[tokio::test]
async fn the_owners_next_server_side_apply_shows_no_conflict() {
    let namespace = Namespace::new("owners-given-back");
    apply_as_owner(&namespace, "blue");
    let before = recorded(&namespace);
    let change = r#"{"data": {"colour": "red", "size": "large"}}"#;
    namespace.kubectl(["patch", SETTINGS, "--patch", change]).success();
    let live = recorded(&namespace);
    let mut body = before.clone();
    body["metadata"].as_object_mut().unwrap().remove("managedFields");
    let target = ObjectRef::namespaced(CONFIG_MAPS, namespace.name(), "settings");
    let effect = vec![Test::equals(["data"], before["data"].clone())];
    let cluster = connect(namespace.kubeconfig()).await;

    let replacement = Write::replace(target.clone(), body, &metadata(&live), effect);
    let applied = write(&cluster, replacement).await.unwrap();
    let Applied::Done(Some(replaced)) = applied else { panic!("{applied:?}") };
    let owners = &before["metadata"]["managedFields"];
    let step = give_fields_back(target, &replaced, owners, &[FIELD_MANAGER]).expect("we own what we wrote");
    let applied = write(&cluster, step.write).await.unwrap();

    assert!(matches!(applied, Applied::Done(Some(_))), "{applied:?}");
    let after = recorded(&namespace);
    assert_eq!(after["metadata"]["managedFields"], *owners);
    assert_eq!(after["data"], before["data"]);
    apply_as_owner(&namespace, "green");
}
