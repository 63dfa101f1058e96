//! Every rule has an example that it finds, and one that is near but clean: `examples/<id>.yaml`.

use std::fs;
use std::path::Path;

use super::*;

use crate::manifest::{Manifests, read};
use crate::workload::Workload;

/// Two streams of manifests: what a rule finds something in, and what not, with what makes the difference.
pub struct Example {
    pub found: String,
    pub clean: String,
    pub difference: String,
}

pub fn example(rule: &Rule) -> Example {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/lint/examples/{}.yaml", rule.id));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (found, clean) = text.split_once("# Clean: ").unwrap();
    let (difference, clean) = clean.split_once('\n').unwrap();
    let found = found.strip_prefix("# Found\n").unwrap();
    Example { found: found.to_owned(), clean: clean.to_owned(), difference: difference.to_owned() }
}

/// The only workload of a stream, and the Services beside it.
pub fn only(stream: &str) -> (Workload, Option<Vec<Service>>) {
    let mut manifests = Manifests::default();
    read(&mut manifests, "example.yaml", stream).unwrap();
    (manifests.workloads.pop().unwrap().0, manifests.services)
}

pub fn findings(workload: &Workload, services: Option<&Vec<Service>>) -> Vec<Finding> {
    let pod = workload.pod().unwrap();
    let selecting = services.map(|services| {
        services.iter().filter(|one| one.selects(workload.namespace.as_deref(), &pod.labels)).collect()
    });
    let subject = Subject { services: selecting, ..Subject::alone(&pod) };
    lint(&subject, workload.ignore.as_deref()).findings
}

pub fn fix(workload: &Workload, services: Option<&Vec<Service>>) -> Option<fix::Fixed> {
    let of_spec = |spec: &serde_json::Value| Ok::<_, ()>(findings(&workload.with_spec(spec), services));
    fixed(workload.spec().clone(), of_spec).unwrap()
}

fn ids_of(stream: &str) -> Vec<&'static str> {
    let (workload, services) = only(stream);
    findings(&workload, services.as_ref()).into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn every_rule_finds_its_example_and_leaves_the_other_alone() {
    for rule in RULES {
        let example = example(rule);
        let found = ids_of(&example.found);
        assert!(found.contains(&rule.id), "{}: {found:?}", rule.id);
        let found = ids_of(&example.clean);
        assert!(!found.contains(&rule.id), "{}: {found:?}", rule.id);
    }
}

#[test]
fn no_example_is_without_a_rule() {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lint/examples")).unwrap();
    assert_eq!(files.count(), RULES.len());
}

#[test]
fn what_can_be_fixed_is_clean_afterwards() {
    for rule in RULES {
        let (workload, services) = only(&example(rule).found);
        let before = findings(&workload, services.as_ref());
        let Some(fixed) = fix(&workload, services.as_ref()) else {
            assert!(before.iter().all(|finding| finding.fix.is_none()), "{}", rule.id);
            continue;
        };
        let after = findings(&workload.with_spec(&fixed.spec), services.as_ref());
        let left: Vec<_> = after.iter().filter(|finding| fixed.rules.contains(&finding.rule)).collect();
        assert!(left.is_empty(), "{}: {left:?}", rule.id);
        assert!(after.iter().all(|finding| finding.fix.is_none()), "{}: {after:?}", rule.id);
    }
}

#[test]
fn rules_without_their_context_are_skipped_and_named() {
    let (workload, _) = only(&example(rule("served-without-pre-stop").unwrap()).found);
    let pod = workload.pod().unwrap();
    let outcome = lint(&Subject::alone(&pod), None);
    assert_eq!(outcome.findings, []);
    let of_traffic =
        ["served-without-readiness", "served-without-pre-stop", "sleep-shorter-than-propagation"];
    assert_eq!(outcome.skipped, of_traffic);
    let known = Subject { services: Some(Vec::new()), ..Subject::alone(&pod) };
    assert_eq!(lint(&known, None).skipped, [""; 0]);
}

#[test]
fn an_annotation_silences_rules() {
    let (workload, _) = only(&example(rule("pre-stop-takes-grace").unwrap()).found);
    let mut pod = workload.pod().unwrap();
    let outcome = lint(&Subject::alone(&pod), Some("pre-stop-takes-grace, exec-sleep,no-such-rule"));
    assert_eq!(outcome.findings, []);
    assert_eq!(outcome.ignored, ["pre-stop-takes-grace"], "what was not found is not ignored");
    assert_eq!(outcome.unknown, ["no-such-rule"]);

    pod.annotations.insert(IGNORE_ANNOTATION.to_owned(), "pre-stop-takes-grace".to_owned());
    assert_eq!(lint(&Subject::alone(&pod), None).findings, []);
}

#[test]
fn the_worst_comes_first() {
    let spec = "{containers: [{name: a, lifecycle: {preStop: {httpGet: {port: 80}}}}, \
         {name: b, lifecycle: {preStop: {tcpSocket: {port: 80}}}}]}";
    assert_eq!(testing::findings(spec), ["b preStop unsupported-hook", "a preStop hook-ignores-status"]);
}

#[test]
fn what_is_as_it_should_be_gives_no_finding() {
    let web = "ports: [{name: http, containerPort: 8080}], \
         lifecycle: {preStop: {sleep: {seconds: 5}}}, startupProbe: {httpGet: {port: http}}, \
         readinessProbe: {httpGet: {port: http, path: /ready}}, livenessProbe: {httpGet: {port: 8080}}";
    assert_eq!(testing::web(web), [""; 0]);
}

#[test]
fn ids_are_unique_and_readable() {
    for (index, rule) in RULES.iter().enumerate() {
        assert!(rule.id.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'), "{}", rule.id);
        assert!(!RULES[..index].iter().any(|other| other.id == rule.id), "{}", rule.id);
    }
}
