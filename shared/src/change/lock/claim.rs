//! The writes by which a Lease is acquired, renewed and let go.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use serde_json::{Value, json};

use crate::change::plan::{Body, Effect, Test, Write, set};
use crate::model::object::ObjectRef;

const HOLDER: [&str; 2] = ["spec", "holderIdentity"];
const ACQUIRED: [&str; 2] = ["spec", "acquireTime"];
const RENEWED: [&str; 2] = ["spec", "renewTime"];
const UID: [&str; 2] = ["metadata", "uid"];

/// What one holder claims from one moment on. Two that call themselves alike are told apart by when they
/// acquired it.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub target: ObjectRef,
    pub holder: String,
    pub duration: Duration,
    /// By the server's clock.
    pub acquired: Timestamp,
}

impl Claim {
    /// Makes the Lease where there is none.
    pub fn create(&self) -> Write {
        let lease = json!({
            "apiVersion": self.target.resource.api_version(),
            "kind": self.target.resource.kind,
            "metadata": {"name": self.target.name, "namespace": self.target.namespace},
            "spec": self.spec(0),
        });
        Write::create(self.target.clone(), lease, self.signature())
    }

    /// Takes over a Lease that is free, if it still is as it was seen.
    pub fn take_over(&self, free: &Lease) -> Write {
        let transitions = free.spec.as_ref().and_then(|spec| spec.lease_transitions).unwrap_or_default();
        let uid = free.metadata.uid.as_deref().unwrap_or_default();
        let version = free.metadata.resource_version.as_deref().unwrap_or_default();
        Write {
            target: self.target.clone(),
            require: vec![Test::equals(UID, uid)],
            body: Body::Patch(vec![set(["spec"], self.spec(transitions.saturating_add(1)))]),
            effect: Effect::Shows(self.signature()),
        }
        .unchanged_since(version)
    }

    /// Renews it as long as it is ours.
    pub fn renew(&self, uid: &str, now: Timestamp) -> Write {
        let ours = || [Test::equals(UID, uid)].into_iter().chain(self.signature());
        let renewed = micro_time(now);
        Write {
            target: self.target.clone(),
            require: ours().collect(),
            body: Body::Patch(vec![set(RENEWED, renewed.as_str())]),
            effect: Effect::Shows(ours().chain([Test::equals(RENEWED, renewed)]).collect()),
        }
    }

    /// Deletes this very version of it: whoever takes a Lease over keeps its uid.
    pub fn release(&self, uid: &str, version: &str) -> Write {
        Write::delete(self.target.clone(), uid).unchanged_since(version)
    }

    /// Whether the Lease, as it is now, is ours.
    pub fn is_of(&self, lease: &Value) -> bool {
        self.signature().iter().all(|test| test.holds(lease))
    }

    fn signature(&self) -> Vec<Test> {
        vec![Test::equals(HOLDER, self.holder.as_str()), Test::equals(ACQUIRED, micro_time(self.acquired))]
    }

    fn spec(&self, transitions: i32) -> Value {
        json!({
            "holderIdentity": self.holder,
            "acquireTime": micro_time(self.acquired),
            "renewTime": micro_time(self.acquired),
            "leaseDurationSeconds": self.duration.as_secs(),
            "leaseTransitions": transitions,
        })
    }
}

/// As the server writes it (apimachinery: `RFC3339Micro`), so that a test compares equal.
fn micro_time(time: Timestamp) -> String {
    format!("{time:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::object::LEASES;

    fn claim(holder: &str, acquired: &str) -> Claim {
        Claim {
            target: ObjectRef::namespaced(LEASES, "shop", "lock"),
            holder: holder.to_owned(),
            duration: Duration::from_secs(30),
            acquired: acquired.parse().unwrap(),
        }
    }

    fn created(claim: &Claim) -> Value {
        let Body::Create(mut lease) = claim.create().body else { panic!("not a creation") };
        lease["metadata"]["uid"] = json!("u1");
        lease["metadata"]["resourceVersion"] = json!("7");
        lease
    }

    fn patched(write: &Write, lease: &Value) -> Value {
        let Body::Patch(operations) = &write.body else { panic!("not a patch") };
        let mut lease = lease.clone();
        json_patch::patch(&mut lease, &write.patch(operations)).unwrap();
        lease
    }

    #[test]
    fn times_are_written_with_microseconds() {
        let written = ["10:00:00", "10:00:00.5", "10:00:00.123456789"]
            .map(|time| micro_time(format!("2026-01-01T{time}Z").parse().unwrap()));
        let expected = ["10:00:00.000000", "10:00:00.500000", "10:00:00.123456"];
        assert_eq!(written, expected.map(|time| format!("2026-01-01T{time}Z")));
    }

    #[test]
    fn a_lease_is_ours_by_its_holder_and_by_when_it_was_acquired() {
        let alice = claim("alice", "2026-01-01T10:00:00Z");
        let lease = created(&alice);
        assert!(alice.is_of(&lease));
        assert!(!claim("bob", "2026-01-01T10:00:00Z").is_of(&lease));
        assert!(!claim("alice", "2026-01-01T10:00:00.000001Z").is_of(&lease), "another run of hers");
    }

    #[test]
    fn a_free_lease_is_taken_over_as_it_was_seen_only() {
        let lease = created(&claim("alice", "2026-01-01T10:00:00Z"));
        let bob = claim("bob", "2026-01-01T11:00:00Z");
        let write = bob.take_over(&serde_json::from_value(lease.clone()).unwrap());
        let taken = patched(&write, &lease);
        assert!(bob.is_of(&taken) && write.effect.holds(Some(&taken)));
        assert_eq!(taken["spec"]["renewTime"], "2026-01-01T11:00:00.000000Z");
        assert_eq!(taken["spec"]["leaseTransitions"], 1);
        let mut renewed = lease;
        renewed["metadata"]["resourceVersion"] = json!("8");
        assert!(!write.is_possible(Some(&renewed)) && !write.is_possible(None));
    }

    #[test]
    fn only_what_is_ours_is_renewed() {
        let alice = claim("alice", "2026-01-01T10:00:00Z");
        let lease = created(&alice);
        let write = alice.renew("u1", "2026-01-01T10:00:10Z".parse().unwrap());
        assert!(!write.effect.holds(Some(&lease)));
        let mut renewed = patched(&write, &lease);
        assert_eq!(renewed["spec"]["renewTime"], "2026-01-01T10:00:10.000000Z");
        assert!(alice.is_of(&renewed) && write.effect.holds(Some(&renewed)));
        renewed["metadata"]["resourceVersion"] = json!("8");
        assert!(write.is_possible(Some(&renewed)), "whoever labels it does not take it");
        renewed["spec"]["holderIdentity"] = json!("bob");
        assert!(!write.is_possible(Some(&renewed)));
        let mut anew = lease;
        anew["metadata"]["uid"] = json!("u2");
        assert!(!write.is_possible(Some(&anew)), "made anew");
    }

    #[test]
    fn only_the_version_that_was_seen_is_deleted() {
        let alice = claim("alice", "2026-01-01T10:00:00Z");
        let mut lease = created(&alice);
        let write = alice.release("u1", "7");
        assert!(write.is_possible(Some(&lease)));
        lease["metadata"]["resourceVersion"] = json!("8");
        assert!(!write.is_possible(Some(&lease)));
    }
}
