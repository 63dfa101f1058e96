//! Shells that a machine may lack, installed when a test asks for one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The Debian packages, each with a file of it that is looked for.
const PACKAGES: [(&str, &str); 3] = [
    ("bash-completion", "/usr/share/bash-completion/bash_completion"),
    ("zsh", "/usr/bin/zsh"),
    ("fish", "/usr/bin/fish"),
];

/// A shell by its name: `bash`, `zsh` or `fish`.
pub fn program(name: &str) -> PathBuf {
    install();
    Path::new("/usr/bin").join(name)
}

/// What kubectl's script for bash needs.
pub fn bash_completion() -> &'static Path {
    install();
    Path::new(PACKAGES[0].1)
}

fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let missing: Vec<_> = missing().collect();
        if !missing.is_empty() {
            apt_get(&["update"]);
            apt_get(&[&["install", "--yes", "--no-install-recommends"], &missing[..]].concat());
        }
    });
}

fn missing() -> impl Iterator<Item = &'static str> {
    PACKAGES.iter().filter(|(_, file)| !Path::new(file).exists()).map(|(package, _)| *package)
}

fn apt_get(arguments: &[&str]) {
    let wanted =
        || format!("the tests need these Debian packages: {}", missing().collect::<Vec<_>>().join(" "));
    let status = Command::new("apt-get")
        // Somebody else may be installing something.
        .args(["-o", "DPkg::Lock::Timeout=120"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .unwrap_or_else(|error| panic!("{}; cannot start apt-get: {error}", wanted()));
    assert!(status.success(), "{}; apt-get {arguments:?} failed", wanted());
}
