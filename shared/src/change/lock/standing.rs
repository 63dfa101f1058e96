//! Whether a lock is ours, as far as this process can tell.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// One moment on two clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Never goes back, but stands still while a computer sleeps.
    steady: Instant,
    /// Goes on while a computer sleeps, but may be set back.
    wall: Timestamp,
}

impl Moment {
    pub fn now() -> Self {
        Self { steady: Instant::now(), wall: Timestamp::now() }
    }

    /// How long before the other it was: by the clock that says more.
    fn until(self, later: Self) -> Duration {
        let steady = later.steady.saturating_duration_since(self.steady);
        let wall = Duration::try_from(later.wall.duration_since(self.wall)).unwrap_or_default();
        steady.max(wall)
    }
}

/// What is known of a lock.
#[derive(Debug, Clone)]
pub(super) enum Standing {
    /// It was ours when it was renewed last.
    Ours {
        /// When that renewal was sent.
        renewed: Moment,
        /// The resourceVersion that it gave the Lease.
        version: String,
        /// Why the renewals since then failed.
        trouble: Option<String>,
    },
    /// It is not ours any more; how that came.
    Lost(String),
}

impl Standing {
    /// Why nothing may be written now: another may hold the lock.
    pub fn objection(&self, now: Moment, duration: Duration) -> Option<String> {
        match self {
            Self::Lost(how) => Some(how.clone()),
            Self::Ours { renewed, trouble, .. } => {
                let silent = renewed.until(now);
                (silent >= trusted(duration)).then(|| {
                    let cause = trouble.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default();
                    format!("it could not be renewed for {}s{cause}", silent.as_secs())
                })
            }
        }
    }
}

/// How long after the last renewal we write on: less than until another may take over, since `renewTime`
/// may be a second early ([`Cluster::now`](crate::cluster::Cluster::now)) and a write takes its time.
/// client-go's default is 10 of 15 seconds (`RenewDeadline`, `LeaseDuration`).
fn trusted(duration: Duration) -> Duration {
    duration * 2 / 3
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const DURATION: Duration = Duration::from_secs(30);

    fn later(moment: Moment, steady: u64, wall: i64) -> Moment {
        Moment {
            steady: moment.steady + Duration::from_secs(steady),
            wall: moment.wall + SignedDuration::from_secs(wall),
        }
    }

    fn ours(renewed: Moment, trouble: Option<&str>) -> Standing {
        Standing::Ours { renewed, version: "7".to_owned(), trouble: trouble.map(str::to_owned) }
    }

    #[test]
    fn it_is_ours_for_two_thirds_of_the_time_after_a_renewal() {
        let renewed = Moment::now();
        let lock = ours(renewed, None);
        assert_eq!(lock.objection(later(renewed, 19, 19), DURATION), None);
        let objection = lock.objection(later(renewed, 20, 20), DURATION);
        assert_eq!(objection.as_deref(), Some("it could not be renewed for 20s"));
    }

    #[test]
    fn neither_a_computer_that_slept_nor_a_clock_set_back_makes_it_last_longer() {
        let renewed = Moment::now();
        let lock = ours(renewed, Some("no route to host"));
        let objection = lock.objection(later(renewed, 2, 600), DURATION);
        assert_eq!(objection.as_deref(), Some("it could not be renewed for 600s: no route to host"));
        assert!(lock.objection(later(renewed, 25, -3600), DURATION).is_some());
        assert!(lock.objection(later(renewed, 5, -3600), DURATION).is_none());
    }

    #[test]
    fn what_is_lost_stays_lost() {
        let lost = Standing::Lost("bob took it over".to_owned());
        assert_eq!(lost.objection(Moment::now(), DURATION).as_deref(), Some("bob took it over"));
    }
}
