//! What a rehearsal brought to light, for people.

use std::io;

use drover::cli::Streams;
use drover::print::{Colour, Line, counted};

use super::verdicts::Paragraphs;
use super::{Screen, waterfall};
use crate::rehearsal::{HookRun, Measure, Measured, Outcome, Rehearsal, Suggestion};
use crate::trace::Sign;

/// Where nothing limits a line.
const USUAL: usize = 80;

pub fn rehearsal(streams: &mut Streams, rehearsal: &Rehearsal, flags: &str) -> io::Result<()> {
    let width = streams.out_width.or(Some(USUAL));
    let screen = Screen { width, height: None, colour: streams.colour };
    let place = format!("{}/{}", rehearsal.context, rehearsal.namespace);
    if let Some(run) = rehearsal.median_run() {
        for trace in run.start.iter().chain(&run.shutdown) {
            writeln!(streams.out, "{}", waterfall(trace, &place, &screen))?;
        }
    }
    for line in lines(rehearsal, flags, width) {
        writeln!(streams.out, "{}", line.text(streams.colour).trim_end())?;
    }
    streams.out.flush()
}

/// All below the waterfalls.
fn lines(rehearsal: &Rehearsal, flags: &str, width: Option<usize>) -> Vec<Line> {
    let paragraphs = Paragraphs::of(width);
    let groups = [
        measures(rehearsal),
        hooks(rehearsal, &paragraphs),
        rules(rehearsal, &paragraphs),
        unmeasured(rehearsal, &paragraphs),
        suggestion(rehearsal, flags, &paragraphs),
    ];
    let groups: Vec<_> = groups.into_iter().filter(|group| !group.is_empty()).collect();
    groups.join(&Line::default())
}

/// A table, whose columns are as wide as what stands in them.
fn measures(rehearsal: &Rehearsal) -> Vec<Line> {
    let row = |measure: &Measure| [name(measure), measure.p50.text(), measure.p95.text()];
    let mut rows = vec![[counted(rehearsal.runs.len(), "run"), "p50".to_owned(), "p95".to_owned()]];
    rows.extend(rehearsal.measures.iter().map(row));
    if rows.len() == 1 {
        return Vec::new();
    }
    let wide = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let (first, second) = (wide(0), wide(1));
    let line = |(index, [name, p50, p95]): (usize, &[String; 3])| {
        let text = format!("{name:<first$}   {p50:<second$}   {p95}");
        Line::default().with(&drover::print::escape(&text), (index == 0).then_some(Colour::Faint))
    };
    rows.iter().enumerate().map(line).collect()
}

fn name(measure: &Measure) -> String {
    let what = match measure.what {
        Measured::Start => "from its creation to ready",
        Measured::PostStart => "postStart",
        Measured::PreStop => "preStop",
        Measured::Drain => "from SIGTERM to the exit of",
        Measured::Stop => "all of the stop of",
    };
    match &measure.container {
        Some(container) => format!("{what} {container}"),
        None => what.to_owned(),
    }
}

/// What hooks printed: that is told nowhere else.
fn hooks(rehearsal: &Rehearsal, paragraphs: &Paragraphs) -> Vec<Line> {
    let Some(run) = rehearsal.median_run() else { return Vec::new() };
    let printed = |hook: &HookRun| {
        let output = hook.output.as_deref()?.trim();
        let code = hook.exit_code.map(|code| format!(", exit code {code}")).unwrap_or_default();
        (!output.is_empty())
            .then(|| (format!("{} of {} printed{code}:", hook.hook, hook.container), output.to_owned()))
    };
    let mut lines = Vec::new();
    for (heading, output) in run.hooks.iter().filter_map(printed) {
        lines.extend(paragraphs.wrapped(&Line::default(), &heading, None));
        let below = Line::plain("| ").indented(2);
        lines.extend(output.lines().flat_map(|line| paragraphs.wrapped(&below, line, Some(Colour::Faint))));
    }
    lines
}

fn rules(rehearsal: &Rehearsal, paragraphs: &Paragraphs) -> Vec<Line> {
    let all = rehearsal.runs.len();
    let rules = rehearsal.rules.iter().flat_map(|tested| {
        let sign = match tested.outcome {
            Outcome::Harm => Sign::Bad,
            Outcome::NoHarm => Sign::Good,
        };
        let runs = match tested.outcome {
            Outcome::Harm if all > 1 => format!(" ({} of {all} runs)", tested.runs),
            _ => String::new(),
        };
        let text = format!("{} {}: {}{runs}", tested.container, tested.rule, tested.text);
        paragraphs.signed(sign, &text)
    });
    rules.collect()
}

fn unmeasured(rehearsal: &Rehearsal, paragraphs: &Paragraphs) -> Vec<Line> {
    let lines = rehearsal.unmeasured.iter().flat_map(|one| {
        let text = format!("{} {} can't be measured, because {}", one.container, one.hook, one.because);
        paragraphs.signed(Sign::Note, &text)
    });
    lines.collect()
}

fn suggestion(rehearsal: &Rehearsal, flags: &str, paragraphs: &Paragraphs) -> Vec<Line> {
    let (own, rehearsed) = (rehearsal.own_grace_period_seconds, rehearsal.grace_period_seconds);
    let plain = |text: &str| paragraphs.wrapped(&Line::default(), text, None);
    match &rehearsal.suggestion {
        None => Vec::new(),
        Some(Suggestion::Longer { rehearse_with_seconds }) => {
            let text =
                format!("terminationGracePeriodSeconds: more than {rehearsed}. How much will be seen with");
            let object = &rehearsal.object;
            let command = format!(
                "  kubectl lifecycle rehearse{flags} {object} --grace-period {rehearse_with_seconds}s"
            );
            [plain(&text), vec![Line::plain(&command)]].concat()
        }
        Some(Suggestion::Enough { seconds, slowest_milliseconds }) => {
            let slowest = *slowest_milliseconds as f64 / 1_000.0;
            let compared = match () {
                () if slowest > own as f64 => "too little",
                () if *seconds > own => "tight",
                () => "enough",
            };
            let text = format!(
                "terminationGracePeriodSeconds: {seconds} would do (the slowest stop took {slowest:.1}s at most, and a \
                 quarter); it is {own}, which is {compared}"
            );
            let command = rehearsal.patch.iter().map(|patch| Line::plain(&format!("  {patch}")));
            plain(&text).into_iter().chain(command).collect()
        }
    }
}
