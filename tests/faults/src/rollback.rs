//! What is promised of a rollback: all of the version, or all as it was before, or a way on to one of them.

use std::collections::BTreeMap;

use harness::Namespace;
use serde_json::{Value, json};

use crate::bundle::{self, Kept, NAME};
use crate::cell::Cell;
use crate::disturbance::{Disturbance, Family};
use crate::look::{COLLEAGUE, Look};
use crate::shop::Subject;

/// What a colleague does to a member.
pub const EDIT: &str = r#"patch configmap settings --patch={"data":{"number":"theirs"}}"#;

/// Of the Lease, and of the ConfigMap with the journal.
const RECORD: &str = "drover-bundle-kept";

/// How long a lock may be in the way of others, in seconds.
const LOCKED_FOR: u64 = 30;

/// The version, and how it was then: only with its time set back, as what came within the same second would not count
/// as younger.
const RECORDED: &str = "2026-01-01T00:00:00Z";

/// A bundle with one version, of which since three objects were changed and one was deleted, and one came.
pub fn prepare(namespace: &Namespace, kept: Option<Kept>) -> Kept {
    bundle::delete(namespace);
    let kept = kept.unwrap_or_else(|| record(namespace));
    namespace
        .kubectl(["delete", "configmap/flags", &format!("lease/{RECORD}"), "--ignore-not-found"])
        .success();
    apply(namespace, "now", &["settings", "extra"], 9090);
    namespace.command(["create", "--filename=-"]).input(&kept.stored).run().success();
    kept
}

fn record(namespace: &Namespace) -> Kept {
    apply(namespace, "then", &["settings", "flags"], 8080);
    namespace.kubectl(["bundle", "create", "svc/web", "--name", NAME]).success();
    let mut stored: Value = serde_json::from_str(&bundle::stored(namespace)).expect("what we wrote is JSON");
    for object in stored["items"].as_array_mut().expect("a list has items") {
        let Some(summary) = object.pointer_mut("/metadata/annotations/drover.dev~1bundle-version") else {
            continue;
        };
        let text = summary.as_str().expect("an annotation is text");
        let mut earlier: Value = serde_json::from_str(text).expect("a summary is JSON");
        earlier["at"] = json!(RECORDED);
        *summary = json!(earlier.to_string());
    }
    let at_first = Look::at(namespace);
    bundle::delete(namespace);
    Kept { stored: stored.to_string(), at_first }
}

fn apply(namespace: &Namespace, number: &str, maps: &[&str], port: u16) {
    let sources: Vec<_> = maps.iter().map(|name| json!({"configMapRef": {"name": name}})).collect();
    let env = [json!({"name": "NUMBER", "value": number})];
    let container = json!({"name": "web", "image": "drover.test/box:1", "env": env, "envFrom": sources});
    let deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
        },
    });
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": port}]},
    });
    let map = |name: &&str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"number": number}});
    let items: Vec<_> = maps.iter().map(map).chain([service, deployment]).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let words = ["apply", "--server-side", "--force-conflicts", "--filename=-"];
    namespace.command(words).input(list).run().success();
}

/// Lets the time go by that a lock outlives its holder.
pub fn pass_time(namespace: &Namespace) {
    let earlier = json!({"spec": {"renewTime": "2026-01-01T00:00:00.000000Z"}}).to_string();
    // Most often there is none.
    namespace.kubectl(["patch", "lease", RECORD, "--type=merge", "--patch", &earlier]);
}

/// The command that an error suggests, as a person gives it who means it.
pub fn agreed(mut words: Vec<String>) -> Vec<String> {
    let finishes = words.iter().any(|word| ["--continue", "--abort", "--yes"].contains(&word.as_str()));
    if words.iter().any(|word| word == "rollback") && !finishes {
        words.push("--yes".to_owned());
    }
    words
}

/// All is as in the version, and as it was is kept; what may not be read is left out, and is named.
pub fn promised(cell: &Cell, subject: &Subject, now: &Look, answer: &str) -> Result<(), String> {
    is_over(now)?;
    let unread = unread(answer).filter(|_| cell.disturbance == Disturbance::Forbidden);
    if let Some(difference) = difference(&subject.at_first, now, unread) {
        return Err(format!("not as in the version: {difference}"));
    }
    if unread.is_some() {
        return Ok(());
    }
    let before = |version: &harness::StoredVersion| {
        version.objects.get("configmaps/settings").is_some_and(|map| map["data"]["number"] == "now")
    };
    let is_kept = now.bundle.try_versions()?.values().any(before);
    is_kept.then_some(()).ok_or("no version has what was there before".to_owned())
}

/// The object that the command says it was not allowed to read, as this module names it.
fn unread(answer: &str) -> Option<&'static str> {
    let line = answer.lines().find(|line| line.contains("you may not read it"))?;
    let names = [
        ("configmap/settings", "ConfigMap/settings"),
        ("configmap/extra", "ConfigMap/extra"),
        ("configmap/flags", "ConfigMap/flags"),
        ("service/web", "Service/web"),
        ("deployment.apps/web", "Deployment/web"),
    ];
    names.into_iter().find(|(theirs, _)| line.contains(theirs)).map(|(_, ours)| ours)
}

/// All is as it was.
pub fn is_put_back(subject: &Subject, now: &Look) -> Result<(), String> {
    is_over(now)?;
    match difference(&subject.before, now, None) {
        Some(difference) => Err(format!("not as it was before: {difference}")),
        None => Ok(()),
    }
}

/// Beside what a colleague did, all is as in the version, or all is as it was.
pub fn settled(cell: &Cell, subject: &Subject, now: &Look) -> Result<(), String> {
    is_over(now)?;
    let theirs = match cell.disturbance {
        Disturbance::Edited => Some("ConfigMap/settings"),
        Disturbance::RolledOut | Disturbance::DeploymentDeleted => Some("Deployment/web"),
        _ => None,
    };
    let Some(forth) = difference(&subject.at_first, now, theirs) else { return Ok(()) };
    let Some(back) = difference(&subject.before, now, theirs) else { return Ok(()) };
    Err(format!("not as in the version: {forth}\nnor as it was before: {back}"))
}

/// Whether the command left all members as it found them, and nothing to be finished.
pub fn untouched(subject: &Subject, now: &Look) -> bool {
    is_put_back(subject, now).is_ok()
}

/// Nothing is left to be finished, every version is whole, and no lock is in the way for long.
fn is_over(now: &Look) -> Result<(), String> {
    if !now.bundle.try_versions()?.contains_key("1") {
        return Err("version 1 is gone".to_owned());
    }
    let definition = now.of_kind("ConfigMap").find(|map| map["metadata"]["name"] == RECORD);
    if definition.ok_or("the bundle is gone")?["data"]["rollback"].is_string() {
        return Err("the journal is still there".to_owned());
    }
    let lease = now.of_kind("Lease").find(|lease| lease["metadata"]["name"] == RECORD);
    match lease.map(|lease| &lease["spec"]["leaseDurationSeconds"]) {
        Some(seconds) if seconds.as_u64().is_none_or(|seconds| seconds > LOCKED_FOR) => {
            Err(format!("the lock lasts for {seconds} s"))
        }
        _ => Ok(()),
    }
}

/// Whether a lock is left that nothing kept from being released.
pub fn is_locked(cell: &Cell, now: &Look) -> bool {
    let is_left = now.of_kind("Lease").any(|lease| lease["metadata"]["name"] == RECORD);
    is_left && cell.asked.resource != "leases" && cell.disturbance.family() == Family::Faults
}

fn difference(expected: &Look, now: &Look, but: Option<&str>) -> Option<String> {
    let (mut expected, mut now) = (members(expected), members(now));
    if let Some(theirs) = but {
        expected.remove(theirs);
        now.remove(theirs);
    }
    let name = expected.keys().chain(now.keys()).find(|&name| expected.get(name) != now.get(name))?;
    Some(format!("{name}: {:?}, expected {:?}", now.get(name), expected.get(name)))
}

/// All that people want of each object.
fn members(look: &Look) -> BTreeMap<String, Value> {
    let all = ["ConfigMap", "Service", "Deployment"].into_iter().flat_map(|kind| look.of_kind(kind));
    let is_own = |object: &&Value| {
        let metadata = &object["metadata"];
        metadata["name"] != "kube-root-ca.crt" && metadata["labels"]["drover.dev/bundle"].is_null()
    };
    let wanted = all.filter(is_own).map(|object| {
        let metadata = &object["metadata"];
        let mut annotations = metadata["annotations"].as_object().cloned().unwrap_or_default();
        annotations
            .retain(|key, _| ![COLLEAGUE, "deployment.kubernetes.io/revision"].contains(&key.as_str()));
        let name = metadata["name"].as_str().expect("an object has a name");
        let key = format!("{}/{name}", object["kind"].as_str().expect("an object has a kind"));
        let labels = &metadata["labels"];
        let (spec, data) = (&object["spec"], &object["data"]);
        (key, json!({"labels": labels, "annotations": annotations, "spec": spec, "data": data}))
    });
    wanted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_rollback_asks() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(agreed(words("bundle rollback kept 2")), words("bundle rollback kept 2 --yes"));
        for line in ["bundle rollback kept --abort", "bundle diff kept 2", "bundle rollback kept 2 --yes"] {
            assert_eq!(agreed(words(line)), words(line));
        }
    }
}
