//! A krew manifest: <https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/>.

use std::fs;
use std::path::{Path, PathBuf};

use drover::cli::Failure;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_saphyr::{ser_options, to_string_with_options};

use crate::platform::{PLATFORMS, Platform};
use crate::workspace::{Plugin, Workspace};

const HEADER: &str = "# Written by `cargo run -p krew-release -- package`.\n";

/// What krew knows of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    pub api_version: String,
    pub kind: String,
    pub metadata: Metadata,
    pub spec: Spec,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// With a `v` before it.
    pub version: String,
    pub homepage: String,
    pub short_description: String,
    pub description: String,
    pub platforms: Vec<Archive>,
}

/// What is installed on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    pub selector: Selector,
    pub uri: String,
    pub sha256: String,
    /// The program's path in the archive.
    pub bin: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Selector {
    pub match_labels: MatchLabels,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchLabels {
    pub os: String,
    pub arch: String,
}

impl Manifest {
    /// The manifest of a plugin in its workspace's version.
    #[must_use]
    pub fn new(workspace: &Workspace, plugin: &Plugin, platforms: Vec<Archive>) -> Self {
        let folder = format!("tree/main/plugins/{}", plugin.name);
        Self {
            api_version: "krew.googlecontainertools.github.com/v1alpha2".to_owned(),
            kind: "Plugin".to_owned(),
            metadata: Metadata { name: plugin.name.clone() },
            spec: Spec {
                version: format!("v{}", workspace.version),
                homepage: format!("{}/{folder}", workspace.repository),
                short_description: plugin.about.short_description.clone(),
                description: plugin.about.description.trim_end().to_owned(),
                platforms,
            },
        }
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// When the file can't be read, or is no manifest as this program writes it.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("{} can't be read: {error}", path.display())))?;
        serde_saphyr::from_str(&text)
            .map_err(|error| Failure::new(format!("{} is no manifest: {error}", path.display())))
    }

    /// Writes it as krew wants it to be called: `isolate.yaml`. The answer is the file's path.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, Failure> {
        let path = folder.join(format!("{}.yaml", self.metadata.name));
        // An address stays on its line.
        let options = ser_options! { folded_wrap_chars: usize::MAX };
        let text = to_string_with_options(self, options).map_err(|error| Failure::new(error.to_string()))?;
        fs::write(&path, format!("{HEADER}{text}"))
            .map_err(|error| Failure::new(format!("{} can't be written: {error}", path.display())))?;
        Ok(path)
    }
}

impl Archive {
    /// The archive with these contents, at this address.
    #[must_use]
    pub fn new(platform: &Platform, plugin: &Plugin, uri: String, contents: &[u8]) -> Self {
        let match_labels = MatchLabels { os: platform.os.to_owned(), arch: platform.arch.to_owned() };
        Self {
            selector: Selector { match_labels },
            uri,
            sha256: sha256(contents),
            bin: platform.program(&plugin.package),
        }
    }

    /// The platform it is for, if plugins are released for it.
    #[must_use]
    pub fn platform(&self) -> Option<&'static Platform> {
        let MatchLabels { os, arch } = &self.selector.match_labels;
        PLATFORMS.iter().find(|platform| platform.os == os && platform.arch == arch)
    }
}

fn sha256(contents: &[u8]) -> String {
    digest(&SHA256, contents).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_sha256sum() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), known);
    }
}
