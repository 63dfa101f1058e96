//! The names that controllers give to what they make, and whose they can be.
//!
//! A name tells more than an ownerReference does: it is still in the events of a pod that is gone, or that
//! was released by `kubectl isolate`, and it needs no list of pods.

use std::ops::RangeInclusive;

use drover::model::object::{
    CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, PODS, REPLICA_SETS, REPLICATION_CONTROLLERS, Resource,
    STATEFUL_SETS,
};

use crate::kinds::ROLLOUTS;

/// The server appends this many characters to a `generateName` (apiserver/pkg/storage/names: `randomLength`).
const RANDOM_LENGTH: usize = 5;

/// What is longer is cut before (apiserver/pkg/storage/names: `MaxGeneratedNameLength`).
const LONGEST_BASE: usize = 58;

/// A 32-bit hash in decimal has up to 10 digits. One of 40,000 has fewer than 6, which are left to people
/// who call a Job `web-4`.
const HASH_LENGTH: RangeInclusive<usize> = 6..=10;

/// The minutes, or of an old controller the seconds, since 1970.
const TIME_LENGTH: RangeInclusive<usize> = 8..=10;

/// An owner that something could have its name from, by its kind and name.
pub type Candidate<'name> = (Resource, &'name str);

/// All owners that an object could have its name from.
pub fn candidates(resource: Resource, name: &str) -> Vec<Candidate<'_>> {
    match resource {
        REPLICA_SETS => of_replica_set(name),
        JOBS => of_job(name),
        PODS => of_pod(name),
        _ => Vec::new(),
    }
}

/// `web-5d8f9c7b6d`.
fn of_replica_set(name: &str) -> Vec<Candidate<'_>> {
    match name.rsplit_once('-') {
        Some((base, hash)) if is_hash(hash) => vec![(DEPLOYMENTS, base), (ROLLOUTS, base)],
        _ => Vec::new(),
    }
}

/// `report-29467890` (pkg/controller/cronjob: `getJobName`).
fn of_job(name: &str) -> Vec<Candidate<'_>> {
    match name.rsplit_once('-') {
        Some((base, time)) if is_number(time) && TIME_LENGTH.contains(&time.len()) => vec![(CRON_JOBS, base)],
        _ => Vec::new(),
    }
}

fn of_pod(name: &str) -> Vec<Candidate<'_>> {
    let mut found = cut_stem(name).map(of_cut_stem).unwrap_or_default();
    let Some((base, end)) = name.rsplit_once('-') else { return found };
    if is_number(end) {
        found.push((STATEFUL_SETS, base));
    }
    if is_random(end) {
        found.extend([DAEMON_SETS, REPLICA_SETS, REPLICATION_CONTROLLERS].map(|resource| (resource, base)));
        found.extend(of_replica_set(base));
        found.extend(of_job_of_pod(base));
        // Of an indexed Job (pkg/controller/job: `podGenerateNameWithIndex`).
        if let Some((job, _)) = base.rsplit_once('-').filter(|(_, index)| is_number(index)) {
            found.extend(of_job_of_pod(job));
        }
    }
    found
}

fn of_job_of_pod(job: &str) -> impl Iterator<Item = Candidate<'_>> {
    std::iter::once((JOBS, job)).chain(of_job(job))
}

/// What stands before the random end of a name that is as long as can be: it may have been cut.
pub fn cut_stem(pod: &str) -> Option<&str> {
    let (stem, end) = pod.split_at_checked(LONGEST_BASE)?;
    is_random(end).then_some(stem)
}

/// The hash, or the time, may be cut as well.
fn of_cut_stem(stem: &str) -> Vec<Candidate<'_>> {
    let Some((base, end)) = stem.rsplit_once('-') else { return Vec::new() };
    let mut found = Vec::new();
    if end.bytes().all(is_hash_byte) {
        found.extend([(DEPLOYMENTS, base), (ROLLOUTS, base)]);
    }
    if is_number(end) {
        found.push((CRON_JOBS, base));
    }
    found
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Decimal digits, spelled without vowels (apimachinery/pkg/util/rand: `SafeEncodeString`).
fn is_hash(text: &str) -> bool {
    HASH_LENGTH.contains(&text.len()) && text.bytes().all(is_hash_byte)
}

fn is_hash_byte(byte: u8) -> bool {
    b"456789bcdf".contains(&byte)
}

/// No vowels, and no digits that look like them (apimachinery/pkg/util/rand: `alphanums`).
fn is_random(text: &str) -> bool {
    text.len() == RANDOM_LENGTH && text.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners(resource: Resource, name: &str) -> Vec<String> {
        let word = |(resource, name): &Candidate<'_>| format!("{}/{name}", resource.typed_name());
        candidates(resource, name).iter().map(word).collect()
    }

    #[test]
    fn replica_sets_and_jobs_are_named_after_who_made_them() {
        assert_eq!(owners(REPLICA_SETS, "web-5d8f9c7b6d"), ["deploy/web", "rollout/web"]);
        assert_eq!(
            owners(REPLICA_SETS, "web-metrics-5d8f9c7b6d"),
            ["deploy/web-metrics", "rollout/web-metrics"]
        );
        assert_eq!(owners(JOBS, "report-29467890"), ["cj/report"]);
        for (resource, name) in [(REPLICA_SETS, "web-metrics"), (REPLICA_SETS, "web"), (JOBS, "report-now")] {
            assert_eq!(owners(resource, name), [""; 0], "{name}");
        }
    }

    #[test]
    fn pods_are_named_after_who_made_them() {
        let of = |name| owners(PODS, name).join(" ");
        assert_eq!(of("db-0"), "sts/db");
        assert_eq!(of("log-x2x4z"), "ds/log rs/log replicationcontroller/log job/log");
        assert_eq!(
            of("web-5d8f9c7b6d-x2x4z"),
            "ds/web-5d8f9c7b6d rs/web-5d8f9c7b6d replicationcontroller/web-5d8f9c7b6d deploy/web rollout/web job/web-5d8f9c7b6d"
        );
        assert_eq!(
            of("report-29467890-x2x4z"),
            "ds/report-29467890 rs/report-29467890 replicationcontroller/report-29467890 job/report-29467890 cj/report job/report"
        );
        assert_eq!(of("web-metrics"), "");
        assert_eq!(of("web"), "");
    }

    #[test]
    fn a_long_name_is_cut_before_its_random_end() {
        // `NAME-HASH-`, cut after 58 characters
        let name = "a-release-of-a-chart-with-quite-a-name-of-one-service";
        let pod = format!("{}x2x4z", &format!("{name}-5d8f9c7b6d-")[..LONGEST_BASE]);
        assert_eq!(owners(PODS, &pod), [format!("deploy/{name}"), format!("rollout/{name}")]);
        assert_eq!(cut_stem("web-5d8f9c7b6d-x2x4z"), None);
    }
}
