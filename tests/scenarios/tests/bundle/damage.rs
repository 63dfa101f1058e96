//! What somebody else did to what is stored is named, and there is a way on.

use harness::Namespace;
use scenarios::words::{expect_words, refused};
use serde_json::json;

use crate::versions::{bundled, change, history, record, stored};

#[test]
fn a_version_that_lost_a_chunk_is_named_and_the_next_is_recorded() {
    // Given a version of which somebody deleted a part
    let namespace = bundled("bundle-lost");
    let chunk = stored(&namespace).chunks.into_keys().next().expect("a version has a chunk");
    namespace.kubectl(["delete", "secret", &chunk]).success();

    // Then its history says so
    let told = namespace.kubectl(["bundle", "history", "shop"]).success();
    expect_words(&told.stderr, &[&format!("warning: version 1 can't be read: secret/{chunk} is gone")]);

    // and a snapshot, which can't be compared with it, is recorded
    let said = namespace.kubectl(["bundle", "snapshot", "shop"]).success();
    let warning = format!("version 1 of bundle/shop can't be read: secret/{chunk} is gone");
    expect_words(&said.stderr, &[&warning, "a new version is recorded"]);
    expect_words(&said.stdout, &["version 2 recorded"]);
    // Nothing had changed, so that the first is whole again, too.
    assert_eq!(stored(&namespace).names(), ["1", "2"]);
}

#[test]
fn a_chunk_that_holds_something_else_is_in_the_way_until_it_is_deleted() {
    let namespace = bundled("bundle-changed-chunk");
    let chunk = stored(&namespace).chunks.into_keys().next().expect("a version has a chunk");
    replace(&namespace, &chunk, "chunk");

    let said = refused(namespace.kubectl(["bundle", "snapshot", "shop"]));

    expect_words(&said, &[&format!("secret/{chunk} does not hold what its name says")]);
    let (_, command) = said.split_once("it is of no use:  kubectl ").expect("a way on");
    namespace.kubectl(command.lines().next().expect("a line").split(' ')).success();
    namespace.kubectl(["bundle", "snapshot", "shop"]).success();
    assert_eq!(stored(&namespace).names(), ["1", "2"]);
}

#[test]
fn an_index_that_is_gone_or_spoilt_does_not_stop_what_follows() {
    let namespace = bundled("bundle-spoilt-index");
    record(&namespace, 2);
    replace(&namespace, "drover-bundle-shop-v2", "index");
    namespace
        .kubectl(["annotate", "secret", "drover-bundle-shop-v2", "drover.dev/bundle-version-"])
        .success();
    change(&namespace, 3);

    let told = namespace.kubectl(["bundle", "history", "shop", "-o", "name"]).success();
    assert_eq!(told.stdout, "1\n");
    expect_words(&told.stderr, &["secret/drover-bundle-shop-v2: its summary can't be read"]);
    let said = namespace.kubectl(["bundle", "snapshot", "shop"]).success().stdout;
    expect_words(&said, &["version 3 recorded"]);
    let said = namespace.kubectl(["bundle", "prune", "shop", "--keep=1"]).success();
    expect_words(&said.stderr, &["secret/drover-bundle-shop-v2: its summary can't be read"]);
    namespace.kubectl(["delete", "secret", "drover-bundle-shop-v2"]).success();
    let said = namespace.kubectl(["bundle", "prune", "shop", "--keep=1"]).success();
    expect_words(&said.stderr, &["2 chunks may be of a version that is being recorded"]);
    assert_eq!(
        (history(&namespace), stored(&namespace).names()),
        (vec!["3".to_owned()], vec!["3".to_owned()])
    );
}

#[test]
fn what_a_newer_program_recorded_is_refused() {
    let namespace = bundled("bundle-newer");
    let script = r#"printf '{"schema": 2}' | gzip -c | base64 -w0"#;
    let index = std::process::Command::new("sh").args(["-c", script]).output().expect("a shell");
    let index = String::from_utf8(index.stdout).expect("base64 is text");
    recreate(&namespace, "drover-bundle-shop-v1", "index", &index);

    let said = refused(namespace.kubectl(["bundle", "snapshot", "shop"]));

    expect_words(&said, &["version 1 of bundle/shop", "a newer kubectl bundle recorded it", "krew upgrade"]);
}

/// Puts something else into a Secret that can't be changed.
fn replace(namespace: &Namespace, secret: &str, key: &str) {
    recreate(namespace, secret, key, "c29tZXRoaW5n");
}

fn recreate(namespace: &Namespace, secret: &str, key: &str, base64: &str) {
    let mut object = namespace.get(&format!("secret/{secret}"));
    object["data"][key] = json!(base64);
    let metadata = object["metadata"].as_object_mut().expect("an object has metadata");
    metadata.retain(|key, _| ["name", "labels", "annotations"].contains(&key.as_str()));
    namespace.kubectl(["delete", "secret", secret]).success();
    namespace.command(["create", "--filename=-"]).input(object.to_string()).run().success();
}
