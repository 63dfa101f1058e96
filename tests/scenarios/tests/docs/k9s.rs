//! The plugins for k9s do what they say: what k9s would run is run, with its variables filled in as it does.

use std::collections::BTreeMap;
use std::process::Command;

use harness::{Finished, Invocation, Namespace, search_path};
use scenarios::pods::{Pod, pod, pods};
use scenarios::shop::shop;
use serde_json::Value;

use crate::repository::read;

/// Presses a plugin's key on an object, and Enter when it is done.
fn press(namespace: &Namespace, plugin: &str, resource: &str, name: &str) -> Finished {
    let variables = BTreeMap::from([
        ("$NAME", name),
        ("$NAMESPACE", namespace.name()),
        ("$CONTEXT", "drover"),
        ("$RESOURCE_NAME", resource),
    ]);
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let plugin = &plugins()["plugins"][plugin];
    assert!(
        plugin["scopes"].as_array().expect("scopes").contains(&resource.into()),
        "{plugin} is for {resource}"
    );
    let arguments = plugin["args"].as_array().expect("arguments").iter().map(text);
    let arguments =
        arguments.map(|word| variables.get(word.as_str()).map_or(word, |&value| value.to_owned()));
    let mut command = Command::new(text(&plugin["command"]));
    command
        .args(arguments)
        .env_clear()
        .env("PATH", search_path())
        .env("HOME", namespace.kubeconfig().parent().expect("a kubeconfig lies in a folder"))
        .env("KUBECONFIG", namespace.kubeconfig());
    let finished = Invocation::new(command).input("\n").run().success();
    assert_eq!(
        finished.stdout.matches("\nEnter goes back ").count(),
        1,
        "it can be read: {}",
        finished.stderr
    );
    finished
}

fn plugins() -> Value {
    serde_saphyr::from_str(&read("docs/k9s-plugins.yaml")).expect("k9s reads YAML")
}

#[test]
fn no_key_is_used_twice() {
    let plugins = plugins();
    let plugins = plugins["plugins"].as_object().expect("plugins have names");
    let keys: BTreeMap<_, _> =
        plugins.iter().map(|(name, plugin)| (plugin["shortCut"].to_string(), name)).collect();
    assert_eq!(keys.len(), plugins.len(), "{keys:?}");
}

#[test]
fn a_pod_is_isolated_looked_at_and_put_back() {
    let namespace = shop("k9s-isolate", 1);
    let sick = pods(&namespace, "app=web").remove(0);

    let said = press(&namespace, "drover-trace", "deployments", "web").stdout;
    assert!(said.contains("rollout"), "{said}");

    let said = press(&namespace, "drover-isolate", "pods", sick.name()).stdout;
    assert!(said.starts_with(&format!("pod/{} isolated\n", sick.name())), "{said}");
    assert!(pod(&namespace, sick.name()).is_released(), "it has left its Deployment");

    let said = press(&namespace, "drover-trace", "pods", sick.name()).stdout;
    assert!(said.contains("started web"), "{said}");

    press(&namespace, "drover-restore", "pods", sick.name());
    assert!(!Pod::is_released(&pod(&namespace, sick.name())), "it is back");
}

#[test]
fn a_deployment_is_debugged_and_brought_back() {
    let namespace = shop("k9s-debug", 1);
    let said = press(&namespace, "drover-debug-mode", "deployments", "web").stdout;
    assert!(said.starts_with("deployment.apps/web in debug mode\n"), "{said}");

    let said = press(&namespace, "drover-debug-mode-off", "deployments", "web").stdout;
    assert!(said.starts_with("deployment.apps/web restored\n"), "{said}");
}
