//! `version`: what runs here and there, and whether both were tested together.

use std::ops::RangeInclusive;

use clap::Args;
use serde::Serialize;

use super::{Completes, Failure, OutputFormat, Streams};
use crate::cluster::{Cluster, Connection, ServerVersion};
use crate::print::{escape, write_structured};

/// The minor versions of Kubernetes 1 whose control planes the scenarios run against.
const TESTED: RangeInclusive<u32> = 33..=37;

const EXAMPLES: &str = "\
Examples:
  # Both versions, and a warning where they were not tested together
  kubectl PLUGIN version

  # What is installed here, without a request
  kubectl PLUGIN version --client";

/// What `version` is given.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VersionArgs {
    /// Only the plugin's own: no server is asked
    #[arg(long)]
    client: bool,
    /// Form of the answer: json or yaml
    #[arg(short, long, value_name = "FORM", value_parser = OutputFormat::parse_document, add = Completes::Words(&["json", "yaml"]))]
    output: Option<OutputFormat>,
}

/// The schema of `-o json`, which is `kubectl version`'s.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Versions {
    client_version: ClientVersion,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_version: Option<ServerVersion>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClientVersion {
    git_version: &'static str,
    platform: String,
}

/// Prints the versions. What is known here is printed also where the server can't be asked.
pub(super) async fn run(
    arguments: &VersionArgs,
    connection: &Connection,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let server = if arguments.client { None } else { Some(server_version(connection).await) };
    let (server_version, failure) = match server {
        None => (None, None),
        Some(Ok(version)) => (Some(version), None),
        Some(Err(failure)) => (None, Some(failure)),
    };
    let client_version =
        ClientVersion { git_version: concat!("v", env!("CARGO_PKG_VERSION")), platform: platform() };
    print(&Versions { client_version, server_version }, arguments.output, streams)?;
    failure.map_or(Ok(()), Err)
}

async fn server_version(connection: &Connection) -> Result<ServerVersion, Failure> {
    Ok(Cluster::connect(connection).await?.server_version().await?)
}

fn print(versions: &Versions, output: Option<OutputFormat>, streams: &mut Streams) -> Result<(), Failure> {
    if let Some(form) = output.and_then(OutputFormat::structured) {
        write_structured(form, versions, &mut streams.out)?;
    } else {
        writeln!(streams.out, "Client Version: {}", versions.client_version.git_version)?;
        if let Some(server) = &versions.server_version {
            writeln!(streams.out, "Server Version: {}", escape(&server.git_version))?;
        }
    }
    if let Some(warning) = versions.server_version.as_ref().and_then(skew) {
        streams.say(&format!("warning: {warning}"), 9)?;
    }
    Ok(())
}

/// What to know about a server that the suite was not tested with.
fn skew(server: &ServerVersion) -> Option<String> {
    let is_tested = server.major == "1" && server.minor_number().is_some_and(|minor| TESTED.contains(&minor));
    (!is_tested).then(|| {
        let (first, last) = (TESTED.start(), TESTED.end());
        format!("the server's version is {}; tested are 1.{first} to 1.{last}", server.git_version)
    })
}

/// As Go, and so kubectl, names them.
fn platform() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        system => system,
    };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        machine => machine,
    };
    format!("{system}/{machine}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_outside_the_tested_versions_is_told() {
        let server = |minor: &str| {
            let version =
                serde_json::json!({"major": "1", "minor": minor, "gitVersion": format!("v1.{minor}.2")});
            skew(&serde_json::from_value(version).unwrap())
        };
        assert_eq!(server("35"), None);
        assert_eq!(server("35+"), None, "as some providers write it");
        assert_eq!(server("32").unwrap(), "the server's version is v1.32.2; tested are 1.33 to 1.37");
        assert!(server("38").is_some() && server("").is_some());
    }
}
