//! When each step really was.

use jiff::{SignedDuration, Timestamp};

use super::life::Life;
use super::pods::SIDECAR;
use super::shown::{Edge, Step};

/// The real time: between these two, which are the same where a container wrote it down.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    pub earliest: Timestamp,
    pub latest: Timestamp,
}

impl Known {
    fn at(time: Timestamp) -> Self {
        Self { earliest: time, latest: time }
    }

    pub fn between(earliest: Timestamp, latest: Timestamp) -> Self {
        Self { earliest, latest: latest.max(earliest) }
    }
}

/// What is said of a step's time.
pub enum Truth {
    Known(Known),
    /// It was shown, but did not happen.
    Never,
    /// Nobody knows.
    Untold,
}

/// What the containers of a pod wrote.
pub struct Stamps(Vec<Stamp>);

struct Stamp {
    container: String,
    word: String,
    time: Timestamp,
    /// The age of the process that wrote it.
    age: SignedDuration,
}

/// A process' age is told in hundredths of a second.
const TICK: SignedDuration = SignedDuration::from_millis(10);

impl Stamps {
    /// Lines of container, word, seconds, microseconds and the process' age in hundredths of a second.
    pub fn parse(text: &str) -> Self {
        let number = |text: &str| text.parse::<i64>().expect("the containers write numbers");
        let stamp = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [container, word, seconds, microseconds, age] = words[..] else {
                panic!("not a stamp: {line:?}")
            };
            let since = SignedDuration::from_secs(number(seconds))
                + SignedDuration::from_micros(number(microseconds));
            let age = SignedDuration::from_millis(number(age) * 10);
            let time = Timestamp::UNIX_EPOCH + since;
            Stamp { container: container.to_owned(), word: word.to_owned(), time, age }
        };
        Self(text.lines().map(stamp).collect())
    }

    /// The first time a container wrote this word.
    pub fn first(&self, container: &str, word: &str) -> Option<Timestamp> {
        self.find(container, word).map(|stamp| stamp.time)
    }

    /// When the process began whose first word this is: it was there before it could write.
    fn begin(&self, container: &str, word: &str) -> Option<Known> {
        let Stamp { time, age, .. } = self.find(container, word)?;
        Some(Known::between(*time - *age - TICK, *time))
    }

    fn find(&self, container: &str, word: &str) -> Option<&Stamp> {
        self.0.iter().find(|stamp| stamp.container == container && stamp.word == word)
    }

    /// Every time that any container wrote this word.
    pub fn all(&self, word: &str) -> impl Iterator<Item = Timestamp> {
        self.0.iter().filter(move |stamp| stamp.word == word).map(|stamp| stamp.time)
    }

    fn earliest(&self) -> Option<Timestamp> {
        self.0.iter().map(|stamp| stamp.time).min()
    }
}

/// What a trace says of a step that it does not claim to have happened.
const UNSURE: &str = "if it still ran";

/// When the step really was.
pub fn truth(life: &Life, step: &Step, edge: Edge) -> Truth {
    match &step.container {
        Some(container) => match (Of { life, container }).truth(&step.what, edge) {
            Truth::Never if step.detail.as_deref() == Some(UNSURE) => Truth::Untold,
            truth => truth,
        },
        None => of_pod(life, &step.what).map_or(Truth::Untold, Truth::Known),
    }
}

fn of_pod(life: &Life, what: &str) -> Option<Known> {
    let created = life.created.earliest;
    let ready = || {
        let probed = life.ended.keys().filter_map(|container| life.stamps.first(container, "ready"));
        probed.max()
    };
    Some(match what {
        "created" => life.created,
        "scheduled" | "sandbox" => Known::between(created, life.stamps.earliest()?),
        // The kubelet says so some time after its last probe succeeded.
        "ready" | "inSlice" => Known::between(ready()?, life.seen_in_slice),
        "deletionRequested" => life.deletion_requested,
        "outOfSlice" => Known::between(life.deletion_requested.earliest, life.seen_out_of_slice),
        "stoppedServing" => {
            let failed = life.stamps.all("unready").min()?;
            Known::between(failed, life.seen_gone)
        }
        "removed" => Known::between(life.ended.values().map(|ended| ended.earliest).max()?, life.seen_gone),
        _ => return None,
    })
}

/// One container.
struct Of<'a> {
    life: &'a Life,
    container: &'a str,
}

impl Of<'_> {
    fn stamp(&self, word: &str) -> Option<Known> {
        self.life.stamps.first(self.container, word).map(Known::at)
    }

    /// Between its last word and when nothing of it ran any more.
    fn exit(&self) -> Option<Known> {
        let said = self.stamp("exit");
        let gone = self.life.ended.get(self.container).copied();
        let latest = gone.or(said)?;
        Some(Known::between(
            said.map_or(latest.earliest, |said| said.latest.max(latest.earliest)),
            latest.latest,
        ))
    }

    /// When what still ran beside the app was ended with it, one process after the other.
    fn swept(&self) -> Option<Known> {
        let gone = self.life.ended.get(self.container)?;
        let said = self.life.stamps.first(self.container, "exit");
        Some(Known::between(said.unwrap_or(gone.earliest).min(gone.latest), gone.latest))
    }

    /// Right after it, whether it ended or not, the kubelet sends SIGTERM, though not to a sidecar; nobody is left to get
    /// it where the app ended before.
    fn pre_stop_end(&self) -> Option<Known> {
        let is_told = self.container != SIDECAR || self.stamp("preStop").is_some();
        let went_on = || self.stamp("term").or_else(|| self.swept()).filter(|_| is_told);
        self.stamp("preStopEnd").or_else(went_on)
    }

    fn truth(&self, what: &str, edge: Edge) -> Truth {
        let or_never = |known: Option<Known>| known.map_or(Truth::Never, Truth::Known);
        let or_untold = |known: Option<Known>| known.map_or(Truth::Untold, Truth::Known);
        match (what, edge) {
            ("init" | "containerStart" | "startup", Edge::Begin) => or_never(self.stamp("start")),
            ("init", Edge::End) | ("exit", _) => or_never(self.exit()),
            ("startup", Edge::End) => or_never(self.stamp("startup")),
            // The kubelet's own sleep leaves no word.
            ("postStart" | "preStop", Edge::Begin) => or_untold(self.life.stamps.begin(self.container, what)),
            ("postStart", Edge::End) => or_untold(self.stamp("postStartEnd")),
            ("preStop", Edge::End) => or_untold(self.pre_stop_end()),
            ("preStopFailed", _) => or_never(self.stamp("preStopEnd").or_else(|| self.swept())),
            ("sigterm", _) => or_never(self.stamp("term")),
            ("sigkill", _) => match self.stamp("exit") {
                Some(_) => Truth::Never,
                None => or_never(self.exit()),
            },
            _ => Truth::Untold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_tells_when_and_since_when() {
        let stamps = Stamps::parse("web start 1795650864 43242 2\nweb start 1795650900 0 9\n");
        let time = "2026-11-25T23:54:24.043242Z".parse().unwrap();
        assert_eq!(stamps.first("web", "start"), Some(time));
        let Known { earliest, latest } = stamps.begin("web", "start").unwrap();
        assert_eq!((earliest, latest), (time - SignedDuration::from_millis(30), time));
        assert_eq!(stamps.first("log", "start"), None);
        assert_eq!(stamps.all("start").count(), 2);
    }
}
