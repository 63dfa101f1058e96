//! What follows from the steps, each with what proves it.

use drover::print::escape;
use jiff::SignedDuration;

use super::record::{Record, Recorded};
use super::start::PROMPT;
use super::{Moment, Phase, Sign, Verdict};

/// What a shell tells of a program that SIGKILL ended.
const KILLED: i32 = 128 + 9;

/// Two things that are written in whole seconds are as good as at once.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(1);

/// All that can be said of a phase.
pub fn verdicts(record: &Record, phase: Phase) -> Vec<Verdict> {
    let containers = record.containers();
    let each = containers.iter().flat_map(|container| match phase {
        Phase::Start => start(record, container),
        Phase::Shutdown => shutdown(record, container),
    });
    let cause = (phase == Phase::Shutdown).then(|| cause(record)).flatten();
    cause.into_iter().chain(each).collect()
}

fn start(record: &Record, container: &Recorded<'_>) -> Vec<Verdict> {
    let name = container.name;
    if let Some(failed) = container.last("FailedPostStartHook") {
        let mut proof = vec![format!("event FailedPostStartHook at {}", clock(&failed))];
        // Shown for about a second, before CrashLoopBackOff takes its place.
        let output =
            container.waiting().filter(|waiting| waiting.reason.as_deref() == Some("PostStartHookError"));
        proof.extend(
            output.and_then(|waiting| waiting.message.clone()).map(|text| format!("it said: {text}")),
        );
        return vec![Verdict {
            sign: Sign::Bad,
            text: format!("{name}: postStart failed, so the container was killed"),
            proof,
            advice: vec!["its output is in the container's status for a second only".to_owned()],
        }];
    }
    let Some(started) = container.last("Started").filter(|_| container.post_start().is_some()) else {
        return Vec::new();
    };
    let has_state = container.is_running() || container.end().is_some();
    if has_state || record.since("Ready").is_some() {
        return Vec::new();
    }
    let seconds = record.now.duration_since(started.middle()).as_secs();
    vec![Verdict {
        sign: Sign::Note,
        text: format!(
            "{name}: postStart has been running for {seconds}s; until it ends the pod looks as if it were still created"
        ),
        proof: vec![
            format!("event Started at {}", clock(&started)),
            "the container is not shown as running".to_owned(),
        ],
        advice: Vec::new(),
    }]
}

fn shutdown(record: &Record, container: &Recorded<'_>) -> Vec<Verdict> {
    let Some(killing) = container.last("Killing") else { return Vec::new() };
    let exit = container.ended().filter(|exit| exit.latest >= killing.earliest);
    let grace = record.grace_seconds().map(SignedDuration::from_secs);
    let end = End { container, killing, exit, grace };
    end.hook().into_iter().chain(end.killed()).chain(end.left()).collect()
}

/// How one container ended that the kubelet stopped.
struct End<'a> {
    container: &'a Recorded<'a>,
    killing: Moment,
    exit: Option<Moment>,
    grace: Option<SignedDuration>,
}

impl End<'_> {
    /// The event has three meanings, which its time tells apart.
    fn hook(&self) -> Option<Verdict> {
        let name = self.container.name;
        let failed = self.container.last("FailedPreStopHook")?;
        if failed.latest < self.killing.earliest {
            return None;
        }
        let took = failed.middle().duration_since(self.killing.middle());
        let mut proof = vec![format!("event FailedPreStopHook {} after Killing", seconds(took))];
        let verdict = |sign, text: String, proof, advice: &[&str]| Verdict {
            sign,
            text,
            proof,
            advice: advice.iter().map(|&line| line.to_owned()).collect(),
        };
        let Some(grace) = self.grace else {
            let text = format!(
                "{name}: preStop failed, overran, or the app ended under it: the pod is gone, so nothing tells which"
            );
            return Some(verdict(Sign::Note, text, proof, &[]));
        };
        if took + PROMPT >= grace {
            proof.push(format!("the grace period is {}", seconds(grace)));
            let text =
                format!("{name}: preStop overran the grace period: the app got SIGTERM only then, and 2s");
            return Some(verdict(
                Sign::Bad,
                text,
                proof,
                &["shorten preStop, or raise terminationGracePeriodSeconds"],
            ));
        }
        let Some(exit) = self.exit else {
            let text = format!("{name}: preStop failed, or the app ended under it: its exit is not known");
            return Some(verdict(Sign::Note, text, proof, &[]));
        };
        if failed.middle().duration_since(exit.middle()).abs() <= AT_ONCE {
            proof.push(format!("the container ended at {}", clock(&exit)));
            let text = format!(
                "{name}: the app ended while preStop was running, which the kubelet reports as FailedPreStopHook"
            );
            return Some(verdict(Sign::Note, text, proof, &["harmless, if preStop is what stops the app"]));
        }
        proof.push(format!(
            "the container ended {} later",
            seconds(exit.middle().duration_since(failed.middle()))
        ));
        let text = format!("{name}: preStop itself failed");
        Some(verdict(Sign::Bad, text, proof, &["its output is told nowhere; try it:  kubectl exec"]))
    }

    fn killed(&self) -> Option<Verdict> {
        let (name, end, exit) = (self.container.name, self.container.end()?, self.exit?);
        if end.exit_code != KILLED {
            return None;
        }
        let ran = exit.middle().duration_since(self.killing.middle());
        let mut proof = vec![format!("exit code 137, {} after Killing", seconds(ran))];
        if end.reason.as_deref() == Some("OOMKilled") {
            let text = format!("{name}: out of memory while it was shutting down");
            return Some(Verdict { sign: Sign::Bad, text, proof, advice: Vec::new() });
        }
        let grace = self.grace?;
        proof.push(format!("the grace period is {}", seconds(grace)));
        let is_over = exit.latest >= self.killing.earliest + grace;
        let text = match is_over {
            true => format!("{name}: SIGKILL ended it: it was still there when the grace period was over"),
            false => {
                format!("{name}: something else than the kubelet killed it, before the grace period was over")
            }
        };
        let advice = match is_over {
            true => vec!["let it handle SIGTERM, or raise terminationGracePeriodSeconds".to_owned()],
            false => Vec::new(),
        };
        Some(Verdict { sign: Sign::Bad, text, proof, advice })
    }

    fn left(&self) -> Option<Verdict> {
        let (end, exit, grace) = (self.container.end()?, self.exit?, self.grace?);
        let took = exit.middle().duration_since(self.killing.middle());
        if end.exit_code == KILLED || took >= grace {
            return None;
        }
        let text =
            format!("{}: {} of the grace period were left", self.container.name, seconds(grace - took));
        Some(Verdict {
            sign: Sign::Good,
            text,
            proof: vec![format!("it ended {} after Killing", seconds(took))],
            advice: Vec::new(),
        })
    }
}

/// Why the pod was deleted, where somebody wrote it down.
fn cause(record: &Record) -> Option<Verdict> {
    let conditions = record.status()?.conditions.as_ref()?;
    let target = conditions.iter().find(|one| one.type_ == "DisruptionTarget" && one.status == "True")?;
    let reason = target.reason.as_deref().unwrap_or_default();
    let cause = match reason {
        "EvictionByEvictionAPI" => "somebody evicted it, as a drain does",
        "PreemptionByScheduler" => "a pod of higher priority needed its place",
        "DeletionByTaintManager" => "its node was tainted",
        "DeletionByPodGC" => "its node was gone",
        "TerminationByKubelet" => "its node ran short of resources, or was shut down",
        other => other,
    };
    let message = escape(target.message.as_deref().unwrap_or_default()).to_string();
    Some(Verdict {
        sign: Sign::Note,
        text: format!("deleted since {cause}"),
        proof: vec![format!("condition DisruptionTarget {reason}: {message}")],
        advice: Vec::new(),
    })
}

/// The time of day.
fn clock(moment: &Moment) -> String {
    moment.middle().strftime("%H:%M:%S").to_string()
}

fn seconds(duration: SignedDuration) -> String {
    format!("{:.1}s", duration.as_secs_f64())
}
