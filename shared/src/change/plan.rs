//! What to do, as data.

use std::time::Duration;

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, Patch, PatchOperation, RemoveOperation, TestOperation};
use serde::Serialize;
use serde_json::Value;

use crate::cluster::Followed;
use crate::model::deletion::Dependents;
use crate::model::object::{Metadata, ObjectRef};
use crate::print::Stage;

/// What is to be done from one observed state.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The whole way, for people: what is done, what happens now, what will follow.
    pub stages: Vec<Stage>,
    /// What to write now, one after the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub now: Vec<Step>,
    /// Those do not depend on each other: several may be under way at once.
    #[serde(skip_serializing_if = "is_false")]
    pub together: bool,
    /// What was followed is all that this plan rests on, so that it needs no fresh look before it
    /// writes or ends.
    #[serde(skip)]
    pub followed_suffices: bool,
    /// What to wait for when there is nothing to write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// What will be written later, as far as can be foreseen; shown, never applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<Step>,
    /// What the person should know before it begins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// One write, with its reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// What it does, in a few words.
    pub title: String,
    /// The request.
    #[serde(flatten)]
    pub write: Write,
}

const UID: [&str; 2] = ["metadata", "uid"];
const VERSION: [&str; 2] = ["metadata", "resourceVersion"];

/// A request that only applies to the state it was made for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Write {
    /// The object.
    #[serde(serialize_with = "as_text")]
    pub target: ObjectRef,
    /// What must hold for the write to be right; sent along with it.
    pub require: Vec<Test>,
    /// What is done to the object.
    pub body: Body,
    /// What holds once it was done, by us or by anyone: how an unanswered write is judged.
    pub effect: Effect,
}

/// What a write does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// The object itself, which must not exist yet.
    Create(Value),
    /// These operations of a JSON patch, behind a `test` for each requirement.
    Patch(Vec<PatchOperation>),
    /// The whole object but its status, in the place of the one that is required: what is not in it goes.
    /// Without `managedFields` in it the live ones are carried on.
    Replace(Value),
    /// A deletion of the object with this uid, gracefully.
    Delete {
        /// The precondition: another object of the same name is left alone.
        uid: String,
        /// What becomes of what it owns.
        dependents: Dependents,
    },
}

/// What a write brings about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// The object is so.
    Shows(Vec<Test>),
    /// The object with this uid is gone, or on its way.
    Deleted(String),
}

impl Effect {
    /// Whether the object, if there is one, shows it.
    #[must_use]
    pub fn holds(&self, object: Option<&Value>) -> bool {
        match (self, object) {
            (Self::Shows(tests), Some(object)) => tests.iter().all(|test| test.holds(object)),
            (Self::Shows(_), None) => false,
            (Self::Deleted(_), None) => true,
            (Self::Deleted(uid), Some(object)) => {
                let metadata = &object["metadata"];
                metadata["uid"] != uid.as_str() || metadata["deletionTimestamp"].is_string()
            }
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !value
}

fn as_text<S: serde::Serializer>(object: &ObjectRef, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(object)
}

/// A statement about one field of an object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Test {
    /// Which field.
    pub path: PointerBuf,
    /// Its value; none for absent.
    pub value: Option<Value>,
}

impl Test {
    /// The field, named by its unescaped path, has this value.
    pub fn equals<const N: usize>(path: [&str; N], value: impl Into<Value>) -> Self {
        Self { path: PointerBuf::from_tokens(path), value: Some(value.into()) }
    }

    /// The field at this JSON pointer has this value, or is absent.
    #[must_use]
    pub fn at(pointer: &str, value: Option<Value>) -> Self {
        // What is no pointer names no field: the test then says nothing, and what is there decides.
        Self { path: PointerBuf::parse(pointer).unwrap_or_default(), value }
    }

    /// The field is absent.
    #[must_use]
    pub fn absent<const N: usize>(path: [&str; N]) -> Self {
        Self { path: PointerBuf::from_tokens(path), value: None }
    }

    /// Whether the object is as stated.
    #[must_use]
    pub fn holds(&self, object: &Value) -> bool {
        self.path.resolve(object).ok() == self.value.as_ref()
    }
}

/// Adds or replaces a field.
pub fn set<const N: usize>(path: [&str; N], value: impl Into<Value>) -> PatchOperation {
    PatchOperation::Add(AddOperation { path: PointerBuf::from_tokens(path), value: value.into() })
}

/// Removes a field.
#[must_use]
pub fn remove<const N: usize>(path: [&str; N]) -> PatchOperation {
    PatchOperation::Remove(RemoveOperation { path: PointerBuf::from_tokens(path) })
}

impl Write {
    /// The creation of an object, as whose `effect` these tests tell it from another of its name.
    pub fn create(target: ObjectRef, object: Value, effect: Vec<Test>) -> Self {
        Self { target, require: Vec::new(), body: Body::Create(object), effect: Effect::Shows(effect) }
    }

    /// The replacement of an object by a whole one, as long as nobody changes it. The tests tell, beside
    /// its uid, that it was done.
    pub fn replace(target: ObjectRef, object: Value, live: &Metadata, effect: Vec<Test>) -> Self {
        let uid = Test::equals(UID, live.uid.as_str());
        Self {
            target,
            require: vec![uid.clone()],
            body: Body::Replace(object),
            effect: Effect::Shows([uid].into_iter().chain(effect).collect()),
        }
        .unchanged_since(&live.resource_version)
    }

    /// The deletion of one very object, and with it of what it owns.
    pub fn delete(target: ObjectRef, uid: &str) -> Self {
        Self::delete_one(target, uid, Dependents::Go)
    }

    /// The deletion of one very object alone: what it owns stays, for the next of its name to adopt.
    pub fn orphan(target: ObjectRef, uid: &str) -> Self {
        Self::delete_one(target, uid, Dependents::Stay)
    }

    fn delete_one(target: ObjectRef, uid: &str, dependents: Dependents) -> Self {
        Self {
            target,
            require: vec![Test::equals(UID, uid)],
            body: Body::Delete { uid: uid.to_owned(), dependents },
            effect: Effect::Deleted(uid.to_owned()),
        }
    }

    /// The same, as long as nobody changes the object.
    #[must_use]
    pub fn unchanged_since(mut self, resource_version: &str) -> Self {
        self.require.push(Test::equals(VERSION, resource_version));
        self
    }

    /// The resourceVersion that the object must have.
    pub(super) fn required_version(&self) -> Option<&str> {
        self.required(VERSION)
    }

    fn required(&self, path: [&str; 2]) -> Option<&str> {
        let path = PointerBuf::from_tokens(path);
        self.require.iter().find(|test| test.path == path)?.value.as_ref()?.as_str()
    }

    /// The object that takes the place of another, as it is sent: with the uid and the resourceVersion that
    /// are required, whatever stood there. The uid matters too: a kind that a PUT may create (a Service, a
    /// Role, a Lease) would come back after somebody deleted it.
    #[must_use]
    pub fn replacement(&self, object: &Value) -> Value {
        let mut object = object.clone();
        for [metadata, field] in [UID, VERSION] {
            object[metadata][field] = self.required([metadata, field]).into();
        }
        object
    }

    /// The patch as it is sent: first what must hold, then the changes. An absent field is tested
    /// as `null`, which is how the API server's JSON patch library reads it (observed on 1.35).
    #[must_use]
    pub fn patch(&self, operations: &[PatchOperation]) -> Patch {
        let tests = self.require.iter().map(|test| {
            PatchOperation::Test(TestOperation {
                path: test.path.clone(),
                value: test.value.clone().unwrap_or(Value::Null),
            })
        });
        Patch(tests.chain(operations.iter().cloned()).collect())
    }

    /// Whether the object, if there is one, is as the write requires.
    #[must_use]
    pub fn is_possible(&self, object: Option<&Value>) -> bool {
        match (&self.body, object) {
            (Body::Create(_), object) => object.is_none(),
            (_, Some(object)) => self.require.iter().all(|test| test.holds(object)),
            (_, None) => false,
        }
    }
}

/// What to wait for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// What is expected, such as `the replacement`.
    pub until: String,
    /// What is still missing, in words: also the reason when time runs out.
    pub missing: String,
    /// What to follow meanwhile.
    #[serde(skip)]
    pub followed: Vec<Followed>,
    /// When to look again although nothing changed, for what only time brings.
    #[serde(skip)]
    pub wake_after: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::object::PODS;

    #[test]
    fn a_patch_tests_before_it_changes_and_escapes_keys() {
        let write = Write {
            target: ObjectRef::namespaced(PODS, "shop", "web-1"),
            require: vec![Test::equals(["metadata", "uid"], "u1"), Test::absent(["metadata", "annotations"])],
            body: Body::Patch(Vec::new()),
            effect: Effect::Shows(Vec::new()),
        };
        let operations = [set(["metadata", "labels", "drover.dev/isolated"], "true")];
        assert_eq!(
            serde_json::to_value(write.patch(&operations)).unwrap(),
            json!([
                {"op": "test", "path": "/metadata/uid", "value": "u1"},
                {"op": "test", "path": "/metadata/annotations", "value": null},
                {"op": "add", "path": "/metadata/labels/drover.dev~1isolated", "value": "true"},
            ])
        );
    }

    #[test]
    fn a_test_holds_for_what_it_states_only() {
        let object = json!({"metadata": {"labels": {"a/b": "1"}}});
        assert!(Test::equals(["metadata", "labels", "a/b"], "1").holds(&object));
        assert!(!Test::equals(["metadata", "labels", "a/b"], "2").holds(&object));
        assert!(Test::absent(["metadata", "annotations"]).holds(&object));
        assert!(!Test::absent(["metadata", "labels"]).holds(&object));
    }

    #[test]
    fn only_what_does_not_exist_can_be_created() {
        let target = ObjectRef::namespaced(PODS, "shop", "web-1");
        let write = Write::create(target, json!({}), vec![Test::equals(["data", "a"], "1")]);
        assert!(write.is_possible(None) && !write.is_possible(Some(&json!({}))));
        assert!(write.effect.holds(Some(&json!({"data": {"a": "1"}}))));
        assert!(!write.effect.holds(Some(&json!({"data": {"a": "2"}}))), "another of that name");
    }

    #[test]
    fn a_deletion_is_done_when_that_very_object_is_gone_or_going() {
        let deleted = Effect::Deleted("u1".to_owned());
        assert!(deleted.holds(None));
        assert!(deleted.holds(Some(&json!({"metadata": {"uid": "u2"}}))));
        assert!(deleted.holds(Some(&json!({"metadata": {"uid": "u1", "deletionTimestamp": "x"}}))));
        assert!(!deleted.holds(Some(&json!({"metadata": {"uid": "u1"}}))));
        assert!(!Effect::Shows(Vec::new()).holds(None));
    }

    #[test]
    fn a_replacement_has_the_identity_that_is_required() {
        let target = ObjectRef::namespaced(PODS, "shop", "web-1");
        let live = Metadata { uid: "u2".to_owned(), resource_version: "7".to_owned(), ..Metadata::default() };
        let stored =
            json!({"metadata": {"name": "web-1", "uid": "u1", "resourceVersion": "3"}, "spec": {"a": 1}});
        let write = Write::replace(target, stored.clone(), &live, vec![Test::equals(["spec", "a"], 1)]);
        let sent =
            json!({"metadata": {"name": "web-1", "uid": "u2", "resourceVersion": "7"}, "spec": {"a": 1}});
        assert_eq!(write.replacement(&stored), sent);
        assert_eq!(
            write.replacement(&json!({}))["metadata"],
            json!({"uid": "u2", "resourceVersion": "7"}),
            "a body without metadata of its own"
        );
    }

    #[test]
    fn only_what_nobody_changed_is_replaced() {
        let live = Metadata { uid: "u1".to_owned(), resource_version: "7".to_owned(), ..Metadata::default() };
        let target = ObjectRef::namespaced(PODS, "shop", "web-1");
        let write = Write::replace(target, json!({}), &live, vec![Test::equals(["spec", "a"], 1)]);
        let object = |uid: &str, version: &str, a: u32| json!({"metadata": {"uid": uid, "resourceVersion": version}, "spec": {"a": a}});
        assert!(write.is_possible(Some(&object("u1", "7", 2))));
        for other in [object("u1", "8", 2), object("u2", "7", 2)] {
            assert!(!write.is_possible(Some(&other)), "{other}");
        }
        assert!(!write.is_possible(None), "a PUT must not create");
        assert!(write.effect.holds(Some(&object("u1", "8", 1))));
        assert!(!write.effect.holds(Some(&object("u1", "8", 2))));
        assert!(!write.effect.holds(Some(&object("u2", "8", 1))), "made anew by another");
    }

    #[test]
    fn what_a_deleted_object_owns_goes_unless_it_is_to_stay() {
        let target = ObjectRef::namespaced(PODS, "shop", "web-1");
        let deletions = [Write::delete(target.clone(), "u1"), Write::orphan(target, "u1")];
        let policies = deletions.map(|write| match write.body {
            Body::Delete { dependents, .. } => dependents.policy(),
            body => panic!("{body:?}"),
        });
        assert_eq!(policies, ["Background", "Orphan"]);
    }
}
