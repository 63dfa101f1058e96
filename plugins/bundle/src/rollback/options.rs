//! What a person asked for.

use drover::model::object::ObjectRef;
use serde::{Deserialize, Serialize};

use super::plan::flag;
use crate::store::objects;

/// What is done beyond what is safe, and to which objects; kept with a rollback, which goes on as it began.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Options {
    /// Restore Secrets too.
    pub secrets: bool,
    /// Delete members that came after the version.
    pub prune: bool,
    /// Delete and create again, where a field can't be changed.
    #[serde(with = "objects")]
    pub replace: Vec<ObjectRef>,
    /// What would be left as it is for safety.
    #[serde(with = "objects")]
    pub allow: Vec<ObjectRef>,
    /// If any, nothing but these.
    #[serde(with = "objects")]
    pub only: Vec<ObjectRef>,
    #[serde(with = "objects")]
    pub except: Vec<ObjectRef>,
    /// Run the images that ran, by their digests.
    pub pin_images: bool,
    /// Restart what would not load what changed.
    pub restart_consumers: bool,
}

impl Options {
    /// Whether the rollback is about this object.
    pub fn includes(&self, object: &ObjectRef) -> bool {
        (self.only.is_empty() || self.only.contains(object)) && !self.except.contains(object)
    }

    pub fn allows(&self, object: &ObjectRef) -> bool {
        self.allow.contains(object)
    }

    /// As they are given on the command line, to have the same again.
    pub fn flags(&self) -> String {
        let switches = [
            (self.secrets, " --secrets"),
            (self.prune, " --prune"),
            (self.pin_images, " --pin-images"),
            (self.restart_consumers, " --restart-consumers"),
        ];
        let named = [
            (&self.replace, " --replace"),
            (&self.allow, " --allow"),
            (&self.only, " --only"),
            (&self.except, " --except"),
        ];
        let switches = switches.into_iter().filter(|(is_on, _)| *is_on).map(|(_, name)| name.to_owned());
        let named = named
            .into_iter()
            .flat_map(|(objects, name)| objects.iter().map(move |object| flag(name, object)));
        switches.chain(named).collect()
    }

    pub fn replaces(&self, object: &ObjectRef) -> bool {
        self.replace.contains(object)
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::CONFIG_MAPS;

    use super::*;

    #[test]
    fn they_are_read_again_from_a_journal() {
        let files = ObjectRef::namespaced(CONFIG_MAPS, "shop", "files");
        let options = Options { secrets: true, allow: vec![files.clone()], ..Options::default() };
        let text = serde_json::to_string(&options).unwrap();
        assert_eq!(serde_json::from_str::<Options>(&text).unwrap(), options);
        assert_eq!(serde_json::from_str::<Options>("{}").unwrap(), Options::default());
    }

    #[test]
    fn a_rollback_may_be_about_some_objects() {
        let [one, other] = ["a", "b"].map(|name| ObjectRef::namespaced(CONFIG_MAPS, "shop", name));
        let only = Options { only: vec![one.clone()], ..Options::default() };
        let except = Options { except: vec![one.clone()], ..Options::default() };
        assert_eq!([&one, &other].map(|object| only.includes(object)), [true, false]);
        assert_eq!([&one, &other].map(|object| except.includes(object)), [false, true]);
        assert!(Options::default().includes(&one));
    }

    #[test]
    fn the_same_can_be_asked_for_again() {
        let one = ObjectRef::namespaced(CONFIG_MAPS, "shop", "a");
        let options =
            Options { prune: true, allow: vec![one.clone()], except: vec![one], ..Options::default() };
        assert_eq!(options.flags(), " --prune --allow cm/a --except cm/a");
        assert_eq!(Options::default().flags(), "");
    }
}
