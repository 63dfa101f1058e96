//! A plugin's manual page is made of its own command line.

use std::env;
use std::fs;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cluster::repository_root;

/// What an apostrophe is, for all readers.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// Compares the page in docs/man/ with what the command line of a plugin makes of it. With `DROVER_WRITE_README` in the
/// environment, the page is written instead.
pub fn expect_own_manual(mut command: Command) {
    command.build();
    let name = command.get_name().replace(' ', "-");
    let path = repository_root().join(format!("docs/man/{name}.1"));
    let expected = page(&command, &name);
    if env::var_os("DROVER_WRITE_README").is_some() {
        fs::create_dir_all(repository_root().join("docs/man")).expect("docs/ can be written");
        fs::write(&path, &expected).expect("the manual can be written");
    } else {
        let hint = "is stale: run `DROVER_WRITE_README=1 cargo test --workspace manual`";
        assert!(fs::read_to_string(&path).is_ok_and(|page| page == expected), "{} {hint}", path.display());
    }
}

fn page(command: &Command, name: &str) -> String {
    let mut page = PREAMBLE.to_owned();
    page += &rendered(|out| {
        Man::new(command.clone())
            .title(name)
            .date("")
            .source("Drover")
            .manual("kubectl plugins")
            .render_title(out)
    });
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let first_line = about.lines().next().unwrap_or_default();
    page += &text(|roff| {
        roff.control("SH", ["NAME"]).text([roman(format!("{name} - {first_line}"))]);
    });
    page += &sections(command);
    for verb in command.get_subcommands() {
        let title = format!("{} {}", command.get_name(), verb.get_name()).to_uppercase();
        page += &text(|roff| {
            roff.control("SH", [title.as_str()]);
        });
        // The flags of all verbs stand above.
        let own = verb.clone().mut_args(|flag| if flag.is_global_set() { flag.hide(true) } else { flag });
        page += &sections(&own).replace("\n.SH ", "\n.SS ").replace(".SH SYNOPSIS", ".SS SYNOPSIS");
    }
    page
}

/// What there is to say of a command.
fn sections(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let examples = command.get_after_help().map(ToString::to_string);
    let man = Man::new(command.clone().override_usage(usage));
    let mut page = rendered(|out| man.render_synopsis_section(out));
    page += &rendered(|out| man.render_description_section(out));
    if let Some(examples) = examples {
        page += &text(|roff| {
            roff.control("SH", ["EXAMPLES"]).control("nf", []);
            for line in examples.lines().skip(1) {
                roff.text([roman(line.trim_start())]);
            }
            roff.control("fi", []);
        });
    }
    page += &rendered(|out| man.render_options_section(out));
    if command.has_subcommands() {
        page += &text(|roff| {
            roff.control("SH", ["COMMANDS"]);
            for verb in command.get_subcommands() {
                let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
                roff.control("TP", []).text([bold(verb.get_name())]).text([roman(about)]);
            }
        });
    }
    page
}

fn text(write: impl FnOnce(&mut Roff)) -> String {
    let mut roff = Roff::default();
    write(&mut roff);
    rendered(|out| roff.to_writer(out))
}

/// Each part brings the preamble along; the page has it once.
fn rendered(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).expect("memory can be written");
    let text = String::from_utf8(out).expect("a manual is text");
    text.replace(PREAMBLE, "")
}
