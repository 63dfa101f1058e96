//! From what is decided about each object to the works that do it, and to those that undo it.

use drover::model::object::ObjectRef;
use serde_json::Value;

use super::decide::all_autoscaled;
use super::journal::Journal;
use super::plan::{Action, Item, Now, Reason, Subject, Then};
use super::restore::{created, restored};
use super::work::{Goal, Work, in_order};
use crate::compare::{Masking, changes};
use crate::state::target;
use crate::store::Kept;

/// All writes, in the order in which they are done. Of a rollback that was `begun` before, what it wrote is among
/// them as it is: its fields may have to be given back, and its pods waited for.
pub fn works(subjects: &[Subject], items: &[Item], begun: Option<&Journal>) -> Vec<Work> {
    let autoscaled = all_autoscaled(subjects);
    let works = items.iter().filter_map(|item| {
        let subject = subjects.iter().find(|subject| subject.object == item.object)?;
        let seen = subject.now.body().cloned();
        let begun = begun.filter(|journal| journal.objects.contains(&item.object));
        let goal = match &item.action {
            Action::Same | Action::Leave { .. } => to_finish(item, subject, begun?)?,
            Action::Update { body } | Action::Create { body } => Goal::Is(body.clone()),
            Action::Replace { body, .. } => {
                Goal::Anew { body: body.clone(), instead_of: uid(seen.as_ref()?) }
            }
            Action::Delete => Goal::Gone { uid: uid(seen.as_ref()?) },
        };
        let owners = match &subject.then {
            Then::There(version) => owners(version),
            _ => Value::Null,
        };
        let autoscaled = autoscaled.contains(&target(&item.object));
        let is_provable = item.proven_by_dry_run;
        Some(Work { object: item.object.clone(), goal, seen, owners, autoscaled, is_provable })
    });
    in_order(works.collect())
}

/// What brings back, of all that a rollback was about to write, what was `before`, or was `absent`; and what
/// somebody else changed since, which is left as it is. Ours is what is as the rollback wants it.
pub fn backwards(
    journal: &Journal,
    subjects: &[Subject],
    items: &[Item],
    before: &[Kept],
    absent: &[ObjectRef],
    masking: &Masking,
) -> (Vec<Work>, Vec<ObjectRef>) {
    let autoscaled = all_autoscaled(subjects);
    let (mut works, mut theirs) = (Vec::new(), Vec::new());
    for object in &journal.objects {
        let now = subjects.iter().find(|subject| subject.object == *object).map(|subject| &subject.now);
        let before = before.iter().find(|kept| kept.object == *object);
        let is_ours = items.iter().any(|item| item.object == *object && is_as_wanted(item));
        let autoscaled = autoscaled.contains(&target(object));
        let goal = match (before, now) {
            (None, None | Some(Now::Absent)) => continue,
            (None, Some(Now::There(now))) if is_ours && absent.contains(object) => {
                Goal::Gone { uid: uid(now) }
            }
            (Some(before), None | Some(Now::Absent)) => Goal::Is(created(object.resource, &before.body)),
            (Some(before), Some(Now::There(now))) => {
                let is_so = changes(object.resource, &before.body, now, autoscaled, masking).is_empty();
                if !is_so && !is_ours {
                    theirs.push(object.clone());
                    continue;
                }
                if !is_so && journal.options.replaces(object) {
                    Goal::Anew { body: created(object.resource, &before.body), instead_of: uid(now) }
                } else {
                    Goal::Is(restored(object.resource, &before.body, now, autoscaled))
                }
            }
            _ => {
                theirs.push(object.clone());
                continue;
            }
        };
        let owners = before.map_or(Value::Null, |kept| owners(&kept.body));
        let seen = now.and_then(Now::body).cloned();
        works.push(Work { object: object.clone(), goal, seen, owners, autoscaled, is_provable: false });
    }
    (in_order(works), theirs)
}

/// Of all that a rollback is still to write, what somebody else changed since: it is neither as it was `before`
/// nor as it is to be.
pub fn changed_since(
    journal: &Journal,
    subjects: &[Subject],
    items: &[Item],
    before: &[Kept],
    masking: &Masking,
) -> Vec<ObjectRef> {
    let autoscaled = all_autoscaled(subjects);
    let is_changed = |item: &&Item| {
        let object = &item.object;
        let now = subjects.iter().find(|subject| subject.object == *object).and_then(|one| one.now.body());
        let before = before.iter().find(|kept| kept.object == *object);
        match (before, now) {
            (Some(before), Some(now)) => {
                let autoscaled = autoscaled.contains(&target(object));
                !changes(object.resource, &before.body, now, autoscaled, masking).is_empty()
            }
            // Between its deletion and its creation a replacement is not there.
            (Some(_), None) => !journal.options.replaces(object),
            (None, now) => now.is_some(),
        }
    };
    let left = items.iter().filter(|item| item.action.is_write() && journal.objects.contains(&item.object));
    left.filter(is_changed).map(|item| item.object.clone()).collect()
}

/// What an earlier run left, where nothing is to be decided any more.
fn to_finish(item: &Item, subject: &Subject, journal: &Journal) -> Option<Goal> {
    let seen = subject.now.body()?;
    match (&item.action, &subject.then) {
        _ if is_as_wanted(item) => Some(Goal::Is(seen.clone())),
        // A finalizer holds what it deleted.
        (Action::Leave { reason: Reason::BeingDeleted, .. }, Then::Absent) => {
            Some(Goal::Gone { uid: uid(seen) })
        }
        (Action::Leave { reason: Reason::BeingDeleted, .. }, Then::There(version)) => {
            let body = created(item.object.resource, version);
            let anew = Goal::Anew { body, instead_of: uid(seen) };
            journal.options.replaces(&item.object).then_some(anew)
        }
        _ => None,
    }
}

/// Whether nothing is left to be written: what still differs is held.
fn is_as_wanted(item: &Item) -> bool {
    matches!(item.action, Action::Same | Action::Leave { reason: Reason::Held, .. })
}

fn uid(live: &Value) -> String {
    live["metadata"]["uid"].as_str().unwrap_or_default().to_owned()
}

fn owners(body: &Value) -> Value {
    body["metadata"]["managedFields"].clone()
}

#[cfg(test)]
mod tests {
    use drover::model::object::CONFIG_MAPS;
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::rollback::{Options, Question, plan};

    fn object(name: &str) -> ObjectRef {
        ObjectRef::namespaced(CONFIG_MAPS, "shop", name)
    }

    fn config_map(name: &str, value: &str) -> Value {
        json!({"metadata": {"name": name, "uid": name, "resourceVersion": "1"}, "data": {"a": value}})
    }

    fn subject(name: &str, then: Option<&str>, now: Option<&str>) -> Subject {
        let then = then.map_or(Then::Absent, |value| Then::There(config_map(name, value)));
        let now = now.map_or(Now::Absent, |value| Now::There(config_map(name, value)));
        Subject { object: object(name), then, now, users: Vec::new() }
    }

    fn words(works: &[Work]) -> Vec<String> {
        let word = |work: &Work| match &work.goal {
            Goal::Is(body) => format!("{} is {}", work.object.name, body["data"]["a"]),
            Goal::Anew { .. } => format!("{} anew", work.object.name),
            Goal::Gone { .. } => format!("{} gone", work.object.name),
        };
        works.iter().map(word).collect()
    }

    #[test]
    fn a_rollback_and_its_way_back() {
        let masking = Masking::new(false).unwrap();
        let options = Options::default();
        let items = |subjects: &[Subject]| {
            plan(&Question {
                subjects,
                options: &options,
                recorded: Timestamp::UNIX_EPOCH,
                absent: &[],
                now: Timestamp::UNIX_EPOCH,
                images: &[],
                running: &[],
                masking: &masking,
            })
        };
        let before = [
            subject("changed", Some("1"), Some("2")),
            subject("gone", Some("1"), None),
            subject("same", Some("1"), Some("1")),
        ];
        assert_eq!(words(&works(&before, &items(&before), None)), ["changed is \"1\"", "gone is \"1\""]);

        let journal = Journal {
            to: "1".to_owned(),
            undo: "2".to_owned(),
            options: Options::default(),
            objects: ["changed", "gone", "half", "theirs"].map(object).to_vec(),
            restarts: Vec::new(),
            at: Timestamp::UNIX_EPOCH,
            by: "jane".to_owned(),
        };
        let kept = |name: &str, value: &str| Kept { object: object(name), body: config_map(name, value) };
        let kept = [kept("changed", "2"), kept("half", "2"), kept("theirs", "2")];
        let after = [
            subject("changed", Some("1"), Some("1")),
            subject("gone", Some("1"), Some("1")),
            subject("half", Some("1"), Some("2")),
            subject("theirs", Some("1"), Some("3")),
        ];
        let rest = works(&after, &items(&after), Some(&journal));
        assert_eq!(words(&rest), ["changed is \"1\"", "gone is \"1\"", "half is \"1\"", "theirs is \"1\""]);
        assert_eq!(changed_since(&journal, &after, &items(&after), &kept, &masking), [object("theirs")]);
        let (works, theirs) = backwards(&journal, &after, &items(&after), &kept, &[object("gone")], &masking);
        assert_eq!(words(&works), ["changed is \"2\"", "half is \"2\"", "gone gone"]);
        assert_eq!(theirs, [object("theirs")]);
        let (_, theirs) = backwards(&journal, &after, &items(&after), &kept, &[], &masking);
        assert_eq!(theirs, [object("gone"), object("theirs")], "what is not known to be new is not deleted");
    }
}
