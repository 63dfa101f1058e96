//! The plan of `kubectl debug-mode on --copy`: one pod beside the workload, which stays as it is.

use drover::change::{Plan, Step, Test, Write};
use drover::cli::Failure;
use drover::model::label_edit::{Keys, smallest_removals, without};
use drover::model::object::{ObjectRef, PODS};
use drover::model::pod::Pod;
use drover::model::selector::{Labels, Selector};
use drover::model::volumes::shared_writable;
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

/// The longest name of a pod that its containers may have as their host name too.
const LONGEST_NAME: usize = 63;

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
    name.truncate(LONGEST_NAME - "-debug".len());
    ObjectRef::namespaced(PODS, &state.namespace, format!("{}-debug", name.trim_end_matches(['-', '.'])))
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
    let mut labels = unselected(state, &labels).ok_or_else(|| {
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

/// The labels of which no Service, controller, budget or autoscaler takes notice; among equally many,
/// those that NetworkPolicies go by are kept. None where a controller claims whatever it finds.
fn unselected(state: &State, labels: &Labels) -> Option<Labels> {
    let around = &state.surroundings;
    let services = around.services.iter().map(|service| &service.selector);
    let budgets = around.budgets.iter().flatten().map(|budget| &budget.selector);
    let selectors: Vec<&Selector> = services
        .chain(budgets.filter(|selector| !selector.is_inescapable()))
        .chain(&around.controllers)
        .collect();
    let candidates = smallest_removals(labels, &selectors);
    let removed = candidates.into_iter().min_by_key(|keys| changed_policies(state, labels, keys).len())?;
    Some(without(labels, &removed))
}

fn changed_policies<'a>(state: &'a State, labels: &Labels, removed: &Keys) -> Vec<&'a str> {
    let left = without(labels, removed);
    let policies = state.surroundings.policies.iter().flatten();
    let changed = policies.filter(|policy| policy.verdict(labels) != policy.verdict(&left));
    changed.map(|policy| policy.name.as_str()).collect()
}

/// Makes the spec that of one bare pod: on the node, under the host name and with the claims that its
/// controller would give it.
fn place(state: &State, workload: &Workload, wish: &Wish, spec: &mut Value) {
    let Some(fields) = spec.as_object_mut() else { return };
    match workload.kind() {
        Kind::StatefulSet => {
            let ordinal = ordinal(state, workload, wish).unwrap_or_default();
            let name = &workload.metadata.name;
            fields.insert("hostname".to_owned(), json!(format!("{name}-{ordinal}")));
            let claims = workload.spec("volumeClaimTemplates").as_array().into_iter().flatten();
            let volumes = claims.filter_map(|claim| {
                let template = claim["metadata"]["name"].as_str()?;
                let claim = json!({"claimName": format!("{template}-{name}-{ordinal}")});
                Some(json!({"name": template, "persistentVolumeClaim": claim}))
            });
            let volumes: Vec<_> = volumes.collect();
            if let Some(list) = fields.entry("volumes").or_insert_with(|| json!([])).as_array_mut() {
                list.extend(volumes);
            }
        }
        // Its controller chooses the node, not the scheduler.
        Kind::DaemonSet => {
            if let Some(node) = on::pod_to_replace(state, workload).and_then(Pod::node) {
                fields.insert("nodeName".to_owned(), json!(node));
            }
        }
        Kind::Pod => {
            for chosen in ["nodeName", "ephemeralContainers", "schedulingGates", "priority"] {
                fields.remove(chosen);
            }
        }
        _ => {}
    }
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
    let mut questions = Vec::new();
    let inits: Vec<_> =
        spec.init_containers.iter().flatten().map(|container| container.name.as_str()).collect();
    let record = copy["metadata"]["annotations"][DEBUG_MODE_ANNOTATION].as_str().unwrap_or_default();
    let is_held = serde_json::from_str::<CopyRecord>(record).is_ok_and(|record| record.held.is_some());
    let brought: Vec<_> = inits.into_iter().filter(|name| *name != template::HOLD_NAME).collect();
    if !brought.is_empty() {
        questions.push(format!("It runs its init containers: {}.", brought.join(", ")));
    }
    let volumes = shared_writable(&spec);
    if !volumes.is_empty() {
        let object = workload.object_ref();
        questions.push(format!("It may write to what {object} writes to: {}.", volumes.join(", ")));
    }
    if !is_held {
        questions.push(
            "Its program runs a second time: it may take work from queues, or register itself.".to_owned(),
        );
    }
    questions
}

fn warnings(state: &State, workload: &Workload) -> Vec<String> {
    let labels = workload.template_labels();
    let Some(left) = unselected(state, &labels) else { return Vec::new() };
    let removed: Keys = labels.keys().filter(|key| !left.contains_key(*key)).cloned().collect();
    let mut warnings = Vec::new();
    let policies = changed_policies(state, &labels, &removed);
    if !policies.is_empty() {
        warnings.push(format!(
            "NetworkPolicy {} does not apply to the copy as it does to its pods",
            policies.join(", ")
        ));
    }
    if state.surroundings.policies.is_none() {
        warnings.push("you may not list networkpolicies: the copy's network may differ".to_owned());
    }
    warnings
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
