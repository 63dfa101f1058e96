//! What a person decides about the members of a bundle, against what can be seen.

use drover::cli::Failure;
use drover::model::object::ObjectRef;

use crate::store::Definition;

/// A decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// The object is a member.
    Add,
    /// It is none.
    Remove,
}

impl Pin {
    /// The bundle after the decision about these objects; the same where it was taken before.
    ///
    /// # Errors
    /// When a root would be left out.
    pub fn decide(self, before: &Definition, objects: &[ObjectRef]) -> Result<Definition, Failure> {
        let mut after = before.clone();
        for object in objects {
            let is_root = after.roots.contains(object);
            if is_root && self == Self::Remove {
                return Err(Failure::new(format!("{object}: the bundle starts from it"))
                    .hint("begin another bundle without it:  kubectl bundle create"));
            }
            let was_pinned = [&after.added, &after.removed].map(|list| list.contains(object));
            after.added.retain(|pinned| pinned != object);
            after.removed.retain(|pinned| pinned != object);
            match (self, was_pinned) {
                // What was only there because it was added, is gone by that.
                (Self::Remove, [true, _]) => {}
                (Self::Remove, _) => after.removed.push(object.clone()),
                (Self::Add, _) if is_root => {}
                (Self::Add, _) => after.added.push(object.clone()),
            }
        }
        Ok(after)
    }

    /// What happened to an object, in a word.
    pub fn done(self) -> &'static str {
        match self {
            Self::Add => "added",
            Self::Remove => "removed",
        }
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::{CONFIG_MAPS, SERVICES};

    use super::*;

    fn object(name: &str) -> ObjectRef {
        ObjectRef::namespaced(CONFIG_MAPS, "shop", name)
    }

    fn decided(pins: &[(Pin, &str)]) -> [Vec<String>; 2] {
        let mut definition = Definition::default();
        for (pin, name) in pins {
            definition = pin.decide(&definition, &[object(name)]).unwrap();
        }
        [definition.added, definition.removed]
            .map(|pinned| pinned.into_iter().map(|object| object.name).collect())
    }

    #[test]
    fn the_last_decision_counts() {
        let (a, none): (Vec<String>, Vec<String>) = (vec!["a".to_owned()], Vec::new());
        assert_eq!(decided(&[(Pin::Add, "a"), (Pin::Add, "a")]), [a.clone(), none.clone()]);
        assert_eq!(decided(&[(Pin::Remove, "a")]), [none.clone(), a.clone()]);
        assert_eq!(decided(&[(Pin::Remove, "a"), (Pin::Add, "a")]), [a, none.clone()]);
        assert_eq!(decided(&[(Pin::Add, "a"), (Pin::Remove, "a")]), [none.clone(), none]);
    }

    #[test]
    fn a_root_stays() {
        let root = ObjectRef::namespaced(SERVICES, "shop", "web");
        let definition = Definition { roots: vec![root.clone()], ..Definition::default() };
        assert!(Pin::Remove.decide(&definition, &[root]).is_err());
    }
}
