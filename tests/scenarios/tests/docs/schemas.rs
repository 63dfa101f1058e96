//! Every answer for programs has the shape that docs/schemas/ says: what each verb really prints is held against it.

use std::collections::BTreeSet;
use std::fs;

use harness::Namespace;
use scenarios::clones::left_behind;
use scenarios::pods::pods;
use scenarios::shop::shop;
use serde_json::Value;

use crate::repository::{path, read};
use crate::schema;

/// Answers, and the schemas that they were held against.
struct Answers<'namespace> {
    namespace: &'namespace Namespace,
    held: BTreeSet<String>,
}

impl Answers<'_> {
    /// Runs a command, whose answer must not be empty.
    fn hold(&mut self, schema: &str, command: &[&str]) -> Value {
        let finished = self.namespace.kubectl([command, &["-o", "json"]].concat());
        let answer: Value = serde_json::from_str(&finished.stdout)
            .unwrap_or_else(|error| panic!("{command:?} prints no JSON: {error}\n{}", finished.stderr));
        assert_ne!(answer["items"], Value::Array(Vec::new()), "{command:?} answers something");
        let document =
            serde_json::from_str(&read(&format!("docs/schemas/{schema}.json"))).expect("it is JSON");
        schema::expect(&answer, &document, schema);
        self.held.insert(schema.to_owned());
        answer
    }
}

#[test]
fn every_answer_for_programs_is_as_its_schema_says() {
    let namespace = shop("schemas", 2);
    let mut answers = Answers { namespace: &namespace, held: BTreeSet::new() };
    answers.hold("version", &["isolate", "version"]);
    isolate(&mut answers);
    lifecycle(&mut answers);
    bundle(&mut answers);
    debug_mode(&mut answers);

    let files = fs::read_dir(path("docs/schemas")).expect("there are schemas");
    let names =
        files.map(|file| file.expect("it can be listed").file_name().into_string().expect("plain names"));
    let all: BTreeSet<_> = names.map(|name| name.trim_end_matches(".json").to_owned()).collect();
    assert_eq!(answers.held, all, "no schema is left out");
}

fn isolate(answers: &mut Answers) {
    let pod = pods(answers.namespace, "app=web").remove(0);
    answers.hold("isolate", &["isolate", pod.name(), "--dry-run=client"]);
    let place = tempfile::TempDir::new().expect("there is room for evidence");
    let evidence = format!("--evidence={}", place.path().display());
    let scene = ["--reason=slow", "--ttl=2h", "--quarantine", &evidence, "--connections", "--offline=exit 3"];
    answers.hold("isolate", &[&["isolate", pod.name()], &scene[..]].concat());
    answers.hold("isolate-list", &["isolate", "list"]);
    answers.hold("isolate-show", &["isolate", "show", pod.name()]);
    answers.hold("isolate-restore", &["isolate", "restore", pod.name(), "--dry-run=client"]);
    answers.hold("isolate-restore", &["isolate", "restore", pod.name(), "--drain=1s"]);
    answers.hold("isolate", &["isolate", pod.name()]);
    answers.hold("isolate-cleanup", &["isolate", "cleanup", pod.name()]);
}

fn lifecycle(answers: &mut Answers) {
    let pod = pods(answers.namespace, "app=web").remove(0);
    answers.hold("lifecycle-show", &["lifecycle", "show", "deploy/web"]);
    answers.hold("lifecycle-lint", &["lifecycle", "lint", "deploy/web"]);
    let charts = path("plugins/lifecycle/tests/charts");
    let charts = charts.to_str().expect("a plain path");
    answers.hold("lifecycle-lint", &["lifecycle", "lint", "-f", charts]);
    answers.hold("lifecycle-fix", &["lifecycle", "lint", "--fix", "-f", charts]);
    answers.hold("lifecycle-trace", &["lifecycle", "trace", pod.name()]);
    answers.hold("lifecycle-trace", &["lifecycle", "trace", "deploy/web", "--restart"]);
    answers.hold("lifecycle-rehearse", &["lifecycle", "rehearse", "deploy/web", "--dry-run"]);
    answers.hold("lifecycle-rehearse", &["lifecycle", "rehearse", "deploy/web", "--yes"]);
    let clone = left_behind("web-rehearsal");
    answers.namespace.apply(&clone);
    answers.hold("lifecycle-cleanup", &["lifecycle", "cleanup"]);
}

fn bundle(answers: &mut Answers) {
    answers
        .namespace
        .apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {mode: fast}}");
    answers.hold("bundle-show", &["bundle", "show", "svc/web"]);
    answers.hold("bundle-snapshot", &["bundle", "create", "svc/web", "--name=shop", "--message=first"]);
    answers.hold("bundle-add", &["bundle", "add", "shop", "cm/settings"]);
    answers.hold("bundle-snapshot", &["bundle", "snapshot", "shop"]);
    answers
        .namespace
        .apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {mode: slow}}");
    answers.hold("bundle-diff", &["bundle", "diff", "shop"]);
    answers.hold("bundle-history", &["bundle", "history", "shop"]);
    answers.hold("bundle-list", &["bundle", "list"]);
    answers.hold("bundle-events", &["bundle", "events", "shop"]);
    answers.hold("bundle-rollback", &["bundle", "rollback", "shop", "2", "--dry-run"]);
    answers.hold("bundle-rollback", &["bundle", "rollback", "shop", "2", "--yes"]);
    answers.namespace.kubectl(["bundle", "create", "deploy/web", "--name=other"]).success();
    answers.hold("bundle-used-by", &["bundle", "used-by", "shop"]);
    answers.hold("bundle-history", &["bundle", "prune", "shop", "--keep=1"]);
}

fn debug_mode(answers: &mut Answers) {
    answers.hold("debug-mode-on", &["debug-mode", "on", "deploy/web", "--dry-run=client"]);
    answers.hold("debug-mode-on", &["debug-mode", "on", "deploy/web", "--hold", "--reason=crash"]);
    answers.namespace.kubectl(["set", "image", "deploy/web", "web=drover.test/pause:1"]).success();
    answers.hold("debug-mode-status", &["debug-mode", "status", "deploy/web"]);
    answers.hold("debug-mode-list", &["debug-mode", "list"]);
    answers.hold("debug-mode-off", &["debug-mode", "off", "deploy/web", "--force-restore"]);
    answers.hold("debug-mode-on", &["debug-mode", "on", "deploy/web", "--copy", "--yes"]);
    answers.hold("debug-mode-list", &["debug-mode", "list"]);
    answers.hold("debug-mode-off", &["debug-mode", "off", "deploy/web"]);
}
