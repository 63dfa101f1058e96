//! Rehearsals as the tests look at them.

use harness::{Finished, Namespace};
use serde_json::Value;

use crate::traced::{OBEYS, Web};

/// The answer of a rehearsal as JSON.
pub struct Rehearsal(pub Value);

impl Rehearsal {
    pub fn of(finished: &Finished) -> Self {
        let json: Value = serde_json::from_str(&finished.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}{}", finished.stdout, finished.stderr));
        assert_eq!(json["kind"], "LifecycleRehearsal");
        Self(json["items"][0].clone())
    }

    /// What was found of a rule, such as `harm: …` or `noHarm: …`; none where it was not tested.
    pub fn rule(&self, rule: &str, container: &str) -> Option<String> {
        let rules = self.0["rules"].as_array().expect("a rehearsal has rules");
        let found = rules.iter().find(|one| one["rule"] == rule && one["container"] == container)?;
        let text = |field: &str| found[field].as_str().expect("a text").to_owned();
        Some(format!("{}: {}", text("outcome"), text("text")))
    }

    pub fn expect_rule(&self, rule: &str, container: &str, begins: &str) {
        let found = self.rule(rule, container);
        let is_it = found.as_ref().is_some_and(|found| found.starts_with(begins));
        assert!(is_it, "expected {begins:?} of {rule}, not {found:?}: {:#}", self.0);
    }

    /// What a hook did in the only run.
    pub fn hook(&self, container: &str, hook: &str) -> &Value {
        let hooks = self.0["runs"][0]["hooks"].as_array().expect("a run has hooks");
        let found = hooks.iter().find(|one| one["container"] == container && one["hook"] == hook);
        found.unwrap_or_else(|| panic!("nothing is told of {hook} of {container}: {:#}", self.0))
    }

    /// It took so many milliseconds, and what a busy node adds.
    pub fn expect_took(&self, container: &str, hook: &str, milliseconds: i64) {
        let took = &self.hook(container, hook)["took"];
        let [least, most] = ["leastMilliseconds", "mostMilliseconds"].map(|field| took[field].as_i64());
        let is_right = least.zip(most).is_some_and(|(least, most)| {
            most >= milliseconds && least <= milliseconds + 1_000 && most - least < 50
        });
        assert!(is_right, "expected {milliseconds} ms of {hook} of {container}: {:#}", self.0);
    }

    /// `because` of what could not be measured.
    pub fn unmeasured(&self, container: &str, hook: &str) -> Option<&str> {
        let all = self.0["unmeasured"].as_array().expect("a list");
        all.iter().find(|one| one["container"] == container && one["hook"] == hook)?["because"].as_str()
    }
}

/// Deployment `web`, which has no pods itself: its template is what is cloned.
pub fn deployment(web: &Web<'_>) -> String {
    let pod: Value = serde_saphyr::from_str(&web.manifest()).expect("a manifest is YAML");
    let deployment = serde_json::json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web", "team": "shop"}}, "spec": pod["spec"]},
        },
    });
    deployment.to_string()
}

/// A namespace with that.
pub fn namespace(test: &str, web: &Web<'_>) -> Namespace {
    let namespace = Namespace::new(test);
    namespace.apply(&deployment(web));
    namespace
}

pub fn rehearse(namespace: &Namespace, arguments: &[&str]) -> Finished {
    namespace.kubectl([&["lifecycle", "rehearse", "--yes", "-o", "json"], arguments].concat())
}

/// A script that needs so long after SIGTERM.
pub fn drains(seconds: u32) -> String {
    OBEYS.replace("exit 0", &format!("sleep {seconds}; exit 0"))
}
