//! Versions hold the values of Secrets, and nothing else does.

use std::fs;

use harness::{Fault, Namespace, Proxy, Select};

use crate::shop::{PASSWORD, shop};
use crate::versions::change;

#[test]
fn no_verb_says_what_a_secret_holds() {
    let namespace = shop("bundle-secrecy");
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let folder = temporary.path().to_str().expect("a path that is text");
    let encoded = encoded(&namespace);
    let run = |words: &[&str], code: i32| {
        for form in [&[][..], &["-o", "json"]] {
            let is_delete = words[0] == "delete" && form.is_empty();
            let command = namespace.command([&["bundle"][..], words, form].concat());
            let finished = command.environment("RUST_LOG", "trace").environment("TMPDIR", folder).run();
            assert!(is_delete || finished.code == code, "{words:?} {form:?}: {}", finished.stderr);
            for secret in [PASSWORD, &encoded] {
                let said = format!("{}{}", finished.stdout, finished.stderr);
                assert!(!said.contains(secret), "{words:?} {form:?}: {said}");
            }
        }
    };
    run(&["create", "svc/web", "--name=shop", "--dry-run=server"], 0);
    namespace.kubectl(["bundle", "create", "svc/web", "--name=shop"]).success();
    run(&["create", "svc/web", "--name=shop"], 1);
    for number in 2..4 {
        change(&namespace, number);
        run(&["snapshot", "shop", "--dry-run=server"], 0);
        run(&["snapshot", "shop"], 0);
    }
    run(&["history", "shop"], 0);
    run(&["list"], 0);
    run(&["prune", "shop", "--keep=1", "--dry-run=server"], 0);
    run(&["prune", "shop", "--keep=1"], 0);
    run(&["delete", "shop", "--yes", "--dry-run=server"], 0);
    let left = fs::read_dir(temporary.path()).expect("the folder is there").count();
    assert_eq!(left, 0, "nothing was written to disk");
}

#[test]
fn an_error_about_a_version_says_nothing_of_what_it_holds() {
    // Given a server that refuses the Secrets that a version is stored in
    let namespace = shop("bundle-secret-errors");
    let encoded = encoded(&namespace);
    for (number, fault) in
        [Fault::Malformed, Fault::Truncate, Fault::Status(422), Fault::ResetAfter].into_iter().enumerate()
    {
        let proxy = Proxy::start();
        proxy.break_request(Select::nth(1, "create", "secrets"), fault);
        let create = ["bundle", "create", "svc/web", &format!("--name=shop{number}")];
        let finished = namespace.through(&proxy).command(create).environment("RUST_LOG", "trace").run();
        assert_eq!(proxy.fired(), 1);
        let said = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!said.contains(PASSWORD) && !said.contains(&encoded), "{said}");
    }
}

/// The password as the server writes it.
fn encoded(namespace: &Namespace) -> String {
    namespace.get("secret/db")["data"]["password"].as_str().expect("base64").to_owned()
}
