//! A step as cells of a terminal.

use super::scale::{Scale, column};
use crate::trace::{Extent, Moment};

/// What stands in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Empty,
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
            Self::Solid => '█',
            Self::Uncertain => '▒',
            Self::Mark => '▌',
            Self::Onward => '▶',
        }
    }
}

/// The cells of a step up to its last one; it has at least one that is not empty.
pub fn cells(extent: &Extent, scale: &Scale, columns: usize) -> Vec<Cell> {
    let begin = |time| column(scale.position(time), columns);
    let end = |time| end(scale.position(time), columns);
    let from = begin(extent.begin().earliest);
    match extent {
        Extent::At(moment) => {
            let to = end(moment.latest).max(from + 1);
            let cell = if to > from + 1 { Cell::Uncertain } else { Cell::Mark };
            runs(from, &[(to, cell)])
        }
        Extent::Since(moment) => {
            let last = columns.saturating_sub(1).max(from);
            let sure = begin(moment.latest);
            runs(from, &[(sure, Cell::Uncertain), (last, Cell::Solid), (last + 1, Cell::Onward)])
        }
        Extent::Span { begin: first, end: over } => {
            let to = end(over.latest).max(from + 1);
            if first.latest > over.earliest {
                // Nothing is known of when it was under way for sure.
                let cell = if to > from + 1 { Cell::Uncertain } else { Cell::Solid };
                return runs(from, &[(to, cell)]);
            }
            let sure = begin(first.latest);
            runs(from, &[(sure, Cell::Uncertain), (end(over.earliest), Cell::Solid), (to, Cell::Uncertain)])
        }
    }
}

/// The column behind an end: what ends where a column begins is not in that one.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)] // A few hundred.
fn end(position: f64, columns: usize) -> usize {
    (position * columns as f64).ceil() as usize
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
    use crate::trace::{Certainty, Phase, Step, What};

    /// In ten columns of a second each.
    fn drawn(step: &Step) -> String {
        let steps = vec![span(What::Pull, at(0), at(10_000)), step.clone()];
        let scale = Scale::of(&trace(Phase::Start, steps));
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
        assert_eq!(pull(about(2_000, 1_000), about(3_000, 1_000)), " ▒▒▒".replace("▒▒▒", "▒▒▒"));
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
