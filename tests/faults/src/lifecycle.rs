//! What `kubectl lifecycle trace` promises, and whether it is so.

use crate::cell::Cell;
use crate::look::{Look, decided};
use crate::shop::Subject;
use crate::verb::Verb;

const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// A trace tells of a start to its end and touches nothing; a restart was asked for once.
pub fn promised(cell: &Cell, subject: &Subject, now: &Look, answer: &str) -> Result<(), String> {
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

/// Whether nothing was restarted.
pub fn untouched(subject: &Subject, now: &Look) -> bool {
    now.deployment().map(decided) == subject.before.deployment().map(decided)
}
