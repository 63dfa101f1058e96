//! `kubectl lifecycle lint -f`, as a program: no cluster is asked.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Runs it in the folder of its tests, without a cluster to ask.
fn lint(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-lifecycle"))
        .arg("lint")
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"))
        .env("KUBECONFIG", "/no/such/file")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Each finding below was compared with the manifest by hand.
#[test]
fn twenty_workloads_of_charts() {
    let output = lint(&["-f", "charts"], "");
    let expected =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts/findings.txt"));
    assert!(stdout(&output) == expected.unwrap(), "{}", stdout(&output));
    let summary = "2 errors, 19 warnings, 6 infos in 16 of 20 workloads, 19 can be mended by --fix\n\
         1 rule silenced by drover.dev/lint-ignore\n";
    assert_eq!(stderr(&output), summary);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn what_is_asked_for_decides_the_exit_code() {
    let sleeps = "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: \
         [{name: web, lifecycle: {preStop: {exec: {command: [sleep, '5']}}}}]}}";
    for (arguments, code) in [
        (&["-f", "-"][..], 0),
        (&["-f", "-", "--fail-on=info"], 1),
        (&["-f", "-", "--fail-on=info", "--severity=error"], 0),
        (&["-f", "-", "--fail-on=never"], 0),
        (&["-f", "-", "--fix"], 0),
        (&["-f", "-", "--no-such-flag"], 2),
        (&["-f", "-", "--fix", "-o", "sarif"], 2),
        (&["-f", "no-such-file.yaml"], 2),
        (&["-f", "-", "deploy/web"], 2),
        (&["web"], 2),
    ] {
        assert_eq!(lint(arguments, sleeps).status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn what_is_no_manifest_is_named_with_its_document() {
    let fine = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    for (second, words) in [
        ("a: [", &["stdin: document 2 (line 5", "is no YAML"][..]),
        ("{{ .Values.image }}: a", &["stdin: document 2 (line 5", "helm template"]),
        ("- a\n- b", &["stdin: document 2 (line 5)", "no kind"]),
        ("just words", &["stdin: document 2 (line 5)", "no kind"]),
        (
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: 7}}}}",
            &["stdin: document 2 (line 5)", "deployment.apps/web", "/spec/template"],
        ),
    ] {
        let output = lint(&["-f", "-"], &format!("{fine}---\n{second}\n"));
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{second}");
        let said = stderr(&output);
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
}

#[test]
fn garbage_is_refused_or_holds_nothing() {
    let deep = "[".repeat(10_000);
    let bomb = (0..40).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        format!("{text}a{}: &a{} [*a{level}, *a{level}]\n", level + 1, level + 1)
    });
    for input in
        ["", "---\n---\n", "\0\u{1b}[2J", "%", "&a", "*a", "!!binary ?", &deep, &bomb, "- - - :\n  ? -"]
    {
        let output = lint(&["-f", "-"], input);
        let code = output.status.code();
        assert!([Some(0), Some(2)].contains(&code), "{code:?} {}", stderr(&output));
        assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
        assert!(!stderr(&output).contains('\u{1b}'), "{}", stderr(&output));
    }
}

#[test]
fn without_a_service_what_depends_on_it_is_not_guessed() {
    let deployment = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: \
         {metadata: {labels: {app: web}}, spec: {containers: [{name: web}]}}}}";
    let output = lint(&["-f", "-"], deployment);
    assert_eq!(output.status.code(), Some(0));
    let said = stderr(&output);
    assert!(said.contains("not checked: served-without-pre-stop"), "{said}");
    assert!(said.contains("there is no Service among the manifests"), "{said}");

    let service = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}";
    let output = lint(&["-f", "-"], &format!("{deployment}\n---\n{service}"));
    assert!(stdout(&output).contains("web readinessProbe is missing"), "{}", stdout(&output));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_list_is_what_it_holds() {
    let list = r#"{"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [
            {"name": "web", "lifecycle": {"preStop": {"tcpSocket": {"port": 1}}}}]}}]}"#;
    let output = lint(&["-f", "-", "-o", "json"], list);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding = &found["items"][0]["findings"][0];
    assert_eq!(finding["rule"], "unsupported-hook");
    assert_eq!(finding["line"], 4, "{finding}");
}

#[test]
fn sarif_says_where_and_by_which_rule() {
    let output = lint(&["-f", "charts/apps.yaml", "-o", "sarif"], "");
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 8);
    let manifest =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts/apps.yaml")).unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "charts/apps.yaml");
        let line = usize::try_from(place["region"]["startLine"].as_u64().unwrap()).unwrap();
        assert!(line <= manifest.lines().count());
    }
    let missing = results.iter().find(|result| result["ruleId"] == "undeclared-port").unwrap();
    let line = missing["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
    let line = manifest.lines().nth(usize::try_from(line).unwrap() - 1).unwrap();
    assert!(line.contains("livenessProbe") && line.contains("management"), "{line}");
}

#[test]
fn patches_say_what_they_are_for() {
    let output = lint(&["-f", "charts/apps.yaml", "--fix"], "");
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    assert_eq!(text.matches("\n---\n").count(), 2, "three of four can be mended:\n{text}");
    assert!(text.starts_with("# mends served-without-pre-stop\n"), "{text}");
    let output = lint(&["-f", "charts/apps.yaml", "--fix", "-o", "json"], "");
    let fixes: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(fixes["kind"], "LifecycleFix");
    let orders = &fixes["items"][2];
    assert_eq!(orders["object"], "deployment.apps/orders");
    assert_eq!(orders["patch"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], 55);
}
