//! What a trace shows, as far as it is compared.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Trace {
    pub steps: Vec<Step>,
}

#[derive(Deserialize)]
pub struct Step {
    pub what: String,
    #[serde(default)]
    pub container: Option<String>,
    pub extent: Extent,
    pub evidence: String,
    #[serde(default)]
    pub detail: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Extent {
    At(Moment),
    Span { begin: Moment, end: Moment },
    Since(Moment),
}

/// The bounds of a time.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Moment {
    pub earliest: Timestamp,
    pub latest: Timestamp,
}

/// Which time of a step is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge {
    Begin,
    End,
}

impl Extent {
    /// A moment only begins.
    pub fn edges(&self) -> Vec<(Edge, Moment)> {
        match self {
            Self::At(at) | Self::Since(at) => vec![(Edge::Begin, *at)],
            Self::Span { begin, end } => vec![(Edge::Begin, *begin), (Edge::End, *end)],
        }
    }

    fn earlier_by(&mut self, by: SignedDuration) {
        let moments = match self {
            Self::At(at) | Self::Since(at) => vec![at],
            Self::Span { begin, end } => vec![begin, end],
        };
        for moment in moments {
            *moment = Moment { earliest: moment.earliest - by, latest: moment.latest - by };
        }
    }

    pub fn is_span(&self) -> bool {
        matches!(self, Self::Span { .. })
    }
}

impl Moment {
    pub fn width(&self) -> SignedDuration {
        self.latest.duration_since(self.earliest)
    }

    pub fn middle(&self) -> Timestamp {
        self.earliest + self.width() / 2
    }
}

/// The only trace of an answer, by our own clock.
pub fn traced(json: &str, server_ahead: SignedDuration) -> Trace {
    #[derive(Deserialize)]
    struct List {
        items: Vec<Trace>,
    }
    let list: List = serde_json::from_str(json).expect("`trace --output=json` prints a list of traces");
    let mut trace = list.items.into_iter().next().expect("what was followed is shown");
    trace.steps.iter_mut().for_each(|step| step.extent.earlier_by(server_ahead));
    trace
}
