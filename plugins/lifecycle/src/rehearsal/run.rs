//! One run: what was seen of a clone from its creation until it was gone.

use std::collections::BTreeSet;

use drover::model::event::Event;
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Pod;
use serde::Serialize;

use super::Length;
use crate::instrument::{Hook, is_wrapped};
use crate::trace::{Extent, Phase, Record, Recorded, Role, Trace, What, trace};

/// One run. This is part of the schema of `-o json`, described in the README.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Trace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown: Option<Trace>,
    pub hooks: Vec<HookRun>,
    /// How each container ended that was stopped.
    pub ends: Vec<End>,
}

/// What one hook did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HookRun {
    pub container: String,
    pub hook: Hook,
    /// Whether it wrote down that it began.
    pub began: bool,
    /// Until the kubelet could go on; none where the hook did not come to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took: Option<Length>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The first 600 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// How long something that it left running held its output after it had ended itself, and so the kubelet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_open_milliseconds: Option<i64>,
    /// The kubelet said that it failed.
    pub failed: bool,
    /// It is an exec hook that we wrapped.
    #[serde(skip)]
    pub is_wrapped: bool,
    /// Nothing of it was written down although it must have run.
    #[serde(skip)]
    pub is_silent: bool,
}

/// How one container ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct End {
    pub container: String,
    pub exit_code: i32,
    /// From when the kubelet began to stop it.
    pub took: Length,
    /// SIGKILL ended it when the grace period was over.
    pub killed: bool,
    #[serde(skip)]
    pub is_sidecar: bool,
}

impl Run {
    /// What follows from all that was recorded; `ready` is the clone as it was when its start was over.
    pub fn of(mut record: Record, ready: Option<Pod>) -> Self {
        let shutdown = trace(&record, Some(Phase::Shutdown)).filter(|_| record.is_going());
        let containers = record.containers();
        let hooks = containers.iter().flat_map(|container| {
            Hook::BOTH.into_iter().filter_map(|hook| HookRun::of(&record, container, hook))
        });
        let hooks = hooks.collect();
        let ends = containers.iter().filter_map(|container| End::of(container, shutdown.as_ref())).collect();
        // The start is told of the clone as it was then, with what its hooks wrote down since.
        if let Some(ready) = ready {
            record.pod = Some(ready);
        }
        let start = trace(&record, Some(Phase::Start));
        Self { start, shutdown, hooks, ends }
    }

    /// The containers whose wrapped hooks say nothing at all though the kubelet says that they failed: in their image
    /// there is no shell.
    pub fn lacks_shell(&self) -> BTreeSet<String> {
        let silent = self.hooks.iter().filter(|hook| hook.is_silent && hook.failed);
        silent.map(|hook| hook.container.clone()).collect()
    }

    /// Whether the clone became ready: what never did need not end as others do.
    pub fn was_ready(&self) -> bool {
        self.start.as_ref().is_some_and(|start| start.steps.iter().any(|step| step.what == What::Ready))
    }

    pub fn hook(&self, container: &str, hook: Hook) -> Option<&HookRun> {
        self.hooks.iter().find(|one| one.container == container && one.hook == hook)
    }
}

impl HookRun {
    /// None where there is no such hook.
    fn of(record: &Record, container: &Recorded<'_>, hook: Hook) -> Option<Self> {
        let handler = container.hook(hook)?;
        let stamps = container.stamps(hook);
        let held_open = stamps.as_ref().and_then(|stamps| {
            // What was still held at the end of the container was held until then.
            let cut_short = || Some(container.ended()?.earliest.duration_since(stamps.exit?.latest));
            stamps.held_open().or_else(cut_short)
        });
        let took = stamps.as_ref().and_then(|stamps| Some(Length::between(&stamps.begin?, &stamps.end?)));
        let reason = match hook {
            Hook::PostStart => "FailedPostStartHook",
            Hook::PreStop => "FailedPreStopHook",
        };
        let has_run = match hook {
            Hook::PostStart => container.last("Started").is_some(),
            Hook::PreStop => container.killing().is_some(),
        };
        let is_wrapped = is_wrapped(handler);
        Some(Self {
            container: container.name.to_owned(),
            hook,
            began: stamps.is_some(),
            took,
            exit_code: stamps.as_ref().and_then(|stamps| stamps.code),
            output: stamps.as_ref().and_then(|stamps| stamps.output.clone()),
            held_open_milliseconds: held_open.map(milliseconds),
            failed: record.events.iter().any(|event| is_about(event, reason, container.name)),
            is_wrapped,
            is_silent: is_wrapped && has_run && stamps.is_none() && container.end().is_some(),
        })
    }
}

fn is_about(event: &Event, reason: &str, container: &str) -> bool {
    event.reason == reason && event.field_path.ends_with(&format!("{{{container}}}"))
}

impl End {
    /// None of a container that was not stopped, or of whose end nothing is known.
    fn of(container: &Recorded<'_>, shutdown: Option<&Trace>) -> Option<Self> {
        let (killing, ended, end) = (container.killing()?, container.ended()?, container.end()?);
        let steps = shutdown.map(|trace| trace.steps.as_slice()).unwrap_or_default();
        let is_of_it = |what: What| {
            move |step: &&crate::trace::Step| {
                step.what == what && step.container.as_deref() == Some(container.name)
            }
        };
        let exit = steps.iter().find(is_of_it(What::Exit)).map_or(ended, |step| step.extent.begin());
        (ended.latest >= killing.earliest).then(|| Self {
            container: container.name.to_owned(),
            exit_code: end.exit_code,
            took: Length::between(&killing, &exit),
            killed: steps.iter().any(|step| is_of_it(What::Sigkill)(&step)),
            is_sidecar: container.role == Role::Sidecar,
        })
    }
}

/// How long a step took, where it is over.
pub fn took(trace: &Trace, what: What, container: &str) -> Option<Length> {
    let is_it =
        |step: &&crate::trace::Step| step.what == what && step.container.as_deref() == Some(container);
    match &trace.steps.iter().find(is_it)?.extent {
        Extent::Span { begin, end } => Some(Length::between(begin, end)),
        _ => None,
    }
}

fn milliseconds(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).max(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::instrument::{Shell, instrumented};
    use crate::trace::testing;

    /// A wrapped postStart that says nothing, and what the kubelet says of it.
    fn silent(events: &str) -> BTreeSet<String> {
        let hook = json!({"exec": {"command": ["/warm-up"]}});
        let mut spec = json!({"containers": [{"name": "web", "lifecycle": {"postStart": hook}}]});
        instrumented(&mut spec, &Shell::default());
        let status = json!({
            "name": "web", "image": "", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"terminated": {"exitCode": 0, "finishedAt": "@21"}},
        });
        let pod = json!({"metadata": {}, "spec": spec, "status": {"containerStatuses": [status]}});
        Run::of(testing::record(&pod.to_string(), events), None).lacks_shell()
    }

    #[test]
    fn only_a_hook_that_fails_without_a_word_lacks_its_shell() {
        let failed = "20.0 web Started\n20.2 web FailedPostStartHook";
        assert_eq!(silent(failed), BTreeSet::from(["web".to_owned()]));
        assert_eq!(silent("20.0 web Started"), BTreeSet::new(), "its log may have been overwritten");
    }
}
