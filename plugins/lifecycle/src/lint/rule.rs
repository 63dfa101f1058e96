//! What a rule is, and what it finds.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};

use super::Subject;
use crate::schedule::{Container, Role};

/// How bad it is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// It fails each time, or can't do what it is there for.
    Error,
    /// It does harm sooner or later.
    Warning,
    /// It may be meant so.
    Info,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// One rule: a pure function over a pod template, and what there is to say about it.
#[derive(Debug)]
pub struct Rule {
    /// Stable: annotations and pages name it.
    pub id: &'static str,
    pub severity: Severity,
    /// What is so where it finds something.
    pub title: &'static str,
    /// The fields that it looks at, of the pod's spec or of a container.
    pub looks_at: &'static [&'static str],
    /// What happens then, and how that is known.
    pub why: &'static str,
    /// Whether it has to know which Services send the pod traffic.
    pub needs_services: bool,
    pub check: fn(&Subject) -> Vec<Found>,
}

/// What a rule found in one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// None where it is about the pod.
    container: Option<String>,
    role: Role,
    field: &'static str,
    text: String,
    advice: Option<String>,
    fix: Option<Value>,
}

impl Found {
    /// In a field of a container.
    pub fn new(container: &Container, field: &'static str, text: impl Into<String>) -> Self {
        let (name, role) = (Some(container.name.clone()), container.role);
        Self { container: name, role, field, text: text.into(), advice: None, fix: None }
    }

    /// In a field of the pod's spec.
    pub fn of_pod(field: &'static str, text: impl Into<String>) -> Self {
        Self { container: None, role: Role::Main, field, text: text.into(), advice: None, fix: None }
    }

    /// What to change, where that is not certain enough for a fix, or says more than it.
    pub fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// A strategic merge patch of the container that ends the finding.
    pub fn fix_container(self, mut patch: Value) -> Self {
        patch["name"] = json!(self.container);
        let list = if self.role == Role::Main { "containers" } else { "initContainers" };
        self.fix_pod(json!({list: [patch]}))
    }

    /// The same of the pod's spec.
    pub fn fix_pod(self, patch: Value) -> Self {
        Self { fix: Some(patch), ..self }
    }

    pub fn of(self, rule: &Rule) -> Finding {
        let Self { container, field, text, advice, fix, .. } = self;
        Finding { rule: rule.id, severity: rule.severity, container, field, text, advice, fix }
    }
}

/// What was found, as programs read it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    pub severity: Severity,
    /// None where it is about the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// Such as `preStop`.
    pub field: &'static str,
    /// What is so.
    pub text: String,
    /// What to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// The change as a strategic merge patch of the pod's spec, where one can be computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Value>,
}

impl Finding {
    /// Container and field, in words.
    pub fn place(&self) -> String {
        match &self.container {
            Some(container) => format!("{container} {}", self.field),
            None => self.field.to_owned(),
        }
    }
}
