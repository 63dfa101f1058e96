//! The reference in a plugin's README is the plugin's own help.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Compares each block `<!-- help VERB -->` of the README in a plugin's folder with what the program prints; the block
/// `<!-- help -->` is the program's own. With `DROVER_WRITE_README` in the environment, the README is written instead.
pub fn expect_own_help(folder: &str, program: &str, verbs: &[&str]) {
    let path = Path::new(folder).join("README.md");
    let readme = fs::read_to_string(&path).expect("the README is beside Cargo.toml");
    let mut expected = with_block(&readme, "help", &help(program, &["--help"]));
    for verb in verbs {
        expected = with_block(&expected, &format!("help {verb}"), &help(program, &[verb, "--help"]));
    }
    if env::var_os("DROVER_WRITE_README").is_some() {
        fs::write(&path, &expected).expect("the README can be written");
    } else {
        let hint = "is stale: run `DROVER_WRITE_README=1 cargo test --workspace readme`";
        assert!(readme == expected, "{} {hint}", path.display());
    }
}

fn help(program: &str, arguments: &[&str]) -> String {
    let output =
        Command::new(program).args(arguments).env("COLUMNS", "100").output().expect("the program runs");
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
