//! From a pod template to the one that comes up.

use std::collections::BTreeMap;

use drover::cli::Failure;
use drover::model::busybox::Busybox;
use drover::print::quoted;
use serde_json::{Map, Value, json};

use crate::options::{Overrides, Part};
use crate::record::{GATE, Held};

/// How long a held container sleeps: the most that every `sleep` takes.
const FOREVER: &str = "2147483647";

/// The init container and the volume that bring the busybox that holds a container.
pub const HOLD_NAME: &str = "drover-hold";

/// The annotation by which kubectl chooses a container (`kubectl exec`).
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// A template for debug mode, and how it came to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Debugged {
    pub template: Value,
    /// What was taken away, by container.
    pub taken: BTreeMap<String, Vec<Part>>,
    /// The container that does nothing.
    pub held: Option<Held>,
}

/// Applies what was asked for.
///
/// # Errors
/// When it names a container that does not exist, or does not say which one is meant.
pub fn debugged(original: &Value, overrides: &Overrides) -> Result<Debugged, Failure> {
    let names = container_names(original);
    for name in overrides.container.iter().chain(overrides.images.keys()) {
        if !names.contains(name) {
            let message = format!("there is no container {name:?} in its template");
            return Err(Failure::new(message).hint(format!("its containers are: {}", names.join(", "))));
        }
    }
    let mut template = original.clone();
    let mut taken = BTreeMap::new();
    for container in long_running(&mut template) {
        let name = name_of(container);
        if overrides.container.as_ref().is_none_or(|only| *only == name) {
            let parts = take_away(container, overrides);
            if !parts.is_empty() {
                taken.insert(name.clone(), parts);
            }
            set_environment(container, &overrides.env);
        }
    }
    for container in all_containers(&mut template) {
        if let Some(image) = overrides.images.get(&name_of(container)) {
            container.insert("image".to_owned(), json!(image));
        }
    }
    let mut held = None;
    if overrides.hold || !overrides.command.is_empty() {
        let chosen = chosen_container(original, overrides)?;
        for container in long_running(&mut template).filter(|container| name_of(container) == chosen) {
            if overrides.hold {
                held = Some(hold(container));
            } else {
                container.insert("command".to_owned(), json!(overrides.command));
                container.remove("args");
            }
        }
    }
    if let Some(spec) = template["spec"].as_object_mut() {
        if let Some(seconds) = overrides.grace_period {
            spec.insert("terminationGracePeriodSeconds".to_owned(), json!(seconds));
        }
        if !overrides.allow_traffic {
            let gates = spec.entry("readinessGates").or_insert_with(|| json!([]));
            if let Some(gates) = gates.as_array_mut() {
                gates.push(json!({"conditionType": GATE}));
            }
        }
    }
    Ok(Debugged { template, taken, held })
}

/// The same template, with the held container kept alive by a busybox that an init container brings.
pub fn with_hold_image(debugged: &Value, held: &Held, image: &str) -> Value {
    let mut template = debugged.clone();
    let busybox = Busybox { name: HOLD_NAME, image };
    for container in long_running(&mut template).filter(|container| name_of(container) == held.container) {
        container.insert("command".to_owned(), json!([busybox.path(), "sleep", FOREVER]));
    }
    busybox.bring(&mut template["spec"], |name| name == held.container);
    template
}

/// What to type inside to start by hand what is held; none where only the image knows it.
pub fn command_line(held: &Held) -> Option<String> {
    let command = held.command.as_ref()?;
    let words = command.iter().chain(held.arguments.iter().flatten());
    Some(words.map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
}

/// The shell for a look inside: the image's own, or the one that was brought along.
pub fn shell(held: Option<&Held>) -> String {
    match held {
        Some(Held { image: Some(image), .. }) => format!("{} sh", Busybox { name: HOLD_NAME, image }.path()),
        _ => "sh".to_owned(),
    }
}

/// The container that `--hold` or a command is for.
fn chosen_container(template: &Value, overrides: &Overrides) -> Result<String, Failure> {
    if let Some(name) = &overrides.container {
        return Ok(name.clone());
    }
    let mut names = Vec::new();
    for container in template["spec"]["containers"].as_array().into_iter().flatten() {
        names.extend(container["name"].as_str().map(str::to_owned));
    }
    if let Some(default) = template["metadata"]["annotations"][DEFAULT_CONTAINER].as_str()
        && names.iter().any(|name| name == default)
    {
        return Ok(default.to_owned());
    }
    match &names[..] {
        [one] => Ok(one.clone()),
        _ => Err(Failure::new("it has several containers: say which one with -c")
            .hint(format!("its containers are: {}", names.join(", ")))),
    }
}

fn hold(container: &mut Map<String, Value>) -> Held {
    let words = |value: Option<Value>| value.and_then(|value| serde_json::from_value(value).ok());
    let held = Held {
        container: name_of(container),
        command: words(container.remove("command")),
        arguments: words(container.remove("args")),
        image: None,
    };
    container.insert("command".to_owned(), json!(["sleep", FOREVER]));
    held
}

fn take_away(container: &mut Map<String, Value>, overrides: &Overrides) -> Vec<Part> {
    let wanted = Part::ALL.into_iter().filter(|part| !overrides.keep.contains(part));
    let taken = wanted.filter(|part| {
        let field = part.to_string();
        match part {
            Part::PostStart | Part::PreStop => {
                let hooks = container.get_mut("lifecycle").and_then(Value::as_object_mut);
                hooks.and_then(|hooks| hooks.remove(&field)).is_some()
            }
            _ => container.remove(&field).is_some(),
        }
    });
    let taken = taken.collect();
    let is_empty = |hooks: &Value| hooks.as_object().is_some_and(Map::is_empty);
    if container.get("lifecycle").is_some_and(is_empty) {
        container.remove("lifecycle");
    }
    taken
}

fn set_environment(container: &mut Map<String, Value>, env: &BTreeMap<String, String>) {
    if env.is_empty() {
        return;
    }
    let variables = container.entry("env").or_insert_with(|| json!([]));
    if let Some(variables) = variables.as_array_mut() {
        variables.retain(|variable| !variable["name"].as_str().is_some_and(|name| env.contains_key(name)));
        variables.extend(env.iter().map(|(name, value)| json!({"name": name, "value": value})));
    }
}

/// The containers that have probes and hooks: all but init containers that end; sidecars are init
/// containers that are restarted (KEP-753).
fn long_running(template: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    all_containers_with(template, |list, container| {
        list == "containers" || container.get("restartPolicy").is_some_and(|policy| policy == "Always")
    })
}

fn all_containers(template: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    all_containers_with(template, |_, _| true)
}

fn all_containers_with(
    template: &mut Value,
    wanted: impl Fn(&str, &Map<String, Value>) -> bool,
) -> impl Iterator<Item = &mut Map<String, Value>> {
    let lists = template.get_mut("spec").and_then(Value::as_object_mut);
    let lists = lists.into_iter().flat_map(|spec| {
        spec.iter_mut().filter(|(name, _)| matches!(name.as_str(), "containers" | "initContainers"))
    });
    let containers = lists.flat_map(|(name, list)| {
        let items = list.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut);
        items.map(move |container| (name.as_str(), container))
    });
    containers.filter(move |(list, container)| wanted(list, container)).map(|(_, container)| container)
}

fn container_names(template: &Value) -> Vec<String> {
    let spec = &template["spec"];
    let lists = [&spec["initContainers"], &spec["containers"]];
    let containers = lists.into_iter().flat_map(|list| list.as_array().into_iter().flatten());
    containers.filter_map(|container| container["name"].as_str().map(str::to_owned)).collect()
}

fn name_of(container: &Map<String, Value>) -> String {
    container.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Value {
        json!({
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {
                        "name": "app", "image": "app:1", "command": ["/app"], "args": ["--x", "a b"],
                        "resources": {"limits": {"cpu": "1"}},
                        "securityContext": {"runAsNonRoot": true},
                        "livenessProbe": {"exec": {"command": ["false"]}},
                        "readinessProbe": {"exec": {"command": ["false"]}},
                        "lifecycle": {"preStop": {"sleep": {"seconds": 5}}, "postStart": {"sleep": {"seconds": 1}}},
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}],
                    },
                    {"name": "log", "image": "log:1"},
                ],
                "initContainers": [
                    {"name": "migrate", "image": "app:1"},
                    {"name": "mesh", "image": "mesh:1", "restartPolicy": "Always",
                     "startupProbe": {"exec": {"command": ["true"]}}},
                ],
                "terminationGracePeriodSeconds": 30,
            },
        })
    }

    fn of(overrides: Overrides) -> Debugged {
        debugged(&template(), &overrides).unwrap()
    }

    #[test]
    fn probes_and_hooks_go_from_all_containers_and_a_gate_comes() {
        let Debugged { template, taken, held } = of(Overrides::default());
        let words: Vec<_> = taken
            .iter()
            .map(|(name, parts)| {
                format!("{name}: {}", parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
            })
            .collect();
        assert_eq!(words, ["app: livenessProbe readinessProbe postStart preStop", "mesh: startupProbe"]);
        assert_eq!(held, None);
        let app = &template["spec"]["containers"][0];
        assert_eq!(app["resources"], json!({"limits": {"cpu": "1"}}), "resources stay");
        assert!(app.get("lifecycle").is_none() && app.get("livenessProbe").is_none());
        assert_eq!(template["spec"]["readinessGates"], json!([{"conditionType": GATE}]));
    }

    #[test]
    fn what_is_kept_is_kept() {
        let keep = [Part::PreStop, Part::Liveness].into();
        let Debugged { template, .. } = of(Overrides { keep, allow_traffic: true, ..Overrides::default() });
        let app = &template["spec"]["containers"][0];
        assert!(app["livenessProbe"].is_object() && app.get("readinessProbe").is_none());
        assert_eq!(app["lifecycle"], json!({"preStop": {"sleep": {"seconds": 5}}}));
        assert!(template["spec"].get("readinessGates").is_none());
    }

    #[test]
    fn one_container_alone_is_changed() {
        let Debugged { template, taken, .. } =
            of(Overrides { container: Some("mesh".to_owned()), ..Overrides::default() });
        assert_eq!(taken.keys().collect::<Vec<_>>(), ["mesh"]);
        assert!(template["spec"]["containers"][0]["livenessProbe"].is_object());
    }

    #[test]
    fn a_held_container_tells_what_it_would_have_run() {
        let overrides = Overrides { hold: true, container: Some("app".to_owned()), ..Overrides::default() };
        let Debugged { template, held, .. } = of(overrides);
        let held = held.unwrap();
        assert_eq!(command_line(&held).unwrap(), "/app --x 'a b'");
        let app = &template["spec"]["containers"][0];
        assert_eq!((&app["command"], app.get("args")), (&json!(["sleep", FOREVER]), None));
        let brought = with_hold_image(&template, &held, "box:1");
        assert_eq!(brought["spec"]["containers"][0]["command"][0], "/drover-hold/busybox");
        assert_eq!(brought["spec"]["initContainers"][0]["image"], "box:1");
        assert_eq!(brought["spec"]["volumes"][0]["emptyDir"], json!({}));
        assert_eq!(brought["spec"]["initContainers"][0]["securityContext"], json!({"runAsNonRoot": true}));
    }

    #[test]
    fn with_several_containers_one_must_be_named() {
        let hold = Overrides { hold: true, ..Overrides::default() };
        assert!(debugged(&template(), &hold).unwrap_err().message.contains("say which one with -c"));
        let mut with_default = template();
        with_default["metadata"]["annotations"] = json!({DEFAULT_CONTAINER: "log"});
        assert_eq!(debugged(&with_default, &hold).unwrap().held.unwrap().container, "log");
        let unknown = Overrides { container: Some("x".to_owned()), ..Overrides::default() };
        assert!(debugged(&template(), &unknown).unwrap_err().hints[0].contains("app, log"));
    }

    #[test]
    fn environment_image_command_and_grace_are_set() {
        let Debugged { template, .. } = of(Overrides {
            env: [("B".to_owned(), "2".to_owned()), ("C".to_owned(), "3".to_owned())].into(),
            images: [("migrate".to_owned(), "app:2".to_owned())].into(),
            command: vec!["sh".to_owned()],
            container: Some("app".to_owned()),
            grace_period: Some(0),
            ..Overrides::default()
        });
        let spec = &template["spec"];
        let app = &spec["containers"][0];
        assert_eq!(
            app["env"],
            json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "C", "value": "3"}])
        );
        assert_eq!((&app["command"], app.get("args")), (&json!(["sh"]), None));
        assert_eq!(
            (&spec["initContainers"][0]["image"], &spec["terminationGracePeriodSeconds"]),
            (&json!("app:2"), &json!(0))
        );
    }
}
