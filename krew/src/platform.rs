//! Where a plugin runs, in krew's words and in Rust's.

use std::env;

use drover::cli::Failure;

use crate::cargo;

/// A platform that plugins are released for.
#[derive(Debug, PartialEq, Eq)]
pub struct Platform {
    /// As Go names it.
    pub os: &'static str,
    /// As Go names it.
    pub arch: &'static str,
    /// The Rust targets that make programs for it, the best first.
    targets: &'static [&'static str],
}

/// All of them. On Linux, musl makes static programs; glibc's will do where a machine has no other.
pub const PLATFORMS: [Platform; 5] = [
    Platform {
        os: "linux",
        arch: "amd64",
        targets: &["x86_64-unknown-linux-musl", "x86_64-unknown-linux-gnu"],
    },
    Platform {
        os: "linux",
        arch: "arm64",
        targets: &["aarch64-unknown-linux-musl", "aarch64-unknown-linux-gnu"],
    },
    Platform { os: "darwin", arch: "amd64", targets: &["x86_64-apple-darwin"] },
    Platform { os: "darwin", arch: "arm64", targets: &["aarch64-apple-darwin"] },
    Platform { os: "windows", arch: "amd64", targets: &["x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu"] },
];

impl Platform {
    /// The platform that a Rust target makes programs for.
    ///
    /// # Errors
    /// When plugins are not released for it.
    pub fn of_target(target: &str) -> Result<&'static Self, Failure> {
        PLATFORMS.iter().find(|platform| platform.targets.contains(&target)).ok_or_else(|| {
            let known: Vec<_> = PLATFORMS.iter().flat_map(|platform| platform.targets).copied().collect();
            Failure::new(format!("plugins are not released for {target}"))
                .hint(format!("they are for: {}", known.join(", ")))
        })
    }

    /// The best target of each platform among those that the compiler has.
    ///
    /// # Errors
    /// When the compiler can't be asked.
    pub fn installed_targets() -> Result<Vec<String>, Failure> {
        let mut installed = Vec::new();
        for platform in &PLATFORMS {
            for target in platform.targets {
                if cargo::has_target(target)? {
                    installed.push((*target).to_owned());
                    break;
                }
            }
        }
        Ok(installed)
    }

    /// The best target that the compiler has for the machine that this runs on.
    ///
    /// # Errors
    /// When there is none, or the compiler can't be asked.
    pub fn target_here() -> Result<String, Failure> {
        let os = if env::consts::OS == "macos" { "darwin" } else { env::consts::OS };
        let arch = match env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let is_here = |target: &String| {
            Self::of_target(target).is_ok_and(|platform| (platform.os, platform.arch) == (os, arch))
        };
        let here = Self::installed_targets()?.into_iter().find(is_here);
        here.ok_or_else(|| {
            let platform = PLATFORMS.iter().find(|platform| (platform.os, platform.arch) == (os, arch));
            let failure = Failure::new(format!("the compiler makes no programs for {os}/{arch}"));
            match platform {
                Some(platform) => {
                    failure.hint(format!("install:  rustup target add {}", platform.targets[0]))
                }
                None => failure.hint("plugins are not released for it"),
            }
        })
    }

    /// What a file for this platform has in its name: `linux-amd64`.
    #[must_use]
    pub fn in_file_names(&self) -> String {
        format!("{}-{}", self.os, self.arch)
    }

    /// As people write it: `linux/amd64`.
    #[must_use]
    pub fn in_words(&self) -> String {
        format!("{}/{}", self.os, self.arch)
    }

    /// The file name of a program.
    #[must_use]
    pub fn program(&self, name: &str) -> String {
        let extension = if self.os == "windows" { ".exe" } else { "" };
        format!("{name}{extension}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_belongs_to_one_platform() {
        assert_eq!(Platform::of_target("aarch64-unknown-linux-musl").unwrap().in_words(), "linux/arm64");
        let unknown = Platform::of_target("riscv64gc-unknown-linux-gnu").unwrap_err();
        assert_eq!(unknown.message, "plugins are not released for riscv64gc-unknown-linux-gnu");
    }

    #[test]
    fn only_windows_has_an_extension() {
        let windows = Platform::of_target("x86_64-pc-windows-msvc").unwrap();
        assert_eq!(windows.program("kubectl-isolate"), "kubectl-isolate.exe");
        assert_eq!(PLATFORMS[0].program("kubectl-isolate"), "kubectl-isolate");
    }
}
