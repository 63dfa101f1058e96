//! What a person typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use semver::Version;

use crate::cargo::RELEASED;

#[derive(Debug, Parser)]
#[command(name = "krew-release", about = "Package a release, and write and check its krew manifests")]
pub struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Build every plugin, archive it, and write the manifests
    Package(PackageArgs),
    /// Write the manifests of the archives that are there
    Manifests(PlaceArgs),
    /// Compare manifests, versions, archives and docs, and have krew validate the manifests
    Check(CheckArgs),
    /// Raise the version of the workspace
    Bump {
        /// For example 0.2.0
        version: Version,
    },
}

#[derive(Debug, ClapArgs)]
pub struct PackageArgs {
    /// A Rust target to build for; by default one for each platform whose target is installed
    #[arg(long = "target", value_name = "TARGET")]
    pub targets: Vec<String>,
    /// The Cargo profile to build with
    #[arg(long, default_value = RELEASED)]
    pub profile: String,
    #[command(flatten)]
    pub place: PlaceArgs,
}

#[derive(Debug, ClapArgs)]
pub struct CheckArgs {
    /// Fail when the archive of a platform is not there
    #[arg(long)]
    pub every_platform: bool,
    #[command(flatten)]
    pub place: PlaceArgs,
}

#[derive(Debug, Default, ClapArgs)]
pub struct PlaceArgs {
    /// The folder of the archives; by default `krew` in the target folder
    #[arg(long, value_name = "FOLDER")]
    pub archives: Option<PathBuf>,
    /// The folder of the manifests; by default `plugins`
    #[arg(long, value_name = "FOLDER")]
    pub manifests: Option<PathBuf>,
    /// Where the archives can be fetched; by default the release's page in the repository
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}
