//! How long programs drain after SIGTERM, where a template says so: in an annotation, or by the flags and variables
//! that well-known programs document. All of these are the longest that it may take.

use drover::cli::parse_duration;

use crate::schedule::{Container, Pod, Role, shell};

/// How long the main containers of a pod drain, such as `20s`; and that they take requests meanwhile.
pub const DRAIN_ANNOTATION: &str = "drover.dev/drain";

/// What a container says of its draining.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drain {
    pub seconds: u64,
    /// What says so.
    pub told_by: String,
    /// It goes on taking requests for so long; others only end those that are under way.
    pub keeps_serving: bool,
}

/// A flag: a bare number is of seconds.
struct Flag {
    name: &'static str,
    keeps_serving: bool,
}

const FLAGS: [Flag; 6] = [
    // gunicorn and hypercorn
    Flag { name: "--graceful-timeout", keeps_serving: false },
    // uvicorn
    Flag { name: "--timeout-graceful-shutdown", keeps_serving: false },
    // ingress-nginx: before nginx is told to quit
    Flag { name: "--shutdown-grace-period", keeps_serving: true },
    // Thanos
    Flag { name: "--http-grace-period", keeps_serving: false },
    Flag { name: "--grpc-grace-period", keeps_serving: false },
    // Loki, Mimir, Tempo
    Flag { name: "-server.graceful-shutdown-timeout", keeps_serving: false },
];

struct Variable {
    name: &'static str,
    keeps_serving: bool,
}

const VARIABLES: [Variable; 6] = [
    // Spring Boot, as its relaxed binding reads it
    Variable { name: "SPRING_LIFECYCLE_TIMEOUTPERSHUTDOWNPHASE", keeps_serving: false },
    Variable { name: "SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE", keeps_serving: false },
    Variable { name: "QUARKUS_SHUTDOWN_TIMEOUT", keeps_serving: false },
    Variable { name: "ASPNETCORE_SHUTDOWNTIMEOUTSECONDS", keeps_serving: false },
    Variable { name: "DOTNET_SHUTDOWNTIMEOUTSECONDS", keeps_serving: false },
    // istio-proxy
    Variable { name: "TERMINATION_DRAIN_DURATION_SECONDS", keeps_serving: true },
];

/// The longest draining that a container says it may do.
pub fn of(pod: &Pod, container: &Container) -> Option<Drain> {
    let told =
        by_annotation(pod, container).into_iter().chain(by_flags(container)).chain(by_variables(container));
    told.max_by_key(|drain| drain.seconds)
}

fn by_annotation(pod: &Pod, container: &Container) -> Option<Drain> {
    let seconds = seconds(pod.annotations.get(DRAIN_ANNOTATION)?)?;
    let told_by = format!("annotation {DRAIN_ANNOTATION}");
    (container.role == Role::Main).then_some(Drain { seconds, told_by, keeps_serving: true })
}

/// `--flag 5` and `--flag=5`, also in a script.
fn by_flags(container: &Container) -> Vec<Drain> {
    let line = container.command_line();
    let words: Vec<String> = match shell::script(&line) {
        Some(script) => shell::commands(script).into_iter().flat_map(|command| command.words).collect(),
        None => line,
    };
    let drain = |(at, word): (usize, &String)| {
        let (name, value) =
            word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        let flag = FLAGS.iter().find(|flag| flag.name == name)?;
        let seconds = seconds(value.or_else(|| words.get(at + 1).map(String::as_str))?)?;
        Some(Drain { seconds, told_by: name.to_owned(), keeps_serving: flag.keeps_serving })
    };
    words.iter().enumerate().filter_map(drain).collect()
}

fn by_variables(container: &Container) -> impl Iterator<Item = Drain> {
    container.spec.env.iter().flatten().filter_map(|set| {
        let variable = VARIABLES.iter().find(|variable| variable.name == set.name)?;
        let seconds = seconds(set.value.as_deref()?)?;
        Some(Drain { seconds, told_by: set.name.clone(), keeps_serving: variable.keeps_serving })
    })
}

fn seconds(text: &str) -> Option<u64> {
    parse_duration(text.trim()).ok().map(|length| length.as_secs())
}
