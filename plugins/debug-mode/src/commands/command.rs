//! What `on` does alike in place and beside: reach the plan's end, or say why it did not come.

use drover::change::{Ending, Plan, Problem, Run, carry_out};
use drover::cli::{Cancel, Failure, FinishedStage, Streams};
use drover::cluster::Cluster;
use drover::model::object::{ObjectRef, PODS};
use drover::model::pod::Terminated;
use drover::print::quoted;

use crate::FIELD_MANAGER;
use crate::observe;
use crate::options::{Mode, OnOptions};
use crate::state::State;
use crate::workload::Workload;

/// How many lines of a container's log illustrate how it ended.
const LOG_LINES: u32 = 5;

/// One `on` on one cluster.
pub struct Command<'a> {
    pub cluster: &'a Cluster,
    pub options: &'a OnOptions,
    /// The flags that make a suggested command work in the same place.
    pub flags: &'a str,
}

impl Command<'_> {
    /// The name under which the server records our changes.
    pub fn manager(&self) -> &str {
        self.options.change.field_manager(FIELD_MANAGER)
    }

    /// Carries a plan out; where its end does not come, says what is so now.
    pub async fn reach(
        &self,
        state: State,
        mode: Mode,
        decide: impl Fn(&State) -> Result<Plan, Failure>,
        streams: &mut Streams,
    ) -> Result<(State, Vec<FinishedStage>), Failure> {
        let cancel = Cancel::on_signal();
        let run = Run {
            cluster: self.cluster,
            field_manager: self.manager(),
            cancel: &cancel,
            timeout: self.options.timeout,
            lock: None,
        };
        let target = &self.options.target;
        let observe = async |before: &State| observe::again(self.cluster, before, target, mode).await;
        let object = target.in_namespace(&self.cluster.namespace);
        let (state, why) = match carry_out(&run, state, observe, State::update, decide, streams).await {
            Ok((Ending::Reached(state), stages)) => return Ok((state, stages)),
            Ok((Ending::TimedOut(state, plan), _)) => (
                state,
                plan.wait.map_or("not in time".to_owned(), |wait| format!("not in time: {}", wait.missing)),
            ),
            Ok((Ending::Cancelled(state, _), _)) => (state, "interrupted".to_owned()),
            Err(problem) => return Err(self.failed(problem)),
        };
        let so_far = match state.workload.as_ref().map(Workload::is_annotated) {
            Some(true) => "it is in debug mode, and stays so",
            _ if !state.copies.is_empty() => "the copy is there",
            _ if state.config_map.is_some() => "only its record was written",
            _ => "nothing was changed",
        };
        Err(Failure::new(format!("{object}: {why}; {so_far}"))
            .hint(format!("go on with:  {}", again()))
            .hint(format!("restore:  kubectl debug-mode off{} {}", self.flags, target.typed())))
    }

    /// The container ends although nobody kills it: with what, its last words, and the way that helps.
    pub async fn still_exits(
        &self,
        workload: &Workload,
        pod: &str,
        container: &str,
        end: &Terminated,
    ) -> Failure {
        let object = ObjectRef::namespaced(PODS, &self.cluster.namespace, pod);
        let mut lines = Vec::new();
        for previous in [false, true] {
            // The log only illustrates: without it the exit code stands alone.
            if let Ok(found) = self.cluster.log_tail(&object, container, LOG_LINES, previous).await
                && !found.is_empty()
            {
                lines = found;
                break;
            }
        }
        let (place, copy) = match self.options.mode {
            Some(Mode::Copy) => ("copied", " --copy"),
            Some(Mode::InPlace) => ("in debug mode", " --in-place"),
            None => ("in debug mode", ""),
        };
        let words = format!(
            "{}: {place}, but container {container} of {object} still {} by itself",
            workload.object_ref(),
            end.in_words()
        );
        let mut failure = Failure::new(words);
        for line in lines.iter().chain((!end.message.is_empty()).then_some(&end.message)) {
            failure = failure.hint(format!("  | {line}"));
        }
        let (flags, typed) = (self.flags, workload.target.typed());
        let again = if self.options.overrides.hold { "" } else { " --hold" };
        failure = failure.hint(format!("restore:  kubectl debug-mode off{flags} {typed}"));
        if again.is_empty() {
            return failure;
        }
        failure.hint(format!(
            "then keep it alive doing nothing:  kubectl debug-mode on{flags} {typed}{copy} -c {container} --hold"
        ))
    }

    pub async fn does_not_exist(&self) -> Failure {
        let object = self.options.target.in_namespace(&self.cluster.namespace);
        let close = self.cluster.close_names(&object).await;
        does_not_exist(&object, &close)
    }

    pub fn failed(&self, problem: Problem) -> Failure {
        let object = self.options.target.in_namespace(&self.cluster.namespace);
        problem.into_failure(&object.to_string(), &again()).about(&object.to_string())
    }
}

/// This same command, to be run again: what it did already stays done.
pub fn again() -> String {
    told(std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()))
}

/// The command with these words, but for the token, which is nobody else's to see.
fn told(mut typed: impl Iterator<Item = String>) -> String {
    let mut command = "kubectl debug-mode".to_owned();
    while let Some(word) = typed.next() {
        if word == "--token" {
            typed.next();
        } else if !word.starts_with("--token=") {
            command = format!("{command} {}", quoted(&word));
        }
        if word == "--" {
            // Behind it stands what a container runs.
            return typed.fold(command, |command, word| format!("{command} {}", quoted(&word)));
        }
    }
    command
}

/// The refusal of a name that does not exist, with those that are close.
pub fn does_not_exist(object: &ObjectRef, close: &[String]) -> Failure {
    let failure = Failure::new(format!("{object} does not exist"));
    if close.is_empty() { failure } else { failure.hint(format!("did you mean: {}", close.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_to_run_again_tells_no_token() {
        let told = |typed: &str| told(typed.split(' ').map(str::to_owned));
        assert_eq!(told("on deploy/web --token hunter2 -n shop"), "kubectl debug-mode on deploy/web -n shop");
        assert_eq!(told("on --token=hunter2 deploy/web"), "kubectl debug-mode on deploy/web");
        let own = "on deploy/web -- server --token x";
        assert_eq!(told(own), format!("kubectl debug-mode {own}"));
    }
}
