//! When debug mode would be wrong or impossible, and the way out.

use drover::cli::Failure;
use drover::model::controller::DEFAULT_PROGRESS_DEADLINE_SECONDS;

use super::on::Wish;
use crate::options::Mode;
use crate::record::Record;
use crate::state::State;
use crate::target::Kind;
use crate::workload::Workload;

/// The workload, if it is there to stay.
pub fn living(state: &State) -> Result<&Workload, Failure> {
    let Some(workload) = &state.workload else {
        return Err(Failure::new("it was deleted meanwhile, and its record goes with it"));
    };
    if workload.metadata.deletion_timestamp.is_some() {
        return Err(Failure::new(format!("{} is being deleted", workload.object_ref())));
    }
    Ok(workload)
}

/// The record, if it can be read and is about this very workload.
pub fn readable_record(state: &State, workload: &Workload) -> Result<Option<Record>, Failure> {
    let object = workload.object_ref();
    let record = state.record().map_err(|words| {
        Failure::new(format!("{object}: {words}")).hint(format!(
            "look at it:  kubectl get -n {} {} -o yaml",
            state.namespace,
            Record::object(&workload.target, &state.namespace)
        ))
    })?;
    match record {
        Some(record) if record.workload.uid != workload.metadata.uid => {
            let record_object = Record::object(&workload.target, &state.namespace);
            let message = format!(
                "{record_object} is about another {}, which was deleted: this one is not in debug mode",
                workload.target.typed()
            );
            Err(Failure::new(message)
                .hint(format!("clear it away:  kubectl delete -n {} {record_object}", state.namespace)))
        }
        found => Ok(found),
    }
}

/// All that forbids to begin.
pub fn to_begin(state: &State, workload: &Workload, wish: &Wish) -> Result<(), Failure> {
    let object = workload.object_ref();
    let (namespace, typed) = (&state.namespace, workload.target.typed());
    if workload.is_annotated() {
        let message = format!("{object} is marked as in debug mode, but its record is gone");
        return Err(Failure::new(message)
            .hint(format!("an earlier revision brings it back:  kubectl rollout undo -n {namespace} {typed}"))
            .hint(format!(
                "then drop the mark:  kubectl annotate -n {namespace} {typed} drover.dev/debug-mode-"
            )));
    }
    if let Some(owner) = workload.metadata.controller() {
        let message = format!("{object} belongs to {owner}, which would change it back");
        let failure = Failure::new(message);
        return Err(match Kind::of_manifest(&owner.kind) {
            Some(kind) if kind.can_change_in_place() => failure.hint(format!(
                "go there instead:  kubectl debug-mode on -n {namespace} {}/{}",
                kind.short(),
                owner.name
            )),
            _ => {
                failure.hint(format!("leave it alone:  kubectl debug-mode on -n {namespace} {typed} --copy"))
            }
        });
    }
    if !workload.kind().can_change_in_place() {
        let message = format!("{object} can't be debugged in place: nothing could bring back what was there");
        return Err(Failure::new(message)
            .hint(format!("a pod beside it:  kubectl debug-mode on -n {namespace} {typed} --copy")));
    }
    if workload.kind() != Kind::Deployment && wish.mode != Some(Mode::InPlace) {
        return Err(needs_a_choice(state, workload));
    }
    if workload.replicas() == 0 {
        return Err(Failure::new(format!("{object} has no pods to debug: it is scaled to 0"))
            .hint(format!("a pod beside it:  kubectl debug-mode on -n {namespace} {typed} --copy")));
    }
    if workload.spec("paused") == true {
        return Err(Failure::new(format!("{object} is paused: it would make no debug pod"))
            .hint(format!("resume it first:  kubectl rollout resume -n {namespace} {typed}")));
    }
    let labels = workload.template_labels();
    let publishing: Vec<_> = state
        .services_of(&labels)
        .filter(|service| service.publishes_not_ready)
        .map(|service| service.name.as_str())
        .collect();
    if !publishing.is_empty() && !wish.overrides.allow_traffic {
        let message = format!(
            "Service {} sends traffic also to pods that are not Ready (publishNotReadyAddresses): a readiness gate can't keep the debug pod out of it",
            publishing.join(", ")
        );
        return Err(Failure::new(format!("{object}: {message}"))
            .hint(format!(
                "a pod beside it, out of all Services:  kubectl debug-mode on -n {namespace} {typed} --copy"
            ))
            .hint("if traffic does no harm:  the same command with --allow-traffic"));
    }
    Ok(())
}

/// Kinds whose pods must be deleted for the change to reach them: the person decides.
fn needs_a_choice(state: &State, workload: &Workload) -> Failure {
    let (namespace, typed) = (&state.namespace, workload.target.typed());
    let pod = super::on::pod_to_replace(state, workload).map_or("one of its pods".to_owned(), |pod| {
        let ready = if pod.is_ready() { ", which is Ready," } else { "" };
        format!("pod/{}{ready}", pod.metadata.name)
    });
    let object = workload.object_ref();
    Failure::new(format!("{object}: a {} needs a choice", workload.kind().resource().kind))
        .hint(format!("a pod beside it, nothing else changes:  kubectl debug-mode on -n {namespace} {typed} --copy"))
        .hint(format!("in place, {pod} is deleted and made anew:  kubectl debug-mode on -n {namespace} {typed} --in-place"))
}

/// What a person must be asked before the first write.
pub fn questions(state: &State, workload: &Workload) -> Vec<String> {
    let mut questions = Vec::new();
    let object = workload.object_ref();
    if workload.spec("strategy")["type"] == "Recreate" {
        questions.push(format!(
            "{object} has the strategy Recreate: all its pods stop before the debug pods start."
        ));
    }
    if let Some(reconciler) = drover::model::gitops::reconciler(&object, &workload.metadata) {
        questions.push(format!(
            "{} owns {object} and may undo debug mode within seconds. Pause it first:  {}  (and afterwards:  {})",
            reconciler.name, reconciler.pause, reconciler.resume
        ));
    }
    if workload.kind() != Kind::Deployment
        && let Some(pod) = super::on::pod_to_replace(state, workload)
    {
        let (ready, serving) = (pod.is_ready(), state.owned().filter(|pod| pod.is_ready()).count());
        let words = match (ready, serving) {
            (true, 1) => "Ready, and the only one that is: nothing serves meanwhile",
            (true, _) => "Ready",
            (false, _) => "not Ready",
        };
        questions.push(format!("pod/{} ({words}) is deleted and made anew.", pod.metadata.name));
    }
    questions
}

/// After how many seconds a rollout that waits is marked as failed.
pub fn progress_deadline(workload: &Workload) -> u64 {
    workload.spec("progressDeadlineSeconds").as_u64().unwrap_or(DEFAULT_PROGRESS_DEADLINE_SECONDS)
}
