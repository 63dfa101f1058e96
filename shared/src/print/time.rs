//! Lengths of time, as people read them.

use std::time::Duration;

/// How long ago, as kubectl words it (apimachinery/pkg/util/duration: `HumanDuration`), but with
/// one unit more coarsely: `45s`, `12m`, `3h`, `5d`.
#[must_use]
pub fn age(seconds: i64) -> String {
    match seconds {
        ..0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A measured time, in seconds with one decimal: `0.2s`.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    format!("{:.1}s", duration.as_secs_f64())
}

/// As the value of a flag, which [`parse_duration`](crate::cli::parse_duration) reads.
#[must_use]
pub fn typed_duration(duration: Duration) -> String {
    match duration.subsec_nanos() {
        0 => format!("{}s", duration.as_secs()),
        _ => format!("{}ns", duration.as_nanos()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_one_unit() {
        let worded = [-3, 0, 119, 120, 7_199, 7_200, 172_800].map(age);
        assert_eq!(worded, ["0s", "0s", "119s", "2m", "119m", "2h", "2d"]);
        assert_eq!(seconds(Duration::from_millis(249)), "0.2s");
    }
}
