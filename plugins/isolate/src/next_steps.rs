//! The commands that come next, ready to be copied.

use drover::model::CONTROLLER_WRITTEN_LABELS;
use drover::model::pod::Pod;
use k8s_openapi::api::core::v1::{Container, PodSpec};

use crate::record::Record;

/// The container that `kubectl exec` and `kubectl logs` take when none is named.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// Words in the names of images that hold nothing but one program.
const WITHOUT_SHELL: [&str; 4] = ["distroless", "scratch", "cgr.dev/chainguard", "/static"];

/// Programs that a container which runs them has.
const SHELLS: [&str; 4] = ["sh", "ash", "dash", "bash"];

/// The ways on from an isolated pod: a heading of one word or two, and a command.
pub fn next_steps(pod: &Pod, spec: &PodSpec, record: &Record, flags: &str, can_rejoin: bool) -> Vec<String> {
    let name = &pod.metadata.name;
    let mut lines = look_inside(pod, spec, flags);
    let which = if spec.containers.len() > 1 { " --all-containers" } else { "" };
    lines.push(line("logs", &format!("kubectl logs{flags} {name} -f{which}")));
    // People look for logs by labels that they wrote.
    let lost = record.labels.iter().filter(|(key, _)| {
        !pod.metadata.labels.contains_key(*key) && !CONTROLLER_WRITTEN_LABELS.contains(&key.as_str())
    });
    let lost: Vec<_> = lost.map(|(key, value)| format!("{key}={value}")).collect();
    lines.push(line("", &format!("stern{flags} {name}")));
    if !lost.is_empty() {
        lines.push(line("", &format!("(by name: -l {} finds it no longer)", lost.join(","))));
    }
    lines.push(line("what is so", &format!("kubectl isolate show{flags} {name}")));
    if can_rejoin {
        lines.push(line("put it back", &format!("kubectl isolate restore{flags} {name}")));
    }
    lines.push(line("clear away", &format!("kubectl isolate cleanup{flags} {name}")));
    lines
}

fn line(what: &str, command: &str) -> String {
    format!("{what:<11}   {command}")
}

/// Into the container where its image has a shell, as far as that can be told; else by one that is brought
/// along.
fn look_inside(pod: &Pod, spec: &PodSpec, flags: &str) -> Vec<String> {
    let name = &pod.metadata.name;
    let Some(container) = main_container(pod, spec) else { return Vec::new() };
    let several = spec.containers.len() > 1;
    let which = if several { format!(" -c {}", container.name) } else { String::new() };
    let runs = pod.status.container_statuses.iter();
    let runs =
        runs.filter(|status| status.name == container.name).any(|status| status.state.running.is_some());
    // Only a container that runs can share its processes.
    let target = if runs { format!(" --target={}", container.name) } else { String::new() };
    let debug = format!("kubectl debug -it{flags} {name} --image=busybox{target} -- sh");
    let shell = if is_windows(spec) { "powershell" } else { "sh" };
    let exec = format!("kubectl exec -it{flags} {name}{which} -- {shell}");
    match (runs, shell_of(container)) {
        (false, _) | (_, Shell::None) => vec![line("look inside", &debug)],
        (true, Shell::Known) => vec![line("look inside", &exec)],
        (true, Shell::Perhaps) => vec![line("look inside", &exec), line("no shell?", &debug)],
    }
}

fn main_container<'a>(pod: &Pod, spec: &'a PodSpec) -> Option<&'a Container> {
    let named = pod.metadata.annotation(DEFAULT_CONTAINER);
    let found = spec.containers.iter().find(|container| Some(container.name.as_str()) == named);
    found.or(spec.containers.first())
}

fn is_windows(spec: &PodSpec) -> bool {
    spec.os.as_ref().is_some_and(|os| os.name == "windows")
}

/// Whether a container's image has a shell.
#[derive(Debug, PartialEq, Eq)]
enum Shell {
    Known,
    Perhaps,
    None,
}

/// A container that runs a shell by itself, or in a probe or hook, has one.
fn shell_of(container: &Container) -> Shell {
    let lifecycle = container.lifecycle.as_ref();
    let hooks = lifecycle.into_iter().flat_map(|lifecycle| [&lifecycle.post_start, &lifecycle.pre_stop]);
    let hooks = hooks.flatten().filter_map(|hook| hook.exec.as_ref());
    let probes = [&container.liveness_probe, &container.readiness_probe, &container.startup_probe];
    let probes = probes.into_iter().flatten().filter_map(|probe| probe.exec.as_ref());
    let commands = hooks.chain(probes).map(|exec| &exec.command).chain([&container.command]);
    let mut programs = commands.filter_map(|command| command.as_ref()?.first());
    let is_shell =
        |program: &String| SHELLS.contains(&program.rsplit('/').next().unwrap_or(program.as_str()));
    let image = container.image.as_deref().unwrap_or_default();
    if programs.any(is_shell) {
        Shell::Known
    } else if WITHOUT_SHELL.iter().any(|word| image.contains(word))
        && !image.contains("-dev")
        && !image.contains("debug")
    {
        Shell::None
    } else {
        Shell::Perhaps
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::isolate::{self, Wish};
    use crate::plan::testing::*;

    fn steps(container: Value, flags: &str) -> String {
        let mut state = web();
        let wish = Wish { traffic_first: true, ..Wish::default() };
        let plan = isolate::decide(&state, &wish).unwrap();
        apply(&mut state, &plan);
        let mut container = container;
        container["name"] = json!("web");
        let spec = serde_json::from_value(json!({"containers": [container]})).unwrap();
        let record = state.record().unwrap();
        let mut pod = state.subject.pod.unwrap();
        let status = json!({"name": "web", "state": {"running": {}}});
        pod.status.container_statuses = vec![serde_json::from_value(status).unwrap()];
        next_steps(&pod, &spec, &record, flags, true).join("\n")
    }

    #[test]
    fn an_image_that_is_known_to_have_a_shell_is_entered() {
        let said =
            steps(json!({"image": "gcr.io/distroless/x", "command": ["/bin/sh", "-c", "x"]}), " -n shop");
        assert!(said.starts_with("look inside   kubectl exec -it -n shop web-a -- sh\nlogs "), "{said}");
    }

    #[test]
    fn an_image_without_one_is_looked_into_from_beside() {
        let said = steps(json!({"image": "gcr.io/distroless/static:nonroot"}), "");
        let debug = "look inside   kubectl debug -it web-a --image=busybox --target=web -- sh\n";
        assert!(said.starts_with(debug) && !said.contains("exec"), "{said}");
    }

    #[test]
    fn where_it_is_not_known_both_are_named() {
        let said = steps(json!({"image": "registry.example/web:1"}), "");
        assert!(said.contains("kubectl exec") && said.contains("no shell?     kubectl debug"), "{said}");
    }

    #[test]
    fn logs_are_found_by_name_since_labels_find_it_no_longer() {
        let said = steps(json!({"image": "web"}), "");
        let expected = "              stern web-a\n              (by name: -l app=web finds it no longer)\n";
        assert!(said.contains(expected), "{said}");
        assert!(said.ends_with("clear away    kubectl isolate cleanup web-a"), "{said}");
    }
}
