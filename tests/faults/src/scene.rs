//! Isolating with all that keeps the scene: nothing of it may stop the isolation.

use std::sync::LazyLock;

use tempfile::TempDir;

use crate::cell::Cell;
use crate::disturbance::{Disturbance, Family};

/// Evidence of all cells, each in a folder of its own, until the campaign ends.
static EVIDENCE: LazyLock<(TempDir, String)> = LazyLock::new(|| {
    let folder = TempDir::new().expect("there is room for evidence");
    let flag = format!("--evidence={}", folder.path().display());
    (folder, flag)
});

/// What isolating is called with.
pub fn flags() -> &'static [&'static str] {
    static FLAGS: LazyLock<[&str; 4]> =
        LazyLock::new(|| ["--timeout=30s", "--connections", "--offline=true", &EVIDENCE.1]);
    &*FLAGS
}

/// What could not be done is said: a refusal is final, all else may have been tried again.
pub fn promised(cell: &Cell, answer: &str) -> Result<(), String> {
    // Of a command that goes on only the answer is known, not what else it said.
    if !answer.contains("not checked: ") {
        return Ok(());
    }
    if !answer.contains("its logs are verbatim") {
        return Err("no evidence was captured".to_owned());
    }
    let is_final = cell.disturbance == Disturbance::Forbidden
        || cell.asked.is_exec()
            && cell.disturbance.family() == Family::Faults
            && cell.disturbance != Disturbance::Annotated;
    let says = [
        "not in the evidence: ",
        "the offline step is not known to be done: ",
        "can't be known: ",
        "no Event on ",
        "whether a probe of the pod fails is not known: ",
    ];
    if is_final && !says.iter().any(|words| answer.contains(words)) {
        return Err("what could not be done is not said".to_owned());
    }
    Ok(())
}
