//! What `kubectl lifecycle trace` promises, and whether it is so.

use serde_json::json;

use crate::cell::Cell;
use crate::look::{CLONE_LABEL, Look, decided};
use crate::shop::Subject;
use crate::verb::Verb;

const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// A trace tells of a start to its end and touches nothing; a restart was asked for once.
pub fn promised(cell: &Cell, subject: &Subject, now: &Look, answer: &str) -> Result<(), String> {
    if cell.verb.is_of_clones() {
        return no_clone_remains(now);
    }
    if cell.verb == Verb::LifecycleTrace {
        let is_told = answer.contains("o ready");
        return is_told.then_some(()).ok_or(format!("it does not tell of the start:\n{answer}"));
    }
    let generation = |look: &Look| look.deployment().and_then(|one| one["metadata"]["generation"].as_u64());
    let deployment = now.deployment().ok_or("the Deployment is gone")?;
    if !deployment["spec"]["template"]["metadata"]["annotations"][RESTARTED_AT].is_string() {
        return Err("it was not restarted".to_owned());
    }
    // Run again after an error it may have restarted once more.
    let restarts = generation(now).zip(generation(&subject.before)).map(|(now, before)| now - before);
    match restarts {
        Some(1 | 2) => Ok(()),
        other => Err(format!("it was restarted {other:?} times")),
    }
}

/// Of a rehearsal nothing remains, one that is on its way out included.
fn no_clone_remains(now: &Look) -> Result<(), String> {
    match now.clones().next() {
        Some(clone) => Err(format!("a clone remains: {}", clone["metadata"])),
        None => Ok(()),
    }
}

/// Whether nothing was restarted, and no clone was made or deleted.
pub fn untouched(subject: &Subject, now: &Look) -> bool {
    let clones = |look: &Look| look.clones().map(decided).collect::<Vec<_>>();
    clones(now) == clones(&subject.before)
        && now.deployment().map(decided) == subject.before.deployment().map(decided)
}

/// The clone of a rehearsal that was killed.
pub fn left_behind() -> String {
    let record = json!({
        "version": 1,
        "origin": {"kind": "Deployment", "name": "web", "uid": "u"},
        "at": "2026-01-01T00:00:00Z",
        "by": "oncall",
    });
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "web-rehearsal",
            "labels": {CLONE_LABEL: "clone"},
            "annotations": {CLONE_LABEL: record.to_string()},
        },
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "containers": [{"name": "web", "image": "drover.test/pause:1"}],
        },
    });
    pod.to_string()
}
