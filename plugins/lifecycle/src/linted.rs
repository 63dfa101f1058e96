//! A workload held against the rules: what was found, and where it stands.

use drover::model::object::{JOBS, PODS};
use serde::Serialize;
use serde_json::Value;

use crate::lint::{Finding, Outcome, Service, Subject, fixed, help_uri, lint, rule};
use crate::manifest::{Origin, Place};
use crate::workload::{Workload, template_pointer};

/// What workloads are held against.
#[derive(Debug)]
pub struct Linter {
    /// All of where the workloads are; none where they are not known.
    pub services: Option<Vec<Service>>,
    /// How long endpoints take to change everywhere.
    pub propagation_seconds: u64,
}

/// One workload. This is the schema of `-o json`, described in the README.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Linted {
    /// Such as `deployment.apps/web`.
    pub object: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Where its manifest is; none of what was read from the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The worst first.
    pub findings: Vec<Placed>,
    /// Rules whose findings an annotation silences.
    pub ignored: Vec<&'static str>,
    /// Rules that had to know more.
    pub skipped: Vec<&'static str>,
    /// What an annotation names that is no rule.
    pub unknown_rules: Vec<String>,
}

/// A finding, and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Placed {
    #[serde(flatten)]
    pub finding: Finding,
    /// The fields that the rule looks at.
    pub looks_at: &'static [&'static str],
    /// What happens, and how that is known.
    pub why: &'static str,
    /// The page of the rule.
    pub help: String,
    /// A JSON pointer into the object. It may lead to what is missing.
    pub path: String,
    /// In its file: of the field, or of what it is missing in.
    #[serde(flatten)]
    pub place: Option<Place>,
}

/// What mends a workload.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    pub object: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The rules whose findings it ends.
    pub rules: Vec<&'static str>,
    /// A strategic merge patch.
    pub patch: Value,
}

impl Linter {
    /// Holds a workload against all rules.
    ///
    /// # Errors
    /// When its pod template is none.
    pub fn linted(&self, workload: &Workload, origin: Option<&Origin>) -> Result<Linted, serde_json::Error> {
        let Outcome { findings, ignored, skipped, unknown } = self.outcome(workload)?;
        let paths: Vec<_> = findings.iter().map(|finding| path(workload, finding)).collect();
        let places = origin.filter(|_| !paths.is_empty()).map(|origin| origin.places(&paths));
        let mut places = places.unwrap_or_default().into_iter();
        let placed = findings.into_iter().zip(paths);
        let placed = placed.map(|(finding, path)| Placed::new(finding, path, places.next()));
        Ok(Linted {
            object: workload.object(),
            namespace: workload.namespace.clone(),
            file: origin.map(|origin| origin.file.to_string()),
            findings: placed.collect(),
            ignored,
            skipped,
            unknown_rules: unknown,
        })
    }

    /// What mends a workload, as far as that can be computed; none where it can't.
    ///
    /// # Errors
    /// When its pod template is none.
    pub fn fix(&self, workload: &Workload) -> Result<Option<Fix>, serde_json::Error> {
        let findings = |spec: &Value| Ok(self.outcome(&workload.with_spec(spec))?.findings);
        let fixed = fixed(workload.spec().clone(), findings)?;
        Ok(fixed.map(|fixed| Fix {
            object: workload.object(),
            namespace: workload.namespace.clone(),
            rules: fixed.rules,
            patch: workload.patch(fixed.patch),
        }))
    }

    fn outcome(&self, workload: &Workload) -> Result<Outcome, serde_json::Error> {
        let pod = workload.pod()?;
        let selects = |service: &&Service| service.selects(workload.namespace.as_deref(), &pod.labels);
        let services = self.services.as_ref().map(|services| services.iter().filter(selects).collect());
        let subject = Subject { pod: &pod, services, propagation_seconds: self.propagation_seconds };
        Ok(lint(&subject, workload.ignore.as_deref()))
    }
}

impl Placed {
    fn new(finding: Finding, path: String, place: Option<Place>) -> Self {
        let (looks_at, why) = rule(finding.rule).map(|rule| (rule.looks_at, rule.why)).unwrap_or_default();
        let help = help_uri(finding.rule);
        Self { finding, looks_at, why, help, path, place }
    }
}

/// Whether the API server takes a change of the template: those of pods and Jobs are what they were made with.
pub fn is_patchable(workload: &Workload) -> bool {
    ![PODS, JOBS].contains(&workload.kind) && workload.controller.is_none()
}

fn path(workload: &Workload, finding: &Finding) -> String {
    let spec = format!("{}/spec", template_pointer(workload.kind));
    let field = match finding.field {
        hook @ ("preStop" | "postStart") => format!("lifecycle/{hook}"),
        field => field.to_owned(),
    };
    let name = finding.container.as_deref().filter(|_| field != "terminationGracePeriodSeconds");
    let of_container = name.and_then(|name| container(workload.spec(), name));
    match of_container {
        Some(container) => format!("{spec}/{container}/{field}"),
        None => format!("{spec}/{field}"),
    }
}

fn container(spec: &Value, name: &str) -> Option<String> {
    let lists = ["containers", "initContainers"].into_iter();
    let all = lists.filter_map(|list| Some((list, spec[list].as_array()?)));
    all.flat_map(|(list, items)| items.iter().enumerate().map(move |(index, item)| (list, index, item)))
        .find_map(|(list, index, item)| (item["name"] == *name).then(|| format!("{list}/{index}")))
}
