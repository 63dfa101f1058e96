//! The README's help is the program's own. After a change of flags: `DROVER_WRITE_README=1 cargo test -p kubectl-debug_mode`.
#![allow(clippy::expect_used, reason = "a test says what it expected")]

use std::path::Path;
use std::process::Command;

#[test]
fn the_readme_shows_the_programs_own_help() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("the README is beside Cargo.toml");
    let mut expected = readme.clone();
    expected = with_block(&expected, "help", &help(&["--help"]));
    for verb in ["on", "off", "status", "list"] {
        expected = with_block(&expected, &format!("help {verb}"), &help(&[verb, "--help"]));
    }
    if std::env::var_os("DROVER_WRITE_README").is_some() {
        std::fs::write(&path, &expected).expect("the README can be written");
    } else {
        assert!(
            readme == expected,
            "the README is stale: run DROVER_WRITE_README=1 cargo test -p kubectl-debug_mode"
        );
    }
}

fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-debug_mode"))
        .args(arguments)
        .env("COLUMNS", "100")
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("help is text")
}

/// The text with what stands between two markers replaced by a code block.
fn with_block(text: &str, marker: &str, content: &str) -> String {
    let (open, close) = (format!("<!-- {marker} -->\n"), format!("<!-- /{marker} -->"));
    let start = text.find(&open).unwrap_or_else(|| panic!("no {open}")) + open.len();
    let end = start + text[start..].find(&close).unwrap_or_else(|| panic!("no {close}"));
    let lines: Vec<_> = content.trim_end().lines().map(str::trim_end).collect();
    format!("{}```\n{}\n```\n{}", &text[..start], lines.join("\n"), &text[end..])
}
