//! The README's help is the program's own.

/// All that are described.
const VERBS: [&str; 14] = [
    "show", "create", "snapshot", "history", "diff", "rollback", "export", "list", "add", "remove", "prune",
    "delete", "events", "used-by",
];

#[test]
fn the_readme_shows_the_programs_own_help() {
    let program = env!("CARGO_BIN_EXE_kubectl-bundle");
    harness::readme::expect_own_help(env!("CARGO_MANIFEST_DIR"), program, &VERBS);
}
