//! What wrapped hooks wrote down.

use jiff::{SignedDuration, Timestamp};

use super::{Hook, MARK};
use crate::trace::Moment;

/// What a container's hooks wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamps {
    pub post_start: Option<HookStamps>,
    pub pre_stop: Option<HookStamps>,
}

/// What one hook wrote, by the node's clock: when the shell began with its program, and when it learned of its end. The
/// program's own first and last word come after the one and before the other, by what it takes to start one: less than
/// 50 ms (`cargo measure rehearsal`). What is missing it did not come to, or it is cut off: of a termination log
/// the kubelet keeps the last 4096 bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HookStamps {
    pub begin: Option<Moment>,
    /// Its program ended.
    pub exit: Option<Moment>,
    pub code: Option<i32>,
    /// Nothing holds its output any more: only now the kubelet goes on.
    pub end: Option<Moment>,
    /// The first 600 bytes of what it printed.
    pub output: Option<String>,
}

impl Stamps {
    /// Finds them in a termination log, between whatever else is there.
    pub fn parse(text: &str) -> Self {
        let mut stamps = Self::default();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let words: Vec<&str> = line.split(' ').collect();
            let [MARK, hook, rest @ ..] = &words[..] else { continue };
            let Some(hook) = Hook::BOTH.into_iter().find(|known| known.field() == *hook) else { continue };
            let found = stamps.of_mut(hook).get_or_insert_default();
            match rest {
                ["output"] => {
                    let done = format!("{MARK} {hook} done");
                    let output: Vec<&str> = lines.by_ref().take_while(|line| *line != done).collect();
                    found.output = Some(output.join("\n"));
                }
                [time, what @ ..] => found.learn(time, what),
                [] => {}
            }
        }
        stamps
    }

    pub fn of(&self, hook: Hook) -> Option<&HookStamps> {
        match hook {
            Hook::PostStart => self.post_start.as_ref(),
            Hook::PreStop => self.pre_stop.as_ref(),
        }
    }

    fn of_mut(&mut self, hook: Hook) -> &mut Option<HookStamps> {
        match hook {
            Hook::PostStart => &mut self.post_start,
            Hook::PreStop => &mut self.pre_stop,
        }
    }
}

impl HookStamps {
    fn learn(&mut self, time: &str, what: &[&str]) {
        let Some(stamp) = moment(time) else { return };
        match what {
            ["begin"] => self.begin = Some(stamp),
            ["exit", code] => {
                self.exit = Some(stamp);
                self.code = code.parse().ok();
            }
            ["end"] => self.end = Some(stamp),
            _ => {}
        }
    }

    /// The same by another clock.
    pub fn shifted(&self, by: SignedDuration) -> Self {
        let shifted = |moment: Option<Moment>| moment.map(|moment| moment.shifted(by));
        Self { begin: shifted(self.begin), exit: shifted(self.exit), end: shifted(self.end), ..self.clone() }
    }

    /// How long something that it had left running held its output, and so the kubelet, after it had ended itself.
    pub fn held_open(&self) -> Option<SignedDuration> {
        Some(self.end?.latest.duration_since(self.exit?.latest))
    }
}

/// `1795650864.043242`, with a comma in some languages; without fractions where a `date` knows none.
fn moment(text: &str) -> Option<Moment> {
    let (seconds, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let second = Timestamp::from_second(seconds.parse().ok()?).ok()?;
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Moment::second(second));
    }
    let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    Some(Moment::exact(second + SignedDuration::from_nanos(nanoseconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_as_exact_as_it_is_written() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let exact = Moment::exact(at("2026-11-25T23:54:24.043242Z"));
        assert_eq!(moment("1795650864.043242"), Some(exact));
        assert_eq!(moment("1795650864,043242"), Some(exact));
        let second = Some(Moment::second(at("2026-11-25T23:54:24Z")));
        assert_eq!((moment("1795650864.%N"), moment("1795650864")), (second, second));
        assert_eq!(moment(""), None);
    }

    #[test]
    fn stamps_are_found_between_other_words() {
        let text = "bye\ndrover preStop 10.5 begin\n\ndrover preStop 12.5 exit 1\n\ndrover preStop 12.5 end\n\
                    drover preStop output\ncan't\nreach it\ndrover preStop done\ndrover what\n";
        let Stamps { post_start, pre_stop } = Stamps::parse(text);
        assert_eq!(post_start, None);
        let hook = pre_stop.unwrap();
        assert_eq!((hook.code, hook.output.as_deref()), (Some(1), Some("can't\nreach it")));
        assert_eq!(hook.held_open(), Some(SignedDuration::ZERO));
        assert_eq!(hook.begin.unwrap().earliest, Timestamp::from_millisecond(10_500).unwrap());
    }

    #[test]
    fn what_was_cut_short_has_no_end() {
        let hook = Stamps::parse("\ndrover postStart 10.5 begin\n").post_start.unwrap();
        assert!(hook.begin.is_some() && hook.end.is_none() && hook.code.is_none());
    }
}
