//! Reads what files hold: workloads, and the Services beside them.

use std::cell::OnceCell;
use std::rc::Rc;

use drover::cli::Failure;
use k8s_openapi::api::core::v1 as core;
use serde::Deserialize;
use serde_json::Value;

use super::documents::{Document, documents};
use super::place::{Place, Places};
use crate::lint::Service;
use crate::workload::{KINDS, Workload};

/// All that was read.
#[derive(Debug, Default)]
pub struct Manifests {
    pub workloads: Vec<(Workload, Origin)>,
    /// None as long as there is not one: then it is not known which there are.
    pub services: Option<Vec<Service>>,
    /// How many objects are of other kinds.
    pub others: usize,
}

/// Where a workload was read.
#[derive(Debug, Clone)]
pub struct Origin {
    pub file: Rc<str>,
    document: Rc<Source>,
    /// Where the object is in the document, as a JSON pointer: that of a `List` is not all of it.
    pointer: String,
}

/// A document that is kept to find places in it; it is looked through once, and only when one is wanted.
#[derive(Debug)]
struct Source {
    /// File, number and line, as people are told.
    name: String,
    text: String,
    lines_before: u64,
    places: OnceCell<Option<Places>>,
}

impl Origin {
    /// Its document, in words.
    pub fn document(&self) -> &str {
        &self.document.name
    }

    /// Where these are, each a JSON pointer into the object.
    pub fn places(&self, pointers: &[String]) -> Vec<Place> {
        let Source { text, lines_before, places, .. } = &*self.document;
        let Some(places) = places.get_or_init(|| Places::of(text)) else { return Vec::new() };
        let find = |pointer: &String| {
            let Place { line, column } = places.find(&format!("{}{pointer}", self.pointer));
            Place { line: line + lines_before, column }
        };
        pointers.iter().map(find).collect()
    }
}

/// What a manifest is read with: what is as large as a cluster's own lists, but no bomb of aliases.
pub fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: 20_000_000, max_events: 50_000_000 },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 100_000 },
        emit_comments: false,
        with_snippet: false,
    }
}

/// Reads a stream of documents, as that file.
///
/// # Errors
/// When one is no YAML or no object.
pub fn read(manifests: &mut Manifests, file: &str, stream: &str) -> Result<(), Failure> {
    let file = Rc::<str>::from(file);
    for (number, document) in (1..).zip(documents(stream)) {
        let value: Value = serde_saphyr::from_str_with_options(document.text, options())
            .map_err(|error| not_yaml(&file, number, &document, &error))?;
        let source = Source {
            name: format!("{file}: document {number} (line {})", document.lines_before + 1),
            text: document.text.to_owned(),
            lines_before: document.lines_before,
            places: OnceCell::new(),
        };
        let source = Rc::new(source);
        let origin = |pointer| Origin { file: Rc::clone(&file), document: Rc::clone(&source), pointer };
        take(manifests, value, String::new(), &origin)
            .map_err(|why| Failure::new(format!("{}: {why}", source.name)))?;
    }
    Ok(())
}

/// One object, or those of a list.
fn take(
    manifests: &mut Manifests,
    mut object: Value,
    pointer: String,
    origin: &impl Fn(String) -> Origin,
) -> Result<(), String> {
    let (Some(kind), Some(version)) = (object["kind"].as_str(), object["apiVersion"].as_str()) else {
        return Err("it is no object of Kubernetes: it has no kind or no apiVersion".to_owned());
    };
    if kind.ends_with("List") && object["items"].is_array() {
        let Value::Array(items) = object["items"].take() else { return Ok(()) };
        for (index, item) in items.into_iter().enumerate() {
            take(manifests, item, format!("{pointer}/items/{index}"), origin)?;
        }
        return Ok(());
    }
    if (kind, version) == ("Service", "v1") {
        let service = core::Service::deserialize(&object).map_err(|error| format!("Service: {error}"))?;
        manifests.services.get_or_insert_default().extend(Service::new(service));
        return Ok(());
    }
    let known = KINDS.into_iter().find(|known| known.kind == kind && known.api_version() == version);
    let Some(known) = known else {
        manifests.others += 1;
        return Ok(());
    };
    manifests.workloads.push((Workload::new(known, object), origin(pointer)));
    Ok(())
}

fn not_yaml(file: &str, number: usize, document: &Document, error: &serde_saphyr::Error) -> Failure {
    let line = document.lines_before + error.location().map_or(1, |location| location.line());
    let message = error.without_snippet().to_string();
    let failure = Failure::new(format!("{file}: document {number} (line {line}) is no YAML: {message}"));
    if document.text.contains("{{") {
        return failure
            .hint("a template has to be rendered first:  helm template … | kubectl lifecycle lint -f -");
    }
    failure
}
