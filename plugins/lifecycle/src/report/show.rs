//! A schedule, as people read it.

use drover::cli::Streams;
use drover::print::{Colour, escape, table};

use crate::schedule::{
    Action, Cause, Container, Entry, Finding, Hook, Length, Probe, ProbeKind, Range, Role, Schedule, Severity,
};

/// Where the text begins behind a label.
const INDENT: usize = 15;

/// No terminal is so narrow that words should be broken for it.
const NARROWEST: usize = 40;

/// What is left of a command in any case.
const SHORTEST_ACTION: usize = 24;

/// What the numbers of the ledger take beside a container's name.
const LEDGER_WIDTH: usize = 52;

/// What is left of a container's name there in any case.
const SHORTEST_NAME: usize = 12;

/// Writes it to stdout.
pub fn schedule(streams: &mut Streams, schedule: &Schedule) -> std::io::Result<()> {
    let text = text(schedule, streams.out_width, streams.colour);
    streams.out.write_all(text.as_bytes())?;
    streams.out.flush()
}

fn text(schedule: &Schedule, width: Option<usize>, colour: bool) -> String {
    let mut page = Page { text: String::new(), width, colour };
    page.line("", "Start, one after the other", 0);
    for (index, container) in schedule.containers.iter().enumerate() {
        let next = schedule.containers.get(index + 1);
        page.container(index + 1, container, next.map(|next| next.name.as_str()));
    }
    page.ledger(schedule);
    if !schedule.findings.is_empty() {
        page.text.push('\n');
    }
    for finding in &schedule.findings {
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
        let counts = match schedule.grace_period_seconds {
            0 => "0, which counts as 1".to_owned(),
            grace => grace.to_string(),
        };
        let heading = format!("Shutdown, {together}terminationGracePeriodSeconds {counts}");
        self.line("\n", &heading, 0);
        let room = self.width.map(|width| width.saturating_sub(LEDGER_WIDTH).max(SHORTEST_NAME));
        let rows: Vec<_> = schedule.ledger.iter().map(|entry| row(entry, room)).collect();
        self.text += &table(&["CONTAINER", "PRESTOP", "TURN-WAIT", "SIGTERM", "DRAIN", "SIGKILL"], &rows);
    }

    fn finding(&mut self, finding: &Finding) {
        let Finding { severity, container, field, text, advice, .. } = finding;
        let sign = match severity {
            Severity::Warning => "!",
            Severity::Note => "-",
        };
        let start = self.text.len();
        self.line(&format!("{sign} "), &format!("{container} {field} {text}"), 2);
        if *severity == Severity::Warning && self.colour {
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

fn row(entry: &Entry, room: Option<usize>) -> Vec<String> {
    let suffix = match entry.cause {
        Cause::Deletion => "",
        Cause::StartupProbe => " (startup)",
        Cause::LivenessProbe => " (liveness)",
    };
    let name = match room {
        Some(room) => shortened(&entry.container, room.saturating_sub(suffix.len())),
        None => entry.container.clone(),
    };
    let optional = |range: Option<Range>| range.map_or("-".to_owned(), seconds);
    let floor = if entry.only_floor { " floor" } else { "" };
    vec![
        name + suffix,
        optional(entry.pre_stop),
        optional(entry.turn_wait),
        seconds(entry.sigterm_at),
        seconds(entry.drain) + floor,
        seconds(entry.sigkill_at),
    ]
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
mod tests {
    use super::*;
    use crate::schedule::testing::schedule;

    const RICH: &str = "
terminationGracePeriodSeconds: 45
initContainers:
- {name: migrate}
- name: proxy
  restartPolicy: Always
  startupProbe: {httpGet: {path: /ready, port: 15021}, periodSeconds: 1, failureThreshold: 30}
  lifecycle: {preStop: {exec: {command: [sh, -c, sleep 3; touch /tmp/drained]}}}
containers:
- name: web
  ports: [{name: http, containerPort: 8080}]
  lifecycle:
    postStart: {exec: {command: [sh, -c, 'until nc -z localhost 8080; do sleep 1; done; date > /tmp/warm']}}
    preStop: {sleep: {seconds: 5}}
    stopSignal: SIGQUIT
  readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5, successThreshold: 2}
  livenessProbe: {httpGet: {path: /healthz, port: http}, timeoutSeconds: 3, terminationGracePeriodSeconds: 5}
- name: log
  startupProbe: {grpc: {port: 9000}, initialDelaySeconds: 10}
  lifecycle: {preStop: {httpGet: {path: /flush, port: 9000}}}
";

    #[test]
    fn one_screen() {
        let shown = text(&schedule(RICH), Some(80), false);
        let expected = "\
Start, one after the other
 1 migrate: init container, ends before the next one starts
 2 proxy: sidecar, stays; the next one starts once its startup probe succeeds
   startup     GET :15021/ready every 1s × 30: killed unless up within 31s
   preStop     exec sh -c 'sleep 3; touch /tmp/drained', at least 3s
 3 web
   postStart   exec sh -c 'until nc -z localhost 8080…, no time limit; log waits
   readiness   GET :http/ready every 5s × 3: out of traffic within 16s, back
               after 2 successes
   liveness    GET :http/healthz every 10s × 3, timeout 3s: killed within 33s,
               grace 5s
   preStop     sleep 5s
   stopSignal  SIGQUIT instead of SIGTERM
 4 log
   startup     grpc :9000 every 10s × 3 from 10s on: killed unless up within 41s
   preStop     GET :9000/flush, length unknown

Shutdown, every preStop at once, terminationGracePeriodSeconds 45
CONTAINER        PRESTOP   TURN-WAIT   SIGTERM   DRAIN      SIGKILL
web              5s        -           5s        40s        45s
log              0-45s     -           0-45s     2-45s      45-47s
proxy            3-45s     0-42s       5-45s     2-40s      45-47s
web (liveness)   5s        -           5s        2s floor   7s

! web preStop takes 5s, but when livenessProbe kills the container it has a
  grace period of 5s: SIGKILL comes 2s after SIGTERM
  → terminationGracePeriodSeconds of livenessProbe: more than 5
- proxy preStop of a sidecar begins at the deletion, while the main containers
  still work; only its SIGTERM waits for them
  → what has to come after them belongs into the program's answer to SIGTERM
- log preStop succeeds whatever is answered: the status code is ignored
";
        assert!(shown == expected, "{shown}");
    }

    #[test]
    fn a_wide_terminal_shows_whole_commands() {
        let shown = text(&schedule(RICH), Some(200), false);
        assert!(shown.contains("sleep 1; done; date > /tmp/warm', no time limit; log waits\n"), "{shown}");
        assert_eq!(
            text(&schedule(RICH), None, false),
            shown,
            "nor is a line broken where it is not for a terminal"
        );
    }

    #[test]
    fn only_the_sign_of_a_warning_is_coloured() {
        let (plain, coloured) =
            (text(&schedule(RICH), Some(80), false), text(&schedule(RICH), Some(80), true));
        assert_ne!(coloured, plain);
        assert_eq!(coloured.replace(&Colour::Red.paint("!"), "!"), plain);
    }

    #[test]
    fn what_a_manifest_says_does_not_steer_the_terminal() {
        let hostile =
            schedule("{containers: [{name: web, lifecycle: {preStop: {exec: {command: [\"\\e[2J\"]}}}}]}");
        assert!(text(&hostile, Some(80), false).contains("exec '\\u{1b}[2J', length unknown"));
    }
}
