//! When each step really was.

use jiff::{SignedDuration, Timestamp};

use super::life::Life;
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

    fn between(earliest: Timestamp, latest: Timestamp) -> Self {
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
pub struct Stamps(Vec<(String, String, Timestamp)>);

impl Stamps {
    /// Lines of container, word, seconds and microseconds.
    pub fn parse(text: &str) -> Self {
        let stamp = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [container, word, seconds, microseconds] = words[..] else { panic!("not a stamp: {line:?}") };
            let number = |text: &str| text.parse::<i64>().expect("adjtimex prints numbers");
            let since = SignedDuration::from_secs(number(seconds))
                + SignedDuration::from_micros(number(microseconds));
            (container.to_owned(), word.to_owned(), Timestamp::UNIX_EPOCH + since)
        };
        Self(text.lines().map(stamp).collect())
    }

    /// The first time a container wrote this word.
    pub fn first(&self, container: &str, word: &str) -> Option<Timestamp> {
        let mut times = self.all(word).filter(|(name, _)| *name == container).map(|(_, time)| time);
        times.next()
    }

    /// Every time that any container wrote this word.
    pub fn all(&self, word: &str) -> impl Iterator<Item = (&str, Timestamp)> {
        let same = move |stamp: &&(String, String, Timestamp)| stamp.1 == word;
        self.0.iter().filter(same).map(|(container, _, time)| (container.as_str(), *time))
    }

    fn earliest(&self) -> Option<Timestamp> {
        self.0.iter().map(|(_, _, time)| *time).min()
    }
}

/// When the step really was.
pub fn truth(life: &Life, step: &Step, edge: Edge) -> Truth {
    match &step.container {
        Some(container) => Of { life, container }.truth(&step.what, edge),
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
            let failed = life.stamps.all("unready").map(|(_, time)| time).min()?;
            Known::between(failed, life.seen_gone)
        }
        "removed" => Known::between(*life.ended.values().max()?, life.seen_gone),
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
        let gone = self.life.ended.get(self.container).copied();
        let said = self.life.stamps.first(self.container, "exit");
        Some(Known::between(said.or(gone)?, gone.or(said)?))
    }

    fn truth(&self, what: &str, edge: Edge) -> Truth {
        let or_never = |known: Option<Known>| known.map_or(Truth::Never, Truth::Known);
        let or_untold = |known: Option<Known>| known.map_or(Truth::Untold, Truth::Known);
        match (what, edge) {
            ("init" | "containerStart" | "startup", Edge::Begin) => or_never(self.stamp("start")),
            ("init", Edge::End) | ("exit", _) => or_never(self.exit()),
            ("startup", Edge::End) => or_never(self.stamp("startup")),
            // The kubelet's own sleep leaves no word.
            ("postStart" | "preStop", Edge::Begin) => or_untold(self.stamp(what)),
            ("postStart", Edge::End) => or_untold(self.stamp("postStartEnd")),
            // Right after it, whether it ended or not, the kubelet sends SIGTERM; but nobody is left to get it
            // where the app ended before.
            ("preStop", Edge::End) => {
                let end = self.stamp("preStopEnd").or_else(|| self.stamp("term")).or_else(|| self.exit());
                or_untold(end)
            }
            ("preStopFailed", _) => or_never(self.stamp("preStopEnd").or_else(|| self.exit())),
            ("sigterm", _) => or_never(self.stamp("term")),
            ("sigkill", _) => match self.stamp("exit") {
                Some(_) => Truth::Never,
                None => or_never(self.exit()),
            },
            _ => Truth::Untold,
        }
    }
}
