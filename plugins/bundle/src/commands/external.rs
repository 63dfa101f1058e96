//! Another program that shows differences, as `kubectl diff` runs one.

use std::fs;
use std::path::Path;
use std::process::Command;

use drover::cli::{Failure, Streams};

use crate::report::Files;

/// The program and its arguments, separated by spaces (kubectl: `diff --help`).
const PROGRAM: &str = "KUBECTL_EXTERNAL_DIFF";

/// Whether a person has chosen one.
pub fn is_wanted() -> bool {
    words().next().is_some()
}

fn words() -> std::vec::IntoIter<String> {
    let text = std::env::var(PROGRAM).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().into_iter()
}

/// Shows two folders of files, in which Secrets are masked already, and removes them again.
pub fn show(files: &[Files], streams: &mut Streams) -> Result<(), Failure> {
    let mut words = words();
    let Some(program) = words.next().filter(|_| !files.is_empty()) else { return Ok(()) };
    let folder = tempfile::Builder::new().prefix("kubectl-bundle-").tempdir()?;
    let (before, after) = (folder.path().join("BEFORE"), folder.path().join("AFTER"));
    for path in [&before, &after] {
        fs::create_dir(path)?;
    }
    for file in files {
        write(&before, &file.name, &file.before)?;
        write(&after, &file.name, &file.after)?;
    }
    streams.out.flush()?;
    let status = Command::new(&program).args(words).arg(&before).arg(&after).status();
    match status.map(|status| status.code()) {
        // diff(1): nothing differs in its eyes, or something does.
        Ok(Some(0 | 1)) => Ok(()),
        Ok(code) => {
            let how = code.map_or("a signal".to_owned(), |code| format!("exit code {code}"));
            Err(Failure::new(format!("{program} ended with {how}")).hint(hint()))
        }
        Err(error) => Err(Failure::new(format!("{program}: {error}")).hint(hint())),
    }
}

fn hint() -> String {
    format!("see the differences without it:  unset {PROGRAM}")
}

/// Not there, rather than empty, where the object is not there.
fn write(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    if text.is_empty() { Ok(()) } else { fs::write(folder.join(name), text) }
}
