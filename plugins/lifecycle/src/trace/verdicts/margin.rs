//! The race of each shutdown: is the pod out of the slices before its program is told to stop?

use jiff::SignedDuration;
use serde::Serialize;

use super::super::record::{Record, Role};
use super::super::{Step, What};
use super::{Distance, Moment, Sign, Verdict};

/// From the moment at which a pod was out of its slices to SIGTERM of one container. Negative where SIGTERM came first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Margin {
    pub container: String,
    /// None where the pod left them only by its removal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least_milliseconds: Option<i64>,
    pub most_milliseconds: i64,
}

/// Those of the containers that serve: a sidecar is stopped after them. None where nobody watched the slices, or no
/// Service selects the pod.
pub fn margins(record: &Record, steps: &[Step]) -> Vec<Margin> {
    let containers = record.containers();
    let is_sidecar = |name: &str| containers.iter().any(|one| one.name == name && one.role == Role::Sidecar);
    let sigterms = steps.iter().filter(|step| step.what == What::Sigterm);
    let margin = |step: &Step| {
        let container = step.container.clone().filter(|name| !is_sidecar(name))?;
        let sigterm = by_server(record, step.extent.begin());
        let seen = &record.sightings;
        // One that was in a slice until it was removed left no earlier than that.
        let (out, is_bounded) = match seen.out_of_slice {
            Some(out) => (out, !seen.stays_in_slices),
            None => (seen.gone.filter(|_| seen.is_in_slices() && record.gaps.is_empty())?, false),
        };
        let distance = Distance::between(&out, &sigterm);
        Some(Margin {
            container,
            least_milliseconds: is_bounded.then(|| milliseconds(distance.least)),
            most_milliseconds: milliseconds(distance.most),
        })
    };
    sigterms.filter_map(margin).collect()
}

/// The node's clock tells of SIGTERM, and the server's of the slices. A step allows for that already where they surely
/// differ.
fn by_server(record: &Record, sigterm: Moment) -> Moment {
    let may_agree = record.offset.is_none_or(|offset| offset.may_agree());
    if may_agree { record.by_server(sigterm) } else { sigterm }
}

fn milliseconds(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Margin {
    /// Whether it is surely so much, or more.
    pub fn is_at_least(&self, wanted: std::time::Duration) -> bool {
        self.least_milliseconds.is_some_and(|least| i128::from(least) >= wanted.as_millis().cast_signed())
    }

    /// `4.7s ±0.5`, or how it may be at most.
    pub fn text(&self) -> String {
        let most = SignedDuration::from_millis(self.most_milliseconds);
        match self.least_milliseconds {
            Some(least) => Distance { least: SignedDuration::from_millis(least), most }.text(),
            None => format!("at most {}", super::seconds(most)),
        }
    }

    pub fn verdict(&self) -> Option<Verdict> {
        let (name, most) = (&self.container, SignedDuration::from_millis(self.most_milliseconds));
        let least = self.least_milliseconds.map(SignedDuration::from_millis);
        let propagation = "kube-proxies and load balancers follow the slices a little later";
        let advice = "have preStop sleep a few seconds, so that traffic goes elsewhere before SIGTERM";
        Some(match least {
            Some(least) if least > SignedDuration::ZERO => {
                let before = Distance { least, most }.text();
                Verdict::new(Sign::Good, format!("{name}: out of the slices {before} before SIGTERM"))
                    .proven_by(propagation.to_owned())
            }
            _ if most < SignedDuration::ZERO => {
                let after = match least {
                    Some(least) => Distance { least, most }.reversed().text(),
                    None => format!("at least {}", super::seconds(-most)),
                };
                let text = format!("{name}: SIGTERM came {after} before the pod was out of the slices");
                let verdict = Verdict::new(Sign::Bad, text).proven_by(propagation.to_owned());
                // Where it never left them, no sleep helps.
                match least {
                    Some(_) => verdict.advising(advice),
                    None => verdict.advising("see whether its Service has publishNotReadyAddresses"),
                }
            }
            Some(least) => {
                let text = format!(
                    "{name}: SIGTERM came between {} before and {} after the pod was out of the slices",
                    super::seconds(-least),
                    super::seconds(most)
                );
                Verdict::new(Sign::Note, text).proven_by(propagation.to_owned()).advising(advice)
            }
            None => {
                let text =
                    format!("{name}: whether SIGTERM came before the pod was out of the slices is not known");
                Verdict::new(Sign::Note, text).proven_by("it was not seen to leave them".to_owned())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::super::super::clocks::Offset;
    use super::super::super::start::step;
    use super::super::super::{Certainty, Extent};
    use super::super::testing::{at, pod, record};
    use super::*;

    fn sigterm(container: &str, begin: &str, end: &str) -> Step {
        let extent = Extent::At(Moment::between(at(begin), at(end)));
        step(What::Sigterm, Some(container), extent, Certainty::Inferred, "")
    }

    /// Out of the slices within the second :20.
    fn margin(begin: &str, end: &str) -> Margin {
        let mut record = record(pod(json!({})), vec![]);
        record.sightings.out_of_slice = Some(Moment::second(at("20")));
        margins(&record, &[sigterm("web", begin, end)]).pop().unwrap()
    }

    #[test]
    fn what_is_surely_first_is_told_as_such() {
        for (begin, end, sign, words) in [
            ("25", "25.2", Sign::Good, "out of the slices 4.6s ±0.6 before SIGTERM"),
            ("20.1", "20.3", Sign::Note, "between 0.9s before and 0.3s after"),
            ("18", "18.2", Sign::Bad, "SIGTERM came 2.4s ±0.6 before the pod was out"),
        ] {
            let verdict = margin(begin, end).verdict().unwrap();
            assert!(verdict.sign == sign && verdict.text.contains(words), "{verdict:?}");
        }
    }

    #[test]
    fn a_margin_is_enough_when_it_surely_is() {
        let margin = margin("25", "25.2");
        assert_eq!((margin.least_milliseconds, margin.most_milliseconds), (Some(4000), 5200));
        assert!(margin.is_at_least(Duration::from_secs(4)));
        assert!(!margin.is_at_least(Duration::from_millis(4001)));
    }

    #[test]
    fn it_allows_for_clocks_that_need_not_agree() {
        let mut record = record(pod(json!({})), vec![]);
        record.sightings.out_of_slice = Some(Moment::second(at("20")));
        let [least, most] = [-300, 100].map(SignedDuration::from_millis);
        record.offset = Some(Offset { least, most });
        let margin = margins(&record, &[sigterm("web", "25", "25.2")]).pop().unwrap();
        assert_eq!((margin.least_milliseconds, margin.most_milliseconds), (Some(3700), 5300));
    }

    #[test]
    fn a_pod_that_was_in_a_slice_to_the_end_left_too_late() {
        let mut record = record(pod(json!({})), vec![]);
        let slice = |ready: bool| {
            let target = json!({"kind": "Pod", "name": "web-1", "uid": "u"});
            let endpoint = json!({"addresses": [], "conditions": {"ready": ready}, "targetRef": target});
            json!({"metadata": {"name": "web-a"}, "addressType": "IPv4", "endpoints": [endpoint]})
        };
        let sigterm = [sigterm("web", "20", "20.2")];
        record.sightings.know_slice(&serde_json::from_value(slice(false)).unwrap(), "u");
        record.sightings.see_end(Moment::between(at("29"), at("31")));
        assert_eq!(margins(&record, &sigterm), [], "it was in none");
        record.sightings.know_slice(&serde_json::from_value(slice(true)).unwrap(), "u");
        let margin = margins(&record, &sigterm).pop().unwrap();
        assert!(!margin.is_at_least(Duration::ZERO));
        let verdict = margin.verdict().unwrap();
        assert_eq!(verdict.text, "web: SIGTERM came at least 8.8s before the pod was out of the slices");
    }

    #[test]
    fn sidecars_are_stopped_after_those_that_serve() {
        let mut pod = pod(json!({}));
        pod["spec"]["initContainers"] = json!([{"name": "proxy", "restartPolicy": "Always"}]);
        let mut record = record(pod, vec![]);
        let steps = [sigterm("proxy", "25", "25"), sigterm("web", "22", "22")];
        assert_eq!(margins(&record, &steps), [], "nobody watched");
        record.sightings.out_of_slice = Some(Moment::second(at("20")));
        let names: Vec<_> = margins(&record, &steps).into_iter().map(|margin| margin.container).collect();
        assert_eq!(names, ["web"]);
    }
}
