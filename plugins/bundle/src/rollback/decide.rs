//! What is done with each object: only what can be taken back, unless somebody asked for more.

use std::collections::BTreeSet;

use drover::model::object::{HORIZONTAL_POD_AUTOSCALERS, ObjectRef, PODS};
use serde_json::Value;

use super::consequences::{loses_data, of_update, pods, replaced, reverted};
use super::consumers::{Workload, consumers, restart, restart_these};
use super::hold::hold;
use super::images::pin;
use super::immutable::immutable;
use super::objections;
use super::order::mark_proven;
use super::plan::{Action, Consequence, Item, Now, Question, Reason, Subject, Then, flag};
use super::restore::{created, restored};
use crate::compare::{Change, changes};
use crate::kinds::CLAIMS;
use crate::report::State;
use crate::state::{autoscaled, target};
use crate::store::Kept;

/// An item for each object that is there or was.
pub fn plan(question: &Question<'_>) -> Vec<Item> {
    let decider = Decider { question, autoscaled: all_autoscaled(question.subjects) };
    let mut items: Vec<_> = question.subjects.iter().filter_map(|subject| decider.item(subject)).collect();
    add_consumers(&mut items, question.subjects);
    if question.options.restart_consumers {
        let live = |object: &ObjectRef| live_of(question.subjects, object).cloned();
        let may_restart = |object: &ObjectRef| !question.options.except.contains(object);
        let live = |object: &ObjectRef| live(object).filter(|_| may_restart(object));
        restart(&mut items, live, &question.now.to_string());
    }
    mark_proven(&mut items);
    items
}

/// What is left of a rollback that found all as it was `before`, and was to restart these: what they load may be
/// written already.
pub fn plan_rest(question: &Question<'_>, before: &[Kept], restarts: &[ObjectRef]) -> Vec<Item> {
    let mut items = plan(question);
    for item in &mut items {
        hold_replacement(question, before, item);
    }
    let live = |object: &ObjectRef| live_of(question.subjects, object).cloned();
    restart_these(&mut items, live, restarts, &question.now.to_string());
    items
}

/// Of what is deleted already, to be created anew, the same stays as if it were still there.
fn hold_replacement(question: &Question<'_>, before: &[Kept], item: &mut Item) {
    let Question { options, masking, .. } = question;
    let object = &item.object;
    let Action::Create { body } = &mut item.action else { return };
    let Some(before) = before.iter().find(|kept| kept.object == *object) else { return };
    if options.replaces(object) && object.resource != CLAIMS {
        let changes = changes(object.resource, &before.body, body, false, masking);
        item.held = hold(object, options.allows(object), &before.body, body, &changes);
    }
}

fn state(subject: &Subject, item: &Item) -> Option<State> {
    match (&subject.then, &subject.now) {
        (_, Now::Forbidden) | (Then::Unread, _) => Some(State::Forbidden),
        (_, Now::NotServed) => Some(State::NotServed),
        (_, Now::Absent) => Some(State::Removed),
        (Then::Absent, Now::There(_)) => Some(State::Added),
        (Then::There(_), Now::There(_)) => (!item.changes.is_empty()).then_some(State::Changed),
    }
}

/// Those that are there, and those that come back.
pub fn all_autoscaled(subjects: &[Subject]) -> BTreeSet<(String, String)> {
    let autoscalers = subjects.iter().filter(|subject| subject.object.resource == HORIZONTAL_POD_AUTOSCALERS);
    let bodies = autoscalers.flat_map(|subject| {
        let then = match &subject.then {
            Then::There(body) => Some(body),
            _ => None,
        };
        then.into_iter().chain(subject.now.body()).map(|body| (subject.object.clone(), body.clone()))
    });
    autoscaled(&bodies.map(|(object, body)| Kept { object, body }).collect::<Vec<_>>())
}

fn live_of<'a>(subjects: &'a [Subject], object: &ObjectRef) -> Option<&'a Value> {
    subjects.iter().find(|subject| subject.object == *object)?.now.body()
}

fn add_consumers(items: &mut [Item], subjects: &[Subject]) {
    let all: Vec<_> = items
        .iter()
        .map(|item| match &item.action {
            Action::Update { .. } | Action::Replace { .. } => {
                consumers(&item.object, &item.changes, &workloads(items, subjects))
            }
            _ => Vec::new(),
        })
        .collect();
    for (item, consumers) in items.iter_mut().zip(all) {
        item.consequences.extend(consumers);
    }
}

/// All that have pods after the rollback which they had before.
fn workloads<'a>(items: &'a [Item], subjects: &'a [Subject]) -> Vec<Workload<'a>> {
    let found = items.iter().filter_map(|item| {
        let live = live_of(subjects, &item.object)?;
        let body = match &item.action {
            Action::Delete => return None,
            action => action.body().unwrap_or(live),
        };
        let resource = item.object.resource;
        let restarts = matches!(item.action, Action::Replace { .. })
            || item.action.is_write() && replaced(resource, live, body, &item.changes).is_some();
        let template = if resource == PODS { Some(body) } else { body.pointer("/spec/template") };
        template.filter(|_| pods(resource, live) != Some(0)).map(|template| Workload {
            object: &item.object,
            template,
            restarts,
        })
    });
    found.collect()
}

struct Decider<'a> {
    question: &'a Question<'a>,
    autoscaled: BTreeSet<(String, String)>,
}

impl Decider<'_> {
    fn item(&self, subject: &Subject) -> Option<Item> {
        let object = &subject.object;
        let item = match (&subject.then, &subject.now) {
            (Then::Absent | Then::Unread, Now::Absent) => return None,
            (_, Now::NotServed) => left(object, Reason::NotServed),
            (_, Now::Forbidden) => left(object, Reason::Forbidden),
            (Then::Unread, Now::There(_)) => left(object, Reason::UnreadThen),
            (Then::Absent, Now::There(live)) => self.delete(subject, live),
            (Then::There(version), Now::Absent) => self.create(object, version),
            (Then::There(version), Now::There(live)) => self.update(object, version, live),
        };
        Some(Item { state: state(subject, &item), ..item })
    }

    fn delete(&self, subject: &Subject, live: &Value) -> Item {
        let object = &subject.object;
        let mut item = match objections::to_delete(self.question, subject, live) {
            Some((reason, flag)) => new(object, Action::Leave { reason, flag }),
            None => new(object, Action::Delete),
        };
        if item.action == Action::Delete {
            item.consequences.extend(loses_data(object.resource, live).then_some(Consequence::LosesData));
            item.consequences.extend(reverted(object, live));
        }
        item
    }

    fn create(&self, object: &ObjectRef, version: &Value) -> Item {
        let objection = objections::to_create(self.question, object, version);
        if let Some((reason, flag)) = objection {
            return new(object, Action::Leave { reason, flag });
        }
        let mut body = created(object.resource, version);
        let pinned = self.pin(object, &mut body, true);
        Item { consequences: pinned, ..new(object, Action::Create { body }) }
    }

    fn update(&self, object: &ObjectRef, version: &Value, live: &Value) -> Item {
        let options = self.question.options;
        if !live["metadata"]["deletionTimestamp"].is_null() {
            return left(object, Reason::BeingDeleted);
        }
        let is_autoscaled = self.autoscaled.contains(&target(object));
        let mut body = restored(object.resource, version, live, is_autoscaled);
        let wanted = self.changes(object, live, &body);
        let has_moved = is_autoscaled && version["spec"]["replicas"] != live["spec"]["replicas"];
        let autoscaled = has_moved.then_some(Consequence::Autoscaled);
        if wanted.is_empty() {
            let pinned = self.pin(object, &mut body, false);
            return self.written(object, live, body, autoscaled.into_iter().chain(pinned).collect());
        }
        let objection = objections::to_update(self.question, object, version, live);
        if let Some((reason, flag)) = objection {
            return Item { changes: wanted, ..new(object, Action::Leave { reason, flag }) };
        }
        let sealed = immutable(object.resource, live, &body, &wanted);
        let fields: Vec<_> = sealed.iter().map(|change| change.path.clone()).collect();
        if !fields.is_empty() && options.replaces(object) {
            return self.replace(object, version, live, fields, wanted);
        }
        if !fields.is_empty() && object.resource != CLAIMS {
            let (reason, flag) = (Reason::Immutable { fields }, Some(flag("--replace", object)));
            return Item { changes: wanted, ..new(object, Action::Leave { reason, flag }) };
        }
        let held = hold(object, options.allows(object), live, &mut body, &wanted);
        let kept = self.changes(object, live, &body);
        let restarts = replaced(object.resource, live, &body, &kept).is_some();
        let pinned = self.pin(object, &mut body, restarts);
        let mut item = self.written(object, live, body, autoscaled.into_iter().chain(pinned).collect());
        if item.action == Action::Same {
            let flag = held.first().map(|held| held.flag.clone());
            item = Item { action: Action::Leave { reason: Reason::Held, flag }, changes: wanted, ..item };
        }
        item.held = held;
        item
    }

    /// An update, if anything changes.
    fn written(&self, object: &ObjectRef, live: &Value, body: Value, consequences: Vec<Consequence>) -> Item {
        let changes = self.changes(object, live, &body);
        let mut item = Item { consequences, ..new(object, Action::Same) };
        if !changes.is_empty() {
            item.consequences.splice(0..0, of_update(object, live, &body, &changes));
            item.action = Action::Update { body };
            item.changes = changes;
        }
        item
    }

    fn replace(
        &self,
        object: &ObjectRef,
        version: &Value,
        live: &Value,
        fields: Vec<String>,
        changes: Vec<Change>,
    ) -> Item {
        let options = self.question.options;
        // The claim itself was named; the claims that go with a StatefulSet were not.
        if object.resource != CLAIMS && loses_data(object.resource, live) && !options.allows(object) {
            let (reason, flag) = (Reason::LosesData, Some(flag("--allow", object)));
            return Item { changes, ..new(object, Action::Leave { reason, flag }) };
        }
        let mut body = created(object.resource, version);
        let is_allowed = options.allows(object) || object.resource == CLAIMS;
        let held = match object.resource {
            CLAIMS => Vec::new(),
            _ => hold(object, is_allowed, live, &mut body, &changes),
        };
        let mut consequences = self.pin(object, &mut body, true);
        consequences.extend(loses_data(object.resource, live).then_some(Consequence::LosesData));
        if let Some(pods) = pods(object.resource, live).filter(|pods| *pods > 0) {
            consequences.push(Consequence::Restarts { pods, all_at_once: true });
        }
        consequences.extend(reverted(object, live));
        Item { changes, held, consequences, ..new(object, Action::Replace { fields, body }) }
    }

    fn pin(&self, object: &ObjectRef, body: &mut Value, restarts: bool) -> Vec<Consequence> {
        let Question { options, images, running, .. } = self.question;
        if options.pin_images && options.includes(object) {
            pin(object, body, images, running, restarts)
        } else {
            Vec::new()
        }
    }

    /// Who wrote what is there now does not write what will be.
    fn changes(&self, object: &ObjectRef, live: &Value, body: &Value) -> Vec<Change> {
        let found = changes(object.resource, live, body, false, self.question.masking);
        found.into_iter().map(|change| Change { by: None, ..change }).collect()
    }
}

fn left(object: &ObjectRef, reason: Reason) -> Item {
    new(object, Action::Leave { reason, flag: None })
}

fn new(object: &ObjectRef, action: Action) -> Item {
    Item {
        object: object.clone(),
        action,
        state: None,
        changes: Vec::new(),
        held: Vec::new(),
        consequences: Vec::new(),
        proven_by_dry_run: false,
    }
}

#[cfg(test)]
mod tests;
