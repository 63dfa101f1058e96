//! The one live region: stages as they are reached, on stderr.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use crossterm::QueueableCommand;
use crossterm::cursor::MoveToColumn;
use crossterm::terminal::{Clear, ClearType};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::Streams;
use crate::print::{Stage, StageState, escape, seconds};

/// The column at which the time ends, where the terminal is wide enough for it.
const TIME_END: usize = 100;

/// The room that the time needs beside the detail, two spaces and an ellipsis included.
const TIME_WIDTH: usize = 11;

/// A detail is never squeezed into less.
const NARROWEST_DETAIL: usize = 20;

/// A stage that was seen to be done, with the time it took.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FinishedStage {
    /// Its title.
    pub title: String,
    /// What was done or seen.
    pub detail: String,
    /// Seconds from the stage before to this one's end; none where it was done already when the
    /// command began.
    pub seconds: Option<f64>,
}

/// Prints each stage once, when it is done; on a terminal the current one is live.
pub struct Progress<'a> {
    streams: &'a mut Streams,
    since: Instant,
    current: Option<Row>,
    started: bool,
    finished: Vec<FinishedStage>,
}

impl<'a> Progress<'a> {
    /// Progress on stderr.
    pub fn new(streams: &'a mut Streams) -> Self {
        Self { streams, since: Instant::now(), current: None, started: false, finished: Vec::new() }
    }

    /// Whether a line is being redrawn.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.streams.err_is_terminal && self.current.is_some()
    }

    /// The stages done so far.
    #[must_use]
    pub fn into_finished(self) -> Vec<FinishedStage> {
        self.finished
    }

    /// Prints the whole way at once, for a dry run.
    pub fn foresee(&mut self, stages: &[Stage]) {
        let title_width = title_width(stages);
        for (index, stage) in stages.iter().enumerate() {
            self.finish(&Row::new(index + 1, stage, title_width), None);
        }
    }

    /// Takes note of how far the plan is.
    pub fn show(&mut self, stages: &[Stage]) {
        let title_width = title_width(stages);
        let done = stages.iter().take_while(|stage| stage.state == StageState::Done).count();
        for (index, stage) in stages.iter().enumerate().take(done).skip(self.finished.len()) {
            let took = self.started.then(|| self.since.elapsed());
            self.since = Instant::now();
            self.finished.push(FinishedStage {
                title: stage.title.clone(),
                detail: stage.detail.clone(),
                seconds: took.map(|took| (took.as_secs_f64() * 1000.0).round() / 1000.0),
            });
            self.finish(&Row::new(index + 1, stage, title_width), took);
        }
        self.started = true;
        self.current = stages
            .get(done)
            .filter(|stage| stage.state == StageState::Now)
            .map(|stage| Row::new(done + 1, stage, title_width));
        self.redraw();
    }

    /// Draws the current stage again with the time that went by.
    pub fn redraw(&mut self) {
        if !self.is_live() {
            return;
        }
        if let Some(current) = &self.current {
            let line = current.live(self.since.elapsed(), self.streams.width);
            // Progress is a courtesy: a stderr that can't be written to must not stop the work.
            let _ = self.draw(&line, false);
        }
    }

    /// Takes the live line away, before something else is printed.
    pub fn clear(&mut self) {
        if self.is_live() {
            let _ = self.draw("", false);
        }
        self.current = None;
    }

    fn finish(&mut self, row: &Row, took: Option<Duration>) {
        let lines = row.lines(took, self.streams.width);
        let _ = self.draw(&lines, true);
    }

    fn draw(&mut self, line: &str, finished: bool) -> io::Result<()> {
        let err = &mut self.streams.err;
        if self.streams.err_is_terminal {
            err.queue(MoveToColumn(0))?.queue(Clear(ClearType::CurrentLine))?;
        }
        err.write_all(line.as_bytes())?;
        if finished {
            err.write_all(b"\n")?;
        }
        err.flush()
    }
}

fn title_width(stages: &[Stage]) -> usize {
    stages.iter().map(|stage| stage.title.width()).max().unwrap_or(0)
}

/// One stage as it is printed.
struct Row {
    /// The number and the title, padded.
    head: String,
    detail: String,
}

impl Row {
    fn new(number: usize, stage: &Stage, title_width: usize) -> Self {
        let padding = " ".repeat(title_width - stage.title.width());
        Self {
            head: format!("  {number} {}{padding}   ", stage.title),
            detail: escape(&stage.detail).into_owned(),
        }
    }

    /// All of it: what does not fit beside the time goes on below.
    fn lines(&self, took: Option<Duration>, width: Option<usize>) -> String {
        let mut detail = self.wrapped(width).into_iter();
        let mut lines = self.first_line(&detail.next().unwrap_or_default(), took, width);
        for more in detail {
            lines.push('\n');
            lines.push_str(&" ".repeat(self.head.width()));
            lines.push_str(&more);
        }
        lines
    }

    /// One line, since more than one can't be redrawn.
    fn live(&self, elapsed: Duration, width: Option<usize>) -> String {
        let detail = self.wrapped(width);
        let more = if detail.len() > 1 { " …" } else { "" };
        let first = detail.first().cloned().unwrap_or_default();
        self.first_line(&format!("{first}{more}"), Some(elapsed), width)
    }

    fn wrapped(&self, width: Option<usize>) -> Vec<String> {
        match width {
            None => vec![self.detail.clone()],
            Some(width) => {
                let room = width.saturating_sub(self.head.width() + TIME_WIDTH).max(NARROWEST_DETAIL);
                textwrap::wrap(&self.detail, room).into_iter().map(Into::into).collect()
            }
        }
    }

    fn first_line(&self, detail: &str, took: Option<Duration>, width: Option<usize>) -> String {
        let line = format!("{}{detail}", self.head);
        let Some(took) = took else { return line };
        let time = seconds(took);
        let end = width.map_or(TIME_END, |width| TIME_END.min(width.saturating_sub(1)));
        let padding = end.saturating_sub(line.width() + time.len()).max(2);
        format!("{line}{}{time}", " ".repeat(padding))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        let stage = Stage {
            title: "replacement".to_owned(),
            detail: "web-7d4b9-k8w2m Available, ready in web, web-metrics, web-internal".to_owned(),
            state: StageState::Done,
        };
        Row::new(2, &stage, 17)
    }

    #[test]
    fn a_row_is_one_line_where_nobody_limits_it() {
        let line = row().lines(Some(Duration::from_millis(1234)), None);
        let expected = "  2 replacement         web-7d4b9-k8w2m Available, ready in web, web-metrics, web-internal      1.2s";
        assert_eq!(line, expected);
    }

    #[test]
    fn a_narrow_terminal_gets_the_rest_below_and_a_live_line_that_fits() {
        let took = Duration::from_millis(1234);
        let expected = "  2 replacement         web-7d4b9-k8w2m Available, ready in web,        1.2s
                        web-metrics, web-internal";
        assert_eq!(row().lines(Some(took), Some(77)), expected);
        let live = row().live(took, Some(77));
        assert!(live.width() < 77 && live.contains(" …"), "{live}");
    }
}
