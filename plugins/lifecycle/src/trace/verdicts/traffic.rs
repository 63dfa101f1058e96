//! Whether traffic came when the pod was ready: only who watches the slices knows.

use jiff::SignedDuration;

use super::super::record::Record;
use super::{AT_ONCE, Distance, Sign, Verdict, clock};

pub fn verdict(record: &Record) -> Option<Verdict> {
    // The node's clock tells of it, and the server's of the slices.
    let ready = record.by_server(record.since("Ready")?);
    let Some(in_slice) = record.sightings.in_slice else {
        let since = Distance::between(&ready, &super::Moment::exact(record.now));
        let is_missing = record.has_services && !record.sightings.is_in_slices() && since.least > AT_ONCE;
        return is_missing.then(|| {
            let text = format!("ready for {}, and not seen in a slice of its Services yet", since.text());
            Verdict::new(Sign::Note, text).proven_by(format!("condition Ready since {}", clock(&ready)))
        });
    };
    let later = Distance::between(&ready, &in_slice);
    let proof = format!("condition Ready at {}, in a slice at {}", clock(&ready), clock(&in_slice));
    if later.most < SignedDuration::ZERO {
        let text = format!("traffic was sent to it {} before it was ready", later.reversed().text());
        let advice = "see whether its Service has publishNotReadyAddresses";
        return Some(Verdict::new(Sign::Bad, text).proven_by(proof).advising(advice));
    }
    (later.least > AT_ONCE).then(|| {
        let text = format!("no traffic until {} after it was ready", later.text());
        Verdict::new(Sign::Note, text).proven_by(proof)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Moment;
    use super::super::testing::{at, pod, record};
    use super::*;

    /// Ready within the second :20.
    fn ready() -> Record {
        let mut pod = pod(json!({}));
        let since = "2026-01-01T00:00:20Z";
        pod["status"]["conditions"] =
            json!([{"type": "Ready", "status": "True", "lastTransitionTime": since}]);
        Record { has_services: true, ..record(pod, vec![]) }
    }

    fn text(record: &Record) -> Option<String> {
        verdict(record).map(|verdict| verdict.text)
    }

    #[test]
    fn traffic_comes_with_readiness_before_it_or_late() {
        for (second, words) in [
            ("15", Some("traffic was sent to it 5.0s ±1.0 before it was ready")),
            ("19", None),
            ("20", None),
            ("21", None),
            ("25", Some("no traffic until 5.0s ±1.0 after it was ready")),
        ] {
            let mut record = ready();
            record.sightings.in_slice = Some(Moment::second(at(second)));
            assert_eq!(text(&record).as_deref(), words, "{second}");
        }
    }

    #[test]
    fn none_comes_to_a_pod_in_no_slice() {
        let mut record = ready();
        assert_eq!(
            text(&record).as_deref(),
            Some("ready for 39.5s ±0.5, and not seen in a slice of its Services yet")
        );
        record.now = at("21.5");
        assert_eq!(text(&record), None, "the news takes its time");
        record.now = at("59");
        record.has_services = false;
        assert_eq!(text(&record), None, "no Service selects it");
    }
}
