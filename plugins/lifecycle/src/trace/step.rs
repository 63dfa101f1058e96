//! What a trace consists of.

use clap::ValueEnum;
use jiff::Timestamp;
use serde::Serialize;

use super::{Margin, Moment, Offset};

/// Which end of a pod's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    Start,
    Shutdown,
}

/// What a trace is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Course {
    Start,
    Shutdown,
    /// Of a workload: the starts and shutdowns of its pods.
    Rollout,
}

impl From<Phase> for Course {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Start => Self::Start,
            Phase::Shutdown => Self::Shutdown,
        }
    }
}

/// How a step is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Certainty {
    /// Somebody who saw it wrote it down.
    Observed,
    /// It follows from what others wrote down.
    Inferred,
    /// It follows from what the pod says, such as a sleep of so many seconds.
    Computed,
    /// A hook that we wrapped wrote it down itself.
    Instrumented,
}

/// When a step was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Extent {
    /// A moment.
    At(Moment),
    Span {
        begin: Moment,
        end: Moment,
    },
    /// It is under way.
    Since(Moment),
}

impl Extent {
    /// The same, with when it began and when it ended changed.
    pub fn map(self, begun: impl Fn(Moment) -> Moment, ended: impl Fn(Moment) -> Moment) -> Self {
        match self {
            Self::At(moment) => Self::At(begun(moment)),
            Self::Span { begin, end } => Self::Span { begin: begun(begin), end: ended(end) },
            Self::Since(moment) => Self::Since(begun(moment)),
        }
    }

    /// When it began.
    pub fn begin(&self) -> Moment {
        match self {
            Self::At(begin) | Self::Since(begin) | Self::Span { begin, .. } => *begin,
        }
    }

    /// When it was over, where it is.
    pub fn end(&self) -> Option<Moment> {
        match self {
            Self::At(end) | Self::Span { end, .. } => Some(*end),
            Self::Since(_) => None,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    Created,
    Scheduled,
    Sandbox,
    Pull,
    /// An init container, from its start to its end.
    Init,
    /// A container's program began.
    ContainerStart,
    PostStart,
    PostStartFailed,
    /// Until the startup probe succeeded.
    Startup,
    Ready,
    InSlice,
    DeletionRequested,
    OutOfSlice,
    /// The kubelet begins to stop a container of which no more is known.
    Killing,
    PreStop,
    PreStopFailed,
    Sigterm,
    /// Its readiness probe failed for the first time since.
    StoppedServing,
    Exit,
    Sigkill,
    /// The pod was removed from the server.
    Removed,
    /// Of a rollout: a new pod, until it was ready.
    PodStart,
    /// Of a rollout: an old pod, until it was gone.
    PodShutdown,
}

impl What {
    /// Whether its begin and its end were written down by the node's clock.
    pub fn is_timed_by_node(self) -> [bool; 2] {
        match self {
            Self::Created
            | Self::Scheduled
            | Self::InSlice
            | Self::DeletionRequested
            | Self::OutOfSlice
            | Self::StoppedServing
            | Self::Removed => [false, false],
            // From the scheduler to the first container.
            Self::Sandbox => [false, true],
            // From the event to what the server noted of the status.
            Self::Startup => [true, false],
            _ => [true, true],
        }
    }
}

/// One bar of the waterfall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub what: What,
    /// None for what is of the whole pod; of a rollout the pod's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    pub extent: Extent,
    pub certainty: Certainty,
    /// What it is known from, such as `event Started`.
    pub evidence: String,
    /// A few words beside its name, such as the exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Step {
    /// As far as it was by then: what follows from what the pod says may still be to come.
    pub fn until(self, now: Timestamp) -> Option<Self> {
        if self.certainty == Certainty::Observed {
            return Some(self);
        }
        match self.extent {
            Extent::At(at) if at.earliest > now => None,
            Extent::Span { begin, end } if end.earliest > now => {
                Some(Self { extent: Extent::Since(begin), ..self })
            }
            _ => Some(self),
        }
    }
}

/// Whether a verdict is good news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Sign {
    Good,
    Bad,
    /// Neither.
    Note,
}

/// What follows from the steps, and what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    pub sign: Sign,
    /// One sentence.
    pub text: String,
    /// What it is proven by, one fact a line.
    pub proof: Vec<String>,
    /// What to do about it, one a line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
}

/// The start or the shutdown of one pod, or a workload's rollout. This is the schema of `-o json`, described in the README.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    pub namespace: String,
    /// Such as `pod/web-1`, or of a rollout `deployment.apps/web`.
    pub object: String,
    pub course: Course,
    /// The time that all others are counted from.
    pub zero: Timestamp,
    /// In the order in which they began.
    pub steps: Vec<Step>,
    pub verdicts: Vec<Verdict>,
    /// Of a shutdown that was followed: how long before SIGTERM the pod was out of its slices.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub margins: Vec<Margin>,
    /// By how much the node's clock may be ahead of the server's; negative where it is behind. None where nothing tells.
    /// Where both can be zero, the clocks are taken to agree, and each time is by the clock of whoever wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_clock: Option<Offset>,
    /// What may be missing, and why, and what is known of the clocks: one a line.
    pub notes: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Moment {
        Moment::exact(Timestamp::from_second(second).unwrap())
    }

    fn step(certainty: Certainty, extent: Extent) -> Step {
        let (what, evidence) = (What::PreStop, String::new());
        Step { what, container: None, extent, certainty, evidence, detail: None }
    }

    #[test]
    fn what_is_still_to_come_is_not_told() {
        let now = at(10).earliest;
        let until = |certainty, extent| step(certainty, extent).until(now).map(|step| step.extent);
        assert_eq!(until(Certainty::Inferred, Extent::At(at(11))), None);
        let sleep = Extent::Span { begin: at(9), end: at(11) };
        assert_eq!(until(Certainty::Computed, sleep), Some(Extent::Since(at(9))));
        let over = Extent::Span { begin: at(8), end: at(10) };
        assert_eq!(until(Certainty::Computed, over.clone()), Some(over));
        // Our idea of the server's time may be a second behind.
        assert_eq!(until(Certainty::Observed, Extent::At(at(11))), Some(Extent::At(at(11))));
    }
}
