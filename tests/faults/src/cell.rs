//! One request of one verb with one disturbance.

use std::fmt;

use harness::{Recording, Select};
use serde::{Deserialize, Serialize};

use crate::disturbance::Disturbance;
use crate::verb::Verb;

/// A request as it can be found again in another run: requests of one parallel wave arrive in no fixed order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub verb: String,
    pub resource: String,
    /// Counted from 1, among those with this verb and resource.
    pub n: usize,
    pub dry_run: bool,
}

impl Asked {
    /// All of a recording, in the order in which they came.
    pub fn all_of(recording: &Recording) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for request in &recording.requests {
            let alike = |asked: &&Self| asked.verb == request.verb && asked.resource == request.resource;
            let n = all.iter().filter(alike).count() + 1;
            let (verb, resource) = (request.verb.clone(), request.resource.clone());
            all.push(Self { verb, resource, n, dry_run: request.dry_run });
        }
        all
    }

    pub fn select(&self) -> Select {
        Select::nth(self.n, self.verb.as_str(), self.resource.as_str())
    }

    pub fn is_watch(&self) -> bool {
        self.verb == "watch"
    }

    /// Whether it runs a command in a container.
    pub fn is_exec(&self) -> bool {
        self.resource == "pods/exec"
    }

    /// Whether only evidence, a last step or a look at the connections asks for it.
    pub fn is_of_scene(&self) -> bool {
        matches!(self.resource.as_str(), "pods/exec" | "pods/log" | "events")
    }

    /// Whether it changes something; a review only asks, by POST.
    pub fn is_write(&self) -> bool {
        let is_review = self.resource.ends_with("reviews");
        matches!(self.verb.as_str(), "create" | "patch" | "update" | "delete") && !is_review
    }

    /// Whether it changes something for good.
    pub fn is_real_write(&self) -> bool {
        self.is_write() && !self.dry_run
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let dry_run = if self.dry_run { "~" } else { "" };
        write!(formatter, "{}{dry_run}.{}.{}", self.verb, self.resource, self.n)
    }
}

/// What is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub verb: Verb,
    pub asked: Asked,
    pub disturbance: Disturbance,
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{}/{}/{}", self.verb.name(), self.asked, self.disturbance.name())
    }
}
