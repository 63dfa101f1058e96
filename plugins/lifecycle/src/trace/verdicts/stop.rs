//! How a container ended that the kubelet stopped.

use jiff::SignedDuration;

use super::super::record::{Record, Recorded};
use super::super::shutdown::{KILLED, LEAST_SECONDS};
use super::{Distance, Moment, Sign, Verdict, hook, seconds};

pub fn verdicts(record: &Record, container: &Recorded<'_>) -> Vec<Verdict> {
    let Some(killing) = container.killing() else { return Vec::new() };
    let exit = container.ended().filter(|exit| exit.latest >= killing.earliest);
    let grace = container.grace(record);
    let end = End { container, killing, exit, grace };
    hook::verdict(&end).into_iter().chain(end.killed()).chain(end.left()).collect()
}

pub struct End<'a> {
    pub container: &'a Recorded<'a>,
    pub killing: Moment,
    pub exit: Option<Moment>,
    /// None where it is not known.
    pub grace: Option<SignedDuration>,
}

impl End<'_> {
    /// The hook's failure, if this end has one.
    pub fn hook_failed(&self) -> Option<Moment> {
        self.container.last("FailedPreStopHook").filter(|failed| failed.latest >= self.killing.earliest)
    }

    fn killed(&self) -> Option<Verdict> {
        let (name, end, exit) = (self.container.name, self.container.end()?, self.exit?);
        if end.exit_code != KILLED {
            return None;
        }
        let took = Distance::between(&self.killing, &exit);
        let proof = format!("exit code 137, {} after Killing", took.text());
        if end.reason.as_deref() == Some("OOMKilled") {
            let verdict =
                Verdict::new(Sign::Bad, format!("{name}: out of memory while it was shutting down"));
            let advice = "raise its memory limit, or have it need less to shut down";
            return Some(verdict.proven_by(proof).proven_by("reason OOMKilled".to_owned()).advising(advice));
        }
        let Some(grace) = self.grace else {
            let text = format!("{name}: SIGKILL ended it: how long it had is not known");
            return Some(Verdict::new(Sign::Bad, text).proven_by(proof));
        };
        let verdict = if took.most >= grace.max(SignedDuration::from_secs(LEAST_SECONDS)) {
            let text = format!("{name}: SIGKILL ended it: it was still there when the grace period was over");
            Verdict::new(Sign::Bad, text)
                .advising("let it handle SIGTERM, or raise terminationGracePeriodSeconds")
        } else {
            let text = format!(
                "{name}: not the kubelet killed it, nor was it out of memory: it or something else did, before the \
                 grace period was over"
            );
            Verdict::new(Sign::Bad, text)
        };
        Some(verdict.proven_by(proof).proven_by(format!("the grace period is {}", seconds(grace))))
    }

    /// Nothing where it may have been killed in the end.
    fn left(&self) -> Option<Verdict> {
        let (end, exit, grace) = (self.container.end()?, self.exit?, self.grace?);
        let took = Distance::between(&self.killing, &exit);
        let left = Distance::left_of(grace, &took);
        if end.exit_code == KILLED || left.least <= SignedDuration::ZERO {
            return None;
        }
        let text = format!("{}: {} of the grace period were left", self.container.name, left.text());
        Some(Verdict::new(Sign::Good, text).proven_by(format!("it ended {} after Killing", took.text())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::Phase;
    use super::super::testing::{deleted, ended, event, pod, record};
    use super::*;

    fn said(record: &Record) -> Vec<String> {
        let all = super::super::verdicts(record, Phase::Shutdown, &[]).into_iter();
        all.map(|verdict| verdict.text).collect()
    }

    /// Deleted at :20 with a grace of 5 s, and killed at 20.5.
    fn exit(finished: &str, code: i32, reason: Option<&str>) -> Vec<String> {
        let mut pod = ended(deleted(pod(json!({})), "20", 5), finished, code);
        pod["status"]["containerStatuses"][0]["state"]["terminated"]["reason"] = json!(reason);
        said(&record(pod, vec![event("Killing", "20.5")]))
    }

    #[test]
    fn a_killed_container_says_why() {
        for (finished, reason, words) in [
            ("25", Some("Error"), "it was still there when the grace period was over"),
            ("21", Some("OOMKilled"), "out of memory"),
            ("21", Some("Error"), "not the kubelet killed it"),
        ] {
            let said = exit(finished, 137, reason);
            assert!(said.len() == 1 && said[0].contains(words), "{finished}: {said:?}");
        }
    }

    #[test]
    fn what_ended_by_itself_in_time_had_some_left() {
        for code in [0, 1, 143] {
            assert_eq!(exit("22", code, None), ["web: 3.1s ±0.6 of the grace period were left"]);
        }
        // Within the second in which it was over.
        assert_eq!(exit("25", 0, None), [""; 0]);
    }

    #[test]
    fn a_probe_may_have_a_grace_period_of_its_own() {
        let killed = |probe| {
            let mut pod = ended(pod(json!({})), "22", 137);
            pod["spec"]["containers"][0]["livenessProbe"] = probe;
            said(&record(pod, vec![event("Killing", "20.5")]))
        };
        let own = killed(json!({"exec": {}, "terminationGracePeriodSeconds": 1}));
        assert_eq!(own, ["web: SIGKILL ended it: how long it had is not known"]);
        assert!(killed(json!({"exec": {}}))[0].contains("not the kubelet killed it"));
    }

    #[test]
    fn the_kubelet_gives_two_seconds_at_least() {
        for (finished, words) in [("21", "not the kubelet killed it"), ("22", "SIGKILL ended it")] {
            let pod = ended(deleted(pod(json!({})), "20", 1), finished, 137);
            let said = said(&record(pod, vec![event("Killing", "20.1")]));
            assert!(said[0].contains(words), "{finished}: {said:?}");
        }
    }

    #[test]
    fn an_end_before_the_deletion_is_none_of_its_own() {
        assert_eq!(exit("10", 137, None), [""; 0]);
    }
}
