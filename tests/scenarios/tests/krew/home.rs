//! One person's krew.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use drover::cli::Streams;
use harness::{Finished, Invocation, Namespace};
use krew_release::krew_folder;
use tempfile::TempDir;

/// krew with nothing installed, for a person who has no other plugins on the PATH.
pub struct Home<'a> {
    namespace: &'a Namespace,
    root: TempDir,
    path: String,
}

impl<'a> Home<'a> {
    pub fn new(namespace: &'a Namespace) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder can be created");
        let own = root.path().join("bin");
        let krew = krew_folder(&mut Streams::standard()).unwrap_or_else(|failure| panic!("{failure:?}"));
        let path = format!("{}:{}:/usr/bin:/bin", own.display(), krew.display());
        Self { namespace, root, path }
    }

    /// The home of somebody who has added an index as `drover`.
    pub fn with_index(namespace: &'a Namespace, index: &Path) -> Self {
        let home = Self::new(namespace);
        home.kubectl(["krew", "index", "add", "drover", text(index)]).success();
        home
    }

    pub fn kubectl<const N: usize>(&self, arguments: [&str; N]) -> Finished {
        self.command(&arguments).run()
    }

    /// kubectl that finds krew, and what krew has installed.
    pub fn command(&self, arguments: &[&str]) -> Invocation {
        self.namespace
            .command(arguments)
            .environment("PATH", &self.path)
            .environment("KREW_ROOT", text(self.root.path()))
            .environment("KREW_NO_UPGRADE_CHECK", "1")
    }

    /// All that is installed: programs, their files, and what krew remembers of them.
    pub fn installed(&self) -> BTreeSet<String> {
        let names = ["bin", "store", "receipts"].into_iter().flat_map(|folder| {
            let entries = fs::read_dir(self.root.path().join(folder)).expect("krew has made its folders");
            entries.map(move |entry| {
                let name = entry.expect("a folder can be read").file_name();
                format!("{folder}/{}", name.display())
            })
        });
        names.collect()
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary folder's name is text")
}
