//! A schedule, as people read it.

use drover::cli::Streams;
use drover::print::{Colour, escape, table};

use crate::lint::{Finding, Severity};
use crate::schedule::{
    Action, Cause, Container, Entry, Hook, Length, Probe, ProbeKind, Range, Role, Schedule,
};

/// Where the text begins behind a label.
const INDENT: usize = 15;

/// No terminal is so narrow that words should be broken for it.
const NARROWEST: usize = 40;

/// What is left of a command in any case.
const SHORTEST_ACTION: usize = 24;

/// The columns of the ledger.
const LEDGER: [&str; 6] = ["CONTAINER", "PRESTOP", "TURN-WAIT", "SIGTERM", "DRAIN", "SIGKILL"];

/// What a table puts between two columns.
const BETWEEN_COLUMNS: usize = 3;

/// What is left of a container's name in any case.
const SHORTEST_NAME: usize = 12;

/// Writes it to stdout.
pub fn schedule(streams: &mut Streams, schedule: &Schedule, findings: &[Finding]) -> std::io::Result<()> {
    let text = text(schedule, findings, streams.out_width, streams.colour);
    streams.out.write_all(text.as_bytes())?;
    streams.out.flush()
}

fn text(schedule: &Schedule, findings: &[Finding], width: Option<usize>, colour: bool) -> String {
    let mut page = Page { text: String::new(), width, colour };
    page.line("", "Start, one after the other", 0);
    for (index, container) in schedule.pod.containers.iter().enumerate() {
        let next = schedule.pod.containers.get(index + 1);
        page.container(index + 1, container, next.map(|next| next.name.as_str()));
    }
    page.ledger(schedule);
    if !findings.is_empty() {
        page.text.push('\n');
    }
    for finding in findings {
        page.finding(finding);
    }
    page.text
}

/// What stands on the screen so far.
struct Page {
    text: String,
    width: Option<usize>,
    colour: bool,
}

impl Page {
    /// A line that goes on below where it does not fit.
    fn line(&mut self, start: &str, words: &str, indent: usize) {
        let line = format!("{start}{}", escape(words));
        match self.width {
            Some(width) => {
                let indent = " ".repeat(indent);
                let options = textwrap::Options::new(width.max(NARROWEST))
                    .subsequent_indent(&indent)
                    .word_splitter(textwrap::WordSplitter::NoHyphenation);
                self.text += &textwrap::fill(&line, options);
            }
            None => self.text += &line,
        }
        self.text.push('\n');
    }

    fn labelled(&mut self, label: &str, words: &str) {
        self.line(&format!("   {label:<width$}", width = INDENT - 3), words, INDENT);
    }

    /// An action, shortened so that what is said of it fits beside it.
    fn action(&mut self, label: &str, action: &Action, words: &str) {
        let action = action.to_string();
        let action = match self.width {
            Some(width) => {
                let taken = INDENT + words.chars().count();
                shortened(&action, width.saturating_sub(taken).max(SHORTEST_ACTION))
            }
            None => action,
        };
        self.labelled(label, &format!("{action}{words}"));
    }

    fn container(&mut self, number: usize, container: &Container, next: Option<&str>) {
        self.line(&format!("{number:>2} "), &format!("{}{}", container.name, role(container)), 5);
        if let Some(hook) = &container.post_start {
            self.action("postStart", &hook.action, &post_start(container, hook, next));
        }
        for probe in &container.probes {
            let label = probe.kind.field().trim_end_matches("Probe");
            self.action(label, &probe.action, &probe_words(container, probe));
        }
        if let Some(hook) = &container.pre_stop {
            self.action("preStop", &hook.action, &pre_stop(hook));
        }
        if let Some(signal) = &container.stop_signal {
            self.labelled("stopSignal", &format!("{signal} instead of SIGTERM"));
        }
    }

    fn ledger(&mut self, schedule: &Schedule) {
        let of_deletion = schedule.ledger.iter().filter(|entry| entry.cause == Cause::Deletion);
        let together = if of_deletion.count() > 1 { "every preStop at once, " } else { "" };
        let counts = match schedule.pod.grace_period_seconds {
            0 => "0, which counts as 1".to_owned(),
            grace => grace.to_string(),
        };
        let heading = format!("Shutdown, {together}terminationGracePeriodSeconds {counts}");
        self.line("\n", &heading, 0);
        let mut rows: Vec<_> = schedule.ledger.iter().map(|entry| numbers(entry).to_vec()).collect();
        let room = self.width.map(|width| width.saturating_sub(columns_width(&rows)).max(SHORTEST_NAME));
        for (row, entry) in rows.iter_mut().zip(&schedule.ledger) {
            row.insert(0, name(entry, room));
        }
        self.text += &table(&LEDGER, &rows);
    }

    fn finding(&mut self, finding: &Finding) {
        let Finding { severity, text, advice, .. } = finding;
        let is_bad = *severity != Severity::Info;
        let sign = if is_bad { "!" } else { "-" };
        let start = self.text.len();
        self.line(&format!("{sign} "), &format!("{} {text}", finding.place()), 2);
        if is_bad && self.colour {
            self.text.replace_range(start..=start, &Colour::Red.paint(sign));
        }
        if let Some(advice) = advice {
            self.line("  → ", advice, 4);
        }
    }
}

/// What the next container waits for.
fn role(container: &Container) -> &'static str {
    match container.role {
        Role::Init => ": init container, ends before the next one starts",
        Role::Sidecar if container.probe(ProbeKind::Startup).is_some() => {
            ": sidecar, stays; the next one starts once its startup probe succeeds"
        }
        Role::Sidecar => ": sidecar, stays; the next one starts once it runs",
        Role::Main => "",
    }
}

/// Nothing goes on before it is done: no later container, no probe.
fn post_start(container: &Container, hook: &Hook, next: Option<&str>) -> String {
    let waits = match next {
        Some(next) => format!("; {next} waits"),
        None if container.probes.is_empty() => String::new(),
        None => "; probes wait".to_owned(),
    };
    match hook.seconds.known() {
        Some(_) => waits,
        None => format!(", no time limit{waits}"),
    }
}

fn pre_stop(hook: &Hook) -> String {
    match hook.seconds {
        length if length.known().is_some() => String::new(),
        Length { at_least: 0, .. } => ", length unknown".to_owned(),
        Length { at_least, .. } => format!(", at least {at_least}s"),
    }
}

fn probe_words(container: &Container, probe: &Probe) -> String {
    let period = probe.period_seconds;
    let delay = match probe.initial_delay_seconds {
        0 => String::new(),
        delay => format!(" from {delay}s on"),
    };
    let timeout = match probe.timeout_seconds {
        1 => String::new(),
        timeout => format!(", timeout {timeout}s"),
    };
    let failures = probe.failure_threshold;
    let within = probe.acts_within_seconds;
    let consequence = match probe.kind {
        ProbeKind::Startup if container.post_start.is_some() => {
            format!("killed unless up {within}s after postStart")
        }
        ProbeKind::Startup => format!("killed unless up within {within}s"),
        ProbeKind::Readiness => format!("out of traffic within {within}s"),
        ProbeKind::Liveness => format!("killed within {within}s"),
    };
    let grace = match probe.grace_period_seconds {
        Some(grace) if probe.kills() => format!(", grace {grace}s"),
        _ => String::new(),
    };
    let back = match probe.success_threshold {
        1 => String::new(),
        number => format!(", back after {number} successes"),
    };
    format!(" every {period}s × {failures}{delay}{timeout}: {consequence}{grace}{back}")
}

/// All but the first column of the ledger.
fn numbers(entry: &Entry) -> [String; 5] {
    let optional = |range: Option<Range>| range.map_or("-".to_owned(), seconds);
    let floor = if entry.only_floor { " floor" } else { "" };
    [
        optional(entry.pre_stop),
        optional(entry.turn_wait),
        seconds(entry.sigterm_at),
        seconds(entry.drain) + floor,
        seconds(entry.sigkill_at),
    ]
}

/// What these columns take.
fn columns_width(rows: &[Vec<String>]) -> usize {
    let headings = LEDGER[1..].iter().enumerate();
    headings
        .map(|(column, heading)| {
            let widest = rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
            BETWEEN_COLUMNS + widest.max(heading.len())
        })
        .sum()
}

/// The first column.
fn name(entry: &Entry, room: Option<usize>) -> String {
    let suffix = match entry.cause {
        Cause::Deletion => "",
        Cause::StartupProbe => " (startup)",
        Cause::LivenessProbe => " (liveness)",
    };
    match room {
        Some(room) => shortened(&entry.container, room.saturating_sub(suffix.len())) + suffix,
        None => entry.container.clone() + suffix,
    }
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
    let start: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", start.trim_end())
}

#[cfg(test)]
mod tests;
