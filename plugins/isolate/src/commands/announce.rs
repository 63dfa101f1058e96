//! What is done once a pod is out, or back: it is told on its workload. Nothing of it may fail the command.

use drover::change::{Applied, Step, apply};
use drover::model::event::Event;
use drover::model::object::EVENTS;

use super::session::Session;
use crate::plan::event::Story;
use crate::record::Record;
use crate::state::State;
use crate::{FIELD_MANAGER, observe};

/// Writes the Event that a pod is out; a warning where it could not be written.
pub async fn tell_isolated(session: &Session<'_>, state: &State, record: &Record) -> Option<String> {
    let story = Story::of(state, record)?;
    tell(session, &story, &story.isolated()).await
}

/// Writes the Event that it is back.
pub async fn tell_restored(session: &Session<'_>, story: &Story) -> Option<String> {
    tell(session, story, &story.restored(session.cluster.now())).await
}

async fn tell(session: &Session<'_>, story: &Story, step: &Step) -> Option<String> {
    let field_manager = session.change.field_manager(FIELD_MANAGER);
    let why = match apply(session.cluster, step, field_manager, None).await {
        Ok(Applied::Done(_)) => return None,
        Ok(Applied::Overtaken) => "the server has another of its name".to_owned(),
        Err(error) => error.to_string(),
    };
    Some(format!("no Event on {} tells of it: {why}", story.workload()))
}

/// The pod's Events, by which its probes' failures are known, and what to know where they are not.
pub async fn events(session: &Session<'_>, state: &State) -> (Vec<Event>, Option<String>) {
    // Who may not list them was told so before.
    let pod = state.subject.pod.as_ref().filter(|_| state.may("list", EVENTS));
    let Some(pod) = pod else { return (Vec::new(), None) };
    match observe::events(session.cluster, pod).await {
        Ok(events) => (events, None),
        Err(error) => (Vec::new(), Some(format!("whether a probe of the pod fails is not known: {error}"))),
    }
}
