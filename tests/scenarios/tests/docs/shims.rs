//! The shims of all plugins, installed as a person does it.

use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use harness::{Namespace, search_path};
use tempfile::TempDir;

pub const PLUGINS: [&str; 4] = ["isolate", "debug-mode", "bundle", "lifecycle"];

/// A PATH with a folder of shims in it.
pub fn path_with_shims() -> String {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        let namespace = Namespace::new("shims");
        PLUGINS.iter().for_each(|plugin| install(&namespace, plugin, folder.path()));
        folder
    });
    path_with(folder.path())
}

fn install(namespace: &Namespace, plugin: &str, folder: &Path) {
    let folder_text = folder.to_str().expect("a plain path");
    let command = namespace.command([plugin, "completion", "install-shim", folder_text]);
    let said = command.environment("PATH", &path_with(folder)).run().success();
    assert!(said.stdout.ends_with(" written\n"), "{}", said.stdout);
    assert_eq!(said.stderr, "", "the folder is in PATH");
    let elsewhere = namespace.kubectl([plugin, "completion", "install-shim", folder_text]).success();
    assert!(elsewhere.stderr.contains("is not in your PATH"), "{}", elsewhere.stderr);
}

fn path_with(folder: &Path) -> String {
    format!("{}:{}", folder.display(), search_path().to_str().expect("a plain path"))
}

/// How often a key is pressed at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again until the answer will do; the last one where none does.
pub fn until_there<T>(ask: impl Fn() -> T, will_do: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = ask();
        if will_do(&answer) || Instant::now() > deadline {
            return answer;
        }
    }
}
