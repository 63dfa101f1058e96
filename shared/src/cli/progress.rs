//! The one live region: stages as they are reached, on stderr.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use crossterm::QueueableCommand;
use crossterm::cursor::MoveToColumn;
use crossterm::terminal::{Clear, ClearType};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::Streams;
use crate::change::{Stage, StageState};
use crate::print::{escape, seconds};

/// Where the time stands, where the terminal is wide enough for it.
const TIME_COLUMN: usize = 92;

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
    current: Option<String>,
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
            self.finish_row(&row(index + 1, stage, title_width), None);
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
            let row = row(index + 1, stage, title_width);
            self.finish_row(&row, took);
        }
        self.started = true;
        self.current = stages
            .get(done)
            .filter(|stage| stage.state == StageState::Now)
            .map(|stage| row(done + 1, stage, title_width));
        self.redraw();
    }

    /// Draws the current stage again with the time that went by.
    pub fn redraw(&mut self) {
        if !self.is_live() {
            return;
        }
        if let Some(current) = &self.current {
            let line = with_time(current, Some(self.since.elapsed()), self.streams.width);
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

    fn finish_row(&mut self, row: &str, took: Option<Duration>) {
        let line = with_time(row, took, self.streams.width);
        let _ = self.draw(&line, true);
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

fn row(number: usize, stage: &Stage, title_width: usize) -> String {
    let padding = " ".repeat(title_width - stage.title.width());
    format!("  {number} {}{padding}   {}", stage.title, escape(&stage.detail))
}

/// Puts the time at its column, or behind what is longer; cut to the terminal's width, since a
/// wrapped line can't be redrawn.
fn with_time(row: &str, took: Option<Duration>, width: usize) -> String {
    let Some(took) = took else { return row.to_owned() };
    let time = seconds(took);
    let column = TIME_COLUMN.min(width.saturating_sub(time.len() + 1));
    let padding = column.saturating_sub(row.width()).max(2);
    format!("{row}{}{time}", " ".repeat(padding))
}
