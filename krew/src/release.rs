//! The archives of one version of the plugins, and the manifests that tell of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use drover::cli::Failure;

use crate::archive::{self, File};
use crate::args::PlaceArgs;
use crate::manifest::{Archive, Manifest};
use crate::platform::{PLATFORMS, Platform};
use crate::workspace::{Plugin, Workspace};

/// Where the files of a release are.
#[derive(Debug)]
pub struct Release {
    pub archives: PathBuf,
    pub manifests: PathBuf,
    /// Where people fetch the archives.
    pub url: String,
}

impl Release {
    /// Where a person wants them, or where they belong.
    pub(crate) fn new(workspace: &Workspace, place: PlaceArgs) -> Self {
        let Workspace { root, target, version, repository, .. } = workspace;
        Self {
            archives: place.archives.unwrap_or_else(|| target.join("krew")),
            manifests: place.manifests.unwrap_or_else(|| root.join("plugins")),
            url: place.url.unwrap_or_else(|| format!("{repository}/releases/download/v{version}")),
        }
    }

    /// Writes the archive of a plugin for one platform, and says where.
    ///
    /// # Errors
    /// When what goes into it can't be read, or it can't be written.
    pub fn pack(
        &self,
        workspace: &Workspace,
        plugin: &Plugin,
        platform: &Platform,
        program: Vec<u8>,
    ) -> Result<PathBuf, Failure> {
        let mut files = vec![
            File { name: platform.program(&plugin.package), contents: program, is_executable: true },
            document(&workspace.root.join("LICENSE"))?,
            document(&plugin.folder.join("README.md"))?,
        ];
        for page in manual(&workspace.root, &plugin.name)? {
            files.push(document(&page)?);
        }
        let path = self.archive(workspace, plugin, platform);
        fs::create_dir_all(&self.archives)?;
        fs::write(&path, archive::tar_gz(files)?)?;
        Ok(path)
    }

    /// The manifest of a plugin with every platform whose archive is there.
    ///
    /// # Errors
    /// When there is none, or one can't be read.
    pub fn manifest(&self, workspace: &Workspace, plugin: &Plugin) -> Result<Manifest, Failure> {
        let mut platforms = Vec::new();
        for platform in &PLATFORMS {
            if let Some(archive) = self.described(workspace, plugin, platform)? {
                platforms.push(archive);
            }
        }
        if platforms.is_empty() {
            return Err(Failure::new(format!(
                "there is no archive of {} {} in {}",
                plugin.package,
                workspace.version,
                self.archives.display()
            ))
            .hint("to build and archive it:  cargo run -p krew-release -- package"));
        }
        Ok(Manifest::new(workspace, plugin, platforms))
    }

    /// What a manifest says of one archive; nothing if that is not there.
    ///
    /// # Errors
    /// When it is there and can't be read.
    pub fn described(
        &self,
        workspace: &Workspace,
        plugin: &Plugin,
        platform: &Platform,
    ) -> Result<Option<Archive>, Failure> {
        let path = self.archive(workspace, plugin, platform);
        match fs::read(&path) {
            Ok(contents) => {
                let uri = format!("{}/{}", self.url, file_name(workspace, plugin, platform));
                Ok(Some(Archive::new(platform, plugin, uri, &contents)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::new(format!("{} can't be read: {error}", path.display()))),
        }
    }

    fn archive(&self, workspace: &Workspace, plugin: &Plugin, platform: &Platform) -> PathBuf {
        self.archives.join(file_name(workspace, plugin, platform))
    }
}

/// For example `kubectl-isolate-v0.1.0-linux-amd64.tar.gz`.
pub fn file_name(workspace: &Workspace, plugin: &Plugin, platform: &Platform) -> String {
    format!("{}-v{}-{}.tar.gz", plugin.package, workspace.version, platform.in_file_names())
}

fn document(path: &Path) -> Result<File, Failure> {
    let contents =
        fs::read(path).map_err(|error| Failure::new(format!("{} can't be read: {error}", path.display())))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(File { name, contents, is_executable: false })
}

/// The manual page of a plugin, and those of its verbs.
fn manual(root: &Path, plugin: &str) -> io::Result<Vec<PathBuf>> {
    let folder = root.join("docs/man");
    let (own, of_verbs) = (format!("kubectl-{plugin}.1"), format!("kubectl-{plugin}-"));
    let mut pages = Vec::new();
    if !folder.exists() {
        return Ok(pages);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if *name == own || name.starts_with(&of_verbs) && name.ends_with(".1") {
            pages.push(path);
        }
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_takes_its_own_manual_along() {
        let root = tempfile::tempdir().unwrap();
        assert!(manual(root.path(), "isolate").unwrap().is_empty());

        let folder = root.path().join("docs/man");
        fs::create_dir_all(&folder).unwrap();
        for name in ["kubectl-isolate.1", "kubectl-isolate-list.1", "kubectl-bundle.1", "README.md"] {
            fs::write(folder.join(name), "").unwrap();
        }
        let mut found = manual(root.path(), "isolate").unwrap();
        found.sort();
        assert_eq!(found, ["kubectl-isolate-list.1", "kubectl-isolate.1"].map(|name| folder.join(name)));
    }
}
