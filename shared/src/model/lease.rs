//! Who holds a Lease, and until when.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::coordination::v1::Lease;

/// A Lease in somebody's hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// `holderIdentity`: how the holder calls itself.
    pub holder: String,
    /// When this holder acquired it, by the server's clock; unknown of a Lease that lacks it.
    pub since: Option<Timestamp>,
    /// When it is free unless the holder renews it, by the server's clock.
    pub until: Timestamp,
}

/// Who holds a Lease now; none where it is free: let go, or not renewed for as long as its holder said.
///
/// client-go waits for as long before it takes a Lease over, by its own clock and from when it saw the
/// Lease change last, since the holders' clocks may differ (tools/leaderelection). A command begins with no
/// such memory; so all our holders write the times by one clock, the server's, and `now` must be of it too.
#[must_use]
pub fn holding(lease: &Lease, now: Timestamp) -> Option<Holding> {
    let spec = lease.spec.as_ref()?;
    let holder = spec.holder_identity.clone().filter(|holder| !holder.is_empty())?;
    let since = spec.acquire_time.as_ref().map(|time| time.0);
    let renewed = spec.renew_time.as_ref().map(|time| time.0).or(since)?;
    let duration = SignedDuration::from_secs(spec.lease_duration_seconds.unwrap_or_default().into());
    let until = renewed.checked_add(duration).unwrap_or(Timestamp::MAX);
    (until > now).then_some(Holding { holder, since, until })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-01-01T{time}Z").parse().unwrap()
    }

    fn held(spec: Value, now: &str) -> Option<Holding> {
        holding(&serde_json::from_value(json!({"spec": spec})).unwrap(), at(now))
    }

    fn alice() -> Value {
        json!({
            "holderIdentity": "alice",
            "acquireTime": "2026-01-01T10:00:00.000000Z",
            "renewTime": "2026-01-01T10:05:00.000000Z",
            "leaseDurationSeconds": 30,
        })
    }

    #[test]
    fn it_is_held_until_it_was_not_renewed_for_its_duration() {
        let expected =
            Holding { holder: "alice".to_owned(), since: Some(at("10:00:00")), until: at("10:05:30") };
        assert_eq!(held(alice(), "10:05:29.999"), Some(expected));
        assert_eq!(held(alice(), "10:05:30"), None);
    }

    #[test]
    fn without_a_holder_it_is_free() {
        for holder in [Value::Null, json!("")] {
            let mut spec = alice();
            spec["holderIdentity"] = holder;
            assert_eq!(held(spec, "10:05:01"), None);
        }
        assert_eq!(holding(&Lease::default(), at("10:00:00")), None);
    }

    #[test]
    fn what_was_never_renewed_counts_from_when_it_was_acquired() {
        let mut spec = alice();
        spec["renewTime"] = Value::Null;
        assert_eq!(held(spec.clone(), "10:00:29").map(|held| held.until), Some(at("10:00:30")));
        spec["acquireTime"] = Value::Null;
        assert_eq!(held(spec, "10:00:29"), None, "nobody can tell how long it has been so");
    }
}
