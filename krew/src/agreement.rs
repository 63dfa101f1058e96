//! What should say the same thing, and does not.

use std::fs;
use std::path::Path;

use drover::cli::Failure;
use semver::Version;

use crate::manifest::{Archive, Manifest};
use crate::release::file_name;
use crate::workspace::{Plugin, Workspace};

/// Of a plugin's one-line description, by the rules of krew's central index.
const LONGEST: usize = 50;

/// Between a plugin and its manifest. A manifest is the last release's: one of an older version tells of a plugin as it was.
#[must_use]
pub fn of_manifest(workspace: &Workspace, plugin: &Plugin, url: &str, manifest: &Manifest) -> Vec<String> {
    let mut problems = Vec::new();
    let mut say = |problem: String| problems.push(format!("plugins/{}.yaml: {problem}", plugin.name));

    if manifest.metadata.name != plugin.name {
        say(format!("it is of {:?}", manifest.metadata.name));
    }
    let length = manifest.spec.short_description.chars().count();
    if length > LONGEST {
        say(format!("its short description has {length} characters, and {LONGEST} are shown"));
    }
    for archive in manifest.spec.platforms.iter().filter(|archive| archive.platform().is_none()) {
        let labels = &archive.selector.match_labels;
        say(format!("plugins are not released for {}/{}", labels.os, labels.arch));
    }
    let version = manifest.spec.version.strip_prefix('v').and_then(|version| Version::parse(version).ok());
    match version {
        None => say(format!("{:?} is no version", manifest.spec.version)),
        Some(version) if version > workspace.version => {
            say(format!("it is of {version}, and the workspace of {}", workspace.version));
        }
        Some(version) if version == workspace.version => {
            let expected = Manifest::new(workspace, plugin, manifest.spec.platforms.clone());
            if *manifest != expected {
                say("it says of the plugin what its Cargo.toml does not".to_owned());
            }
            for archive in &manifest.spec.platforms {
                let Some(platform) = archive.platform() else { continue };
                let expected = format!("{url}/{}", file_name(workspace, plugin, platform));
                if archive.uri != expected {
                    say(format!("{} is not {expected}", archive.uri));
                }
            }
        }
        Some(_) => {}
    }
    problems
}

/// Between a manifest and the archives that are there.
#[must_use]
pub fn of_archives(plugin: &Plugin, manifest: &Manifest, seen: &[Archive]) -> Vec<String> {
    let mut problems = Vec::new();
    for archive in seen {
        let place = archive.platform().map(|platform| platform.in_words()).unwrap_or_default();
        let told = manifest.spec.platforms.iter().find(|told| told.selector == archive.selector);
        let problem = match told {
            None => format!("it does not tell of {place}, whose archive is there"),
            Some(told) if told.sha256 != archive.sha256 => {
                format!("the sum of {place} is {}, that of the archive {}", told.sha256, archive.sha256)
            }
            Some(_) => continue,
        };
        problems.push(format!("plugins/{}.yaml: {problem}", plugin.name));
    }
    problems
}

/// Between the plugins and what people read of them.
///
/// # Errors
/// When a document can't be read.
pub fn of_docs(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    let readme = read(&workspace.root.join("README.md"))?;
    for plugin in &workspace.plugins {
        let path = plugin.folder.join("README.md");
        let title = format!("# kubectl {}\n", plugin.name);
        if !read(&path)?.starts_with(&title) {
            problems.push(format!("{}: it does not start with {title:?}", path.display()));
        }
        let package = format!("drover/{}", plugin.name);
        if !readme.contains(&package) {
            problems.push(format!("README.md: it does not tell how to install {package}"));
        }
    }
    let changelog = read(&workspace.root.join("CHANGELOG.md"))?;
    let heading = format!("## {}\n", workspace.version);
    if ![heading.as_str(), "## Unreleased\n"].iter().any(|heading| changelog.contains(heading)) {
        problems.push(format!("CHANGELOG.md: it says nothing of {}", workspace.version));
    }
    Ok(problems)
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("{} can't be read: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::platform::PLATFORMS;
    use crate::workspace::About;

    const URL: &str = "https://example.org/drover/releases/download/v0.2.0";

    fn workspace() -> Workspace {
        let about =
            About { short_description: "Take a pod out".to_owned(), description: "It is out.".to_owned() };
        let plugin = Plugin {
            name: "isolate".to_owned(),
            package: "kubectl-isolate".to_owned(),
            folder: PathBuf::from("/drover/plugins/isolate"),
            about,
        };
        Workspace {
            root: PathBuf::from("/drover"),
            target: PathBuf::from("/drover/target"),
            version: Version::new(0, 2, 0),
            repository: "https://example.org/drover".to_owned(),
            plugins: vec![plugin],
        }
    }

    fn archive(workspace: &Workspace, contents: &[u8]) -> Archive {
        let uri = format!("{URL}/kubectl-isolate-v0.2.0-linux-amd64.tar.gz");
        Archive::new(&PLATFORMS[0], &workspace.plugins[0], uri, contents)
    }

    fn manifest(workspace: &Workspace) -> Manifest {
        Manifest::new(workspace, &workspace.plugins[0], vec![archive(workspace, b"archive")])
    }

    fn problems(change: impl FnOnce(&mut Manifest)) -> Vec<String> {
        let workspace = workspace();
        let mut manifest = manifest(&workspace);
        change(&mut manifest);
        of_manifest(&workspace, &workspace.plugins[0], URL, &manifest)
    }

    #[test]
    fn what_is_written_agrees() {
        assert!(problems(|_| {}).is_empty());
    }

    #[test]
    fn the_manifest_of_the_last_release_may_tell_of_the_plugin_as_it_was() {
        let older = problems(|manifest| {
            manifest.spec.version = "v0.1.0".to_owned();
            manifest.spec.description = "It was out.".to_owned();
        });
        assert!(older.is_empty(), "{older:?}");
        let newer = problems(|manifest| manifest.spec.version = "v0.3.0".to_owned());
        assert_eq!(newer, ["plugins/isolate.yaml: it is of 0.3.0, and the workspace of 0.2.0"]);
    }

    #[test]
    fn another_text_and_another_address_are_told() {
        let text = problems(|manifest| manifest.spec.description = "Other.".to_owned());
        assert_eq!(text, ["plugins/isolate.yaml: it says of the plugin what its Cargo.toml does not"]);
        let address = problems(|manifest| manifest.spec.platforms[0].uri = "https://elsewhere".to_owned());
        let expected = format!("{URL}/kubectl-isolate-v0.2.0-linux-amd64.tar.gz");
        assert_eq!(address, [format!("plugins/isolate.yaml: https://elsewhere is not {expected}")]);
    }

    #[test]
    fn a_description_is_short() {
        let long = problems(|manifest| {
            manifest.spec.version = "v0.1.0".to_owned();
            manifest.spec.short_description = "x".repeat(51);
        });
        let expected = "plugins/isolate.yaml: its short description has 51 characters, and 50 are shown";
        assert_eq!(long, [expected]);
    }

    #[test]
    fn an_archive_that_was_made_anew_is_told() {
        let workspace = workspace();
        let plugin = &workspace.plugins[0];
        let manifest = manifest(&workspace);
        assert!(of_archives(plugin, &manifest, &[archive(&workspace, b"archive")]).is_empty());

        let found = of_archives(plugin, &manifest, &[archive(&workspace, b"another")]);
        assert!(found[0].starts_with("plugins/isolate.yaml: the sum of linux/amd64 is "), "{found:?}");
        let without = Manifest::new(&workspace, plugin, Vec::new());
        let found = of_archives(plugin, &without, &[archive(&workspace, b"archive")]);
        assert_eq!(found, ["plugins/isolate.yaml: it does not tell of linux/amd64, whose archive is there"]);
    }
}
