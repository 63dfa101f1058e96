//! Who may isolate: nobody needs more than rights in the namespace.

use std::time::{Duration, Instant};

use harness::{Finished, Namespace, Rights, User};
use serde_json::{Value, json};

use crate::pods::{Pod, pods};
use crate::promises::{
    expect_gone, expect_isolated, expect_order, expect_restored, expect_untouched, expect_words, isolate,
    refused,
};
use crate::shop::shop;

/// What only refines the answer, so that isolating works without.
const OPTIONAL: [&str; 3] = ["networkpolicies", "poddisruptionbudgets", "resourcequotas"];

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
    let before = pods(&namespace, "app=web");
    let sick = &before[0];

    // When they isolate a pod, then they lack nothing
    let said = isolate_as(&user, sick).success().stderr;
    assert!(!said.contains("you may not"), "the README's rights leave nothing out:\n{said}");
    expect_isolated(&namespace, sick);

    // nor when they put it back, nor when they clear it away
    user.kubectl(["isolate", "restore", sick.name(), "--drain=1s"]).success();
    expect_restored(&namespace, &before, sick);
    isolate_as(&user, sick).success();
    user.kubectl(["isolate", "cleanup", sick.name()]).success();
    expect_gone(&namespace, sick);
}

#[test]
fn who_may_not_see_policies_budgets_and_quotas_may_and_is_told() {
    // Given a user with the README's rights except those three
    let namespace = shop("no-policies", 2);
    let role = OPTIONAL.iter().fold(role_of_the_readme(), |role, resource| without(role, resource, "list"));
    let user = namespace.limited_user("oncall", Rights::Rules(&rules(&role)));
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

#[test]
fn every_right_of_the_cluster_role_is_needed_and_named_when_it_is_missing() {
    // Given a pod that is isolated and one that serves, and for each right somebody who has all others
    let namespace = shop("each-right", 1);
    let isolated = pods(&namespace, "app=web").remove(0);
    isolate(&namespace, &isolated);
    let serving = pods(&namespace, "app=web").remove(0);
    let role = role_of_the_readme();
    let mut rights: Vec<(String, String)> = Vec::new();
    for (_, resource, verbs) in rules_by_resource(&role) {
        rights.extend(verbs.into_iter().map(|verb| (verb, resource.clone())));
    }
    let lackers = Lackers::create(&namespace, &role, &rights);

    for (verb, resource) in &rights {
        // When they try what needs it
        let isolate = vec![serving.name()];
        let restore = vec!["restore", isolated.name()];
        let cleanup = vec!["cleanup", isolated.name()];
        let commands = match (verb.as_str(), resource.as_str()) {
            ("delete", _) => vec![restore, cleanup],
            ("get" | "list" | "watch", "pods") => vec![isolate, restore, cleanup],
            _ => vec![isolate, restore],
        };
        for command in commands {
            let finished = lackers.dry_run(verb, resource, &command);
            // Then they are warned where it can be done without, and refused elsewhere
            if OPTIONAL.contains(&resource.as_str()) {
                let said = finished.success().stderr;
                if command == [serving.name()] {
                    expect_words(&said, &[&format!("warning: you may not {verb} {resource}")]);
                }
            } else {
                expect_missing(&refused(finished), verb, resource);
            }
        }
    }
    // and who may not list pods learns it from `list` too
    let said = refused(lackers.run("list", "pods", &["list"]));
    expect_words(&said, &["cannot list resource \"pods\""]);
    expect_untouched(&namespace, &serving);
    expect_isolated(&namespace, &isolated);
}

/// The refusal names this right and no other.
fn expect_missing(said: &str, verb: &str, resource: &str) {
    let first_line = said.lines().next().expect("a refusal has a reason");
    let (_, missing) = first_line.rsplit_once(": ").expect("what is missing stands at the end");
    assert!(missing.starts_with(&format!("{verb} {resource}")), "{verb} {resource}: {said}");
    assert!(!missing.contains([',', ';']), "nothing else is missing: {said}");
}

fn isolate_as(user: &User, pod: &Pod) -> Finished {
    user.kubectl(["isolate", pod.name()])
}

/// The minimal ClusterRole.
fn role_of_the_readme() -> Value {
    scenarios::readme::cluster_role("isolate")
}

/// Its rules without one right, as the value of `rules:`.
pub fn rules_without(resource: &str, verb: &str) -> String {
    rules(&without(role_of_the_readme(), resource, verb))
}

/// JSON is YAML; one line, indented as a value has to be.
fn rules(role: &Value) -> String {
    format!(" {}", role["rules"])
}

/// The role without one right.
fn without(mut role: Value, resource: &str, verb: &str) -> Value {
    let mut rules = Vec::new();
    for (mut rule, other, verbs) in rules_by_resource(&role) {
        let kept: Vec<&String> = verbs.iter().filter(|kept| other != resource || *kept != verb).collect();
        if !kept.is_empty() {
            (rule["resources"], rule["verbs"]) = (json!([other]), json!(kept));
            rules.push(rule);
        }
    }
    role["rules"] = json!(rules);
    role
}

/// Each resource of a role with its verbs, and the rule it stands in.
fn rules_by_resource(role: &Value) -> Vec<(Value, String, Vec<String>)> {
    let texts = |list: &Value| -> Vec<String> {
        let list = list.as_array().expect("a rule has lists").iter();
        list.map(|text| text.as_str().expect("a list of words").to_owned()).collect()
    };
    let rules = role["rules"].as_array().expect("a ClusterRole has rules").iter();
    rules
        .flat_map(|rule| {
            let verbs = texts(&rule["verbs"]);
            texts(&rule["resources"]).into_iter().map(move |resource| (rule.clone(), resource, verbs.clone()))
        })
        .collect()
}

/// For each right of a role a user who has all others.
struct Lackers<'namespace> {
    namespace: &'namespace Namespace,
}

impl<'namespace> Lackers<'namespace> {
    fn create(namespace: &'namespace Namespace, role: &Value, rights: &[(String, String)]) -> Self {
        let mut manifests = Vec::new();
        for (verb, resource) in rights {
            let name = format!("lacks-{verb}-{resource}");
            let mut role = without(role.clone(), resource, verb);
            role["kind"] = json!("Role");
            role["metadata"]["name"] = json!(name);
            // By this right, which nothing here needs, it shows that the server has taken note of the others.
            let known = json!({"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]});
            role["rules"].as_array_mut().expect("a role has rules").push(known);
            let binding = json!({
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": {"name": name},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}],
            });
            manifests.extend([role.to_string(), binding.to_string()]);
        }
        namespace.apply(&manifests.join("\n---\n"));
        for (verb, resource) in rights {
            wait_until_known(namespace, &format!("lacks-{verb}-{resource}"));
        }
        Self { namespace }
    }

    /// Rehearses a command as the user who lacks this right.
    fn dry_run(&self, verb: &str, resource: &str, command: &[&str]) -> Finished {
        self.run(verb, resource, &[command, &["--dry-run=client"]].concat())
    }

    fn run(&self, verb: &str, resource: &str, command: &[&str]) -> Finished {
        let user = format!("--as=lacks-{verb}-{resource}");
        self.namespace.kubectl([&["isolate"], command, &[&user]].concat())
    }
}

/// The API server notices new rights a moment later, and nothing can be watched for it.
fn wait_until_known(namespace: &Namespace, user: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let question = ["auth", "can-i", "get", "configmaps", "--quiet", &format!("--as={user}")];
    while namespace.kubectl(question).code != 0 {
        assert!(Instant::now() < deadline, "{user} got no rights in time");
    }
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
