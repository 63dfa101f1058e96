//! What a plugin costs before it does anything: what it answers without a cluster, beside the least that kubectl does.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

use crate::median::median;

const RUNS: usize = 15;

/// What every plugin answers on its own: help, its version, a shell's completion, and that it does not understand.
const QUESTIONS: [&[&str]; 4] = [&["--help"], &["--version"], &["completion", "bash"], &["--no-such-flag"]];

const BESIDE: &[&str] = &["version", "--client"];

/// How much of kubectl's time and memory an answer may take.
const LIMIT: Ratio = Ratio { wall: 1.0 / 20.0, peak_memory: 1.0 / 4.0 };

/// A plugin's answers, and what they cost.
pub struct StartUp {
    plugin: String,
    answers: Vec<(&'static [&'static str], Cost)>,
    kubectl: Cost,
}

/// The median of all runs.
#[derive(Debug, Clone, Copy)]
struct Cost {
    wall: Duration,
    peak_memory: u64,
}

#[derive(Debug, Clone, Copy)]
struct Ratio {
    wall: f64,
    peak_memory: f64,
}

impl StartUp {
    /// Asks a plugin and kubectl by turns, so that whatever else the machine does meets both.
    pub fn measure(plugin: &Path, kubectl: &Path) -> Self {
        let beside = (kubectl, BESIDE);
        let commands: Vec<_> =
            QUESTIONS.into_iter().map(|question| (plugin, question)).chain([beside]).collect();
        let mut runs = vec![Vec::with_capacity(RUNS); commands.len()];
        for _ in 0..RUNS {
            for ((program, arguments), runs) in commands.iter().zip(&mut runs) {
                // Each follows itself: the first after another finds that one's memory in the processor's caches.
                run(program, arguments);
                runs.push(run(program, arguments));
            }
        }
        let mut costs: Vec<_> = runs.iter().map(|runs| Cost::median(runs)).collect();
        let kubectl = costs.pop().expect("kubectl ran last");
        Self {
            plugin: plugin.file_name().unwrap_or_default().to_string_lossy().into(),
            answers: QUESTIONS.into_iter().zip(costs).collect(),
            kubectl,
        }
    }

    pub fn is_over_limit(&self) -> bool {
        self.answers.iter().any(|(_, cost)| cost.beside(&self.kubectl).is_over_limit())
    }
}

fn run(program: &Path, arguments: &[&str]) -> Cost {
    let started = Instant::now();
    let used = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .and_then(Wait4::wait4)
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()));
    Cost { wall: started.elapsed(), peak_memory: used.rusage.maxrss }
}

impl Cost {
    fn median(runs: &[Self]) -> Self {
        Self {
            wall: median(runs.iter().map(|run| run.wall)),
            peak_memory: median(runs.iter().map(|run| run.peak_memory)),
        }
    }

    fn beside(&self, other: &Self) -> Ratio {
        Ratio {
            wall: self.wall.as_secs_f64() / other.wall.as_secs_f64(),
            peak_memory: self.peak_memory as f64 / other.peak_memory as f64,
        }
    }

    fn milliseconds(&self) -> f64 {
        self.wall.as_secs_f64() * 1e3
    }

    fn megabytes(&self) -> f64 {
        self.peak_memory as f64 / 1e6
    }
}

impl Ratio {
    fn is_over_limit(self) -> bool {
        self.wall > LIMIT.wall || self.peak_memory > LIMIT.peak_memory
    }
}

/// One row for each answer: its time, its memory, and both divided by kubectl's.
impl fmt::Display for StartUp {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { plugin, answers, kubectl } = self;
        writeln!(formatter, "{plugin:<24} {:>6} {:>6} {:>6} {:>6}", "ms", "ratio", "MB", "ratio")?;
        for (question, cost) in answers {
            let ratio = cost.beside(kubectl);
            let verdict = if ratio.is_over_limit() { "  OVER the limit" } else { "" };
            writeln!(
                formatter,
                "{:<24} {:>6.1} {:>6.3} {:>6.1} {:>6.2}{verdict}",
                question.join(" "),
                cost.milliseconds(),
                ratio.wall,
                cost.megabytes(),
                ratio.peak_memory
            )?;
        }
        let beside = format!("kubectl {}", BESIDE.join(" "));
        let (milliseconds, megabytes) = (kubectl.milliseconds(), kubectl.megabytes());
        writeln!(formatter, "{beside:<24} {milliseconds:>6.1} {:>6} {megabytes:>6.1}", "")?;
        let Ratio { wall, peak_memory } = LIMIT;
        writeln!(formatter, "{:<24} {:>6} {wall:>6.3} {:>6} {peak_memory:>6.2}", "limit", "", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KUBECTL: Cost = Cost { wall: Duration::from_millis(40), peak_memory: 40_000_000 };

    fn start_up(cost: Cost) -> StartUp {
        StartUp { plugin: "kubectl-isolate".into(), answers: vec![(QUESTIONS[0], cost)], kubectl: KUBECTL }
    }

    #[test]
    fn ratios_are_own_to_kubectls() {
        let quick = start_up(Cost { wall: Duration::from_millis(2), peak_memory: 4_000_000 });
        assert!(!quick.is_over_limit());
        assert_eq!(
            quick.to_string(),
            "kubectl-isolate              ms  ratio     MB  ratio\n\
             --help                      2.0  0.050    4.0   0.10\n\
             kubectl version --client   40.0          40.0\n\
             limit                            0.050          0.25\n"
        );
    }

    #[test]
    fn too_much_memory_is_over_the_limit() {
        let large = start_up(Cost { wall: Duration::from_millis(2), peak_memory: 11_000_000 });
        assert!(large.is_over_limit());
        assert!(large.to_string().contains("  0.28  OVER the limit\n"), "{large}");
    }
}
