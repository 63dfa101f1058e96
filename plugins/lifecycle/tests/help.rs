//! The README's help is the program's own.

#[test]
fn the_readme_shows_the_programs_own_help() {
    let program = env!("CARGO_BIN_EXE_kubectl-lifecycle");
    harness::readme::expect_own_help(
        env!("CARGO_MANIFEST_DIR"),
        program,
        &["show", "trace", "lint", "rehearse", "cleanup"],
    );
}
