//! Who may do what: the roles of the READMEs, and users who lack one right of them.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use harness::{Finished, Namespace};
use serde_json::{Value, json};

/// The minimal ClusterRole, as people copy it from the README.
pub fn role_of_the_readme(plugin: &str) -> Value {
    marked_role(plugin, "cluster-role")
}

/// Another ClusterRole of the README, which stands between its own marks.
pub fn marked_role(plugin: &str, mark: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins").join(plugin).join("README.md");
    let readme = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (_, rest) = readme.split_once(&format!("<!-- {mark} -->")).expect("the README marks its ClusterRole");
    let (block, _) =
        rest.split_once(&format!("<!-- /{mark} -->")).expect("the README marks the end of its ClusterRole");
    let yaml: Vec<&str> = block.lines().filter(|line| !line.starts_with("```")).collect();
    serde_saphyr::from_str(&yaml.join("\n")).expect("the README's ClusterRole is YAML")
}

/// JSON is YAML; one line, indented as a value has to be.
pub fn rules(role: &Value) -> String {
    format!(" {}", role["rules"])
}

/// The role without one right.
pub fn without(mut role: Value, resource: &str, verb: &str) -> Value {
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
pub fn rules_by_resource(role: &Value) -> Vec<(Value, String, Vec<String>)> {
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
pub struct Lackers<'namespace> {
    namespace: &'namespace Namespace,
}

impl<'namespace> Lackers<'namespace> {
    pub fn create(namespace: &'namespace Namespace, role: &Value, rights: &[(String, String)]) -> Self {
        let mut manifests = Vec::new();
        for (verb, resource) in rights {
            let name = user_without(verb, resource);
            let mut role = without(role.clone(), resource, verb);
            role["kind"] = json!("Role");
            role["metadata"]["name"] = json!(name);
            // By this right, which nothing here needs, it shows that the server has taken note of the others.
            let known = json!({"apiGroups": [""], "resources": ["podtemplates"], "verbs": ["get"]});
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
            wait_until_known(namespace, &user_without(verb, resource));
        }
        Self { namespace }
    }

    /// Rehearses a command as the user who lacks this right.
    pub fn dry_run(&self, verb: &str, resource: &str, command: &[&str]) -> Finished {
        self.run(verb, resource, &[command, &["--dry-run=client"]].concat())
    }

    pub fn run(&self, verb: &str, resource: &str, command: &[&str]) -> Finished {
        let user = format!("--as={}", user_without(verb, resource));
        self.namespace.kubectl([command, &[&user]].concat())
    }
}

fn user_without(verb: &str, resource: &str) -> String {
    format!("lacks-{verb}-{}", resource.replace('/', "-"))
}

/// The API server notices new rights a moment later, and nothing can be watched for it.
fn wait_until_known(namespace: &Namespace, user: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let question = ["auth", "can-i", "get", "podtemplates", "--quiet", &format!("--as={user}")];
    while namespace.kubectl(question).code != 0 {
        assert!(Instant::now() < deadline, "{user} got no rights in time");
    }
}

/// A ClusterRole of this test's own, deleted at its end.
pub struct ClusterRole<'namespace> {
    namespace: &'namespace Namespace,
    pub name: String,
}

impl<'namespace> ClusterRole<'namespace> {
    pub fn create(namespace: &'namespace Namespace, role: &Value) -> Self {
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

/// The refusal names this right and no other.
pub fn expect_missing(said: &str, verb: &str, resource: &str) {
    let first_line = said.lines().next().expect("a refusal has a reason");
    let (_, missing) = first_line.rsplit_once(": ").expect("what is missing stands at the end");
    assert!(missing.starts_with(&format!("{verb} {resource}")), "{verb} {resource}: {said}");
    assert!(!missing.contains([',', ';']), "nothing else is missing: {said}");
}
