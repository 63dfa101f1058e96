//! The plan of `kubectl debug-mode on --copy`: one pod beside the workload, which stays as it is.

use drover::change::{Plan, Step, Test, Write};
use drover::cli::Failure;
use drover::model::clone::{self, Origin};
use drover::model::object::{ObjectRef, PODS};
use drover::model::pod::Pod;
use drover::model::selector::Labels;
use drover::print::{Stage, age};
use k8s_openapi::api::core::v1::PodSpec;
use serde::Deserialize;
use serde_json::{Value, json};

use super::outcome::{self, Outcome};
use super::template::{self, Debugged};
use super::{on, refusal, wait};
use crate::options::Overrides;
use crate::record::{COPY, CopyRecord, DEBUG_MODE_ANNOTATION, DEBUG_MODE_LABEL, Held, Record};
use crate::state::State;
use crate::target::Kind;
use crate::workload::Workload;

/// What the plan depends on beside the state.
#[derive(Debug, Clone)]
pub struct Wish {
    pub overrides: Overrides,
    pub ordinal: Option<u32>,
    pub hold_image: String,
    pub reason: Option<String>,
}

/// Decides what to do now.
pub fn decide(state: &State, wish: &Wish) -> Result<Plan, Failure> {
    let workload = refusal::living(state)?;
    let Some((pod, record)) = present(state, workload, wish) else {
        let (pod, record) = copy_of(state, workload, wish)?;
        let target = copy_ref(state, workload, wish);
        let mark = pod["metadata"]["annotations"][DEBUG_MODE_ANNOTATION].clone();
        let effect = vec![Test::equals(["metadata", "annotations", DEBUG_MODE_ANNOTATION], mark)];
        let title = format!("create {target}");
        return Ok(Plan {
            stages: stages(0, state, &record, ""),
            now: vec![Step { title, write: Write::create(target, pod, effect) }],
            warnings: warnings(state, workload),
            ..Plan::default()
        });
    };
    if record.overrides != wish.overrides {
        let target = copy_ref(state, workload, wish);
        let (namespace, typed) = (&state.namespace, workload.target.typed());
        let message = format!(
            "{target} was made with other options, {} ago, by {}",
            age(state.now.duration_since(record.at).as_secs()),
            record.by
        );
        return Err(Failure::new(message)
            .hint(format!("delete it first:  kubectl debug-mode off -n {namespace} {typed}")));
    }
    let coming = |missing: String, wake_after| {
        let mut wait = wait(state, "the copy", missing.clone());
        if let Some(wait) = &mut wait {
            wait.wake_after = wake_after;
        }
        Ok(Plan { stages: stages(1, state, &record, &missing), wait, ..Plan::default() })
    };
    if pod.metadata.deletion_timestamp.is_some() {
        return coming("the copy before this one is still ending".to_owned(), None);
    }
    match outcome::of(state, record.held.as_ref(), pod) {
        Outcome::Coming(missing, wake_after) => coming(missing, wake_after),
        // A pod's command can't be changed: it is made anew, with a busybox brought along.
        Outcome::LacksSleep => {
            let target = copy_ref(state, workload, wish);
            let title = format!("delete {target}, whose image has no sleep");
            let step = Step { title, write: Write::delete(target, &pod.metadata.uid) };
            let words = "its image has no sleep: made anew with a busybox";
            Ok(Plan { stages: stages(1, state, &record, words), now: vec![step], ..Plan::default() })
        }
        Outcome::Exits { container, end, .. } => {
            let words = format!("{container} {}", end.in_words());
            Ok(Plan { stages: stages(1, state, &record, &words), ..Plan::default() })
        }
        Outcome::Runs { pod } => {
            Ok(Plan { stages: stages(3, state, &record, &format!("{pod} runs")), ..Plan::default() })
        }
    }
}

/// The copy that there is, if it is this workload's.
pub fn present<'a>(state: &'a State, workload: &Workload, wish: &Wish) -> Option<(&'a Pod, CopyRecord)> {
    let name = copy_ref(state, workload, wish).name;
    let pod = state.copies.values().find(|pod| pod.metadata.name == name)?;
    Some((pod, CopyRecord::of(pod)?))
}

/// The name of the copy: always the same, so that `on` again finds it.
pub fn copy_ref(state: &State, workload: &Workload, wish: &Wish) -> ObjectRef {
    let mut name = workload.metadata.name.clone();
    if let Some(ordinal) = ordinal(state, workload, wish) {
        name = format!("{name}-{ordinal}");
    }
    ObjectRef::namespaced(PODS, &state.namespace, clone::name(&name, "debug"))
}

/// The copy as it is created, and what it carries.
pub fn copy_of(state: &State, workload: &Workload, wish: &Wish) -> Result<(Value, CopyRecord), Failure> {
    let object = workload.object_ref();
    let original = match workload.kind() {
        Kind::Pod => json!({"metadata": workload.object["metadata"], "spec": workload.object["spec"]}),
        // In debug mode in place, its own template is no longer what is to be looked into.
        _ => own_record(state, workload)
            .map_or_else(|| workload.template().clone(), |record| record.original.template),
    };
    let overrides = Overrides { allow_traffic: true, ..wish.overrides.clone() };
    let Debugged { mut template, taken, mut held } =
        template::debugged(&original, &overrides).map_err(|failure| failure.about(&object.to_string()))?;
    if let Some(first) = &held
        && state.lacks_sleep()
    {
        template = template::with_hold_image(&template, first, &wish.hold_image);
        held = Some(Held { image: Some(wish.hold_image.clone()), ..first.clone() });
    }
    let record = CopyRecord {
        version: Record::version(),
        workload: workload.owner(),
        taken,
        held,
        overrides: wish.overrides.clone(),
        at: state.now,
        by: state.user.clone(),
        reason: wish.reason.clone(),
    };
    let labels = Labels::deserialize(&template["metadata"]["labels"]).unwrap_or_default();
    let mut labels = state.surroundings.choosers().unselected(&labels).ok_or_else(|| {
        Failure::new(format!(
            "{object}: a controller of this namespace selects every pod, so a copy would be adopted"
        ))
    })?;
    labels.insert(DEBUG_MODE_LABEL.to_owned(), COPY.to_owned());
    let mut annotations = Labels::deserialize(&template["metadata"]["annotations"]).unwrap_or_default();
    annotations.insert(DEBUG_MODE_ANNOTATION.to_owned(), json!(record).to_string());
    let mut spec = template["spec"].take();
    place(state, workload, wish, &mut spec);
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": copy_ref(state, workload, wish).name,
            "labels": labels,
            "annotations": annotations,
        },
        "spec": spec,
    });
    Ok((pod, record))
}

/// The record of this very workload, if it is in debug mode in place.
fn own_record(state: &State, workload: &Workload) -> Option<Record> {
    let record = state.record().ok().flatten()?;
    (record.workload.uid == workload.metadata.uid).then_some(record)
}

/// Makes the spec that of one bare pod, as its controller would.
fn place(state: &State, workload: &Workload, wish: &Wish, spec: &mut Value) {
    let claims = workload.spec("volumeClaimTemplates").as_array();
    let origin = match workload.kind() {
        Kind::StatefulSet => Origin::StatefulSet {
            name: &workload.metadata.name,
            ordinal: ordinal(state, workload, wish).unwrap_or_default(),
            claims: claims.map_or(&[], Vec::as_slice),
        },
        Kind::DaemonSet => {
            Origin::DaemonSet { node: on::pod_to_replace(state, workload).and_then(Pod::node) }
        }
        Kind::Pod => Origin::Pod,
        _ => Origin::Template,
    };
    origin.place(spec);
}

/// Which of a StatefulSet's pods is meant: as asked, else the one that would be debugged in place.
fn ordinal(state: &State, workload: &Workload, wish: &Wish) -> Option<u32> {
    if workload.kind() != Kind::StatefulSet {
        return None;
    }
    let sick = || on::pod_to_replace(state, workload)?.metadata.name.rsplit('-').next()?.parse().ok();
    Some(wish.ordinal.or_else(sick).unwrap_or_default())
}

/// What a copy may do that its workload does already.
pub fn questions(workload: &Workload, copy: &Value) -> Vec<String> {
    let Ok(spec) = PodSpec::deserialize(&copy["spec"]) else { return Vec::new() };
    let record = copy["metadata"]["annotations"][DEBUG_MODE_ANNOTATION].as_str().unwrap_or_default();
    let is_held = serde_json::from_str::<CopyRecord>(record).is_ok_and(|record| record.held.is_some());
    let inits = clone::runs_init_containers(&spec, template::HOLD_NAME);
    let volumes = clone::writes_to(&spec, &workload.object_ref().to_string());
    let program = (!is_held).then(|| clone::RUNS_AGAIN.to_owned());
    [inits, volumes, program].into_iter().flatten().collect()
}

fn warnings(state: &State, workload: &Workload) -> Vec<String> {
    state.surroundings.choosers().warnings(&workload.template_labels(), "the copy")
}

/// The way, of which the first `done` are behind us.
fn stages(done: usize, state: &State, record: &CopyRecord, pod: &str) -> Vec<Stage> {
    let sending: Vec<_> = state.copies.values().flat_map(|pod| state.slices_sending_to(pod)).collect();
    let traffic = if sending.is_empty() {
        state.silence()
    } else {
        format!("still in EndpointSlice {}", sending.join(", "))
    };
    let stages = [
        ("copy", on::words(&record.taken, record.held.as_ref())),
        ("debug pod", pod.to_owned()),
        ("away from users", traffic),
    ];
    Stage::in_order(stages.map(|(title, detail)| (title.to_owned(), detail)), done)
}
