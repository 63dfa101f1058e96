//! What bundles, and the objects they lie in, are called.

use std::fmt;

use drover::cli::Failure;
use drover::model::object::{CONFIG_MAPS, LEASES, ObjectRef};

use super::pack::hash;
use crate::kinds::SECRETS;

/// A label's value is no longer (apimachinery: `LabelValueMaxLength`), and the names made from it stay
/// within a DNS subdomain.
const LONGEST: usize = 63;

/// The name of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BundleName(String);

impl fmt::Display for BundleName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl BundleName {
    /// Checks a name as a person typed it; `bundle/web` is the bundle `web`.
    ///
    /// # Errors
    /// When the server would not take the names made from it.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let name = text.strip_prefix("bundle/").unwrap_or(text);
        if name.len() > LONGEST || !drover::model::name::is_dns_subdomain(name) {
            let hint = format!("up to {LONGEST} lower-case letters, digits, '-' and '.', such as web");
            return Err(Failure::new(format!("{text:?} can't be the name of a bundle")).hint(hint));
        }
        Ok(Self(name.to_owned()))
    }

    /// The text alone.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ConfigMap with what the bundle starts from.
    pub fn definition(&self, namespace: &str) -> ObjectRef {
        ObjectRef::namespaced(CONFIG_MAPS, namespace, format!("drover-bundle-{self}"))
    }

    /// The lock on what only one may do at a time.
    pub fn lease(&self, namespace: &str) -> ObjectRef {
        ObjectRef::namespaced(LEASES, namespace, format!("drover-bundle-{self}"))
    }

    /// The index of a version.
    pub fn index(&self, namespace: &str, version: &str) -> ObjectRef {
        // `web@3` is no name of an object.
        let end = match version.parse::<u32>() {
            Ok(number) => format!("v{number}"),
            Err(_) => format!("r{}", &hash(version.as_bytes())[..16]),
        };
        ObjectRef::namespaced(SECRETS, namespace, format!("drover-bundle-{self}-{end}"))
    }

    /// A chunk of objects.
    pub fn chunk(&self, namespace: &str, hash: &str) -> ObjectRef {
        ObjectRef::namespaced(SECRETS, namespace, format!("drover-bundle-{self}-{hash}"))
    }
}

/// A bundle with one of its versions, as a person names both: `web@7`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedVersion {
    pub bundle: BundleName,
    /// None where the live objects are meant.
    pub version: Option<String>,
}

impl NamedVersion {
    /// Reads `NAME` or `NAME@VERSION`; a version may be called `web@3` itself.
    ///
    /// # Errors
    /// When the name can't be one.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version.to_owned())),
            None => (text, None),
        };
        Ok(Self { bundle: BundleName::parse(name)?, version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_server_takes() {
        for wrong in ["", "Web", "a/b", "a_b", &"a".repeat(64)] {
            assert!(BundleName::parse(wrong).is_err(), "{wrong:?}");
        }
        let name = BundleName::parse("bundle/web").unwrap();
        assert_eq!(name.index("shop", "7").name, "drover-bundle-web-v7");
        assert!(name.index("shop", "web@3").name.starts_with("drover-bundle-web-r"));
    }

    #[test]
    fn a_version_may_be_named_after_a_workloads_revision() {
        let named = NamedVersion::parse("shop@web@3").unwrap();
        assert_eq!((named.bundle.as_str(), named.version.as_deref()), ("shop", Some("web@3")));
        assert_eq!(NamedVersion::parse("shop").unwrap().version, None);
    }
}
