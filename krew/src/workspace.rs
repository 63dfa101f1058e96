//! What Cargo knows of this repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use drover::cli::Failure;
use semver::Version;
use serde::Deserialize;

use crate::cargo;
use crate::process::output_of;

/// The repository, with its plugins.
#[derive(Debug)]
pub struct Workspace {
    pub root: PathBuf,
    /// Where Cargo builds.
    pub target: PathBuf,
    /// The version of every plugin.
    pub version: Version,
    /// Where the repository can be found.
    pub repository: String,
    /// By name.
    pub plugins: Vec<Plugin>,
}

/// One plugin.
#[derive(Debug)]
pub struct Plugin {
    /// As a person types it: `debug-mode`.
    pub name: String,
    /// The package, and its binary, which kubectl finds by this name: `kubectl-debug_mode`.
    pub package: String,
    /// Where its README is.
    pub folder: PathBuf,
    /// What krew shows of it.
    pub about: About,
}

/// `[package.metadata.krew]` of a plugin's Cargo.toml.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct About {
    /// In a list of plugins.
    pub short_description: String,
    /// In `krew info`.
    pub description: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: Version,
    manifest_path: PathBuf,
    repository: Option<String>,
    metadata: Option<PackageMetadata>,
}

#[derive(Deserialize)]
struct PackageMetadata {
    krew: Option<About>,
}

impl Workspace {
    /// Reads the workspace that a folder is in.
    ///
    /// # Errors
    /// When Cargo can't, or a plugin lacks what a manifest needs.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let mut command = Command::new(cargo::program());
        command.current_dir(folder).args(["metadata", "--format-version=1", "--no-deps"]);
        let metadata = serde_json::from_str(&output_of(&mut command)?)
            .map_err(|error| Failure::new(format!("what `cargo metadata` prints can't be read: {error}")))?;
        Self::of(metadata)
    }

    fn of(metadata: Metadata) -> Result<Self, Failure> {
        let Metadata { packages, workspace_root: root, target_directory: target } = metadata;
        let folder = root.join("plugins");
        let packages = packages.into_iter().filter(|package| package.folder().parent() == Some(&folder));
        let mut packages: Vec<_> = packages.collect();
        packages.sort_by(|one, other| one.folder().cmp(other.folder()));
        let Some(first) = packages.first() else {
            return Err(Failure::new(format!("there is no plugin in {}", folder.display())));
        };
        let version = first.version.clone();
        if let Some(other) = packages.iter().find(|package| package.version != version) {
            return Err(Failure::new(format!(
                "{} is at {}, {} at {version}: plugins are released together",
                other.name, other.version, first.name
            ))
            .hint("all take the workspace's version: `version.workspace = true`"));
        }
        let repository = first.repository.clone().ok_or_else(|| {
            Failure::new(format!("{} has no repository", first.name))
                .hint("all take the workspace's repository: `repository.workspace = true`")
        })?;
        let plugins = packages.into_iter().map(Package::plugin).collect::<Result<_, _>>()?;
        Ok(Self { root, target, version, repository, plugins })
    }
}

impl Package {
    fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new(""))
    }

    fn plugin(self) -> Result<Plugin, Failure> {
        let folder = self.folder().to_owned();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let about = self.metadata.and_then(|metadata| metadata.krew).ok_or_else(|| {
            Failure::new(format!("{} says nothing about itself to krew", self.manifest_path.display()))
                .hint("it needs a [package.metadata.krew] with short-description and description")
        })?;
        Ok(Plugin { name, package: self.name, folder, about })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn package(name: &str, version: &str) -> Value {
        json!({
            "name": format!("kubectl-{name}"),
            "version": version,
            "manifest_path": format!("/drover/plugins/{name}/Cargo.toml"),
            "repository": "https://example.org/drover",
            "metadata": {"krew": {"short-description": "Short", "description": "Long"}},
        })
    }

    fn workspace(packages: &[Value]) -> Result<Workspace, String> {
        let metadata =
            json!({"packages": packages, "workspace_root": "/drover", "target_directory": "/drover/target"});
        Workspace::of(serde_json::from_value(metadata).unwrap()).map_err(|failure| failure.message)
    }

    #[test]
    fn the_crates_in_plugins_are_the_plugins_by_name() {
        let mut library = package("drover", "0.1.0");
        library["manifest_path"] = "/drover/shared/Cargo.toml".into();
        let found =
            workspace(&[package("isolate", "0.1.0"), library, package("debug_mode", "0.1.0")]).unwrap();
        let names: Vec<_> = found.plugins.iter().map(|plugin| plugin.package.as_str()).collect();
        assert_eq!(names, ["kubectl-debug_mode", "kubectl-isolate"]);
    }

    #[test]
    fn plugins_of_several_versions_are_no_release() {
        let error = workspace(&[package("bundle", "0.1.0"), package("isolate", "0.2.0")]).unwrap_err();
        assert_eq!(
            error,
            "kubectl-isolate is at 0.2.0, kubectl-bundle at 0.1.0: plugins are released together"
        );
    }

    #[test]
    fn a_plugin_has_to_say_what_it_is() {
        let mut silent = package("isolate", "0.1.0");
        silent["metadata"] = Value::Null;
        let error = workspace(&[silent]).unwrap_err();
        assert_eq!(error, "/drover/plugins/isolate/Cargo.toml says nothing about itself to krew");
    }
}
