//! What to do, as data.

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, Patch, PatchOperation, RemoveOperation, TestOperation};
use serde::Serialize;
use serde_json::Value;

use crate::cluster::Followed;
use crate::model::object::ObjectRef;

/// What is to be done from one observed state.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The whole way, for people: what is done, what happens now, what will follow.
    pub stages: Vec<Stage>,
    /// What to write now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Step>,
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

/// One line of the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// A few words.
    pub title: String,
    /// What was done or seen, or is missing.
    pub detail: String,
    /// How far it is.
    pub state: StageState,
}

/// How far a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StageState {
    /// Seen to be done.
    Done,
    /// Under way.
    Now,
    /// Still to come.
    Later,
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

/// A JSON patch that only applies to the state it was made for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Write {
    /// The object.
    #[serde(serialize_with = "as_text")]
    pub target: ObjectRef,
    /// What must hold for the write to be right; sent along as `test` operations.
    pub require: Vec<Test>,
    /// The operations.
    pub change: Vec<PatchOperation>,
    /// What holds once it was applied, by us or by anyone: how an unanswered write is judged.
    pub effect: Vec<Test>,
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
    /// The patch as it is sent: first what must hold, then the changes. An absent field is tested
    /// as `null`, which is how the API server's JSON patch library reads it (observed on 1.35).
    #[must_use]
    pub fn patch(&self) -> Patch {
        let tests = self.require.iter().map(|test| {
            PatchOperation::Test(TestOperation {
                path: test.path.clone(),
                value: test.value.clone().unwrap_or(Value::Null),
            })
        });
        Patch(tests.chain(self.change.iter().cloned()).collect())
    }

    /// The first statement of `tests` that the object contradicts.
    #[must_use]
    pub fn contradicted<'a>(tests: &'a [Test], object: &Value) -> Option<&'a Test> {
        tests.iter().find(|test| !test.holds(object))
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
            change: vec![set(["metadata", "labels", "drover.dev/isolated"], "true")],
            effect: Vec::new(),
        };
        assert_eq!(
            serde_json::to_value(write.patch()).unwrap(),
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
}
