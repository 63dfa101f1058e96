//! What is known of postStart: that it runs, or that it failed, and what it printed.

use super::super::record::{Record, Recorded};
use super::{Moment, Sign, Verdict, clock};
use crate::instrument::{Hook, unwrapped};

pub fn verdict(record: &Record, container: &Recorded<'_>) -> Option<Verdict> {
    container.post_start()?;
    let started = container.last("Started");
    failed(record, container, started.as_ref()).or_else(|| runs(record, container, &started?))
}

/// Of the latest start, as far as that is known.
fn failed(record: &Record, container: &Recorded<'_>, started: Option<&Moment>) -> Option<Verdict> {
    let is_of_this = |failed: &Moment| started.is_none_or(|started| failed.latest >= started.earliest);
    let event = container.last("FailedPostStartHook").filter(is_of_this);
    // The server may tell of it before the event is there. What was seen of an earlier start is not meant.
    let output = record.sightings.post_start_errors.get(container.name).map(String::as_str);
    let output = output.filter(|_| event.is_some() || is_waiting_for_it(container));
    if event.is_none() && output.is_none() {
        return None;
    }
    let text = format!("{}: postStart failed, so the container was killed", container.name);
    let mut verdict = Verdict::new(Sign::Bad, text);
    verdict.proof.extend(event.map(|event| format!("event FailedPostStartHook at {}", clock(&event))));
    let measured = container.stamps(Hook::PostStart).filter(|stamps| stamps.code.is_some());
    if let Some(stamps) = measured {
        verdict.proof.extend(super::hook::told_by_itself(&stamps));
        return Some(verdict);
    }
    Some(match output {
        Some(output) => verdict.proven_by(format!("status PostStartHookError: {}", unwrapped(output.trim()))),
        None => verdict
            .advising("what it printed is in the status for a second only: -f keeps it when it fails again"),
    })
}

fn is_waiting_for_it(container: &Recorded<'_>) -> bool {
    container.waiting().is_some_and(|waiting| waiting.reason.as_deref() == Some("PostStartHookError"))
}

/// Until it ends, the status says what it said before.
fn runs(record: &Record, container: &Recorded<'_>, started: &Moment) -> Option<Verdict> {
    // It may be over where the end is not surely that of an earlier run.
    let may_be_over = container.ended().is_some_and(|end| end.latest > started.earliest);
    let is_stopped = container.last("Killing").is_some_and(|killing| killing.latest > started.earliest);
    let was_seen = record
        .sightings
        .running(container.name, record.prompt())
        .is_some_and(|seen| seen.latest > started.latest);
    let is_known = container.is_running() || was_seen || record.since("Ready").is_some();
    if may_be_over || is_stopped || is_known || record.is_going() {
        return None;
    }
    let seconds = record.now.duration_since(started.middle()).as_secs().max(0);
    let text = format!(
        "{}: postStart has been running for {seconds}s; until it ends the pod looks as if the container were still created",
        container.name
    );
    let proof = "the container is not shown as running".to_owned();
    Some(
        Verdict::new(Sign::Note, text)
            .proven_by(format!("event Started at {}", clock(started)))
            .proven_by(proof),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::Phase;
    use super::super::testing::{event, pod, record};
    use super::*;

    fn waiting(reason: &str, message: &str) -> Value {
        let mut pod = pod(json!({"postStart": {"exec": {"command": ["warm-up"]}}}));
        let status = json!([{
            "name": "web", "image": "", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"waiting": {"reason": reason, "message": message}},
        }]);
        pod["status"]["containerStatuses"] = status;
        pod
    }

    fn said(record: &Record) -> Vec<(Sign, String)> {
        let all = super::super::verdicts(record, Phase::Start, &[]).into_iter();
        all.map(|verdict| (verdict.sign, format!("{}\n{}", verdict.text, verdict.proof.join("\n")))).collect()
    }

    fn expect(record: &Record, sign: Sign, words: &str) {
        let said = said(record);
        assert!(said.len() == 1 && said[0].0 == sign && said[0].1.contains(words), "{words}: {said:?}");
    }

    #[test]
    fn one_that_runs_looks_like_a_container_that_is_created() {
        let creating = || waiting("ContainerCreating", "");
        expect(&record(creating(), vec![event("Started", "10.0")]), Sign::Note, "has been running for 50s");
        // One that really is created has not started.
        assert_eq!(said(&record(creating(), vec![event("Created", "10.0")])), []);
        // Without a hook it is the status that is late.
        let mut without = creating();
        without["spec"]["containers"][0]["lifecycle"] = json!({});
        assert_eq!(said(&record(without, vec![event("Started", "10.0")])), []);
    }

    #[test]
    fn one_that_ended_does_not_run() {
        let mut over = waiting("CrashLoopBackOff", "");
        let terminated = json!({"terminated": {"exitCode": 0, "finishedAt": "2026-01-01T00:00:12Z"}});
        over["status"]["containerStatuses"][0]["lastState"] = terminated;
        let started = |at| record(over.clone(), vec![event("Started", at)]);
        assert_eq!(said(&started("10.0")), []);
        expect(&started("22.0"), Sign::Note, "has been running");
    }

    #[test]
    fn what_it_printed_is_kept_when_the_status_says_it_no_more() {
        let mut record =
            record(waiting("PostStartHookError", "no route to db\n"), vec![event("Started", "10.0")]);
        let now = record.now;
        expect(&record, Sign::Bad, "status PostStartHookError: no route to db");
        record.learn_event(event("FailedPostStartHook", "11.0"));
        record.learn_pod(
            serde_json::from_value(waiting("CrashLoopBackOff", "back-off")).unwrap(),
            Moment::exact(now),
        );
        expect(&record, Sign::Bad, "status PostStartHookError: no route to db");
    }

    #[test]
    fn the_failure_of_an_earlier_start_is_not_told_again() {
        let events = vec![event("FailedPostStartHook", "08.0"), event("Started", "10.0")];
        expect(&record(waiting("CrashLoopBackOff", ""), events), Sign::Note, "has been running");
    }
}
