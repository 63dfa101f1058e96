//! What became of preStop: of its failure there is one event, which has three meanings.

use jiff::SignedDuration;

use super::super::start::PROMPT;
use super::stop::End;
use super::{AT_ONCE, Distance, Sign, Verdict, clock, seconds};
use crate::instrument::{Hook, HookStamps};

pub fn verdict(end: &End<'_>) -> Option<Verdict> {
    if let Some(stamps) = end.container.stamps(Hook::PreStop).filter(|stamps| stamps.code.is_some()) {
        return measured(end, &stamps);
    }
    match end.hook_failed() {
        Some(_) => failed(end),
        None => slept_over(end),
    }
}

/// Of a hook that was wrapped there is nothing to infer.
fn measured(end: &End<'_>, stamps: &HookStamps) -> Option<Verdict> {
    if stamps.code == Some(0) {
        return None;
    }
    let mut verdict = Verdict::new(Sign::Bad, format!("{}: preStop itself failed", end.container.name));
    verdict.proof.extend(told_by_itself(stamps));
    Some(verdict)
}

/// What a wrapped hook wrote down of its end.
pub fn told_by_itself(stamps: &HookStamps) -> Vec<String> {
    let printed = stamps.output.as_deref().map(str::trim).filter(|output| !output.is_empty());
    let code = stamps.code.map(|code| format!("it ended with exit code {code}"));
    code.into_iter().chain(printed.map(|output| format!("it printed: {output}"))).collect()
}

/// The kubelet waits for a hook as long as the grace period lasts, and does not end it then: that it failed is told
/// when the container is killed under it (observed on 1.35: at the end of the grace period and 2 s).
fn failed(end: &End<'_>) -> Option<Verdict> {
    let (name, failed) = (end.container.name, end.hook_failed()?);
    let took = Distance::between(&end.killing, &failed);
    let proof = format!("event FailedPreStopHook {} after Killing", took.text());
    let Some(grace) = end.grace else {
        let text = format!(
            "{name}: preStop failed, overran, or the app ended under it: nothing is left that tells which"
        );
        return Some(Verdict::new(Sign::Note, text).proven_by(proof));
    };
    if took.most + PROMPT >= grace {
        let is_sure = took.least >= grace;
        return Some(overran(name, is_sure, grace).proven_by(proof));
    }
    let Some(exit) = end.exit else {
        let text = format!("{name}: preStop failed, or the app ended under it: its exit is not known");
        return Some(Verdict::new(Sign::Note, text).proven_by(proof));
    };
    let later = Distance::between(&failed, &exit);
    // A busy node may note the end of the app some time after that of the hook it took with it.
    let verdict = if later.least > AT_ONCE {
        let text = format!("{name}: preStop itself failed: the app ended {} later", later.text());
        Verdict::new(Sign::Bad, text).advising("its output is told nowhere; try it:  kubectl exec")
    } else if later.most <= SignedDuration::ZERO {
        let text = format!("{name}: the app ended while preStop ran, which the kubelet tells as its failure");
        Verdict::new(Sign::Note, text).advising("harmless, if preStop is what stops the app")
    } else {
        let text = format!("{name}: the app ended while preStop ran, or preStop failed just before that");
        Verdict::new(Sign::Note, text)
            .advising("harmless, if preStop is what stops the app; else try it:  kubectl exec")
    };
    Some(verdict.proven_by(proof).proven_by(format!("status finishedAt {}, in whole seconds", clock(&exit))))
}

/// A sleep is not told to have failed when the grace period is over. Only a shorter one than the pod's own, asked for
/// at the deletion, lets it come to that.
fn slept_over(end: &End<'_>) -> Option<Verdict> {
    let sleep = end.container.pre_stop()?.sleep.as_ref()?;
    let (slept, grace) = (SignedDuration::from_secs(sleep.seconds), end.grace?);
    let has_lasted = end.exit.is_some_and(|exit| Distance::between(&end.killing, &exit).most >= grace);
    if slept <= grace || grace.is_zero() || !has_lasted {
        return None;
    }
    Some(overran(end.container.name, true, grace).proven_by(format!("preStop sleeps {}", seconds(slept))))
}

fn overran(name: &str, is_sure: bool, grace: SignedDuration) -> Verdict {
    let overran = if is_sure { "overran" } else { "seems to have overrun" };
    let text =
        format!("{name}: preStop {overran} the grace period: SIGTERM came only then, SIGKILL 2s later");
    Verdict::new(Sign::Bad, text)
        .proven_by(format!("the grace period is {}", seconds(grace)))
        .advising("shorten preStop, or raise terminationGracePeriodSeconds")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::Phase;
    use super::super::super::record::Record;
    use super::super::testing::{deleted, ended, event, pod, record};
    use super::*;

    /// Deleted at :20 with a grace of 5 s, and killed at 20.5.
    fn said(hook: Value, failed: Option<&str>, finished: &str, code: i32) -> Vec<(Sign, String)> {
        let pod = deleted(pod(json!({"preStop": hook})), "20", 5);
        let mut events = vec![event("Killing", "20.5")];
        events.extend(failed.map(|at| event("FailedPreStopHook", at)));
        of(&record(ended(pod, finished, code), events))
    }

    fn of(record: &Record) -> Vec<(Sign, String)> {
        let all = super::super::verdicts(record, Phase::Shutdown, &[]).into_iter();
        let of_hook = all.filter(|verdict| verdict.text.contains("preStop"));
        of_hook.map(|verdict| (verdict.sign, verdict.text)).collect()
    }

    fn exec() -> Value {
        json!({"exec": {"command": ["drain"]}})
    }

    #[test]
    fn one_event_has_three_meanings() {
        for (failed, finished, sign, words) in [
            ("20.7", "24", Sign::Bad, "preStop itself failed: the app ended 3.7s ±0.6 later"),
            ("22.05", "21", Sign::Note, "the app ended while preStop ran, which the kubelet"),
            ("22.5", "22", Sign::Note, "ran, or preStop failed just before that"),
            ("27.55", "27", Sign::Bad, "preStop overran the grace period"),
        ] {
            let said = said(exec(), Some(failed), finished, 0);
            let [(found, text)] = &said[..] else { panic!("{failed}: {said:?}") };
            assert!(*found == sign && text.contains(words), "{failed}: {said:?}");
        }
    }

    #[test]
    fn a_hook_that_took_long_and_did_not_fail_is_none_of_them() {
        assert_eq!(said(exec(), None, "25", 0), []);
        assert_eq!(said(json!({"sleep": {"seconds": 5}}), None, "25", 0), []);
    }

    #[test]
    fn the_failure_of_an_earlier_shutdown_is_not_told_again() {
        assert_eq!(said(exec(), Some("10.0"), "22", 0), []);
    }

    #[test]
    fn a_sleep_that_overran_tells_nothing_but_can_be_computed() {
        let sleep = || json!({"sleep": {"seconds": 10}});
        let said_of = said(sleep(), None, "27", 137);
        assert!(said_of[0].1.contains("preStop overran"), "{said_of:?}");
        assert_eq!(said(sleep(), None, "22", 0), [], "the app ended before");
    }

    #[test]
    fn of_a_pod_that_is_gone_nothing_tells_which() {
        let mut record =
            record(pod(json!({})), vec![event("Killing", "20.5"), event("FailedPreStopHook", "20.7")]);
        record.pod = None;
        assert!(of(&record)[0].1.contains("nothing is left that tells which"));
    }
}
