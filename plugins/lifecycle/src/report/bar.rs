//! A step as cells of a terminal.

use std::ops::Range;

use super::scale::{Scale, column};
use crate::trace::{Extent, Moment};

/// What stands in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Empty,
    /// Below a tick of the axis.
    Grid,
    /// Under way then.
    Solid,
    /// It begins, ends or is somewhere here.
    Uncertain,
    /// A moment.
    Mark,
    /// Under way, and not over.
    Onward,
}

impl Cell {
    pub fn character(self) -> char {
        match self {
            Self::Empty => ' ',
            Self::Grid => '┊',
            Self::Solid => '█',
            Self::Uncertain => '▒',
            Self::Mark => '▌',
            Self::Onward => '▶',
        }
    }
}

/// The cells of a step up to its last one; it has at least one that is not empty.
pub fn cells(extent: &Extent, scale: &Scale, columns: usize) -> Vec<Cell> {
    let edge = |moment: &Moment| edge(moment, scale, columns);
    match extent {
        Extent::At(moment) => {
            let at = edge(moment);
            let from = column(at.start, columns);
            let (to, cell) = if at.is_empty() {
                (from + 1, Cell::Mark)
            } else {
                (behind(at.end, columns), Cell::Uncertain)
            };
            runs(from, &[(to, cell)])
        }
        Extent::Since(begin) => {
            let begin = edge(begin);
            let from = column(begin.start, columns);
            let last = columns.saturating_sub(1).max(from);
            let sure = column(begin.end, columns);
            runs(from, &[(sure, Cell::Uncertain), (last, Cell::Solid), (last + 1, Cell::Onward)])
        }
        Extent::Span { begin, end } => {
            let (begin, end) = (edge(begin), edge(end));
            let from = column(begin.start, columns);
            let to = behind(end.end, columns).max(from + 1);
            if begin.end > end.start {
                // It is never under way for sure.
                return runs(from, &[(to, Cell::Uncertain)]);
            }
            let sure = column(begin.end, columns);
            let surely = behind(end.start, columns).max(sure + 1).min(to);
            runs(from, &[(sure, Cell::Uncertain), (surely, Cell::Solid), (to, Cell::Uncertain)])
        }
    }
}

/// The same with lines at these columns wherever nothing else is.
pub fn on_grid(mut cells: Vec<Cell>, grid: &[usize]) -> Vec<Cell> {
    let right = grid.iter().max().map_or(0, |last| last + 1);
    cells.resize(cells.len().max(right), Cell::Empty);
    for column in grid {
        match cells.get_mut(*column) {
            Some(cell) if *cell == Cell::Empty => *cell = Cell::Grid,
            _ => {}
        }
    }
    cells
}

/// Where a moment may be; less than a column can't be shown, and is none.
fn edge(moment: &Moment, scale: &Scale, columns: usize) -> Range<f64> {
    let (earliest, latest) = (scale.position(moment.earliest), scale.position(moment.latest));
    if (latest - earliest) * count(columns) > 1.0 {
        return earliest..latest;
    }
    let middle = scale.position(moment.middle());
    middle..middle
}

/// The column behind an end: what ends where a column begins is not in that one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A few hundred.
fn behind(position: f64, columns: usize) -> usize {
    (position * count(columns)).ceil() as usize
}

#[allow(clippy::cast_precision_loss)] // A few hundred.
fn count(columns: usize) -> f64 {
    columns as f64
}

/// From a column on, runs of cells up to the column behind them; one that is reached already has none.
fn runs(from: usize, runs: &[(usize, Cell)]) -> Vec<Cell> {
    let mut cells = vec![Cell::Empty; from];
    for (to, cell) in runs {
        cells.resize(cells.len().max(*to), *cell);
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{about, at, span, step, trace};
    use crate::trace::{Certainty, Course, Step, What};

    /// In ten columns of a second each.
    fn drawn(step: &Step) -> String {
        let steps = vec![span(What::Pull, at(0), at(10_000)), step.clone()];
        let scale = Scale::of(&trace(Course::Start, steps));
        cells(&step.extent, &scale, 10).into_iter().map(Cell::character).collect()
    }

    fn moment(moment: Moment) -> Step {
        step(What::Exit, None, Extent::At(moment), Certainty::Observed)
    }

    #[test]
    fn a_moment_is_a_mark_unless_it_may_be_in_several_columns() {
        assert_eq!(drawn(&moment(at(0))), "▌");
        assert_eq!(drawn(&moment(about(2_500, 500))), "  ▌");
        assert_eq!(drawn(&moment(about(2_500, 700))), " ▒▒▒");
        assert_eq!(drawn(&moment(at(10_000))), "         ▌");
    }

    #[test]
    fn only_what_is_sure_is_solid() {
        let pull = |begin, end| drawn(&span(What::Pull, begin, end));
        assert_eq!(pull(at(1_000), at(4_000)), " ███");
        assert_eq!(pull(about(1_000, 1_000), about(5_000, 1_000)), "▒▒██▒▒");
        assert_eq!(pull(at(1_000), about(3_000, 1_500)), " █▒▒▒");
        assert_eq!(pull(about(2_000, 1_000), about(3_000, 1_000)), " ▒▒▒");
        assert_eq!(pull(about(2_000, 1_000), about(2_500, 1_000)), " ▒▒▒");
    }

    #[test]
    fn the_shortest_step_has_a_column() {
        let pull = |begin, end| drawn(&span(What::Pull, begin, end));
        assert_eq!(pull(at(3_100), at(3_101)), "   █");
        assert_eq!(pull(at(10_000), at(10_000)), "         █");
        assert_eq!(pull(at(3_000), at(3_000)), "   █");
    }
}
