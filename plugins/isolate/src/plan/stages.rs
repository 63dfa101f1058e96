//! The way from a pod in service to an isolated one, in words.

use drover::model::label_edit::Keys;
use drover::print::{Stage, counted};

use super::edit::{self, Edit};
use super::quarantine::{policy_name, policy_of};
use super::replacement::Replacement;
use crate::record::Record;
use crate::state::State;

/// How far a pod is on its way.
pub struct Way<'a> {
    pub state: &'a State,
    pub record: &'a Record,
    /// Labels that are gone.
    pub dropped: Keys,
    /// No controller owns it any more.
    pub released: bool,
    /// Labels that still have to go.
    pub to_drop: Keys,
    /// Slices that still send it traffic.
    pub sending: Vec<String>,
    /// Whether capacity is back.
    pub replacement: Replacement,
}

impl<'a> Way<'a> {
    /// Nothing was done yet.
    pub fn ahead(state: &'a State, record: &'a Record) -> Self {
        Self {
            state,
            record,
            dropped: Keys::new(),
            released: false,
            to_drop: record.leave.union(&record.traffic).cloned().collect(),
            sending: vec!["any".to_owned()],
            replacement: Replacement::Missing(expected(record)),
        }
    }

    /// The way, one line a stage, in an order that the record fixed when it began: where capacity
    /// is not waited for (the pod was not Ready, or it was asked for), traffic ends first.
    pub fn stages(&self) -> Vec<Stage> {
        let out = self.to_drop.is_empty();
        let whole = matches!(self.replacement, Replacement::Whole { .. });
        let replacement = ("replacement".to_owned(), self.replacement_words(), whole);
        let verified = ("verified".to_owned(), self.silence(), out && self.sending.is_empty());
        let stages = if self.record.at_once {
            let title = format!("leave {} and traffic", self.record.workload().kind);
            let keys = self.record.leave.union(&self.record.traffic).cloned().collect();
            let first = (title, self.words_for(&keys), self.released && out);
            let quarantine = self.quarantine();
            [first, verified].into_iter().chain(quarantine).chain([replacement]).collect()
        } else {
            let ends = [
                (
                    format!("leave the {}", self.record.workload().kind),
                    self.words_for(&self.record.leave),
                    self.released,
                ),
                replacement,
                ("leave all traffic".to_owned(), self.words_for(&self.traffic_keys()), out),
                verified,
            ];
            ends.into_iter().chain(self.quarantine()).collect::<Vec<_>>()
        };
        let done = stages.iter().take_while(|(_, _, done)| *done).count();
        Stage::in_order(stages.into_iter().map(|(title, detail, _)| (title, detail)), done)
    }

    fn quarantine(&self) -> Option<(String, String, bool)> {
        quarantine_stage(self.state, self.record)
    }

    /// The labels of the second phase: those gone or to go that the first does not take.
    fn traffic_keys(&self) -> Keys {
        self.dropped.union(&self.to_drop).filter(|key| !self.record.leave.contains(*key)).cloned().collect()
    }

    fn words_for(&self, keys: &Keys) -> String {
        if keys.is_empty() {
            return "no label has to go".to_owned();
        }
        let list = keys.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let verb = if keys.is_subset(&self.dropped) { "dropped" } else { "drop" };
        let edit = Edit { leave: self.record.leave.clone(), traffic: self.traffic_keys() };
        let kept: Vec<_> = edit::kept_for_policies(self.state, &self.record.labels, &edit)
            .into_iter()
            .map(|(key, policies)| format!("{key}: NetworkPolicy {} needs it", policies.join(", ")))
            .collect();
        // Said once: where traffic is ended.
        if kept.is_empty() || (*keys == self.record.leave && !self.record.at_once) {
            format!("{verb} {list}")
        } else {
            format!("{verb} {list} (kept {})", kept.join("; "))
        }
    }

    fn replacement_words(&self) -> String {
        match &self.replacement {
            Replacement::Whole { words, .. } | Replacement::Missing(words) => words.clone(),
        }
    }

    fn silence(&self) -> String {
        if self.released { silence(self.state, &self.sending) } else { silence(self.state, &[]) }
    }
}

/// Whether any slice sends traffic to the pod.
pub fn silence(state: &State, sending: &[String]) -> String {
    match sending {
        [] => format!("in no ready endpoint ({})", counted(state.survey.slices.len(), "EndpointSlice")),
        some => format!("still in {}", some.join(", ")),
    }
}

/// The stage of a quarantine, if there is to be one: its title, what it does, and whether it is done.
pub fn quarantine_stage(state: &State, record: &Record) -> Option<(String, String, bool)> {
    let (quarantine, pod) = record.quarantine.zip(state.subject.pod.as_ref())?;
    let words = format!("{} by NetworkPolicy {}", quarantine.in_words(), policy_name(pod));
    Some(("quarantine".to_owned(), words, policy_of(state, pod).is_some()))
}

/// What the replacement has to become.
fn expected(record: &Record) -> String {
    if record.services.is_empty() {
        "a new pod, Available".to_owned()
    } else {
        let services: Vec<_> = record.services.keys().map(String::as_str).collect();
        format!("a new pod, Available and ready in {}", services.join(", "))
    }
}
