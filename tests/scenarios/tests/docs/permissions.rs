//! docs/permissions.yaml has the ClusterRoles of the READMEs, which other scenarios test.

use std::{env, fs};

use crate::repository::{path, read};

/// Each ClusterRole, by the marks it stands between.
const ROLES: [(&str, &str); 10] = [
    ("isolate", "cluster-role"),
    ("isolate", "evidence-role"),
    ("isolate", "exec-role"),
    ("isolate", "quarantine-role"),
    ("debug-mode", "cluster-role"),
    ("bundle", "cluster-role"),
    ("bundle", "rollback-role"),
    ("lifecycle", "cluster-role"),
    ("lifecycle", "rehearse-role"),
    ("lifecycle", "cause-role"),
];

const HEAD: &str = "\
# All that the plugins need, and nothing more: the tests leave out each right in turn. A Role in a namespace will do.
# Written from the READMEs of plugins/ by a test.
";

#[test]
fn the_permissions_are_those_of_the_readmes() {
    let roles: String = ROLES.iter().map(|(plugin, mark)| format!("---\n{}\n", role(plugin, mark))).collect();
    let expected = format!("{HEAD}{roles}");
    let file = "docs/permissions.yaml";
    if env::var_os("DROVER_WRITE_README").is_some() {
        fs::write(path(file), &expected).expect("docs/ can be written");
    }
    assert!(
        read(file) == expected,
        "{file} is stale: run `DROVER_WRITE_README=1 cargo test -p scenarios --test docs permissions`"
    );
}

fn role(plugin: &str, mark: &str) -> String {
    let readme = read(&format!("plugins/{plugin}/README.md"));
    let block = readme
        .split_once(&format!("<!-- {mark} -->\n```yaml\n"))
        .and_then(|(_, rest)| rest.split_once("\n```\n"))
        .map(|(block, _)| block.to_owned());
    block.unwrap_or_else(|| panic!("the README of {plugin} has no {mark}"))
}
