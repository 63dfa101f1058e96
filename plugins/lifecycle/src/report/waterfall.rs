//! The waterfall on a terminal: what happened when, how that is known, and what follows from it.

use drover::print::{Colour, Line, escape};
use unicode_width::UnicodeWidthStr;

use super::Screen;
use super::bar::{Cell, cells, on_grid};
use super::figure::{Figure, Figures};
use super::label::Label;
use super::numbers::Numbers;
use super::room::{kept, left_out};
use super::scale::{Scale, Tick, column};
use super::verdicts;
use super::words::{self, CERTAINTIES, Tone};
use crate::trace::{Certainty, Step, Trace};

/// Where nothing limits a line.
const USUAL: usize = 80;
const NARROWEST: usize = 40;
/// On a wider screen the eye would not find from a name to its bar.
const WIDEST: usize = 200;
/// Between columns.
const GAP: usize = 2;
/// Between labels of the axis, and between what stands in the legend and the heading.
const WIDE_GAP: usize = 3;
/// On a wide axis there are no more ticks than about that.
const MOST_TICKS: usize = 16;
/// The letter before a name.
const LETTER: usize = 2;
/// With less for names, it does not say how long a step took.
const LEAST_LABEL: usize = 22;

/// The whole report. `place` says where the pod is, such as `prod-eu/shop`.
pub fn waterfall(trace: &Trace, place: &str, screen: &Screen) -> String {
    let lines = waterfall_lines(trace, place, screen);
    lines.iter().map(|line| format!("{}\n", line.text(screen.colour).trim_end())).collect()
}

/// The same, for a region that is drawn again.
pub fn waterfall_lines(trace: &Trace, place: &str, screen: &Screen) -> Vec<Line> {
    let width = screen.width.unwrap_or(USUAL).clamp(NARROWEST, WIDEST);
    let heading = heading(trace, place, width);
    let verdicts = verdicts::lines(trace, screen.width.map(|_| width));
    let room = screen.height.map(|height| height.saturating_sub(heading.len() + verdicts.len()));
    let chart = fitted(trace, width, room);
    [heading, chart, verdicts].concat()
}

/// The chart, with a part of its steps where there are more than lines.
fn fitted(trace: &Trace, width: usize, room: Option<usize>) -> Vec<Line> {
    let chart = Chart::of(trace, trace.steps.iter(), width);
    let (mut lines, legend) = (chart.lines(), chart.legend(width));
    if let Some(room) = room.filter(|room| lines.len() + legend.len() > *room) {
        let around = lines.len() - trace.steps.len() + legend.len() + 1;
        let kept = kept(&trace.steps, room.saturating_sub(around));
        lines = Chart::of(trace, kept.iter().copied(), width).lines();
        lines.push(Line::default().with(&left_out(&trace.steps, &kept), Colour::Faint));
    }
    lines.extend(legend);
    lines
}

/// On one line where it fits.
fn heading(trace: &Trace, place: &str, width: usize) -> Vec<Line> {
    let parts = [place.to_owned(), trace.object.clone(), summary(trace)];
    let parts = parts.map(|part| escape(&part).into_owned());
    let line = parts.join(&" ".repeat(WIDE_GAP));
    if line.width() <= width {
        return vec![Line::plain(&line)];
    }
    let lines = parts.iter().flat_map(|part| verdicts::fitted(part, Some(width)));
    lines.map(|line| Line::plain(&line)).collect()
}

/// `shutdown, 7.9s ±1.0, grace 30s`.
pub fn summary(trace: &Trace) -> String {
    let figures = Figures::of(Scale::of(trace));
    let last = words::last(trace).filter(|_| trace.steps.len() > 1);
    let length = if words::is_under_way(trace) {
        Some("under way".to_owned())
    } else {
        last.map(|last| figures.moment(last).text())
    };
    let request = words::request(trace).map(str::to_owned);
    let parts = [Some(words::course(trace.course).to_owned()), length, request];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Steps below an axis.
struct Chart<'a> {
    scale: Scale,
    rows: Vec<Row<'a>>,
    begin: Numbers,
    /// None where there is no room for it.
    took: Option<Numbers>,
    label: usize,
    bar: usize,
    ticks: Vec<Tick>,
}

struct Row<'a> {
    step: &'a Step,
    label: Label,
    begin: Figure,
    took: Figure,
}

impl<'a> Chart<'a> {
    fn of(trace: &Trace, steps: impl Iterator<Item = &'a Step>, width: usize) -> Self {
        let scale = Scale::of(trace);
        let figures = Figures::of(scale);
        let row = |step: &'a Step| Row {
            step,
            label: Label::of(step),
            begin: figures.begin(step),
            took: figures.took(step).unwrap_or_default(),
        };
        let rows: Vec<_> = steps.map(row).collect();
        let begin = Numbers::of("at", rows.iter().map(|row| &row.begin));
        let took = Numbers::of("took", rows.iter().map(|row| &row.took));
        let took = rows.iter().any(|row| !row.took.whole.is_empty()).then_some(took);
        let natural = rows.iter().map(|row| row.label.width()).max().unwrap_or_default();
        let times = |took: Option<&Numbers>| begin.width() + took.map_or(0, |took| GAP + took.width());
        let beside = |took: Option<&Numbers>| LETTER + GAP + times(took) + GAP;
        // Bars have a third of the columns at least, and all that names and times leave.
        let room = |took: Option<&Numbers>| (width * 2 / 3).saturating_sub(beside(took));
        let took = took.filter(|took| room(Some(took)) >= natural.min(LEAST_LABEL));
        let label = natural.min(room(took.as_ref()));
        let bar = width.saturating_sub(label + beside(took.as_ref()));
        let ticks = scale.ticks(bar, WIDE_GAP.max(bar / MOST_TICKS));
        Self { scale, rows, begin, took, label, bar, ticks }
    }

    fn lines(&self) -> Vec<Line> {
        if self.rows.is_empty() {
            return vec![Line::plain("nothing is known of its steps")];
        }
        let rows = self.rows.iter().map(|row| self.row(row));
        std::iter::once(self.axis()).chain(rows).collect()
    }

    fn axis(&self) -> Line {
        let mut axis = String::new();
        for (tick, at) in self.ticks.iter().zip(self.grid()).filter(|(tick, _)| !tick.label.is_empty()) {
            axis.push_str(&" ".repeat(at.saturating_sub(axis.len())));
            axis.push_str(&tick.label);
        }
        let line = Line::default().padded(LETTER + self.label + GAP);
        let line = line.with(&self.begin.head(), Colour::Faint);
        let line = match &self.took {
            Some(took) => line.with(&" ".repeat(GAP), None).with(&took.head(), Colour::Faint),
            None => line,
        };
        line.with(&" ".repeat(GAP), None).with(&axis, Colour::Faint)
    }

    fn row(&self, row: &Row) -> Line {
        let tone = Tone::of(row.step);
        let label = row.label.clone().fitted(self.label);
        let mut line = letter(row.step.certainty, tone).with(&label.name, None);
        for (part, colour) in [(&label.container, None), (&label.detail, Some(Colour::Faint))] {
            if !part.is_empty() {
                line = line.with(" ", None).with(part, colour);
            }
        }
        line = line.padded(LETTER + self.label + GAP).and(self.begin.cell(&row.begin));
        if let Some(took) = &self.took {
            line = line.with(&" ".repeat(GAP), None).and(took.cell(&row.took));
        }
        line.with(&" ".repeat(GAP), None).and(self.bar(row.step, tone))
    }

    fn bar(&self, step: &Step, tone: Tone) -> Line {
        let cells = on_grid(self.cells(step), &self.grid());
        cells.chunk_by(|one, other| one == other).fold(Line::default(), |line, run| {
            let text: String = run.iter().map(|cell| cell.character()).collect();
            match run.first() {
                Some(Cell::Empty) => line.with(&text, None),
                Some(Cell::Grid) => line.with(&text, Colour::Faint),
                _ => line.with(&text, tone.colour()),
            }
        })
    }

    /// The columns of the ticks.
    fn grid(&self) -> Vec<usize> {
        self.ticks.iter().map(|tick| column(tick.position, self.bar)).collect()
    }

    fn cells(&self, step: &Step) -> Vec<Cell> {
        cells(&step.extent, &self.scale, self.bar)
    }

    /// What the letters and marks mean that occur.
    fn legend(&self, width: usize) -> Vec<Line> {
        let has = |certainty| self.rows.iter().any(|row| row.step.certainty == certainty);
        let letters = CERTAINTIES.into_iter().filter(|certainty| has(*certainty)).map(|certainty| {
            letter(certainty, Tone::Known(certainty)).with(words::certainty(certainty), Colour::Faint)
        });
        let drawn: Vec<Cell> = self.rows.iter().flat_map(|row| self.cells(row.step)).collect();
        let marks = [(Cell::Mark, "moment"), (Cell::Uncertain, "uncertain"), (Cell::Onward, "under way")];
        let marks = marks
            .into_iter()
            .filter(|(cell, _)| drawn.contains(cell))
            .map(|(cell, word)| Line::plain(&format!("{} ", cell.character())).with(word, Colour::Faint));
        flowing(letters.chain(marks), width)
    }
}

fn letter(certainty: Certainty, tone: Tone) -> Line {
    let letter: String = words::certainty(certainty).chars().take(1).collect();
    Line::default().with(&letter, tone.colour()).with(" ", None)
}

/// As many on a line as fit.
fn flowing(pieces: impl Iterator<Item = Line>, width: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if line.width() + WIDE_GAP + piece.width() <= width => {
                *line = std::mem::take(line).with(&" ".repeat(WIDE_GAP), None).and(piece);
            }
            _ => lines.push(piece),
        }
    }
    lines
}

#[cfg(test)]
#[path = "waterfall_tests.rs"]
mod tests;
