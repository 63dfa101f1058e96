//! `kubectl isolate POD` of a pod that is isolated already, with another reason or time limit, or a
//! quarantine that it does not have yet.

use drover::change::{Applied, Step, apply};
use drover::cli::Failure;

use super::session::Session;
use crate::FIELD_MANAGER;
use crate::plan::isolate::{Wish, readable_record};
use crate::plan::quarantine::{policy_name, policy_of};
use crate::plan::write;
use crate::record::Record;
use crate::state::State;

/// What to write to the pod's record, if there is something, and the record as it is then.
pub fn step(state: &State, wish: &Wish) -> Result<Option<(Step, Record)>, Failure> {
    let Some(pod) = &state.subject.pod else { return Ok(None) };
    let record = readable_record(state, pod)?.filter(|record| !record.is_undone(pod));
    let Some(record) = record else { return Ok(None) };
    let Some(amended) = wish.amended(&record) else { return Ok(None) };
    if amended.quarantine != record.quarantine && policy_of(state, pod).is_some() {
        let (namespace, name) = (&state.survey.namespace, policy_name(pod));
        let failure = Failure::new(format!("{} is in another quarantine already", state.target()));
        let hint = format!("end that first:  kubectl delete networkpolicy -n {namespace} {name}");
        return Err(failure.hint(hint));
    }
    let write = write::amend(state.target(), pod, &amended);
    Ok(Some((Step { title: "note it".to_owned(), write }, amended)))
}

/// Writes it.
pub async fn carry_out(session: &Session<'_>, step: &Step, again: &str) -> Result<(), Failure> {
    let target = step.write.target.to_string();
    let field_manager = session.change.field_manager(FIELD_MANAGER);
    match apply(session.cluster, step, field_manager, None).await {
        Ok(Applied::Done(_)) => Ok(()),
        Ok(Applied::Overtaken) => {
            let failure = Failure::new(format!("{target} was changed by somebody else meanwhile"));
            Err(failure.hint(format!("go on with:  {again}")))
        }
        Err(error) => Err(Failure::from(error).about(&target).hint(format!("go on with:  {again}"))),
    }
}
