//! Help as kubectl's users expect it.

use std::collections::BTreeSet;
use std::process::Command as Process;

use clap::Command;

/// The width that help is written for.
const WIDEST: usize = 100;

/// Panics unless the help of a plugin, and of each of its verbs, has examples before all else, in commands that the
/// plugin understands, and fits.
pub fn expect_help(mut command: Command) {
    command.build();
    expect_help_of(&mut command.clone(), &command);
}

fn expect_help_of(command: &mut Command, plugin: &Command) {
    let name = command.get_bin_name().expect("it was built").to_owned();
    let help = command.render_help().to_string();
    for line in help.lines() {
        assert!(line.chars().count() <= WIDEST, "the help of {name} is too wide: {line}");
    }
    let texts = [command.get_about(), command.get_after_help()].map(|text| text.map(ToString::to_string));
    for line in texts.iter().flatten().flat_map(|text| text.lines()) {
        assert!(help.contains(&format!("{line}\n")), "the help of {name} breaks a line: {line}");
    }
    assert!(help.contains(&format!("\nUsage: {name} ")), "it is called as it is typed:\n{help}");
    // Of what only groups verbs, their own help says how.
    let examples = help.find("\nExamples:\n").filter(|examples| help.find("\nUsage:") > Some(*examples));
    assert!(examples.is_some() || is_plain(command), "no examples first:\n{help}");
    let headings: Vec<_> =
        help.lines().filter(|line| line.ends_with(':') && !line.starts_with(' ')).collect();
    assert_eq!(headings.iter().collect::<BTreeSet<_>>().len(), headings.len(), "no heading twice:\n{help}");
    expect_examples(&texts[1].clone().unwrap_or_default(), plugin);
    for verb in command.get_subcommands_mut() {
        expect_help_of(verb, plugin);
    }
}

/// `completion bash` and the like have nothing that an example could show.
fn is_plain(command: &Command) -> bool {
    command.get_arguments().all(clap::Arg::is_global_set) && !command.has_subcommands()
}

/// All commands of the plugin among these lines can be typed so.
fn expect_examples(text: &str, plugin: &Command) {
    let name = plugin.get_name();
    for line in text.lines().map(str::trim).filter(|line| line.starts_with(&format!("{name} "))) {
        let words = words(line.split(" > ").next().expect("a split has a first part"));
        let typed =
            std::iter::once(name).chain(words.iter().skip(name.split(' ').count()).map(String::as_str));
        let understood = plugin.clone().try_get_matches_from(typed);
        assert!(understood.is_ok(), "{line}: {}", understood.unwrap_err());
    }
}

/// As a shell takes them apart.
fn words(line: &str) -> Vec<String> {
    let script = format!("printf '%s\\n' {line}");
    let output = Process::new("sh").args(["-c", &script]).output().expect("sh runs");
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).expect("an example is text").lines().map(str::to_owned).collect()
}
