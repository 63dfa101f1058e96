//! What is told of a rollback.

use std::time::Duration;

use drover::cli::{Failure, FinishedStage, OutputFormat, Streams};
use drover::model::object::ObjectRef;
use drover::print::{counted, seconds};
use serde::Serialize;

use super::scene::Scene;
use crate::commands::session::Session;
use crate::compare::Masking;
use crate::report::{Screen, render_plan};
use crate::rollback::{Action, Item, Journal, Live, Reason, Subject, Then, goes_with_its_set, unproven};
use crate::store::BundleName;

/// A rollback. This is the schema of `-o json`, described in the README.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    bundle: &'a str,
    to: &'a str,
    /// The version in which all is as it was before.
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<&'a str>,
    items: &'a [Item],
    /// How many objects of the version were read back and found equal, and of how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    proven: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<usize>,
    written: usize,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stages: &'a [FinishedStage],
}

/// The plan, for people, before anything happens.
pub fn show_plan(
    session: &Session<'_>,
    scene: &Scene,
    items: &[Item],
    streams: &mut Streams,
) -> Result<(), Failure> {
    let cluster = session.cluster;
    if session.change.output.is_none() {
        let place = format!("{}/{}", cluster.context, cluster.namespace);
        let heading = format!("{place} → version {}", scene.version.version);
        let screen = Screen {
            width: streams.width,
            colour: streams.err_is_terminal && streams.colour,
            now: cluster.now(),
        };
        write!(streams.err, "{}", render_plan(&heading, items, &screen))?;
    }
    Ok(())
}

/// What would be done, or that nothing is to be done, in these words before the version.
pub fn without_a_write(
    session: &Session<'_>,
    scene: &Scene,
    items: &[Item],
    words: &str,
    name: &BundleName,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let to = &scene.version.version;
    session.answer(name, &format!("{words} version {to}{}", except(items)), streams)?;
    let told = Told {
        bundle: name.as_str(),
        to,
        undo: None,
        items,
        proven: None,
        of: None,
        written: 0,
        stages: &[],
    };
    streams.structured(session.change.output, "BundleRollbackList", &[told])?;
    Ok(())
}

/// What was read back.
pub struct Proof {
    equal: usize,
    of: usize,
    /// Written, and not what it was to be.
    unequal: Vec<ObjectRef>,
}

impl Proof {
    pub fn of(subjects: &[Subject], items: &[Item], live: &Live, masking: &Masking) -> Self {
        let mut proof = Self { equal: 0, of: 0, unequal: Vec::new() };
        for item in items {
            let subject = subjects.iter().find(|subject| subject.object == item.object);
            let Some(subject) = subject else { continue };
            let Then::There(version) = &subject.then else { continue };
            proof.of += 1;
            let now = live.get(&item.object.path()).and_then(Option::as_ref);
            let is_left = matches!(item.action, Action::Leave { .. });
            let is_lost = subject.now.body().is_some_and(|live| goes_with_its_set(&item.object, live, items));
            match now {
                _ if is_left || is_lost => {}
                Some(now) if unproven(item, version, now, masking).is_empty() => proof.equal += 1,
                _ => proof.unequal.push(item.object.clone()),
            }
        }
        proof
    }

    pub fn holds(&self) -> bool {
        self.unequal.is_empty()
    }
}

/// A rollback that came to its end.
pub struct Done<'a> {
    pub journal: &'a Journal,
    pub items: &'a [Item],
    pub proof: &'a Proof,
    pub written: usize,
    pub stages: &'a [FinishedStage],
    pub took: Duration,
}

pub fn done(
    session: &Session<'_>,
    name: &BundleName,
    done: &Done<'_>,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let Done { journal, items, proof, written, stages, took } = done;
    if !proof.holds() {
        let names: Vec<_> = proof.unequal.iter().map(ObjectRef::to_string).collect();
        let words =
            format!("bundle/{name}: read back, {} not as in version {}", names.join(", "), journal.to);
        return Err(Failure::new(words)
            .hint(format!("see what differs:  kubectl bundle diff {name} {}", journal.to))
            .hint(format!("put all back as it was:  kubectl bundle rollback {name} {}", journal.undo)));
    }
    session.answer(name, &format!("rolled back to version {}{}", journal.to, except(items)), streams)?;
    let told = Told {
        bundle: name.as_str(),
        to: &journal.to,
        undo: Some(&journal.undo),
        items,
        proven: Some(proof.equal),
        of: Some(proof.of),
        written: *written,
        stages,
    };
    streams.structured(session.change.output, "BundleRollbackList", &[told])?;
    if !matches!(session.change.output, Some(OutputFormat::Json | OutputFormat::Yaml | OutputFormat::Name)) {
        let (equal, of, time) = (proof.equal, proof.of, seconds(*took));
        let objects = counted(*written, "object");
        writeln!(streams.err, "\n{equal} of {of} proven equal, {objects} written, {time}")?;
        writeln!(streams.err, "undo   kubectl bundle rollback {name} {}{}", journal.undo, session.flags)?;
    }
    Ok(())
}

/// What stays as it is, though the version has it otherwise.
fn except(items: &[Item]) -> String {
    let left = items.iter().filter(|item| {
        let is_left = matches!(&item.action, Action::Leave { reason, .. } if *reason != Reason::NotAsked);
        is_left || !item.held.is_empty()
    });
    let names: Vec<_> = left.map(|item| item.object.to_string()).collect();
    match names.len() {
        0 => String::new(),
        1..=3 => format!(", except {}", names.join(", ")),
        count => format!(", except {}", counted(count, "object")),
    }
}
