//! The pod that is rehearsed with: as the origin's pods are, but that nothing chooses it, and that its hooks tell.

use drover::change::{Step, Test, Write};
use drover::cli::Failure;
use drover::model::clone::{self, Choosers, Origin};
use drover::model::object::{Metadata, ObjectRef, Owner, PODS, STATEFUL_SETS};
use drover::model::policy::{NetworkPolicy, PodDisruptionBudget};
use drover::model::selector::{Labels, Selector};
use drover::model::service::Service;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{PodSpec, PodTemplateSpec};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::instrument::{Hook, Shell, Unmeasured, instrumented};
use crate::schedule::{Pod, Schedule};

/// Marks a clone; its value is always `clone`.
pub const LABEL: &str = "drover.dev/rehearsal";
pub const CLONE: &str = "clone";

/// The annotation that says what a clone is of.
pub const ANNOTATION: &str = "drover.dev/rehearsal";

/// What is Drover's own, and says nothing of a clone.
const OWN: &str = "drover.dev/";

/// It repeats the whole object as it was applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

const VERSION: u32 = 1;

/// Beyond the time in which it is to be ready, before the kubelet stops a clone of which nobody takes care any more.
const SPARE_SECONDS: u64 = 60;

/// What was observed: what is cloned, and what it must escape.
#[derive(Debug, Clone)]
pub struct State {
    pub object: ObjectRef,
    /// The workload or pod, whole.
    pub found: Value,
    /// Its pod template, or the pod itself.
    pub template: Value,
    pub services: Vec<Service>,
    pub controllers: Vec<Selector>,
    pub budgets: Option<Vec<PodDisruptionBudget>>,
    pub policies: Option<Vec<NetworkPolicy>>,
    /// The clone that is there already.
    pub present: Option<Record>,
    pub context: String,
    pub user: String,
}

/// How it is to be rehearsed.
#[derive(Debug, Clone)]
pub struct Wish {
    pub ordinal: u32,
    /// Instead of the origin's own.
    pub grace_seconds: Option<u64>,
    /// Within which the clone is to be ready.
    pub ready_seconds: u64,
    pub shell: Shell,
}

/// What a clone carries in its annotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub version: u32,
    /// What it was made from.
    pub origin: Owner,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Who, as the server knows them.
    pub by: String,
}

impl Record {
    /// Of a clone; none of any other pod.
    pub fn of(pod: &Metadata) -> Option<Self> {
        let is_clone = pod.labels.get(LABEL).is_some_and(|value| value == CLONE);
        serde_json::from_str(pod.annotation(ANNOTATION)?).ok().filter(|_| is_clone)
    }
}

/// A clone that is to be made.
#[derive(Debug, Clone)]
pub struct Clone {
    pub target: ObjectRef,
    pub body: Value,
    pub unmeasured: Vec<Unmeasured>,
}

impl Clone {
    /// Makes it, unless there is one already. No two are the same: the time of each is its own.
    pub fn create(&self) -> Step {
        let target = self.target.clone();
        let mark = self.body["metadata"]["annotations"][ANNOTATION].clone();
        let effect = vec![Test::equals(["metadata", "annotations", ANNOTATION], mark)];
        Step { title: format!("create {target}"), write: Write::create(target, self.body.clone(), effect) }
    }

    /// How long its containers have once its deletion is asked for.
    pub fn grace_seconds(&self) -> u64 {
        self.body["spec"]["terminationGracePeriodSeconds"].as_u64().unwrap_or(30)
    }
}

/// Deletes this very clone.
pub fn delete(target: &ObjectRef, uid: &str) -> Step {
    Step { title: format!("delete {target}"), write: Write::delete(target.clone(), uid) }
}

impl State {
    fn choosers(&self) -> Choosers<'_> {
        Choosers {
            services: &self.services,
            controllers: &self.controllers,
            budgets: self.budgets.as_deref(),
            policies: self.policies.as_deref(),
        }
    }

    fn origin(&self) -> Owner {
        let text = |field: &str| self.found["metadata"][field].as_str().unwrap_or_default().to_owned();
        Owner { kind: self.object.resource.kind.to_owned(), name: text("name"), uid: text("uid") }
    }

    fn labels(&self) -> Labels {
        let labels = Labels::deserialize(&self.template["metadata"]["labels"]).unwrap_or_default();
        labels.into_iter().filter(|(key, _)| !key.starts_with(OWN)).collect()
    }

    /// What runs when in the origin's pods.
    pub fn schedule(&self) -> Schedule {
        Schedule::new(&self.context, &self.object, self.pod())
    }

    fn pod(&self) -> Pod {
        let template = PodTemplateSpec::deserialize(&self.template).unwrap_or_default();
        Pod::new(self.object.resource, template)
    }

    /// In what the clone differs from the origin's pods.
    pub fn warnings(&self) -> Vec<String> {
        self.choosers().warnings(&self.labels(), "the clone")
    }
}

/// The clone as it is to be made at that time.
///
/// # Errors
/// Where it would not escape what chooses pods, or is not to be made.
pub fn clone_of(state: &State, wish: &Wish, at: Timestamp) -> Result<Clone, Failure> {
    let object = &state.object;
    refuse(state)?;
    let mut labels = state.choosers().unselected(&state.labels()).ok_or_else(|| {
        Failure::new(format!(
            "{object}: a controller of this namespace selects every pod, so a clone would be adopted"
        ))
    })?;
    labels.insert(LABEL.to_owned(), CLONE.to_owned());
    let mut annotations = Labels::deserialize(&state.template["metadata"]["annotations"]).unwrap_or_default();
    annotations.retain(|key, _| !key.starts_with(OWN) && key != LAST_APPLIED);
    let record = Record { version: VERSION, origin: state.origin(), at, by: state.user.clone() };
    annotations.insert(ANNOTATION.to_owned(), json!(record).to_string());
    let mut spec = state.template["spec"].clone();
    place(state, wish, &mut spec);
    limit(wish, &mut spec);
    let unmeasured = instrumented(&mut spec, &wish.shell);
    let target = target(object);
    let body = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": target.name, "labels": labels, "annotations": annotations},
        "spec": spec,
    });
    Ok(Clone { target, body, unmeasured })
}

/// A clone of what ends by itself would do its work once more, and end before it can be stopped.
fn refuse(state: &State) -> Result<(), Failure> {
    let object = &state.object;
    if state.pod().ends_by_itself {
        return Err(Failure::new(format!(
            "{object}: its pods end by themselves, so that nothing stops them"
        )));
    }
    if object.resource == PODS && state.template["metadata"]["labels"][LABEL] == CLONE {
        return Err(
            Failure::new(format!("{object} is a clone itself")).hint("delete it:  kubectl lifecycle cleanup")
        );
    }
    match &state.present {
        Some(record) => Err(in_the_way(&target(object), record)),
        None => Ok(()),
    }
}

/// The clone of an object: always of the same name, so that it is found again.
pub fn target(object: &ObjectRef) -> ObjectRef {
    let namespace = object.namespace.as_deref().unwrap_or_default();
    ObjectRef::namespaced(PODS, namespace, clone::name(&object.name, "rehearsal"))
}

/// Somebody rehearses, or did.
pub fn in_the_way(target: &ObjectRef, record: &Record) -> Failure {
    let Record { by, at, .. } = record;
    let namespace = target.namespace.as_deref().unwrap_or_default();
    Failure::new(format!("{target} is there already, made by {by} at {at}"))
        .hint(format!("if nobody is rehearsing, delete it:  kubectl lifecycle cleanup -n {namespace}"))
}

fn place(state: &State, wish: &Wish, spec: &mut Value) {
    let claims = state.found["spec"]["volumeClaimTemplates"].as_array();
    let name = state.origin().name;
    let origin = match state.object.resource {
        PODS => Origin::Pod,
        STATEFUL_SETS => Origin::StatefulSet {
            name: &name,
            ordinal: wish.ordinal,
            claims: claims.map_or(&[], Vec::as_slice),
        },
        _ => Origin::Template,
    };
    origin.place(spec);
}

/// It must end where nobody takes care of it any more, and can't wait for what only a Service's pods get.
fn limit(wish: &Wish, spec: &mut Value) {
    let Some(fields) = spec.as_object_mut() else { return };
    fields.remove("readinessGates");
    let seconds = wish.ready_seconds + SPARE_SECONDS;
    let own = fields.get("activeDeadlineSeconds").and_then(Value::as_u64);
    fields.insert("activeDeadlineSeconds".to_owned(), json!(own.map_or(seconds, |own| own.min(seconds))));
    let grace =
        wish.grace_seconds.map(|seconds| ("terminationGracePeriodSeconds".to_owned(), json!(seconds)));
    fields.extend(grace);
}

/// What it will really do, for a person to agree to.
pub fn questions(state: &State, clone: &Clone) -> Vec<String> {
    let Ok(spec) = PodSpec::deserialize(&clone.body["spec"]) else { return Vec::new() };
    let inits = clone::runs_init_containers(&spec, Shell::NAME);
    let volumes = clone::writes_to(&spec, &state.object.to_string());
    let hooks = hooks(&state.schedule());
    let hooks = (!hooks.is_empty()).then(|| format!("Its hooks do what they do: {}.", hooks.join(", ")));
    [Some(clone::RUNS_AGAIN.to_owned()), inits, hooks, volumes].into_iter().flatten().collect()
}

fn hooks(schedule: &Schedule) -> Vec<String> {
    let hooks = schedule.pod.containers.iter().flat_map(|container| {
        let both = [(Hook::PostStart, &container.post_start), (Hook::PreStop, &container.pre_stop)];
        both.into_iter().filter_map(|(hook, found)| Some((&container.name, hook, found.as_ref()?)))
    });
    hooks.map(|(container, hook, found)| format!("{hook} of {container} ({})", found.action)).collect()
}

#[cfg(test)]
mod tests {
    use drover::model::object::DEPLOYMENTS;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

    use super::*;

    fn state() -> State {
        let template = json!({
            "metadata": {
                "labels": {"app": "web", "team": "shop", "drover.dev/isolated": "true"},
                "annotations": {LAST_APPLIED: "{}", "scrape": "yes"},
            },
            "spec": {
                "readinessGates": [{"conditionType": "lb"}],
                "initContainers": [{"name": "migrate"}],
                "containers": [{"name": "web", "lifecycle": {"preStop": {"exec": {"command": ["/drain"]}}}}],
            },
        });
        let selector = LabelSelector::deserialize(json!({"matchLabels": {"app": "web"}})).unwrap();
        State {
            object: ObjectRef::namespaced(DEPLOYMENTS, "shop", "web"),
            found: json!({"metadata": {"name": "web", "uid": "u"}, "spec": {"template": template}}),
            template,
            services: Vec::new(),
            controllers: vec![Selector::from(&selector)],
            budgets: Some(Vec::new()),
            policies: Some(Vec::new()),
            present: None,
            context: "prod".to_owned(),
            user: "oncall".to_owned(),
        }
    }

    fn wish() -> Wish {
        Wish { ordinal: 0, grace_seconds: Some(9), ready_seconds: 300, shell: Shell::default() }
    }

    #[test]
    fn a_clone_is_chosen_by_nothing_and_ends_by_itself() {
        let clone = clone_of(&state(), &wish(), Timestamp::UNIX_EPOCH).unwrap();
        let (metadata, spec) = (&clone.body["metadata"], &clone.body["spec"]);
        assert_eq!(metadata["name"], "web-rehearsal");
        assert_eq!(metadata["labels"], json!({"team": "shop", LABEL: CLONE}));
        assert!(
            metadata["annotations"].get(LAST_APPLIED).is_none() && metadata["annotations"]["scrape"] == "yes"
        );
        assert!(metadata.get("ownerReferences").is_none() && spec.get("readinessGates").is_none());
        assert_eq!((&spec["activeDeadlineSeconds"], clone.grace_seconds()), (&json!(360), 9));
        let metadata = Metadata::deserialize(metadata).unwrap();
        assert_eq!(Record::of(&metadata).unwrap().origin, state().origin());
    }

    #[test]
    fn a_person_is_told_what_it_will_really_do() {
        let state = state();
        let questions = questions(&state, &clone_of(&state, &wish(), Timestamp::UNIX_EPOCH).unwrap());
        assert_eq!(questions[1], "It runs its init containers: migrate.");
        assert_eq!(questions[2], "Its hooks do what they do: preStop of web (exec /drain).");
    }

    #[test]
    fn what_ends_by_itself_and_what_would_be_adopted_is_refused() {
        let refused = |state: &State| clone_of(state, &wish(), Timestamp::UNIX_EPOCH).unwrap_err().message;
        let mut adopted = state();
        adopted.controllers = vec![Selector::from(&LabelSelector::default())];
        assert!(refused(&adopted).contains("would be adopted"));
        let mut job = state();
        job.object = ObjectRef::namespaced(drover::model::object::JOBS, "shop", "web");
        assert!(refused(&job).contains("end by themselves"));
    }
}
