//! The rules of lint that a run shows for real, each by what was measured.

use serde::Serialize;

use super::run::{End, HookRun, took};
use super::{Length, Run};
use crate::instrument::Hook;
use crate::schedule::{Action, Container, Role, Schedule};
use crate::trace::What;

/// A shell's codes for a program that can't be run, and that is not there (POSIX, 2.8.2).
const NOT_FOUND: [i32; 2] = [126, 127];

/// Something held the output of a hook open if it did so longer than a shell takes to notice its end.
const HELD: i64 = 250;

const SECOND: i64 = 1_000;

/// What a rehearsal says of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It did harm.
    Harm,
    /// It did none.
    NoHarm,
}

/// One rule, in one container, as it turned out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tested {
    /// Its stable name.
    pub rule: &'static str,
    pub container: String,
    pub outcome: Outcome,
    /// What was measured.
    pub text: String,
    /// In how many of the runs it turned out so.
    pub runs: usize,
}

/// All that could be tested, harm first. `grace` is what was rehearsed with, in seconds.
pub fn tested(runs: &[Run], schedule: &Schedule, grace: u64) -> Vec<Tested> {
    let mut all: Vec<Tested> = Vec::new();
    for run in runs {
        let rules = schedule
            .pod
            .containers
            .iter()
            .flat_map(|container| Facts { run, schedule, container, grace }.tested());
        for one in rules {
            match all.iter_mut().find(|known| (known.rule, &known.container) == (one.rule, &one.container)) {
                Some(known) if known.outcome == one.outcome => known.runs += 1,
                // The harm of one run is not made good by the others.
                Some(known) if one.outcome == Outcome::Harm => *known = one,
                Some(_) => {}
                None => all.push(one),
            }
        }
    }
    all.sort_by_key(|one| one.outcome);
    all
}

/// One container in one run.
struct Facts<'a> {
    run: &'a Run,
    schedule: &'a Schedule,
    container: &'a Container,
    grace: u64,
}

impl Facts<'_> {
    fn tested(&self) -> Vec<Tested> {
        let of_hooks = Hook::BOTH.into_iter().filter_map(|hook| self.hook(hook));
        let of_hooks = of_hooks.flat_map(|hook| [self.fails(hook), self.holds_output(hook)]);
        let others = [
            self.post_start_never_ends(),
            self.delay_within_post_start(),
            self.takes_grace_period(),
            self.shorter_than_drain(),
            self.stops_program(),
            self.outlives_program(),
            self.sidecar_at_once(),
        ];
        of_hooks.chain(others).flatten().collect()
    }

    fn told(&self, rule: &'static str, harm: bool, text: String) -> Option<Tested> {
        let outcome = if harm { Outcome::Harm } else { Outcome::NoHarm };
        Some(Tested { rule, container: self.container.name.clone(), outcome, text, runs: 1 })
    }

    fn hook(&self, hook: Hook) -> Option<&HookRun> {
        self.run.hook(&self.container.name, hook)
    }

    fn end(&self) -> Option<&End> {
        self.run.ends.iter().find(|end| end.container == self.container.name)
    }

    fn took(&self, what: What) -> Option<Length> {
        let trace = if what == What::PostStart { &self.run.start } else { &self.run.shutdown };
        took(trace.as_ref()?, what, &self.container.name)
    }

    fn grace_milliseconds(&self) -> i64 {
        i64::try_from(self.grace).unwrap_or(i64::MAX).saturating_mul(SECOND)
    }

    fn fails(&self, hook: &HookRun) -> Option<Tested> {
        let field = hook.hook;
        match hook.exit_code {
            Some(code) if NOT_FOUND.contains(&code) => {
                let text = format!("{field} could not run its command: exit code {code}");
                self.told("hook-program-missing", true, text)
            }
            Some(0) => self.told("hook-fails", false, format!("{field} succeeded")),
            Some(code) => self.told("hook-fails", true, format!("{field} failed with exit code {code}")),
            // Of preStop the same is told where the app ended under it.
            None if hook.failed && field == Hook::PostStart => {
                self.told("hook-fails", true, format!("{field} failed, so the container was killed"))
            }
            None => None,
        }
    }

    /// The kubelet waits for whatever still has the hook's output.
    fn holds_output(&self, hook: &HookRun) -> Option<Tested> {
        let held = hook.held_open_milliseconds.filter(|held| *held >= HELD)?;
        let text = format!(
            "{} ended, but what it left running held its output, and so the kubelet, for {} more",
            hook.hook,
            seconds(held)
        );
        self.told("hook-leaves-child", true, text)
    }

    fn post_start_never_ends(&self) -> Option<Tested> {
        let hook = self.hook(Hook::PostStart)?;
        match self.took(What::PostStart) {
            Some(length) if hook.is_wrapped && hook.took.is_some() => {
                self.told("post-start-unbounded", false, format!("postStart took {}", length.text()))
            }
            None if self.run.start.is_some() && hook.exit_code.is_none() => {
                let text = "postStart had not ended when the time for the start was up".to_owned();
                self.told("post-start-unbounded", true, text)
            }
            _ => None,
        }
    }

    fn delay_within_post_start(&self) -> Option<Tested> {
        let took = self.took(What::PostStart)?;
        let delays = self.container.probes.iter().filter(|probe| probe.initial_delay_seconds > 0);
        let shortest = delays.min_by_key(|probe| probe.initial_delay_seconds)?;
        let (field, delay) = (shortest.kind.field(), shortest.initial_delay_seconds);
        let is_over =
            took.least_milliseconds >= i64::try_from(delay).unwrap_or(i64::MAX).saturating_mul(SECOND);
        let text = format!("postStart took {}, initialDelaySeconds of {field} is {delay}", took.text());
        self.told("delay-within-post-start", is_over, text)
    }

    fn takes_grace_period(&self) -> Option<Tested> {
        self.container.pre_stop.as_ref()?;
        let (end, grace) = (self.end()?, self.grace);
        let rule = "pre-stop-takes-grace";
        let took = self.took(What::PreStop)?;
        let is_over = self.hook(Hook::PreStop).is_some_and(|hook| hook.took.is_some());
        let outlasted = end.took.most_milliseconds >= self.grace_milliseconds();
        if !is_over && outlasted || took.least_milliseconds >= self.grace_milliseconds() {
            let text = format!(
                "preStop was still running when the grace period of {grace}s was over: SIGTERM came only then, SIGKILL \
                 2s later"
            );
            return self.told(rule, true, text);
        }
        is_over
            .then(|| format!("preStop took {} of {grace}s", took.text()))
            .and_then(|text| self.told(rule, false, text))
    }

    fn shorter_than_drain(&self) -> Option<Tested> {
        let (end, grace) = (self.end()?, self.grace);
        let rule = "grace-shorter-than-drain";
        match end.killed {
            true => {
                let text = format!(
                    "SIGKILL ended it after {}: it was still there when the grace period of {grace}s was over",
                    end.took.text()
                );
                self.told(rule, true, text)
            }
            false => self.told(rule, false, format!("it ended within {} of {grace}s", end.took.text())),
        }
    }

    fn stops_program(&self) -> Option<Tested> {
        let (hook, end) = (self.hook(Hook::PreStop)?, self.end()?);
        let is_cut_short = hook.began && hook.took.is_none();
        let is_early = end.took.most_milliseconds < self.grace_milliseconds();
        (is_cut_short && is_early)
            .then(|| "the program ended while preStop ran, which the kubelet tells as its failure".to_owned())
            .and_then(|text| self.told("pre-stop-stops-program", true, text))
    }

    /// The kubelet sleeps on (kubernetes#134338).
    fn outlives_program(&self) -> Option<Tested> {
        let Action::Sleep { seconds } = self.container.pre_stop.as_ref()?.action else { return None };
        let sleeps = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND);
        let end = self.end()?;
        (end.took.most_milliseconds < sleeps)
            .then(|| format!("the program ended after {}, but preStop slept for {seconds}s", end.took.text()))
            .and_then(|text| self.told("sleep-outlives-program", true, text))
    }

    fn sidecar_at_once(&self) -> Option<Tested> {
        if self.container.role != Role::Sidecar || self.hook(Hook::PreStop)?.took.is_none() {
            return None;
        }
        let rule = "sidecar-pre-stop-at-once";
        let took = self.took(What::PreStop)?;
        let is_main = |end: &&End| {
            let mut containers = self.schedule.pod.containers.iter();
            containers.any(|one| one.name == end.container && one.role == Role::Main)
        };
        let last = self.run.ends.iter().filter(is_main).max_by_key(|end| end.took.most_milliseconds)?;
        let is_early = took.most_milliseconds < last.took.least_milliseconds;
        let order = if is_early { "before" } else { "not surely before" };
        let text = format!(
            "preStop was over after {}, {order} {} ended ({})",
            took.text(),
            last.container,
            last.took.text()
        );
        self.told(rule, is_early, text)
    }
}

fn seconds(milliseconds: i64) -> String {
    format!("{:.1}s", milliseconds as f64 / 1_000.0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::instrument::{Shell, instrumented};
    use crate::schedule::testing::schedule;
    use crate::trace::testing;

    /// Deleted at :20 with a grace period of 5 s; its only container ended within that second with that code. `said` are the
    /// lines of its preStop, as seconds and a word.
    fn told(hook: &Value, said: &[(&str, &str)], finished: &str, code: i32) -> Vec<String> {
        let spec = json!({
            "terminationGracePeriodSeconds": 5,
            "containers": [{"name": "web", "lifecycle": {"preStop": hook}}],
        });
        let mut wrapped = spec.clone();
        instrumented(&mut wrapped, &Shell::default());
        let stamp = |(second, word): &(&str, &str)| {
            let at = testing::at(second);
            format!("\ndrover preStop {}.{:09} {word}\n", at.as_second(), at.subsec_nanosecond())
        };
        let message: String = said.iter().map(stamp).collect();
        let end = json!({"exitCode": code, "finishedAt": format!("@{finished}"), "message": message});
        let status = json!({
            "name": "web", "image": "", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"terminated": end},
        });
        let pod = json!({
            "metadata": {"deletionTimestamp": "@25", "deletionGracePeriodSeconds": 5},
            "spec": wrapped,
            "status": {"containerStatuses": [status]},
        });
        let run = Run::of(testing::record(&pod.to_string(), "20.1 web Killing"), None);
        let all = tested(&[run], &schedule(&spec.to_string()), 5).into_iter();
        all.map(|one| format!("{:?} {}: {}", one.outcome, one.rule, one.text)).collect()
    }

    fn exec() -> Value {
        json!({"exec": {"command": ["/drain"]}})
    }

    #[test]
    fn what_goes_well_does_no_harm() {
        let said = [("20.2", "begin"), ("22.2", "exit 0"), ("22.2", "end")];
        let expected = [
            "NoHarm hook-fails: preStop succeeded",
            "NoHarm pre-stop-takes-grace: preStop took 2.00s of 5s",
            "NoHarm grace-shorter-than-drain: it ended within 3.3s ±0.6 of 5s",
        ];
        assert_eq!(told(&exec(), &said, "23", 0), expected);
    }

    #[test]
    fn a_hook_that_overran_left_only_the_floor() {
        let told = told(&exec(), &[("20.2", "begin")], "27", 137);
        assert!(told[0].starts_with("Harm pre-stop-takes-grace: preStop was still running"), "{told:?}");
        assert!(told[1].starts_with("Harm grace-shorter-than-drain: SIGKILL ended it"), "{told:?}");
    }

    #[test]
    fn a_hook_that_left_something_running_held_the_kubelet() {
        let said = [("20.2", "begin"), ("20.3", "exit 0"), ("23.3", "end")];
        let held = "Harm hook-leaves-child: preStop ended, but what it left running held its output, and so the \
                    kubelet, for 3.0s more";
        assert_eq!(told(&exec(), &said, "23", 0)[0], held);
    }

    #[test]
    fn a_program_that_is_not_there_and_one_that_fails_differ() {
        let of = |exit: &str| {
            told(&exec(), &[("20.2", "begin"), ("20.3", exit), ("20.3", "end")], "21", 0)[0].clone()
        };
        assert_eq!(
            of("exit 127"),
            "Harm hook-program-missing: preStop could not run its command: exit code 127"
        );
        assert_eq!(of("exit 3"), "Harm hook-fails: preStop failed with exit code 3");
    }

    #[test]
    fn a_hook_that_ends_the_program_and_a_sleep_that_outlives_it() {
        let stops = told(&exec(), &[("20.2", "begin")], "21", 0);
        assert!(stops[0].starts_with("Harm pre-stop-stops-program"), "{stops:?}");
        let sleeps = told(&json!({"sleep": {"seconds": 4}}), &[], "21", 0);
        assert!(sleeps[0].starts_with("Harm sleep-outlives-program: the program ended after"), "{sleeps:?}");
    }
}
