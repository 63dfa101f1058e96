//! The words and the tones of steps.

use drover::print::Colour;

use crate::trace::{Certainty, Course, Extent, Moment, Step, Trace, What};

/// What happened, in Kubernetes' words.
pub fn name(what: What) -> &'static str {
    match what {
        What::Created => "created",
        What::Scheduled => "scheduled",
        What::Sandbox => "sandbox",
        What::Pull => "pull",
        What::Init => "init",
        What::ContainerStart => "started",
        What::PostStart => "postStart",
        What::PostStartFailed => "postStart failed",
        What::Startup => "startupProbe",
        What::Ready => "ready",
        What::InSlice => "in slice",
        What::DeletionRequested => "deletion requested",
        What::OutOfSlice => "out of slice",
        What::Killing => "stopping",
        What::PreStop => "preStop",
        What::PreStopFailed => "preStop failed",
        What::Sigterm => "SIGTERM",
        What::StoppedServing => "stopped serving",
        What::Exit => "exit",
        What::Sigkill => "SIGKILL",
        What::Removed => "removed",
        What::PodStart => "start",
        What::PodShutdown => "shutdown",
    }
}

/// `started web, event Started`: a step as it becomes known, for where nothing is drawn.
pub fn headline(step: &Step) -> String {
    let container = step.container.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
    let time = step.extent.begin().middle().strftime("%H:%M:%S%.3f");
    format!("{time}  {}{container}  ({}, {})", name(step.what), certainty(step.certainty), step.evidence)
}

/// What is told.
pub fn course(course: Course) -> &'static str {
    match course {
        Course::Start => "start",
        Course::Shutdown => "shutdown",
        Course::Rollout => "rollout",
    }
}

/// The ways to know a step, from the best on.
pub const CERTAINTIES: [Certainty; 4] =
    [Certainty::Instrumented, Certainty::Observed, Certainty::Inferred, Certainty::Computed];

/// `observed`; its first letter stands before a step.
pub fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Observed => "observed",
        Certainty::Inferred => "inferred",
        Certainty::Computed => "computed",
        // Its letter must not be that of `inferred`.
        Certainty::Instrumented => "measured",
    }
}

/// How a step looks: as certain as it is, or as bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Known(Certainty),
    Bad,
}

impl Tone {
    pub fn of(step: &Step) -> Self {
        match step.what {
            What::PostStartFailed | What::PreStopFailed | What::Sigkill => Self::Bad,
            _ => Self::Known(step.certainty),
        }
    }

    /// On a terminal.
    pub fn colour(self) -> Colour {
        match self {
            Self::Known(Certainty::Instrumented) => Colour::Green,
            Self::Known(Certainty::Observed) => Colour::Cyan,
            Self::Known(Certainty::Inferred) => Colour::Yellow,
            Self::Known(Certainty::Computed) => Colour::Magenta,
            Self::Bad => Colour::Red,
        }
    }
}

/// What was asked for when the deletion was, such as the grace period: it is said of the whole shutdown.
pub fn request(trace: &Trace) -> Option<&str> {
    let request = trace.steps.iter().find(|step| step.what == What::DeletionRequested)?;
    request.detail.as_deref()
}

/// When the last step was over of those that are.
pub fn last(trace: &Trace) -> Option<Moment> {
    let ends = trace.steps.iter().filter_map(|step| step.extent.end());
    ends.max_by_key(|end| (end.middle(), end.latest))
}

/// Whether something is not over yet.
pub fn is_under_way(trace: &Trace) -> bool {
    trace.steps.iter().any(|step| matches!(step.extent, Extent::Since(_)))
}
