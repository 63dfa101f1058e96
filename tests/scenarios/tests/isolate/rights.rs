//! Who may isolate: nobody needs more than rights in the namespace.

use std::fs;
use std::path::Path;

use harness::{Finished, Namespace, Rights, User};
use serde_json::{Value, json};

use crate::pods::{Pod, pods};
use crate::promises::{expect_isolated, expect_order, expect_untouched, expect_words, refused};
use crate::shop::shop;

/// What only refines the answer, so that isolating works without.
const OPTIONAL: [&str; 2] = ["networkpolicies", "poddisruptionbudgets"];

#[test]
fn a_namespace_admin_may() {
    let namespace = shop("admin", 2);
    let admin = namespace.limited_user("admin", Rights::ClusterRole("admin"));
    let sick = &pods(&namespace, "app=web")[0];

    isolate_as(&admin, sick).success();

    expect_isolated(&namespace, sick);
}

#[test]
fn who_has_the_cluster_role_of_the_readme_may() {
    // Given a user with exactly those rights
    let namespace = shop("minimal", 2);
    let role = ClusterRole::create(&namespace, &role_of_the_readme());
    let user = namespace.limited_user("oncall", Rights::ClusterRole(&role.name));
    let sick = &pods(&namespace, "app=web")[0];

    // When they isolate a pod, then they lack nothing
    let said = isolate_as(&user, sick).success().stderr;
    assert!(!said.contains("you may not"), "the README's rights leave nothing out:\n{said}");
    expect_isolated(&namespace, sick);
}

#[test]
fn who_may_not_see_policies_and_budgets_may_and_is_told() {
    // Given a user with the README's rights except those two
    let namespace = shop("no-policies", 2);
    let user = namespace.limited_user("oncall", Rights::Rules(&rules_without(&OPTIONAL)));
    let sick = &pods(&namespace, "app=web")[0];

    // When they isolate a pod
    let said = isolate_as(&user, sick).success().stderr;

    // Then they were told beforehand what could not be looked at
    for resource in OPTIONAL {
        expect_order(&said, &format!("warning: you may not list {resource}"), "1 leave the Deployment");
    }
    expect_isolated(&namespace, sick);
}

#[test]
fn who_may_only_look_may_not() {
    let namespace = shop("view", 1);
    let viewer = namespace.limited_user("viewer", Rights::ClusterRole("view"));
    let sick = &pods(&namespace, "app=web")[0];

    let said = refused(isolate_as(&viewer, sick));

    expect_words(&said, &["patch pods", namespace.name()]);
    expect_untouched(&namespace, sick);
}

#[test]
fn all_missing_rights_are_named_at_once() {
    let namespace = shop("few-rights", 1);
    let rules = "- {apiGroups: [''], resources: [pods], verbs: [get]}";
    let user = namespace.limited_user("newcomer", Rights::Rules(rules));
    let sick = &pods(&namespace, "app=web")[0];

    let said = refused(isolate_as(&user, sick));

    expect_words(&said, &["list, watch, patch pods", "list services", "list, watch endpointslices"]);
    expect_words(&said, &["list, watch replicasets", "get deployments"]);
    assert!(!said.contains("get, "), "the right they have is not missing:\n{said}");
    expect_untouched(&namespace, sick);
}

fn isolate_as(user: &User, pod: &Pod) -> Finished {
    user.kubectl(["isolate", pod.name()])
}

/// The minimal ClusterRole, as people copy it from the README.
fn role_of_the_readme() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/isolate/README.md");
    let readme = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (_, rest) = readme.split_once("<!-- cluster-role -->").expect("the README marks its ClusterRole");
    let (block, _) =
        rest.split_once("<!-- /cluster-role -->").expect("the README marks the end of its ClusterRole");
    let yaml: Vec<&str> = block.lines().filter(|line| !line.starts_with("```")).collect();
    serde_saphyr::from_str(&yaml.join("\n")).expect("the README's ClusterRole is YAML")
}

/// Its rules without these resources.
fn rules_without(resources: &[&str]) -> String {
    let mut rules = role_of_the_readme()["rules"].take();
    for rule in rules.as_array_mut().expect("a ClusterRole has rules") {
        let kept = rule["resources"].as_array_mut().expect("a rule has resources");
        kept.retain(|kept| !resources.iter().any(|resource| kept == resource));
    }
    let rules = rules.as_array_mut().expect("a ClusterRole has rules");
    rules.retain(|rule| rule["resources"] != json!([]));
    // JSON is YAML; one line, indented as the value of `rules:`.
    format!(" {}", json!(rules))
}

/// A ClusterRole of this test's own, deleted at its end.
struct ClusterRole<'namespace> {
    namespace: &'namespace Namespace,
    name: String,
}

impl<'namespace> ClusterRole<'namespace> {
    fn create(namespace: &'namespace Namespace, role: &Value) -> Self {
        let name = format!("drover-test-{}", namespace.name());
        let mut role = role.clone();
        role["metadata"]["name"] = json!(name);
        namespace.apply(&role.to_string());
        Self { namespace, name }
    }
}

impl Drop for ClusterRole<'_> {
    fn drop(&mut self) {
        let finished = self.namespace.kubectl(["delete", "clusterrole", &self.name, "--wait=false"]);
        if finished.code != 0 {
            eprintln!("ClusterRole {} is left: {}", self.name, finished.stderr);
        }
    }
}
