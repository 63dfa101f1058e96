//! From a pod's spec to one whose exec hooks are wrapped.

use std::collections::BTreeSet;

use drover::model::busybox::Busybox;
use k8s_openapi::api::core::v1::LifecycleHandler;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Hook, MARK};

/// Runs `"$@"` as a program, never as a builtin of the shell, and waits as the kubelet does for all that still holds its
/// output. It needs nothing but the shell where that knows the time (busybox, bash), else `date`. What can't be written
/// is left out: the hook itself is to do what it does without us.
const SCRIPT: &str = include_str!("hook.sh");

/// Where the kubelet has the termination log if nothing else is said (k8s.io/api: `TerminationMessagePathDefault`).
const TERMINATION_LOG: &str = "/dev/termination-log";

/// Where the shells are from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shell {
    /// The containers whose image has none.
    pub lacking: BTreeSet<String>,
    /// An image with a static `/bin/busybox` for those.
    pub image: String,
}

impl Shell {
    /// Of the init container that brings it.
    pub const NAME: &str = "drover-shell";
}

/// A hook of which no stamp can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unmeasured {
    pub container: String,
    pub hook: Hook,
    /// Why, as it goes on behind "can't be measured, because".
    pub because: String,
}

/// Wraps the exec hooks of a pod's spec; those that can't be measured, and why.
pub fn instrumented(spec: &mut Value, shell: &Shell) -> Vec<Unmeasured> {
    let mut unmeasured = Vec::new();
    let is_windows = spec["os"]["name"] == "windows";
    let busybox = Busybox { name: Shell::NAME, image: &shell.image };
    for container in long_running(spec) {
        let name = container.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let log = container.get("terminationMessagePath").and_then(Value::as_str);
        let log = log.filter(|path| !path.is_empty()).unwrap_or(TERMINATION_LOG).to_owned();
        let sh = if shell.lacking.contains(&name) {
            vec![busybox.path(), "sh".to_owned()]
        } else {
            vec!["sh".to_owned()]
        };
        for hook in Hook::BOTH {
            let Some(handler) = handler(container, hook) else { continue };
            match handler.pointer_mut("/exec/command").and_then(Value::as_array_mut) {
                Some(command) if !command.is_empty() && !is_windows => {
                    let ours = [json!("-c"), json!(SCRIPT), json!(MARK), json!(hook.field()), json!(log)];
                    command.splice(0..0, sh.iter().map(|word| json!(word)).chain(ours));
                }
                _ => unmeasured.extend(because(handler, is_windows).map(|because| Unmeasured {
                    container: name.clone(),
                    hook,
                    because: because.to_owned(),
                })),
            }
        }
    }
    if !shell.lacking.is_empty() {
        busybox.bring(spec, |name| shell.lacking.contains(name));
    }
    unmeasured
}

/// Nothing of a sleep: how long it takes is known.
fn because(handler: &Value, is_windows: bool) -> Option<&'static str> {
    let has = |action: &str| handler.get(action).is_some_and(|action| !action.is_null());
    match () {
        () if has("sleep") => None,
        () if has("httpGet") => Some("the kubelet sends the request itself, and tells nobody of the answer"),
        () if has("exec") && is_windows => Some("a container of Windows has no sh"),
        () if has("exec") => Some("it has no command: the kubelet fails it"),
        () => Some("the kubelet has no such hook, and fails it"),
    }
}

/// Whether a hook is one that we wrapped.
pub fn is_wrapped(handler: &LifecycleHandler) -> bool {
    let command = handler.exec.as_ref().and_then(|exec| exec.command.as_deref()).unwrap_or_default();
    command.windows(2).any(|words| words[0] == SCRIPT && words[1] == MARK)
}

/// What the server says of a wrapped hook, as if it were not: it repeats the whole command.
pub fn unwrapped(text: &str) -> String {
    let mut rest = text;
    let mut plain = String::new();
    while let Some((before, behind)) = rest.split_once(SCRIPT) {
        let before = before.strip_suffix("sh -c ").unwrap_or(before);
        // Behind it: our mark, the hook, the termination log, and then the hook's own words.
        let words = behind.trim_start().splitn(4, ' ').nth(3);
        plain.push_str(before);
        rest = words.unwrap_or_default();
    }
    plain + rest
}

fn handler(container: &mut Map<String, Value>, hook: Hook) -> Option<&mut Value> {
    container.get_mut("lifecycle")?.get_mut(hook.field()).filter(|handler| handler.is_object())
}

/// The containers that may have hooks: all but init containers that end (KEP-753).
fn long_running(spec: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let lists = spec.as_object_mut().into_iter().flat_map(|spec| {
        spec.iter_mut().filter(|(name, _)| matches!(name.as_str(), "containers" | "initContainers"))
    });
    lists.flat_map(|(name, list)| {
        let is_main = name == "containers";
        let containers = list.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut);
        containers.filter(move |container| {
            is_main || container.get("restartPolicy").is_some_and(|policy| policy == "Always")
        })
    })
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Output};

    use serde::Deserialize;

    use super::super::Stamps;
    use super::*;

    fn spec() -> Value {
        json!({
            "initContainers": [
                {"name": "setup", "lifecycle": {}},
                {"name": "proxy", "restartPolicy": "Always", "lifecycle": {"preStop": {"sleep": {"seconds": 1}}}},
            ],
            "containers": [{
                "name": "web",
                "terminationMessagePath": "/dev/last",
                "lifecycle": {
                    "preStop": {"exec": {"command": ["/drain", "a b"]}},
                    "postStart": {"httpGet": {"port": 80}},
                },
            }],
        })
    }

    #[test]
    fn exec_hooks_are_wrapped_and_of_others_it_is_said_why_not() {
        let mut spec = spec();
        let unmeasured = instrumented(&mut spec, &Shell::default());
        let hook = &spec["containers"][0]["lifecycle"]["preStop"];
        let words = hook["exec"]["command"].as_array().unwrap();
        let last: Vec<_> = words[3..].iter().map(|word| word.as_str().unwrap()).collect();
        assert_eq!(last, ["drover", "preStop", "/dev/last", "/drain", "a b"]);
        assert!(is_wrapped(&LifecycleHandler::deserialize(hook).unwrap()));
        let told: Vec<_> =
            unmeasured.iter().map(|one| format!("{} {}: {}", one.hook, one.container, one.because)).collect();
        assert_eq!(
            told,
            ["postStart web: the kubelet sends the request itself, and tells nobody of the answer"]
        );
    }

    #[test]
    fn a_shell_is_brought_where_the_image_has_none() {
        let mut spec = spec();
        instrumented(&mut spec, &Shell { lacking: ["web".to_owned()].into(), image: "box:1".to_owned() });
        assert_eq!(
            spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][0],
            "/drover-shell/busybox"
        );
        assert_eq!(spec["initContainers"][0]["name"], Shell::NAME);
    }

    #[test]
    fn the_server_s_words_are_of_the_hook_s_own() {
        let command = format!("sh -c {SCRIPT} drover postStart /dev/log warm up");
        let said = unwrapped(&format!("hook ([{command}]) failed: '{command}' exited with 1"));
        assert_eq!(said, "hook ([warm up]) failed: 'warm up' exited with 1");
        assert_eq!(unwrapped("nothing of ours"), "nothing of ours");
    }

    /// The wrapped command, run here; what it wrote down, and how it ended.
    fn run(shell: &[&str], command: &[&str]) -> (Stamps, Output) {
        let folder = std::env::temp_dir().join(format!(
            "drover-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        std::fs::create_dir_all(&folder).unwrap();
        let log = folder.join("log");
        let mut words = vec![shell[0]];
        words.extend(&shell[1..]);
        words.extend(["-c", SCRIPT, MARK, "preStop", log.to_str().unwrap()]);
        words.extend(command);
        let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
        let written = std::fs::read_to_string(&log).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        (Stamps::parse(&written), output)
    }

    #[test]
    fn a_wrapped_hook_does_what_it_did_and_tells_of_it() {
        for shell in [&["sh"][..], &["bash"], &["busybox", "sh"]] {
            let (stamps, output) =
                run(shell, &["sh", "-c", "echo \"$1\"; echo oops >&2; exit 3", "_", "a b  'c'"]);
            assert_eq!(output.status.code(), Some(3), "{shell:?}");
            assert_eq!(String::from_utf8_lossy(&output.stdout), "a b  'c'\noops", "{shell:?}");
            let hook = stamps.pre_stop.unwrap();
            assert_eq!((hook.code, hook.output.as_deref()), (Some(3), Some("a b  'c'\noops")), "{shell:?}");
            assert!(hook.begin.unwrap().earliest <= hook.end.unwrap().latest, "{shell:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_made_up_for_by_the_shell() {
        // `type` is a builtin of every shell, and no program.
        for shell in [&["sh"][..], &["bash"]] {
            let (stamps, output) = run(shell, &["type", "sh"]);
            assert_eq!(
                (output.status.code(), stamps.pre_stop.unwrap().code),
                (Some(127), Some(127)),
                "{shell:?}"
            );
        }
    }

    #[test]
    fn a_sink_that_can_t_be_written_to_harms_nothing() {
        let words = ["-c", SCRIPT, MARK, "preStop", "/nowhere/log", "echo", "done"];
        let output = Command::new("sh").args(words).output().unwrap();
        assert!(output.status.success());
        assert_eq!((output.stdout, output.stderr), (b"done".to_vec(), Vec::new()));
    }

    #[test]
    fn what_holds_its_output_open_holds_the_hook() {
        let (stamps, _) = run(&["sh"], &["sh", "-c", "sleep 1 & exit 0"]);
        let held = stamps.pre_stop.unwrap().held_open().unwrap();
        assert!(held.as_millis() >= 100, "{held:?}");
    }
}
