//! What is done once a pod is out, or back: it is told on its workload. Nothing of it may fail the command.

use drover::change::{Applied, apply};
use drover::model::event::Event;
use drover::model::object::EVENTS;

use super::session::Session;
use crate::plan::event::{self, Told};
use crate::record::Record;
use crate::state::State;
use crate::{FIELD_MANAGER, observe};

/// Writes the Event; a warning where it could not be written. Who lacks the right was told beforehand.
pub async fn tell(session: &Session<'_>, state: &State, record: &Record, told: Told) -> Option<String> {
    let pod = state.subject.pod.as_ref().filter(|_| state.may("create", EVENTS))?;
    let step = event::step(state, &pod.metadata.uid, record, told);
    let field_manager = session.change.field_manager(FIELD_MANAGER);
    let why = match apply(session.cluster, &step, field_manager, None).await {
        Ok(Applied::Done(_)) => return None,
        Ok(Applied::Overtaken) => "the server has another of its name".to_owned(),
        Err(error) => error.to_string(),
    };
    Some(format!("no Event on {} tells of it: {why}", record.workload()))
}

/// The pod's Events, by which its probes' failures are known.
pub async fn events(session: &Session<'_>, state: &State) -> Vec<Event> {
    match &state.subject.pod {
        Some(pod) if state.may("list", EVENTS) => {
            observe::events(session.cluster, pod).await.unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
