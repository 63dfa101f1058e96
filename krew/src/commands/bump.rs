//! `bump`: the workspace's next version.

use std::fs;
use std::path::Path;
use std::process::Command;

use drover::cli::{Failure, Streams};
use semver::Version;
use toml_edit::{DocumentMut, Value};

use crate::cargo;
use crate::process::output_of;
use crate::workspace::Workspace;

const UNRELEASED: &str = "## Unreleased\n";

pub fn run(workspace: &Workspace, version: &Version, streams: &mut Streams) -> Result<(), Failure> {
    if *version < workspace.version {
        return Err(Failure::new(format!("{version} is older than {}, the present one", workspace.version)));
    }
    let changelog = workspace.root.join("CHANGELOG.md");
    let manifest = workspace.root.join("Cargo.toml");
    // Both are made before either is written.
    let released = release(&read(&changelog)?, version)?;
    let raised = raise(&read(&manifest)?, version)?;
    write(&changelog, &released)?;
    write(&manifest, &raised)?;
    let mut lock = Command::new(cargo::program());
    output_of(lock.current_dir(&workspace.root).args(["update", "--workspace", "--offline"]))?;
    writeln!(streams.out, "{version}: Cargo.toml, Cargo.lock and CHANGELOG.md")?;
    streams.say(&format!("to release it, once this is on main:  git tag v{version}, and push the tag"), 2)?;
    Ok(())
}

/// What is unreleased in a changelog becomes this version's.
fn release(changelog: &str, version: &Version) -> Result<String, Failure> {
    let heading = format!("## {version}\n");
    if changelog.contains(&heading) {
        return Err(Failure::new(format!("CHANGELOG.md says that {version} is released")));
    }
    if !changelog.contains(UNRELEASED) {
        return Err(Failure::new("CHANGELOG.md has no \"## Unreleased\""));
    }
    Ok(changelog.replacen(UNRELEASED, &format!("{UNRELEASED}\n{heading}"), 1))
}

/// The workspace's manifest with another version, and nothing else changed.
fn raise(manifest: &str, version: &Version) -> Result<String, Failure> {
    let mut document: DocumentMut =
        manifest.parse().map_err(|error| Failure::new(format!("Cargo.toml can't be read: {error}")))?;
    let Some(present) = document["workspace"]["package"]["version"].as_value_mut() else {
        return Err(Failure::new("Cargo.toml has no [workspace.package] with a version"));
    };
    // What stands around it: a space, a comment.
    let decor = present.decor().clone();
    *present = Value::from(version.to_string());
    *present.decor_mut() = decor;
    Ok(document.to_string())
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("{} can't be read: {error}", path.display())))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text)
        .map_err(|error| Failure::new(format!("{} can't be written: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_version_is_changed() {
        let manifest =
            "[workspace.package] # of all\nversion = \"0.1.0\" # and no other\nedition = \"2024\"\n";
        let raised = raise(manifest, &Version::new(0, 2, 0)).unwrap();
        assert_eq!(raised, manifest.replace("0.1.0", "0.2.0"));
    }

    #[test]
    fn what_was_unreleased_is_the_versions() {
        let changelog = "# Changelog\n\n## Unreleased\n\n- One\n";
        let released = release(changelog, &Version::new(0, 2, 0)).unwrap();
        assert_eq!(released, "# Changelog\n\n## Unreleased\n\n## 0.2.0\n\n- One\n");
        let again = release(&released, &Version::new(0, 2, 0)).unwrap_err();
        assert_eq!(again.message, "CHANGELOG.md says that 0.2.0 is released");
    }
}
