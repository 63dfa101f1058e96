//! What a container that crashed said last.

use harness::{Namespace, Rights};
use scenarios::roles::{marked_role, role_of_the_readme, rules};
use scenarios::words::expect_words;
use serde_json::{Value, json};

use crate::traced::{Trace, Web};

/// Pod `web` whose container has been started again.
fn started_again(test: &str, script: &str) -> Namespace {
    let namespace = Namespace::new(test);
    namespace.apply(&Web { script, ..Web::default() }.manifest());
    namespace.watch_until("pods", 60, |pods| {
        let restarts = |pod: &Value| pod["status"]["containerStatuses"][0]["restartCount"].as_u64();
        pods.values().any(|pod| restarts(pod) >= Some(1)).then_some(())
    });
    namespace
}

#[test]
fn what_it_said_last_is_told_to_who_may_read_logs() {
    // Given a container that keeps crashing, and says why in red
    let script = r"echo starting; printf '\033[31mno route to the database\n'; exit 3";
    let namespace = started_again("crash", script);
    let log = marked_role("lifecycle", "log-role");
    let roles = [role_of_the_readme("lifecycle"), log];
    let rules_of = |roles: &[Value]| {
        let all = roles.iter().flat_map(|role| role["rules"].as_array().expect("a role has rules"));
        rules(&json!({"rules": all.collect::<Vec<_>>()}))
    };
    let reader = namespace.limited_user("reader", Rights::Rules(&rules_of(&roles)));
    let other = namespace.limited_user("other", Rights::Rules(&rules_of(&roles[..1])));
    let trace = ["lifecycle", "trace", "web"];

    // Then that is told, and no terminal takes it for more than words
    let shown = reader.kubectl(trace).success().stdout;
    expect_words(
        &shown,
        &["✗ web: its last run failed with exit code 3", "log: starting", "no route to the database"],
    );
    assert!(!shown.contains('\x1b'), "{shown:?}");
    let told = Trace::of(&reader.kubectl([&trace[..], &["-o", "json"]].concat()).success());
    assert!(told.proof().contains("no route to the database"), "{}", told.proof());

    // also to who followed it
    let ended = reader.kubectl([&trace[..], &["-f", "--phase=start", "--timeout=60s"]].concat()).failure(1);
    expect_words(&ended.stdout, &["no route to the database"]);

    // and without the right only that it failed
    let shown = other.kubectl(trace).success().stdout;
    let words =
        ["its last run failed with exit code 3", "what web said last is not known: you may not get pods/log"];
    expect_words(&shown, &words);
    assert!(!shown.contains("no route"), "{shown}");
}

#[test]
fn what_ends_well_and_is_started_again_did_not_crash() {
    let namespace = started_again("no-crash", "echo done");
    let told = Trace::of(&namespace.kubectl(["lifecycle", "trace", "web", "-o", "json"]).success());
    told.expect_none("failed");
    assert!(!told.proof().contains("log: "), "{}", told.proof());
}
