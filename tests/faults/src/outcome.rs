//! What came of a cell.

use serde::{Deserialize, Serialize};

/// The judgement of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It succeeded, and what is promised is so.
    Done,
    /// It failed with an error that names the object and a command, and that command led to what is promised.
    Said,
    /// It failed before anything was changed, with an error that names the object but no command; the same command
    /// once more led to what is promised.
    Rerun,
    /// The request was not sent this time, so nothing was tested.
    Unreached,
    /// What is so in the end is not what was promised.
    WrongState,
    /// A visitor of the Service got no answer.
    LostRequest,
    /// It did not end.
    Hang,
    /// It panicked.
    Panic,
    /// It failed without naming the object, or changed something and named no way on.
    Silent,
    /// The test itself broke.
    Broken,
}

impl Verdict {
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Said,
        Self::Rerun,
        Self::Unreached,
        Self::WrongState,
        Self::LostRequest,
        Self::Hang,
        Self::Panic,
        Self::Silent,
        Self::Broken,
    ];

    pub fn is_bad(self) -> bool {
        !matches!(self, Self::Done | Self::Said | Self::Rerun | Self::Unreached)
    }

    pub fn symbol(self) -> char {
        match self {
            Self::Done => '.',
            Self::Said => 's',
            Self::Rerun => 'r',
            Self::Unreached => '-',
            Self::WrongState => 'W',
            Self::LostRequest => 'L',
            Self::Hang => 'H',
            Self::Panic => 'P',
            Self::Silent => 'S',
            Self::Broken => '?',
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Said => "said how to go on",
            Self::Rerun => "nothing changed, ran again",
            Self::Unreached => "not reached",
            Self::WrongState => "wrong state",
            Self::LostRequest => "lost request",
            Self::Hang => "hang",
            Self::Panic => "panic",
            Self::Silent => "silent",
            Self::Broken => "the test broke",
        }
    }
}

/// The judgement, and what it rests on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    pub verdict: Verdict,
    /// Why, where it is not plain.
    pub why: String,
    /// What the commands printed, and what went over the wire, for whoever has to find the cause.
    pub output: String,
    pub seconds: f64,
}
