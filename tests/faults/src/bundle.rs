//! What is promised of a bundle's storage, and whether it is so.

use std::collections::BTreeSet;

use harness::{Namespace, StoredVersion, workloads};
use serde_json::{Value, json};

use crate::cell::Cell;
use crate::disturbance::Disturbance;
use crate::look::Look;
use crate::shop::Subject;
use crate::verb::Verb;

/// The bundle that all cells are about.
pub const NAME: &str = "kept";

/// The ConfigMaps that are members. Together they are more than one chunk holds, so that what does not change is
/// shared by all versions.
const SETTINGS: [&str; 4] = ["settings-a", "settings-b", "settings-c", "settings-d"];

const ALL: [&str; 3] = ["secrets,configmaps", "--selector=drover.dev/bundle", "--ignore-not-found"];

/// What a bundle is made from again before the next cell.
pub struct Kept {
    /// All that is stored of it, as one list.
    pub stored: String,
    /// When it was recorded.
    pub at_first: Look,
}

/// A bundle of three versions, of which each has a chunk that the others do not need, and a change that is not
/// recorded yet.
pub fn prepare(namespace: &Namespace, kept: Option<Kept>) -> Kept {
    delete(namespace);
    if let Some(kept) = kept {
        namespace.command(["create", "--filename=-"]).input(&kept.stored).run().success();
        return kept;
    }
    namespace
        .apply(&(workloads::web_deployment("web", 0) + &workloads::service("web", "app: web, tier: front")));
    change(namespace, 1);
    namespace.kubectl(["bundle", "create", "svc/web", "cj/kept", "--name", NAME]).success();
    for number in 2..=3 {
        change(namespace, number);
        namespace.kubectl(["bundle", "snapshot", NAME]).success();
    }
    change(namespace, 4);
    Kept { stored: stored(namespace), at_first: Look::at(namespace) }
}

/// Deletes all that is stored of bundles.
pub fn delete(namespace: &Namespace) {
    namespace.kubectl([&["delete"], &ALL[..]].concat()).success();
}

/// All that is stored of bundles, to be created again.
pub fn stored(namespace: &Namespace) -> String {
    let stored = namespace.kubectl([&["get"], &ALL[..], &["--output=json"]].concat()).success().stdout;
    let mut stored: Value = serde_json::from_str(&stored).expect("`kubectl get --output=json` prints JSON");
    for object in stored["items"].as_array_mut().expect("a list has items") {
        let metadata = object["metadata"].as_object_mut().expect("an object has metadata");
        metadata.retain(|key, _| ["name", "labels", "annotations"].contains(&key.as_str()));
    }
    stored.to_string()
}

/// Brings the members to another state: of the ConfigMaps, only the first differs.
fn change(namespace: &Namespace, number: usize) {
    let map = |name: &str| {
        let number = if name == SETTINGS[0] { number } else { 0 };
        let data = json!({"number": number.to_string(), "filling": name.repeat(30_000)});
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
    };
    let sources = SETTINGS.map(|name| json!({"configMapRef": {"name": name}}));
    let container = json!({"name": "kept", "image": "drover.test/box:1", "envFrom": sources});
    let pod = json!({"spec": {"restartPolicy": "Never", "containers": [container]}});
    let spec = json!({"schedule": "0 0 1 1 *", "suspend": true, "jobTemplate": {"spec": {"template": pod}}});
    let job =
        json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "kept"}, "spec": spec});
    let items: Vec<_> = SETTINGS.map(map).into_iter().chain([job]).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let words = ["apply", "--server-side", "--filename=-"];
    namespace.command(words).input(list).run().success();
}

/// Whether the end state is the one that was asked for.
pub fn promised(cell: &Cell, now: &Look) -> Result<(), String> {
    let versions = now.bundle.try_versions()?;
    let names: Vec<&str> = versions.keys().map(String::as_str).collect();
    let expected: &[&str] = match cell.verb {
        Verb::BundleSnapshot => &["1", "2", "3", "4"],
        Verb::BundlePrune => &["3"],
        _ => &[],
    };
    if names != expected {
        return Err(format!("there are the versions {names:?}"));
    }
    match cell.verb {
        // What may not be read is left out, and is named.
        Verb::BundleSnapshot if cell.disturbance == Disturbance::Forbidden && leaves_out(&versions["4"]) => {}
        Verb::BundleSnapshot => {
            let number = &versions["4"].objects["configmaps/settings-a"]["data"]["number"];
            if number != "4" {
                return Err(format!("version 4 holds the state {number}"));
            }
        }
        Verb::BundleDelete if now.bundle.secrets() > 0 || is_defined(now) => {
            return Err(format!("{} Secrets of it are left", now.bundle.secrets()));
        }
        _ => {}
    }
    Ok(())
}

fn leaves_out(version: &StoredVersion) -> bool {
    version.summary["unread"].as_u64() > Some(0)
}

/// Whatever happened: no version that is not whole.
pub fn settled(now: &Look) -> Result<(), String> {
    now.bundle.try_versions().map(drop)
}

/// Whether the command left all versions, and what the bundle starts from, as it found them.
pub fn untouched(subject: &Subject, now: &Look) -> bool {
    let state = |look: &Look| {
        let chunks: BTreeSet<String> = look.bundle.chunks.keys().cloned().collect();
        (look.bundle.try_versions(), chunks, is_defined(look))
    };
    state(&subject.before) == state(now)
}

fn is_defined(look: &Look) -> bool {
    look.of_kind("ConfigMap").any(|map| map["metadata"]["labels"]["drover.dev/bundle"] == NAME)
}
