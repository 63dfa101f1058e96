//! All rules, in the order of the life of a pod: what pages and help show.

use super::rule::Rule;
use super::rules::{grace, post_start, pre_stop, probes, programs, requests, signal, traffic};

pub const RULES: [&Rule; 26] = [
    &post_start::POST_START_UNBOUNDED,
    &post_start::POST_START_WAITS_FOR_LATER,
    &post_start::POST_START_ASKS_ITSELF,
    &post_start::PROBE_WAITS_FOR_POST_START,
    &probes::DELAY_WITHIN_POST_START,
    &post_start::SLOW_PRE_STOP_AFTER_POST_START,
    &programs::HOOK_PROGRAM_MISSING,
    &programs::UNSUPPORTED_HOOK,
    &programs::HOOK_LEAVES_CHILD,
    &programs::EXEC_SLEEP,
    &requests::HOOK_IGNORES_STATUS,
    &requests::UNDECLARED_PORT,
    &traffic::SERVED_WITHOUT_READINESS,
    &probes::LIVENESS_AS_READINESS,
    &traffic::SERVED_WITHOUT_PRE_STOP,
    &traffic::SLEEP_SHORTER_THAN_PROPAGATION,
    &grace::PRE_STOP_TAKES_GRACE,
    &grace::PRE_STOP_WITHOUT_GRACE,
    &grace::PRE_STOP_TAKES_PROBE_GRACE,
    &grace::GRACE_SHORTER_THAN_DRAIN,
    &grace::GRACE_TOO_LONG,
    &pre_stop::PRE_STOP_STOPS_PROGRAM,
    &pre_stop::SIDECAR_PRE_STOP_AT_ONCE,
    &pre_stop::SLEEP_OUTLIVES_PROGRAM,
    &pre_stop::PRE_STOP_OF_JOB,
    &signal::SHELL_KEEPS_SIGNAL,
];

/// Where rules are explained.
pub const PAGE: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/lint.md");

/// The rule's own part of the page.
pub fn help_uri(id: &str) -> String {
    format!("{PAGE}#{id}")
}

/// The rule of that id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.into_iter().find(|rule| rule.id == id)
}
