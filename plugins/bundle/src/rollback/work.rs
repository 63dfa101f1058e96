//! What is to be written now: from what each object is to become, and what it is.
//!
//! Level-triggered: a run that was cut off goes on from what is there. An object that is neither as it was
//! when a person agreed, nor as it is to be, was changed by somebody else: it is not written.

use std::collections::BTreeMap;

use drover::change::{Body, Plan, Step, Test, Wait, Write, give_fields_back};
use drover::cli::Failure;
use drover::cluster::{Followed, Query};
use drover::model::object::{Metadata, ObjectRef};
use drover::model::rollout;
use drover::print::Stage;
use serde::Deserialize;
use serde_json::Value;

use super::order::rank;
use super::restore::restored;
use crate::compare::{Masking, RESTARTED, changes};

/// The objects that are written, by their path; none for those that are not there.
pub type Live = BTreeMap<String, Option<Value>>;

/// What one object is to become.
#[derive(Clone)]
pub enum Goal {
    /// Like this.
    Is(Value),
    /// Like this, in the place of the one with this uid.
    Anew { body: Value, instead_of: String },
    /// Gone, the one with this uid.
    Gone { uid: String },
}

/// One object, with what may be written over.
#[derive(Clone)]
pub struct Work {
    pub object: ObjectRef,
    pub goal: Goal,
    /// As it was when a person agreed; none where it was not there.
    pub seen: Option<Value>,
    /// Who owned its fields: it is given back to them.
    pub owners: Value,
    /// Its replicas are not ours to judge.
    pub autoscaled: bool,
    /// Whether a dry-run before all other writes tells if the server takes it.
    pub is_provable: bool,
}

/// How it is done.
pub struct Manner<'a> {
    pub field_manager: &'a str,
    /// Wait until all pods run as wanted.
    pub wait: bool,
    pub masking: &'a Masking,
}

/// In the order in which they are written: what is needed first, deletions last and the other way round.
pub fn in_order(mut works: Vec<Work>) -> Vec<Work> {
    works.sort_by_key(|work| {
        let rank = i64::try_from(rank(work.object.resource)).unwrap_or(i64::MAX);
        match work.goal {
            Goal::Gone { .. } => (1, -rank),
            _ => (0, rank),
        }
    });
    works
}

/// What is to be written now, or waited for; nothing when all is as it is to be.
///
/// # Errors
/// When somebody else changed an object meanwhile.
pub fn plan(works: &[Work], live: &Live, manner: &Manner<'_>) -> Result<Plan, Failure> {
    let mut states = Vec::new();
    for work in works {
        states.push(work.state(live, manner)?);
    }
    let done = states.iter().take_while(|state| matches!(state, State::Done)).count();
    let stages = works.iter().map(|work| (work.object.to_string(), work.words().to_owned()));
    let stages = Stage::in_order(stages, done);
    let Some(first) = works.get(done) else { return Ok(finish(works, live, manner, stages)) };
    let place = |work: &Work| (matches!(work.goal, Goal::Gone { .. }), rank(work.object.resource));
    let (mut now, mut waits) = (Vec::new(), Vec::new());
    for (work, state) in works.iter().zip(states).filter(|(work, _)| place(work) == place(first)) {
        match state {
            State::Done => {}
            State::Write(step) => now.push(*step),
            State::Going => waits.push(&work.object),
        }
    }
    if now.is_empty() && !waits.is_empty() {
        let names: Vec<_> = waits.iter().map(ToString::to_string).collect();
        let missing = format!("{} being deleted still: its finalizers decide", names.join(", "));
        let wait = Some(wait("the deletion", missing, waits, live));
        return Ok(Plan { stages, wait, ..Plan::default() });
    }
    // What becomes of an object after its deletion only a look tells.
    let followed_suffices = !now.iter().any(|step| matches!(step.write.body, Body::Delete { .. }));
    Ok(Plan { stages, now, together: true, followed_suffices, ..Plan::default() })
}

/// What is left once all is written: the owners of fields, and pods that are still coming up.
fn finish(works: &[Work], live: &Live, manner: &Manner<'_>, stages: Vec<Stage>) -> Plan {
    let of = |work: &Work| live.get(&work.object.path()).cloned().flatten();
    let now: Vec<_> = works
        .iter()
        .filter_map(|work| {
            give_fields_back(work.object.clone(), &of(work)?, &work.owners, &[manner.field_manager])
        })
        .collect();
    if !now.is_empty() {
        return Plan { stages, now, together: true, followed_suffices: true, ..Plan::default() };
    }
    let missing = works.iter().filter(|_| manner.wait).filter_map(|work| {
        let missing = rollout::missing(work.object.resource, &of(work)?)?;
        Some((&work.object, format!("{}: {missing}", work.object)))
    });
    let (objects, missing): (Vec<_>, Vec<_>) = missing.unzip();
    let wait = (!objects.is_empty()).then(|| wait("the rollout", missing.join("; "), objects, live));
    Plan { stages, wait, ..Plan::default() }
}

fn wait(until: &str, missing: String, objects: Vec<&ObjectRef>, live: &Live) -> Wait {
    let followed = objects.into_iter().map(|object| {
        let mut query = Query::all(object.resource, "").named(&object.name);
        query.namespace.clone_from(&object.namespace);
        let version = live
            .get(&object.path())
            .and_then(Option::as_ref)
            .map(|live| &live["metadata"]["resourceVersion"]);
        Followed { query, resource_version: version.and_then(Value::as_str).unwrap_or_default().to_owned() }
    });
    Wait { until: until.to_owned(), missing, followed: followed.collect(), wake_after: None }
}

enum State {
    Done,
    Write(Box<Step>),
    /// It is on its way out.
    Going,
}

impl Work {
    /// The write that is due, from what is there.
    pub fn step(&self, live: &Live, manner: &Manner<'_>) -> Result<Option<Step>, Failure> {
        Ok(match self.state(live, manner)? {
            State::Write(step) => Some(*step),
            State::Done | State::Going => None,
        })
    }

    /// What the user must be allowed to do with it. The owners of fields are given back by a patch.
    pub fn verbs(&self) -> &'static [&'static str] {
        match (&self.goal, &self.seen) {
            (Goal::Is(_), Some(_)) => &["get", "update", "patch"],
            (Goal::Is(_), None) => &["get", "create", "patch"],
            (Goal::Anew { .. }, _) => &["get", "delete", "create", "patch"],
            (Goal::Gone { .. }, _) => &["get", "delete"],
        }
    }

    fn words(&self) -> &'static str {
        match (&self.goal, &self.seen) {
            (Goal::Is(_), Some(_)) => "updated",
            (Goal::Is(_), None) => "created",
            (Goal::Anew { .. }, _) => "deleted and created anew",
            (Goal::Gone { .. }, _) => "deleted",
        }
    }

    fn state(&self, live: &Live, manner: &Manner<'_>) -> Result<State, Failure> {
        let now = live.get(&self.object.path()).and_then(Option::as_ref);
        let uid = |now: &Value| now["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        match (&self.goal, now) {
            (Goal::Gone { .. }, None) => Ok(State::Done),
            (Goal::Gone { uid: old }, Some(now)) if uid(now) == *old => self.deletion(now, manner),
            (Goal::Gone { .. }, Some(_)) => Err(self.changed("was made anew by somebody")),
            (Goal::Anew { body, .. }, None) => Ok(self.creation(body)),
            (Goal::Anew { instead_of, .. }, Some(now)) if uid(now) == *instead_of => {
                self.deletion(now, manner)
            }
            (Goal::Is(body), None) if self.seen.is_none() => Ok(self.creation(body)),
            (Goal::Is(_), None) => Err(self.changed("was deleted by somebody")),
            (Goal::Anew { body, .. } | Goal::Is(body), Some(now)) => self.update(body, now, manner),
        }
    }

    fn update(&self, body: &Value, now: &Value, manner: &Manner<'_>) -> Result<State, Failure> {
        if self.is_so(body, now, manner) {
            return Ok(State::Done);
        }
        if now["metadata"]["deletionTimestamp"].is_string() {
            return Err(self.changed("is being deleted"));
        }
        let Some(seen) = &self.seen else { return Err(self.changed("was created by somebody")) };
        let is_seen = seen["metadata"]["uid"] == now["metadata"]["uid"] && !self.differs(seen, now, manner);
        if !is_seen || matches!(self.goal, Goal::Anew { .. }) {
            return Err(self.changed("was changed by somebody"));
        }
        let mut whole = restored(self.object.resource, body, now, self.autoscaled);
        if let Some(restart) = self.restart(body) {
            set_restart(&mut whole, restart);
        }
        let metadata = Metadata::deserialize(&now["metadata"]).unwrap_or_default();
        let changes = changes(self.object.resource, now, &whole, self.autoscaled, manner.masking);
        let shows = changes
            .iter()
            .map(|change| Test::at(&change.pointer, whole.pointer(&change.pointer).cloned()))
            .collect();
        let write = Write::replace(self.object.clone(), whole, &metadata, shows);
        Ok(State::Write(Box::new(Step { title: format!("update {}", self.object), write })))
    }

    /// As it is to be, in all that people want of it.
    fn is_so(&self, body: &Value, now: &Value, manner: &Manner<'_>) -> bool {
        let is_restarted = self.restart(body).is_none_or(|at| restarted_at(now) == Some(at));
        is_restarted && !self.differs(body, now, manner) && is_applied_alike(body, now)
    }

    fn differs(&self, one: &Value, other: &Value, manner: &Manner<'_>) -> bool {
        let found = changes(self.object.resource, one, other, self.autoscaled, manner.masking);
        found.iter().any(|change| !(self.autoscaled && change.path == "spec.replicas"))
    }

    /// When its pods are to be replaced, where that is wanted.
    fn restart<'a>(&self, body: &'a Value) -> Option<&'a str> {
        restarted_at(body).filter(|at| self.seen.as_ref().and_then(restarted_at) != Some(at))
    }

    fn creation(&self, body: &Value) -> State {
        // Whether it is ours that is there is judged by what it is like.
        let write = Write::create(self.object.clone(), body.clone(), Vec::new());
        State::Write(Box::new(Step { title: format!("create {}", self.object), write }))
    }

    fn deletion(&self, now: &Value, manner: &Manner<'_>) -> Result<State, Failure> {
        let metadata = Metadata::deserialize(&now["metadata"]).unwrap_or_default();
        if metadata.deletion_timestamp.is_some() {
            return Ok(State::Going);
        }
        if self.seen.as_ref().is_none_or(|seen| self.differs(seen, now, manner)) {
            return Err(self.changed("was changed by somebody"));
        }
        let write =
            Write::delete(self.object.clone(), &metadata.uid).unchanged_since(&metadata.resource_version);
        Ok(State::Write(Box::new(Step { title: format!("delete {}", self.object), write })))
    }

    fn changed(&self, how: &str) -> Failure {
        Failure::new(format!("{} {how} meanwhile", self.object))
    }
}

const APPLIED: &str = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";

fn is_applied_alike(one: &Value, other: &Value) -> bool {
    one.pointer(APPLIED) == other.pointer(APPLIED)
}

fn restarted_at(object: &Value) -> Option<&str> {
    object.pointer("/spec/template/metadata/annotations")?.get(RESTARTED)?.as_str()
}

fn set_restart(object: &mut Value, at: &str) {
    object["spec"]["template"]["metadata"]["annotations"][RESTARTED] = at.into();
}

#[cfg(test)]
mod tests {
    use drover::model::object::{CONFIG_MAPS, DEPLOYMENTS, SERVICES};
    use serde_json::json;

    use super::*;

    fn object(resource: drover::model::object::Resource) -> ObjectRef {
        ObjectRef::namespaced(resource, "shop", "web")
    }

    fn config_map(version: &str, value: &str) -> Value {
        json!({"metadata": {"name": "web", "uid": "u", "resourceVersion": version}, "data": {"a": value}})
    }

    fn work(goal: Goal, seen: Option<Value>) -> Work {
        Work {
            object: object(CONFIG_MAPS),
            goal,
            seen,
            owners: Value::Null,
            autoscaled: false,
            is_provable: true,
        }
    }

    /// The titles of what is written now, or `nothing`, or why not.
    fn told(works: &[Work], live: &[(ObjectRef, Option<Value>)]) -> String {
        let live = live.iter().map(|(object, live)| (object.path(), live.clone())).collect();
        let masking = Masking::new(false).unwrap();
        let manner = Manner { field_manager: "kubectl-bundle", wait: true, masking: &masking };
        match plan(works, &live, &manner) {
            Err(failure) => failure.message,
            Ok(Plan { wait: Some(wait), .. }) => format!("wait for {}: {}", wait.until, wait.missing),
            Ok(plan) if plan.now.is_empty() => "nothing".to_owned(),
            Ok(plan) => plan.now.iter().map(|step| step.title.clone()).collect::<Vec<_>>().join(", "),
        }
    }

    fn of_config_map(work: Work, now: Option<Value>) -> String {
        told(&[work], &[(object(CONFIG_MAPS), now)])
    }

    #[test]
    fn only_what_nobody_else_changed_is_written() {
        let update = || work(Goal::Is(config_map("1", "old")), Some(config_map("7", "new")));
        assert_eq!(of_config_map(update(), Some(config_map("7", "new"))), "update configmap/web");
        assert_eq!(of_config_map(update(), Some(config_map("8", "new"))), "update configmap/web");
        assert_eq!(of_config_map(update(), Some(config_map("8", "old"))), "nothing");
        let changed = "configmap/web was changed by somebody meanwhile";
        assert_eq!(of_config_map(update(), Some(config_map("8", "theirs"))), changed);
        assert_eq!(of_config_map(update(), None), "configmap/web was deleted by somebody meanwhile");
        let mut anew = config_map("9", "new");
        anew["metadata"]["uid"] = json!("other");
        assert_eq!(of_config_map(update(), Some(anew)), changed);
    }

    #[test]
    fn what_is_gone_is_created_unless_somebody_else_was_faster() {
        let create = || work(Goal::Is(config_map("", "old")), None);
        assert_eq!(of_config_map(create(), None), "create configmap/web");
        assert_eq!(of_config_map(create(), Some(config_map("3", "old"))), "nothing");
        let created = "configmap/web was created by somebody meanwhile";
        assert_eq!(of_config_map(create(), Some(config_map("3", "theirs"))), created);
    }

    #[test]
    fn a_deletion_is_waited_for() {
        let delete = || work(Goal::Gone { uid: "u".to_owned() }, Some(config_map("7", "new")));
        assert_eq!(of_config_map(delete(), Some(config_map("7", "new"))), "delete configmap/web");
        let mut going = config_map("8", "new");
        going["metadata"]["deletionTimestamp"] = json!("2026-11-25T20:00:00Z");
        assert!(of_config_map(delete(), Some(going)).starts_with("wait for the deletion"));
        assert_eq!(of_config_map(delete(), None), "nothing");
    }

    #[test]
    fn what_is_needed_comes_first_and_owners_and_pods_come_last() {
        let deployment = |image: &str, available: u32| {
            json!({
                "metadata": {"uid": "d", "resourceVersion": "1", "generation": 1, "managedFields":
                    [{"manager": "kubectl-bundle", "operation": "Update", "apiVersion": "apps/v1", "fieldsV1": {"f:spec": {}}}]},
                "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "web", "image": image}]}}},
                "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": available},
            })
        };
        let of = |resource, goal, seen, owners| Work {
            object: object(resource),
            goal,
            seen: Some(seen),
            owners,
            autoscaled: false,
            is_provable: true,
        };
        let mut theirs = deployment("1", 1);
        theirs["metadata"]["managedFields"][0]["manager"] = json!("helm");
        let owners = theirs["metadata"]["managedFields"].clone();
        let works = in_order(vec![
            of(SERVICES, Goal::Gone { uid: "s".to_owned() }, json!({"metadata": {"uid": "s"}}), Value::Null),
            of(DEPLOYMENTS, Goal::Is(deployment("1", 1)), deployment("2", 1), owners),
            of(CONFIG_MAPS, Goal::Is(config_map("1", "old")), config_map("1", "new"), Value::Null),
        ]);
        let live = |config: &str, image: &str, service: bool| {
            vec![
                (object(CONFIG_MAPS), Some(config_map("1", config))),
                (object(DEPLOYMENTS), Some(deployment(image, 1))),
                (
                    object(SERVICES),
                    service.then(|| json!({"metadata": {"uid": "s", "resourceVersion": "1"}})),
                ),
            ]
        };
        assert_eq!(told(&works, &live("new", "2", true)), "update configmap/web");
        assert_eq!(told(&works, &live("old", "2", true)), "update deployment.apps/web");
        assert_eq!(told(&works, &live("old", "1", true)), "delete service/web");
        let back = "give the fields of deployment.apps/web back to their owners";
        assert_eq!(told(&works, &live("old", "1", false)), back);
        let mut live = live("old", "1", false);
        theirs["status"]["availableReplicas"] = json!(0);
        live[1].1 = Some(theirs);
        let wait = "wait for the rollout: deployment.apps/web: 0 of 1 pods are available";
        assert_eq!(told(&works, &live), wait);
    }

    #[test]
    fn a_restart_is_more_than_what_a_person_wants_of_the_object() {
        let deployment = |at: &str| {
            json!({
                "metadata": {"uid": "d", "resourceVersion": "1", "generation": 1},
                "spec": {"replicas": 0, "template": {"metadata": {"annotations": {RESTARTED: at}}}},
                "status": {"observedGeneration": 1},
            })
        };
        let work = Work {
            object: object(DEPLOYMENTS),
            goal: Goal::Is(deployment("now")),
            seen: Some(deployment("before")),
            owners: Value::Null,
            autoscaled: false,
            is_provable: true,
        };
        let told =
            |at: &str| told(std::slice::from_ref(&work), &[(object(DEPLOYMENTS), Some(deployment(at)))]);
        assert_eq!([told("before"), told("now")], ["update deployment.apps/web", "nothing"]);
        let masking = Masking::new(false).unwrap();
        let manner = Manner { field_manager: "kubectl-bundle", wait: false, masking: &masking };
        let live = [(object(DEPLOYMENTS).path(), Some(deployment("before")))].into();
        let plan = plan(std::slice::from_ref(&work), &live, &manner).unwrap();
        let Body::Replace(body) = &plan.now[0].write.body else { panic!("a PUT") };
        assert_eq!(restarted_at(body), Some("now"));
    }
}
