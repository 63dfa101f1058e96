//! The matrix as people read it: a row for each request, a column for each disturbance.

use crate::cell::{Asked, Cell};
use crate::disturbance::Disturbance;
use crate::outcome::{Outcome, Verdict};
use crate::verb::Verb;

/// All cells of one verb.
pub fn cells(verb: Verb, requests: &[Asked], disturbances: &[Disturbance]) -> Vec<Cell> {
    let each = |asked: &Asked| -> Vec<Cell> {
        let applying = disturbances.iter().filter(|disturbance| disturbance.applies(verb, asked));
        applying.map(|&disturbance| Cell { verb, asked: asked.clone(), disturbance }).collect()
    };
    requests.iter().flat_map(each).collect()
}

/// The matrix, the counts, and every bad cell with what was said.
pub fn report<'results>(
    verb: Verb,
    requests: &[Asked],
    disturbances: &[Disturbance],
    outcome: impl Fn(&Cell) -> Option<&'results Outcome>,
) -> String {
    let cells = cells(verb, requests, disturbances);
    let used: Vec<Disturbance> = disturbances
        .iter()
        .copied()
        .filter(|disturbance| cells.iter().any(|cell| cell.disturbance == *disturbance))
        .collect();
    if used.is_empty() {
        return String::new();
    }
    let width = requests.iter().map(|asked| asked.to_string().len()).max().unwrap_or_default();
    let mut text = format!("{:width$}", verb.name());
    for disturbance in &used {
        text.push_str(&format!("  {}", disturbance.name()));
    }
    for asked in requests {
        text.push_str(&format!("\n{:width$}", asked.to_string()));
        for &disturbance in &used {
            let cell = Cell { verb, asked: asked.clone(), disturbance };
            let symbol = outcome(&cell).map_or(' ', |outcome| outcome.verdict.symbol());
            let column = disturbance.name().len();
            text.push_str(&format!("  {symbol:^column$}"));
        }
    }
    text.push_str("\n\n");
    let known: Vec<(&Cell, &Outcome)> =
        cells.iter().filter_map(|cell| Some((cell, outcome(cell)?))).collect();
    text.push_str(&format!("{:>5} cells of {}\n", known.len(), cells.len()));
    for verdict in Verdict::ALL {
        let count = known.iter().filter(|(_, outcome)| outcome.verdict == verdict).count();
        if count > 0 {
            text.push_str(&format!("{count:>5} {}  {}\n", verdict.symbol(), verdict.words()));
        }
    }
    for (cell, outcome) in known.iter().filter(|(_, outcome)| outcome.verdict.is_bad()) {
        text.push_str(&story(cell, outcome));
    }
    text
}

/// A cell with all that was said.
pub fn story(cell: &Cell, outcome: &Outcome) -> String {
    let Outcome { verdict, why, output, seconds } = outcome;
    format!("\n=== {cell}: {} ({seconds:.1} s)\n{why}\n{output}", verdict.words())
}
