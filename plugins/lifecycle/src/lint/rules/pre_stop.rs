//! Whether preStop does what it is there for.

use super::super::Subject;
use super::super::rule::{Found, Rule, Severity};
use super::{PRE_STOP, native_sleep};
use crate::schedule::shell::{self, base_name};
use crate::schedule::{Action, Container, Role};

pub const PRE_STOP_OF_JOB: Rule = Rule {
    id: "pre-stop-of-job",
    severity: Severity::Warning,
    title: "preStop of a Job does not run when it completes",
    looks_at: &["kind", "lifecycle.preStop"],
    why: "The kubelet runs preStop before it stops a container, not when one ends by itself (kubernetes#55807). \
          Sidecars of a Job are stopped, so theirs runs.",
    needs_services: false,
    check: pre_stop_of_job,
};

fn pre_stop_of_job(subject: &Subject) -> Vec<Found> {
    let skipped = subject
        .pod
        .main_containers()
        .filter(|container| subject.pod.ends_by_itself && container.pre_stop.is_some());
    let found = skipped.map(|container| {
        let text = "does not run when the program ends by itself, as in a Job that completes";
        Found::new(container, PRE_STOP, text).advise("do it at the end of the program")
    });
    found.collect()
}

pub const SLEEP_OUTLIVES_PROGRAM: Rule = Rule {
    id: "sleep-outlives-program",
    severity: Severity::Info,
    title: "The kubelet's sleep goes on though the program has ended",
    looks_at: &["kind", "lifecycle.preStop.sleep"],
    why: "Unlike `exec` of a sleep, which ends with the container, the kubelet's own sleep goes on to its end \
          (kubernetes#134338): a Job that is deleted just before it is done stays Terminating for the rest of it.",
    needs_services: false,
    check: sleep_outlives_program,
};

fn sleep_outlives_program(subject: &Subject) -> Vec<Found> {
    let found = subject.pod.main_containers().filter_map(|container| {
        let Action::Sleep { seconds } = container.pre_stop.as_ref()?.action else { return None };
        (subject.pod.ends_by_itself && seconds > 0).then(|| {
            let text = format!(
                "goes on for {seconds}s though the program may end before: the pod stays until it is over"
            );
            Found::new(container, PRE_STOP, text)
                .advise("leave it out, or exec a sleep, which ends with the container")
        })
    });
    found.collect()
}

pub const SIDECAR_PRE_STOP_AT_ONCE: Rule = Rule {
    id: "sidecar-pre-stop-at-once",
    severity: Severity::Info,
    title: "preStop of a sidecar begins while the main containers still work",
    looks_at: &["initContainers.restartPolicy", "lifecycle.preStop"],
    why: "Native sidecars get SIGTERM when all main containers have ended, but every preStop of a pod begins at the \
          deletion. One that drains or stops the sidecar takes it away from the containers that still need it \
          (istio#60649).",
    needs_services: false,
    check: sidecar_pre_stop_at_once,
};

fn sidecar_pre_stop_at_once(subject: &Subject) -> Vec<Found> {
    let sidecars = subject.pod.containers.iter().filter(|container| container.role == Role::Sidecar);
    // Of known length is only what does nothing: a sleep.
    let busy = sidecars
        .filter(|container| container.pre_stop.as_ref().is_some_and(|hook| hook.seconds.known().is_none()));
    let found = busy.map(|container| {
        let text = "of a sidecar begins at the deletion, while the main containers still work; only its SIGTERM \
                    waits for them";
        Found::new(container, PRE_STOP, text)
            .advise("what has to come after them belongs into the program's answer to SIGTERM")
    });
    found.collect()
}

pub const PRE_STOP_STOPS_PROGRAM: Rule = Rule {
    id: "pre-stop-stops-program",
    severity: Severity::Info,
    title: "preStop stops the program itself",
    looks_at: &["lifecycle.preStop.exec"],
    why: "When the container's program ends, the hook that runs in it is killed: `FailedPreStopHook` is written \
          though nothing is wrong (kubernetes#39170), and a real failure can't be told from it. After preStop the \
          kubelet sends SIGTERM anyway, or the stop signal of the image.",
    needs_services: false,
    check: pre_stop_stops_program,
};

fn pre_stop_stops_program(subject: &Subject) -> Vec<Found> {
    let found = subject.pod.containers.iter().filter_map(|container| {
        let hook = container.pre_stop.as_ref()?;
        let Action::Exec { command } = &hook.action else { return None };
        let stop = stop(container, command)?;
        let text = format!(
            "stops the program (`{}`), which ends the hook as well: FailedPreStopHook is written though nothing failed",
            stop.join(" ")
        );
        let found = Found::new(container, PRE_STOP, text);
        let sleep = sleep_before_sigterm(container, command).filter(|_| !subject.pod.ends_by_itself);
        Some(match sleep {
            Some(seconds) => found
                .advise(format!("preStop: {{sleep: {{seconds: {seconds}}}}}, which SIGTERM follows"))
                .fix_container(native_sleep(PRE_STOP, hook, seconds)),
            None => found.advise("leave it to SIGTERM, or to the image's STOPSIGNAL; a sleep is enough before it"),
        })
    });
    found.collect()
}

/// What ends the program, of those commands that surely do.
fn stop(container: &Container, command: &[String]) -> Option<Vec<String>> {
    let programs: Vec<Vec<String>> = match shell::script(command) {
        Some(script) => shell::commands(script).iter().map(|command| command.program().to_vec()).collect(),
        None => vec![command.to_vec()],
    };
    programs.into_iter().find(|program| stops(container, program))
}

fn stops(container: &Container, program: &[String]) -> bool {
    let [name, arguments @ ..] = program else { return false };
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    match base_name(name) {
        "kill" => !has("-0") && arguments.iter().any(|argument| is_first_process(container, argument)),
        "nginx" => has("-s") && (has("quit") || has("stop")),
        "apachectl" | "httpd" => has("graceful-stop") || has("stop"),
        _ => false,
    }
}

/// `1`, or `$(pidof NAME)` of what the container runs.
fn is_first_process(container: &Container, argument: &str) -> bool {
    let looked_up = argument.strip_prefix("$(pidof ").or(argument.strip_prefix("$(pgrep "));
    let name = looked_up.and_then(|rest| rest.strip_suffix(')')).map(str::trim);
    let line = container.command_line();
    let runs =
        |name: &str| line.iter().any(|word| word.split_whitespace().any(|part| base_name(part) == name));
    argument == "1" || name.is_some_and(runs)
}

/// Of a hook that sleeps and then does what the kubelet would do next.
fn sleep_before_sigterm(container: &Container, command: &[String]) -> Option<u64> {
    let commands = shell::commands(shell::script(command)?);
    let [_, kill] = &commands[..] else { return None };
    let kill: Vec<_> = kill.words.iter().map(String::as_str).collect();
    let is_sigterm = matches!(
        kill[..],
        ["kill", "1"] | ["kill", "-TERM" | "-SIGTERM" | "-15", "1"] | ["kill", "-s", "TERM" | "SIGTERM", "1"]
    );
    let seconds = container.pre_stop.as_ref()?.seconds.at_least;
    (is_sigterm && seconds > 0 && container.stop_signal.is_none()).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use drover::model::object::{CRON_JOBS, JOBS};

    use super::super::super::testing::{findings, findings_of, web};

    #[test]
    fn a_pre_stop_that_a_job_skips() {
        let spec = "{initContainers: [{name: log, restartPolicy: Always, lifecycle: \
             {preStop: {sleep: {seconds: 1}}}}], \
             containers: [{name: web, lifecycle: {preStop: {exec: {command: [/done]}}}}]}";
        for resource in [JOBS, CRON_JOBS] {
            assert_eq!(findings_of(resource, spec), ["web preStop pre-stop-of-job"]);
        }
        assert_eq!(findings(spec), [""; 0]);
    }

    #[test]
    fn a_sleep_of_a_job() {
        let spec =
            |hook: &str| format!("{{containers: [{{name: web, lifecycle: {{preStop: {{{hook}}}}}}}]}}");
        let native = spec("sleep: {seconds: 5}");
        let both = ["web preStop pre-stop-of-job", "web preStop sleep-outlives-program"];
        assert_eq!(findings_of(JOBS, &native), both);
        assert_eq!(findings(&native), [""; 0]);
        let exec = findings_of(JOBS, &spec("exec: {command: [sleep, '5']}"));
        assert_eq!(exec, ["web preStop pre-stop-of-job"], "it ends with the container");
    }

    #[test]
    fn a_sidecar_that_drains_too_early() {
        let sidecar = |pre_stop: &str| {
            findings(&format!(
                "{{initContainers: [{{name: proxy, restartPolicy: Always, lifecycle: {{preStop: {pre_stop}}}}}], \
                 containers: [{{name: web}}]}}"
            ))
        };
        let at_once = "proxy preStop sidecar-pre-stop-at-once";
        assert_eq!(sidecar("{exec: {command: [/drain]}}"), [at_once]);
        assert_eq!(sidecar("{httpGet: {port: 1}}"), ["proxy preStop hook-ignores-status", at_once]);
        assert_eq!(sidecar("{sleep: {seconds: 5}}"), [""; 0], "it does no harm");
        assert_eq!(web("lifecycle: {preStop: {exec: {command: [/drain]}}}"), [""; 0]);
    }

    #[test]
    fn a_pre_stop_that_ends_the_program() {
        let pre_stop =
            |command: &str| web(&format!("lifecycle: {{preStop: {{exec: {{command: {command}}}}}}}"));
        let stops = ["web preStop pre-stop-stops-program"];
        for command in
            ["[kill, -TERM, '1']", "[sh, -c, sleep 3; nginx -s quit]", "[/usr/sbin/nginx, -s, quit]"]
        {
            assert_eq!(pre_stop(command), stops, "{command}");
        }
        for command in
            ["[sh, -c, kill 12]", "[nginx, -s, reload]", "[sh, -c, kill -0 1]", "[echo, kill, '1']"]
        {
            assert_eq!(pre_stop(command), [""; 0], "{command}");
        }
    }
}
