//! What was captured of one pod, and what was not.

use drover::model::object::Owner;
use jiff::Timestamp;
use serde::Serialize;

use super::archive::Kept;

/// The version of the manifest's schema.
const VERSION: u32 = 1;

/// What whoever reads the evidence has to know.
const NOTES: [&str; 3] = [
    "logs are verbatim: what the containers wrote is not masked",
    "objects are as the API server has them, the plain values in a pod's spec included",
    "no Secret and no process environment was read",
];

/// The table of contents. It is written last: evidence without one was cut off.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    version: u32,
    program: &'static str,
    context: String,
    namespace: String,
    pod: String,
    uid: String,
    owner: Option<Owner>,
    /// By the server's clock, as all times here.
    begun: Timestamp,
    ended: Option<Timestamp>,
    notes: Vec<&'static str>,
    files: Vec<Captured>,
    missing: Vec<Missing>,
    /// What people are told of: both what is missing and what is flawed.
    #[serde(skip)]
    told: Vec<Missing>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Captured {
    path: String,
    bytes: u64,
    sha256: String,
    /// When its capture began and ended.
    from: Timestamp,
    to: Timestamp,
    /// What is wrong with it, such as that it broke off.
    #[serde(skip_serializing_if = "Option::is_none")]
    flaw: Option<String>,
}

/// What could not be captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The file that it would have been in.
    pub path: String,
    /// Why.
    pub cause: String,
}

/// Which pod, and where.
pub struct Subject {
    pub context: String,
    pub namespace: String,
    pub pod: String,
    pub uid: String,
    pub owner: Option<Owner>,
}

impl Missing {
    /// For people.
    pub fn in_words(&self) -> String {
        format!("not in the evidence: {}: {}", self.path, self.cause)
    }
}

impl Manifest {
    /// Nothing is captured yet.
    pub fn new(subject: Subject, now: Timestamp) -> Self {
        let Subject { context, namespace, pod, uid, owner } = subject;
        Self {
            version: VERSION,
            program: concat!("kubectl-isolate ", env!("CARGO_PKG_VERSION")),
            context,
            namespace,
            pod,
            uid,
            owner,
            begun: now,
            ended: None,
            notes: NOTES.into(),
            files: Vec::new(),
            missing: Vec::new(),
            told: Vec::new(),
        }
    }

    /// One more file, its name within the pod's own folder.
    pub fn captured(&mut self, path: &str, kept: Kept, from: Timestamp, to: Timestamp, flaw: Option<String>) {
        let Kept { bytes, sha256, .. } = kept;
        self.told.extend(flaw.clone().map(|cause| Missing { path: path.to_owned(), cause }));
        self.files.push(Captured { path: path.to_owned(), bytes, sha256, from, to, flaw });
    }

    /// One more thing to know.
    pub fn note(&mut self, note: &'static str) {
        self.notes.push(note);
    }

    /// One file less.
    pub fn missing(&mut self, path: &str, cause: String) {
        let missing = Missing { path: path.to_owned(), cause };
        self.told.push(missing.clone());
        self.missing.push(missing);
    }

    /// All there is: the manifest's own text, and the line of each file for `sha256sum -c`.
    pub fn end(&mut self, now: Timestamp) -> (String, String) {
        self.ended = Some(now);
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        let lines = self.files.iter().map(|file| format!("{}  {}\n", file.sha256, file.path));
        (text, lines.collect())
    }

    /// How many files there are, how long they are together, and what is missing or broken, in the order in which
    /// that was found.
    pub fn summary(&self) -> (usize, u64, Vec<Missing>) {
        (self.files.len(), self.files.iter().map(|file| file.bytes).sum(), self.told.clone())
    }
}
