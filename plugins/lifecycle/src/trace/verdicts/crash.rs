//! A container whose last run failed, with what it said last.

use super::super::record::{Record, Recorded};
use super::{Moment, Sign, Verdict, clock};

/// More than that of a line is no line for people.
const LONGEST: usize = 300;

/// Nothing where it ended well, or was meant to end.
pub fn verdict(record: &Record, container: &Recorded<'_>) -> Option<Verdict> {
    let crash = container.crash()?;
    let reason = crash.end.reason.as_deref().filter(|reason| *reason != "Error");
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    let again = match container.restarts() {
        0 => String::new(),
        1 => ", and was started once more".to_owned(),
        times => format!(", and was started {times} times more"),
    };
    let text = format!(
        "{}: its last run failed with exit code {}{reason}{again}",
        container.name, crash.end.exit_code
    );
    let mut verdict = Verdict::new(Sign::Bad, text);
    verdict.proof.extend(container.ended().map(|ended: Moment| format!("it ended at {}", clock(&ended))));
    let log = record.logs.get(container.name).into_iter().flatten();
    verdict.proof.extend(log.map(|line| format!("log: {}", shortened(line))));
    Some(verdict)
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::Phase;
    use super::super::testing::{deleted, pod, record};
    use super::*;

    fn crashed(code: i32, reason: &str, restarts: i32) -> Value {
        let mut pod = pod(json!({}));
        let end = json!({"exitCode": code, "reason": reason, "finishedAt": "2026-01-01T00:00:12Z"});
        pod["status"]["containerStatuses"] = json!([{
            "name": "web", "image": "", "imageID": "", "ready": false, "restartCount": restarts,
            "lastState": {"terminated": end}, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        }]);
        pod
    }

    fn said(record: &Record) -> Vec<Verdict> {
        super::super::verdicts(record, Phase::Start, &[])
    }

    #[test]
    fn what_failed_is_told_with_what_it_said_last() {
        let mut record = record(crashed(3, "Error", 2), vec![]);
        record.logs.insert("web".to_owned(), vec!["no route".to_owned(), "x".repeat(301)]);
        let [verdict] = &said(&record)[..] else { panic!("{:?}", said(&record)) };
        let text = "web: its last run failed with exit code 3, and was started 2 times more";
        assert_eq!((verdict.sign, verdict.text.as_str()), (Sign::Bad, text));
        let long = format!("log: {}…", "x".repeat(300));
        assert_eq!(verdict.proof[1..], ["log: no route".to_owned(), long]);
    }

    #[test]
    fn why_it_failed_is_said_where_the_runtime_knows() {
        let [verdict] = &said(&record(crashed(137, "OOMKilled", 1), vec![]))[..] else { panic!("one") };
        let text = "web: its last run failed with exit code 137 (OOMKilled), and was started once more";
        assert_eq!(verdict.text, text);
    }

    #[test]
    fn what_ended_well_or_was_to_end_did_not_crash() {
        assert_eq!(said(&record(crashed(0, "Completed", 2), vec![])), []);
        assert_eq!(said(&record(deleted(crashed(3, "Error", 2), "20", 30), vec![])), []);
    }
}
