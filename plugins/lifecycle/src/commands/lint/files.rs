//! Reads manifests from where `-f` says, as kubectl does: files, the files of a folder, or stdin.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use drover::cli::Failure;

use crate::manifest::{Manifests, read};

/// The endings of what is read in a folder (cli-runtime/pkg/resource: `FileExtensions`).
const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];

/// All that these files hold.
///
/// # Errors
/// When one can't be read, or holds what is no manifest.
pub fn read_all(paths: &[PathBuf], input: &mut impl Read) -> Result<Manifests, Failure> {
    let mut manifests = Manifests::default();
    for path in paths {
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            input.read_to_end(&mut bytes).map_err(|error| Failure::new(format!("stdin: {error}")))?;
            read(&mut manifests, "stdin", &text("stdin", bytes)?)?;
            continue;
        }
        for file in files(path)? {
            let name = file.display().to_string();
            let bytes = fs::read(&file).map_err(|error| Failure::new(format!("{name}: {error}")))?;
            read(&mut manifests, &name, &text(&name, bytes)?)?;
        }
    }
    Ok(manifests)
}

fn text(name: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|_| Failure::new(format!("{name}: it is no text in UTF-8")))
}

/// The file, or those in the folder that look like manifests; not those in folders below.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if file.is_file() && ENDINGS.contains(&ending) {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        let message = format!("{}: there is no .yaml, .yml or .json file in this folder", path.display());
        return Err(Failure::new(message));
    }
    Ok(files)
}
