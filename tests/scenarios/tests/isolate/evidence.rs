//! What is known of a pod is saved before anything about it changes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{Namespace, Rights};
use scenarios::roles::{role_of_the_readme, rules, without};
use serde_json::Value;
use tempfile::TempDir;

use crate::pods::{Pod, RECORD, pods};
use crate::promises::{expect_isolated, expect_untouched, expect_words, isolate_with, refused};
use crate::shop::{shop, shop_of, web_with_pod};

const SECRET: &str = "hunter2-of-the-evidence";

/// Every kind of container, one of which ran before, and a Secret in the environment.
const MORE_CONTAINERS: &str = "volumes: [{name: state, emptyDir: {}}]
      initContainers:
      - {name: setup, image: 'drover.test/box:1', command: [sh, -c, 'echo setup was here']}
      - {name: proxy, image: 'drover.test/box:1', restartPolicy: Always, command: [sh, -c, 'echo proxy is up; exec sleep 3600']}
      containers:
      - name: flaky
        image: drover.test/box:1
        command: [sh, -c, 'test -f /state/ran && echo second run && exec sleep 3600; touch /state/ran; echo first run; exit 3']
        volumeMounts: [{name: state, mountPath: /state}]
      - name: mute
        image: drover.test/box:1
        command: [/bin/sleep, '3600']
        env:
        - {name: PATH, value: /nowhere}
        - {name: TOKEN, valueFrom: {secretKeyRef: {name: token, key: token}}}";

fn rich_shop(test: &str) -> Namespace {
    let secret = format!(
        "{{apiVersion: v1, kind: Secret, metadata: {{name: token}}, stringData: {{token: {SECRET}}}}}\n"
    );
    let web = web_with_pod(1, MORE_CONTAINERS).replacen(
        "\n      containers:\n      - name: web",
        "\n      - name: web",
        1,
    );
    shop_of(test, &(secret + &web), 1)
}

#[test]
fn all_that_is_known_is_in_an_archive_that_checks_itself() {
    // Given a pod with containers of every kind
    let namespace = rich_shop("evidence");
    let place = TempDir::new().expect("there is room for evidence");
    let archive = place.path().join("sick.tar.gz");
    look_inside(&namespace, pods(&namespace, "app=web")[0].name());
    let sick = &pods(&namespace, "app=web")[0];

    // When it is isolated with evidence
    let said = isolate_with(&namespace, sick, &["--evidence", text(&archive)]).stderr;

    // Then it was saved before the first change, and told that logs are as they were written
    let saved = format!("evidence of pod/{}", sick.name());
    expect_words(&said, &[&saved, text(&archive), "verbatim"]);
    assert!(said.find(&saved) < said.find("1 leave the Deployment"), "evidence comes first:\n{said}");
    expect_isolated(&namespace, sick);
    // and everything is there, as the sums say
    let folder = unpack(&archive, sick);
    let sums = Command::new("sha256sum").args(["--strict", "-c", "SHA256SUMS"]).current_dir(&folder).output();
    let sums = sums.expect("sha256sum runs");
    assert!(sums.status.success(), "{}", String::from_utf8_lossy(&sums.stdout));
    let files = files(&folder);
    for file in
        ["logs/setup.log", "logs/proxy.log", "logs/flaky.log", "logs/flaky.previous.log", "logs/web.log"]
    {
        assert!(files.contains(file), "{file} is among {files:?}");
    }
    let log = |name: &str| fs::read_to_string(folder.join("logs").join(name)).expect("a log is text");
    assert!(log("setup.log").ends_with("Z setup was here\n"), "with its time: {}", log("setup.log"));
    expect_words(&log("flaky.previous.log"), &["first run"]);
    expect_words(&log("flaky.log"), &["second run"]);
    expect_words(&log("look.log"), &["a look was here"]);
    // and the objects are those of before, with what came of them
    let pod = Pod(json(&folder, "pod.json"));
    assert_eq!(pod.without_status(), sick.without_status());
    let set = sick.owners()[0]["name"].as_str().expect("the pod has a ReplicaSet");
    assert_eq!(json(&folder, &format!("owners/replicaset-{set}.json"))["kind"], "ReplicaSet");
    assert_eq!(json(&folder, "owners/deployment-web.json")["kind"], "Deployment");
    assert_eq!(json(&folder, "services.json")["items"][0]["metadata"]["name"], "web");
    let has_pod = |name: &str| fs::read_to_string(folder.join(name)).expect("a list").contains(sick.uid());
    assert!(has_pod("endpointslices-before.json"), "it served before");
    assert!(!has_pod("endpointslices-after.json"), "and no longer afterwards");
    assert!(has_pod("events-before.json"), "its events are there");
    // and nothing secret, and nothing that takes a command in the pod
    for file in &files {
        let content = fs::read(folder.join(file)).expect("a file can be read");
        assert!(!String::from_utf8_lossy(&content).contains(SECRET), "{file} shows the Secret");
        assert!(!file.starts_with("proc"), "nobody asked for {file}");
    }
}

#[test]
fn with_connections_it_has_what_proc_says_where_there_is_cat() {
    let namespace = rich_shop("evidence-proc");
    let place = TempDir::new().expect("there is room for evidence");
    let sick = &pods(&namespace, "app=web")[0];

    // When it is isolated with evidence in a folder, and commands may be run
    let finished = isolate_with(&namespace, sick, &["--connections", "--evidence", text(place.path())]);

    // Then what the kernel says of a container is there
    let folder = only_folder(place.path());
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a file of /proc is text");
    expect_words(&read("proc/web/net-tcp"), &["local_address"]);
    expect_words(&read("proc/web/net-tcp6"), &["local_address", ":1F90"]);
    expect_words(&read("proc/web/status"), &["Name:\thttpd", "State:"]);
    expect_words(&read("proc/proxy/mounts"), &[" / "]);
    expect_words(&read("proc/flaky/ps"), &["sleep 3600"]);
    // and of the one without `cat` it is told that and why nothing is there
    let missing = "proc/mute/net-tcp";
    expect_words(&finished.stderr, &[missing, "executable file not found"]);
    let manifest = json(&folder, "manifest.json");
    let named = manifest["missing"].as_array().expect("a list").iter().any(|part| part["path"] == missing);
    assert!(named, "{manifest:#}");
    expect_isolated(&namespace, sick);
}

#[test]
fn a_part_that_can_not_be_captured_stops_nothing() {
    // Given somebody who may isolate, and not read logs or events
    let namespace = shop("evidence-rights", 1);
    let role = without(role_of_the_readme("isolate"), "events", "list");
    let user = namespace.limited_user("oncall", Rights::Rules(&rules(&role)));
    let place = TempDir::new().expect("there is room for evidence");
    let sick = &pods(&namespace, "app=web")[0];

    // When they isolate a pod with evidence
    let finished =
        user.kubectl(["isolate", sick.name(), "--evidence", text(place.path()), "-o", "json"]).success();

    // Then they were told beforehand, and the manifest names what is missing and why
    expect_words(&finished.stderr, &["warning: you may not get pods/log; list events"]);
    expect_isolated(&namespace, sick);
    let manifest = json(&only_folder(place.path()), "manifest.json");
    let cause = |path: &str| {
        let parts = manifest["missing"].as_array().expect("a list");
        let part = parts.iter().find(|part| part["path"] == path);
        part.unwrap_or_else(|| panic!("{path} is named: {manifest:#}"))["cause"]
            .as_str()
            .expect("words")
            .to_owned()
    };
    expect_words(&cause("logs/web.log"), &["cannot get resource \"pods/log\""]);
    expect_words(&cause("events-before.json"), &["cannot list resource \"events\""]);
    let answer: Value = serde_json::from_str(&finished.stdout).expect("an answer in JSON");
    assert_eq!(answer["items"][0]["evidence"]["missing"], manifest["missing"]);
}

#[test]
fn evidence_is_never_written_over() {
    let namespace = shop("evidence-again", 1);
    let place = TempDir::new().expect("there is room for evidence");
    let archive = place.path().join("sick.tgz");
    fs::write(&archive, "earlier").expect("there is room for evidence");
    let sick = &pods(&namespace, "app=web")[0];

    let said = refused(namespace.kubectl(["isolate", sick.name(), "--evidence", text(&archive)]));

    expect_words(&said, &["sick.tgz", "choose another"]);
    assert_eq!(fs::read_to_string(&archive).expect("it is there"), "earlier");
    expect_untouched(&namespace, sick);
    // A dry run captures nothing.
    let fresh = place.path().join("fresh.tgz");
    let dry = ["isolate", sick.name(), "--dry-run=client", "--evidence", text(&fresh)];
    let said = namespace.kubectl(dry).success().stderr;
    expect_words(&said, &["would be saved in"]);
    assert!(!fresh.exists());
    assert!(sick.annotation(RECORD).is_none());
}

/// Adds an ephemeral container, and waits until it runs.
fn look_inside(namespace: &Namespace, pod: &str) {
    let script = "echo a look was here; exec sleep 3600";
    let debug = ["debug", pod, "--image=drover.test/box:1", "--container=look", "--", "sh", "-c", script];
    namespace.kubectl(debug).success();
    let runs = "jsonpath={.status.ephemeralContainerStatuses[0].state.running}";
    namespace.wait(&format!("pod/{pod}"), runs, 60);
}

fn unpack(archive: &Path, pod: &Pod) -> PathBuf {
    let place = archive.parent().expect("it lies in a folder").join("unpacked");
    fs::create_dir(&place).expect("there is room for evidence");
    let unpacked = Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&place).status();
    assert!(unpacked.expect("tar runs").success(), "tar reads the archive");
    let folder = only_folder(&place);
    assert!(text(folder.file_name().map(Path::new).expect("a name")).starts_with(pod.name()));
    folder
}

fn only_folder(place: &Path) -> PathBuf {
    let mut entries = fs::read_dir(place).expect("a folder").map(|entry| entry.expect("an entry").path());
    let folder = entries.next().expect("there is evidence");
    assert!(entries.next().is_none(), "all is in one folder");
    folder
}

fn files(folder: &Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                files.insert(text(entry.strip_prefix(folder).expect("it lies within")).to_owned());
            }
        }
    }
    files
}

fn json(folder: &Path, name: &str) -> Value {
    let content = fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&content).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain name")
}
