//! What is printed, and what is found wrong.

use super::Subject;
use super::cost::{Cost, Medians};
use super::runs::Runs;
use super::strangers;

const MEBIBYTE: f64 = 1_048_576.0;

/// Objects per page of a LIST.
const PAGE: usize = 500;

/// The medians as a table, after all requests of the last run of each if they are wanted.
pub fn print(title: &str, runs: &Runs, verbose: bool) {
    if verbose {
        for (name, costs) in &runs.0 {
            let last = costs.last().expect("it was run");
            println!("{title}: {name}\n{}", last.recording.table());
        }
    }
    let rows: Vec<_> = runs.0.iter().map(|(name, costs)| (*name, Medians::of(costs))).collect();
    print!("{}", table(title, &rows));
}

/// What is over a limit, in the words of a person; the recipe has none.
pub fn complaints(subject: Subject, small: &Runs, full: &Runs) -> Vec<String> {
    let Some((_, recipe)) = full.0.first() else { return Vec::new() };
    let recipe = Medians::of(recipe);
    full.0
        .iter()
        .zip(&small.0)
        .skip(1)
        .flat_map(|((name, full), (_, small))| {
            [
                waves_complaint(name, &Medians::of(small), subject.most_waves()),
                memory_complaint(name, full, subject.most_mebibytes()),
                subject.least_speedup().and_then(|least| speed_complaint(name, &recipe, full, least)),
                pods_complaint(name, small, full),
                requests_complaint(name, small, full).filter(|_| subject.has_same_requests()),
            ]
        })
        .flatten()
        .collect()
}

/// In the small namespace: pages of large LISTs come one after the other.
fn waves_complaint(name: &str, small: &Medians, most: usize) -> Option<String> {
    let waves = small.waves_beside_watches;
    (waves > most).then(|| format!("{name} took {waves} waves besides its watches, OVER the limit of {most}"))
}

fn memory_complaint(name: &str, full: &[Cost], most: f64) -> Option<String> {
    let peak = full.iter().map(|cost| cost.peak_memory).max()? as f64 / MEBIBYTE;
    (peak > most)
        .then(|| format!("{name} took {peak:.1} MiB among 10,000 objects, OVER the limit of {most} MiB"))
}

fn speed_complaint(name: &str, recipe: &Medians, own: &[Cost], least: f64) -> Option<String> {
    let speedup = recipe.wall.as_secs_f64() / Medians::of(own).wall.as_secs_f64();
    (speedup < least).then(|| {
        format!("{name} was {speedup:.1} times as fast as the recipe, BELOW the promise of {least} times")
    })
}

/// Pods may be listed by a selector only. The recording knows no selectors, but a LIST without one shows: it has a page
/// more for every 500 strangers.
fn pods_complaint(name: &str, small: &[Cost], full: &[Cost]) -> Option<String> {
    let most = |costs: &[Cost]| costs.iter().map(Cost::lists_of_pods).max();
    let (small, full) = (most(small)?, most(full)?);
    (full >= small + strangers::PODS / PAGE).then(|| {
        format!("{name} listed pods {full} times among 10,000 objects, {small} times without them: all pods, page by page")
    })
}

/// How much somebody who follows asks must not depend on who else is there.
fn requests_complaint(name: &str, small: &[Cost], full: &[Cost]) -> Option<String> {
    let [alone, crowded] = [small, full].map(|costs| Medians::of(costs).requests);
    (alone != crowded)
        .then(|| format!("{name} took {crowded} requests among 10,000 objects, {alone} without them"))
}

/// The first row is what the ratios are to.
fn table(title: &str, rows: &[(&str, Medians)]) -> String {
    let mut text = format!(
        "{title:<16} {:>8} {:>6} {:>6} {:>15} {:>8} {:>6} {:>12} {:>6}\n",
        "requests", "lists", "waves", "without watches", "wall, s", "ratio", "memory, MiB", "ratio"
    );
    let Some((_, beside)) = rows.first() else { return text };
    for (name, medians) in rows {
        let Medians { requests, lists, waves, waves_beside_watches, wall, peak_memory } = medians;
        let wall_ratio = wall.as_secs_f64() / beside.wall.as_secs_f64();
        let memory_ratio = *peak_memory as f64 / beside.peak_memory as f64;
        text.push_str(&format!(
            "{name:<16} {requests:>8} {lists:>6} {waves:>6} {waves_beside_watches:>15} {:>8.2} {wall_ratio:>6.2} \
             {:>12.1} {memory_ratio:>6.2}\n",
            wall.as_secs_f64(),
            *peak_memory as f64 / MEBIBYTE
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use harness::{Recorded, Recording};

    use super::*;

    fn medians(wall: u64, mebibytes: u64) -> Medians {
        Medians {
            requests: 30,
            lists: 20,
            waves: 9,
            waves_beside_watches: 8,
            wall: Duration::from_secs(wall),
            peak_memory: mebibytes << 20,
        }
    }

    #[test]
    fn ratios_are_to_the_first_row() {
        assert_eq!(
            table("3 pods", &[("the recipe", medians(4, 50)), ("isolate", medians(2, 10))]),
            "3 pods           requests  lists  waves without watches  wall, s  ratio  memory, MiB  ratio\n\
             the recipe             30     20      9               8     4.00   1.00         50.0   1.00\n\
             isolate                30     20      9               8     2.00   0.50         10.0   0.20\n"
        );
    }

    #[test]
    fn waves_are_judged_without_watches() {
        let within = medians(4, 50);
        assert_eq!(waves_complaint("restore", &within, 8), None);
        let over = Medians { waves_beside_watches: 9, ..within };
        assert!(waves_complaint("restore", &over, 8).is_some());
    }

    #[test]
    fn speed_is_judged_beside_the_recipe() {
        let cost = Cost {
            recording: Recording { requests: Vec::new(), connections: 0 },
            wall: Duration::from_secs(1),
            peak_memory: 0,
        };
        let (recipe, own) = (medians(12, 50), [cost]);
        assert_eq!(speed_complaint("show", &recipe, &own, 12.0), None);
        assert!(speed_complaint("show", &recipe, &own, 12.5).is_some());
    }

    fn recorded() -> Recorded {
        Recorded {
            number: 1,
            verb: "get".to_owned(),
            group: String::new(),
            resource: "pods".to_owned(),
            namespace: None,
            name: None,
            dry_run: false,
            started: Duration::ZERO,
            ended: None,
            status: None,
            connection: 1,
        }
    }

    #[test]
    fn requests_are_judged_beside_those_of_a_small_namespace() {
        let cost = |requests: usize| {
            let recording = Recording { requests: Vec::new(), connections: 0 };
            let mut cost = Cost { recording, wall: Duration::ZERO, peak_memory: 0 };
            cost.recording.requests.extend((0..requests).map(|_| recorded()));
            vec![cost]
        };
        assert_eq!(requests_complaint("trace", &cost(2), &cost(2)), None);
        assert!(requests_complaint("trace", &cost(2), &cost(3)).is_some());
    }

    #[test]
    fn memory_is_judged_by_the_worst_run() {
        let cost = |mebibytes: u64| Cost {
            recording: Recording { requests: Vec::new(), connections: 0 },
            wall: Duration::ZERO,
            peak_memory: mebibytes << 20,
        };
        assert_eq!(memory_complaint("isolate", &[cost(20), cost(19)], 20.0), None);
        assert!(memory_complaint("isolate", &[cost(20), cost(21)], 20.0).is_some());
    }
}
