//! What is known of the namespace while it is being read.

use std::collections::BTreeMap;

use drover::cluster::Served;
use drover::model::object::ObjectRef;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::kinds::{self, is_cluster_scoped};
use crate::relations::Related;

/// What is known of one object.
#[derive(Debug)]
pub enum Sight {
    Seen(Box<Related>),
    Absent,
    /// The user may not read it.
    Forbidden,
}

/// What is known of the namespace.
#[derive(Debug, Default)]
pub struct Known {
    /// By the path of each object.
    sights: BTreeMap<String, Sight>,
    /// The kinds of each apiVersion that was asked about.
    served: BTreeMap<String, Vec<Served>>,
}

/// Where the owner of an object is.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    Of(ObjectRef),
    /// The server must be asked for the kinds of this apiVersion first.
    Unasked(String),
    /// The server does not serve the owner's kind.
    NotServed,
}

impl Known {
    pub fn add(&mut self, related: Related) {
        let object = related.object.clone();
        self.set(&object, Sight::Seen(Box::new(related)));
    }

    pub fn set(&mut self, object: &ObjectRef, sight: Sight) {
        self.sights.insert(object.path(), sight);
    }

    pub fn sight(&self, object: &ObjectRef) -> Option<&Sight> {
        self.sights.get(&object.path())
    }

    pub fn related(&self, object: &ObjectRef) -> Option<&Related> {
        match self.sight(object) {
            Some(Sight::Seen(related)) => Some(related),
            _ => None,
        }
    }

    pub fn all(&self) -> impl Iterator<Item = &Related> {
        self.sights.values().filter_map(|sight| match sight {
            Sight::Seen(related) => Some(&**related),
            _ => None,
        })
    }

    pub fn set_served(&mut self, api_version: String, kinds: Vec<Served>) {
        self.served.insert(api_version, kinds);
    }

    pub fn served(&self, api_version: &str) -> Option<&[Served]> {
        self.served.get(api_version).map(Vec::as_slice)
    }

    /// Where an owner is: in the namespace of what it owns, or without one.
    pub fn place_of(&self, owner: &OwnerReference, owned: &ObjectRef) -> Place {
        let (api_version, kind) = (owner.api_version.as_str(), owner.kind.as_str());
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let place = |resource, is_namespaced: bool| {
            let namespace = owned.namespace.clone().filter(|_| is_namespaced);
            Place::Of(ObjectRef { resource, namespace, name: owner.name.clone() })
        };
        if let Some(resource) = kinds::known(group, kind) {
            return place(resource, !is_cluster_scoped(resource));
        }
        let Some(kinds) = self.served(api_version) else { return Place::Unasked(api_version.to_owned()) };
        let served = kinds.iter().find(|served| served.resource.kind == kind);
        served.map_or(Place::NotServed, |served| place(served.resource, served.is_namespaced))
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::{CONFIG_MAPS, DEPLOYMENTS, Resource};

    use super::*;

    #[test]
    fn an_owner_of_a_kind_of_its_own_is_found_once_the_server_was_asked() {
        let mut known = Known::default();
        let owned = ObjectRef::namespaced(CONFIG_MAPS, "shop", "settings");
        let owner = |api_version: &str, kind: &str| OwnerReference {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            name: "v".to_owned(),
            ..OwnerReference::default()
        };
        let place = Place::Of(ObjectRef::namespaced(DEPLOYMENTS, "shop", "v"));
        assert_eq!(known.place_of(&owner("apps/v1beta1", "Deployment"), &owned), place);
        let vault = owner("x.test/v1", "Vault");
        assert_eq!(known.place_of(&vault, &owned), Place::Unasked("x.test/v1".to_owned()));
        let resource = Resource::new("x.test", "v1", "vaults", "Vault");
        known.set_served("x.test/v1".to_owned(), vec![Served { resource, is_namespaced: false }]);
        let place = Place::Of(ObjectRef { resource, namespace: None, name: "v".to_owned() });
        assert_eq!(known.place_of(&vault, &owned), place);
        assert_eq!(known.place_of(&owner("x.test/v1", "Safe"), &owned), Place::NotServed);
    }
}
