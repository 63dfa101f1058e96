//! A schedule, as people read it.

use drover::cli::Streams;
use drover::print::{Colour, escape, table};

use crate::schedule::{
    Cause, Container, Entry, Finding, Hook, Length, Probe, ProbeKind, Range, Role, Schedule, Severity,
};

/// Where the text begins behind a label.
const INDENT: usize = 15;

/// No terminal is so narrow that words should be broken for it.
const NARROWEST: usize = 40;

/// As much of a command as fits beside what is said of it.
const ACTION_WIDTH: usize = 48;

/// As much of a container's name as leaves the table within 80 columns.
const NAME_WIDTH: usize = 20;

/// Writes it to stdout.
pub fn schedule(streams: &mut Streams, schedule: &Schedule) -> std::io::Result<()> {
    let writer = Writer { width: streams.out_width, colour: streams.colour };
    let mut text = String::new();
    for (index, container) in schedule.containers.iter().enumerate() {
        writer.container(&mut text, index + 1, container);
    }
    let grace = schedule.grace_period_seconds;
    text.push('\n');
    writer.line(
        &mut text,
        "",
        &format!("When the pod is deleted: terminationGracePeriodSeconds is {grace}"),
        0,
    );
    text.push_str(&ledger(&schedule.ledger));
    if !schedule.findings.is_empty() {
        text.push('\n');
    }
    for finding in &schedule.findings {
        writer.finding(&mut text, finding);
    }
    streams.out.write_all(text.as_bytes())?;
    streams.out.flush()
}

struct Writer {
    width: Option<usize>,
    colour: bool,
}

impl Writer {
    /// A line that goes on below where it does not fit.
    fn line(&self, text: &mut String, start: &str, words: &str, indent: usize) {
        let line = format!("{start}{}", escape(words));
        match self.width {
            Some(width) => {
                let indent = " ".repeat(indent);
                let options = textwrap::Options::new(width.max(NARROWEST)).subsequent_indent(&indent);
                text.push_str(&textwrap::fill(&line, options));
            }
            None => text.push_str(&line),
        }
        text.push('\n');
    }

    fn container(&self, text: &mut String, number: usize, container: &Container) {
        let role = role(container);
        self.line(text, &format!("{number:>2} "), &format!("{}: {role}", container.name), 5);
        let mut labelled = |label: &str, words: &str| {
            self.line(text, &format!("   {label:<width$}", width = INDENT - 3), words, INDENT);
        };
        if let Some(hook) = &container.post_start {
            labelled("postStart", &post_start(hook));
        }
        for probe in &container.probes {
            let label = probe.kind.field().trim_end_matches("Probe");
            labelled(label, &probe_words(container, probe));
        }
        if let Some(hook) = &container.pre_stop {
            labelled("preStop", &pre_stop(hook));
        }
        if let Some(signal) = &container.stop_signal {
            labelled("stop signal", &format!("{signal} where SIGTERM is said below"));
        }
    }

    fn finding(&self, text: &mut String, finding: &Finding) {
        let Finding { severity, container, field, text: what, advice, .. } = finding;
        let mut said = String::new();
        let sign = match severity {
            Severity::Warning => "!",
            Severity::Note => "-",
        };
        self.line(&mut said, &format!("{sign} "), &format!("{container} {field} {what}"), 2);
        match said.strip_prefix('!') {
            Some(rest) if self.colour => text.push_str(&(Colour::Red.paint("!") + rest)),
            _ => text.push_str(&said),
        }
        if let Some(advice) = advice {
            self.line(text, "  → ", advice, 4);
        }
    }
}

/// What the next container waits for.
fn role(container: &Container) -> &'static str {
    match container.role {
        Role::Init => "init container, runs to its end before the next one starts",
        Role::Sidecar if container.probe(ProbeKind::Startup).is_some() => {
            "sidecar, the next one starts once its startup probe has succeeded"
        }
        Role::Sidecar => "sidecar, the next one starts once it runs",
        Role::Main => "container",
    }
}

fn post_start(hook: &Hook) -> String {
    let action = shortened(&hook.action.to_string(), ACTION_WIDTH);
    let takes = match hook.seconds.known() {
        Some(_) => "",
        None => ", without a time limit",
    };
    format!("{action}{takes}; until it is done no later container starts and no probe runs")
}

fn pre_stop(hook: &Hook) -> String {
    let action = shortened(&hook.action.to_string(), ACTION_WIDTH);
    let takes = match hook.seconds {
        length if length.known().is_some() => String::new(),
        Length { at_least: 0, .. } => "; nobody knows how long it takes".to_owned(),
        Length { at_least, .. } => format!("; takes at least {at_least}s"),
    };
    format!("{action}{takes}")
}

fn probe_words(container: &Container, probe: &Probe) -> String {
    let Probe { initial_delay_seconds, period_seconds, timeout_seconds, failure_threshold, .. } = probe;
    let action = shortened(&probe.action.to_string(), ACTION_WIDTH);
    let delay = match initial_delay_seconds {
        0 => String::new(),
        delay => format!(" from {delay}s on"),
    };
    let successes = match probe.success_threshold {
        1 => String::new(),
        number => format!(", back after {number} successes"),
    };
    let within = probe.acts_within_seconds;
    let consequence = match probe.kind {
        ProbeKind::Startup if container.post_start.is_some() => {
            format!("killed unless it has started {within}s after postStart")
        }
        ProbeKind::Startup => format!("killed unless it has started within {within}s"),
        ProbeKind::Readiness => format!("no traffic after {within}s at most{successes}"),
        ProbeKind::Liveness => format!("killed after {within}s at most"),
    };
    let grace = match probe.grace_period_seconds {
        Some(grace) if probe.kills() => format!(", with a grace period of {grace}s"),
        _ => String::new(),
    };
    let failures =
        drover::print::counted(usize::try_from(*failure_threshold).unwrap_or(usize::MAX), "failure");
    format!(
        "{action} every {period_seconds}s{delay}, timeout {timeout_seconds}s, {failures}: {consequence}{grace}"
    )
}

fn ledger(entries: &[Entry]) -> String {
    let headings = ["CONTAINER", "PRESTOP", "TURN-WAIT", "SIGTERM", "LEFT TO END", "SIGKILL"];
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            let name = shortened(&entry.container, NAME_WIDTH);
            let name = match entry.cause {
                Cause::Deletion => name,
                Cause::StartupProbe => format!("{name}, by startup"),
                Cause::LivenessProbe => format!("{name}, by liveness"),
            };
            let optional = |range: Option<Range>| range.map_or("-".to_owned(), seconds);
            vec![
                name,
                optional(entry.pre_stop),
                optional(entry.turn_wait),
                format!("at {}", seconds(entry.sigterm_at)),
                format!("{}{}", seconds(entry.drain), if entry.only_floor { " (minimum)" } else { "" }),
                format!("at {}", seconds(entry.sigkill_at)),
            ]
        })
        .collect();
    table(&headings, &rows)
}

/// `5s`, or `5-30s`.
fn seconds(range: Range) -> String {
    let Range { at_least, at_most } = range;
    if at_least == at_most { format!("{at_least}s") } else { format!("{at_least}-{at_most}s") }
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let start: String = text.chars().take(width - 1).collect();
    format!("{}…", start.trim_end())
}
