//! What a pod's author wants done once it is out of traffic, such as to leave a registry that no EndpointSlice knows.

use std::time::Duration;

use drover::cli::{Failure, parse_duration};
use serde::Deserialize;
use serde_json::Value;

use crate::state::State;

/// The annotation of a pod, or of its Deployment, that says what to run.
pub const OFFLINE_ANNOTATION: &str = "drover.dev/offline";

/// Which container kubectl runs commands in.
const DEFAULT_CONTAINER_ANNOTATION: &str = "kubectl.kubernetes.io/default-container";

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// What the person wants run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Wish {
    /// What the annotation says, if there is one.
    #[default]
    AsAnnotated,
    /// What a person typed, whatever the annotation says.
    Run(String),
    /// Nothing, whatever the annotation says.
    Nothing,
}

/// A command for a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Which container; the pod's default one where none is named.
    pub container: Option<String>,
    /// How long it may take.
    pub timeout: Duration,
}

/// The longer form of the annotation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    command: Vec<String>,
    container: Option<String>,
    timeout: Option<String>,
}

impl Step {
    /// What a shell understands.
    fn of_shell(command: &str) -> Self {
        let command = ["sh", "-c", command].map(str::to_owned).into();
        Self { command, container: None, timeout: DEFAULT_TIMEOUT }
    }

    /// `["/deregister"]`, or `{"command": ["/deregister"], "container": "web", "timeout": "10s"}`.
    fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let step = if value.is_array() {
            let command = serde_json::from_value(value).map_err(|error| error.to_string())?;
            Self { command, container: None, timeout: DEFAULT_TIMEOUT }
        } else {
            let written: Written = serde_json::from_value(value).map_err(|error| error.to_string())?;
            let timeout = written.timeout.as_deref().map(parse_duration).transpose()?;
            let timeout = timeout.unwrap_or(DEFAULT_TIMEOUT);
            Self { command: written.command, container: written.container, timeout }
        };
        if step.command.is_empty() { Err("the command is empty".to_owned()) } else { Ok(step) }
    }

    /// As it is run, word by word.
    pub fn in_words(&self) -> String {
        serde_json::json!(self.command).to_string()
    }
}

/// What is to be run in a pod, and in which container.
pub fn step(state: &State, wish: &Wish) -> Result<Option<Step>, Failure> {
    let annotated = |annotation: Option<&str>, of: &str| {
        let Some(text) = annotation else { return Ok(None) };
        Step::parse(text).map(Some).map_err(|words| {
            Failure::new(format!("{of}: its annotation {OFFLINE_ANNOTATION} can't be read: {words}"))
                .hint("to isolate the pod without that step:  --no-offline")
        })
    };
    let of_pod = || state.subject.pod.as_ref()?.metadata.annotation(OFFLINE_ANNOTATION);
    let deployment = state.subject.deployment.as_ref();
    let of_deployment = || deployment?.annotations.get(OFFLINE_ANNOTATION).map(String::as_str);
    let step = match wish {
        Wish::Nothing => None,
        Wish::Run(command) => Some(Step::of_shell(command)),
        Wish::AsAnnotated => match annotated(of_pod(), &state.target().to_string())? {
            Some(step) => Some(step),
            None => {
                let name = deployment.map(|deployment| deployment.owner.to_string()).unwrap_or_default();
                annotated(of_deployment(), &name)?
            }
        },
    };
    step.map(|step| with_container(step, state)).transpose()
}

/// The container is known by name, and there.
fn with_container(step: Step, state: &State) -> Result<Step, Failure> {
    let Some(spec) = &state.subject.spec else { return Ok(step) };
    let init = spec.init_containers.iter().flatten().filter(|container| container.restart_policy.is_some());
    let names: Vec<&str> =
        spec.containers.iter().chain(init).map(|container| container.name.as_str()).collect();
    let pod = state.subject.pod.as_ref();
    let default = pod.and_then(|pod| pod.metadata.annotation(DEFAULT_CONTAINER_ANNOTATION));
    let default = default.filter(|name| names.contains(name)).or(names.first().copied()).unwrap_or_default();
    let container = step.container.unwrap_or_else(|| default.to_owned());
    if !names.contains(&container.as_str()) {
        let message = format!(
            "{}: the offline step is for container {container:?}, and the pod has {}",
            state.target(),
            names.join(", ")
        );
        return Err(Failure::new(message).hint("to isolate the pod without that step:  --no-offline"));
    }
    Ok(Step { container: Some(container), ..step })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::web;

    #[test]
    fn an_annotation_is_a_command_or_says_more() {
        let short = Step::parse(r#"["/bin/leave", "now"]"#).unwrap();
        assert_eq!((short.command.len(), short.container, short.timeout), (2, None, DEFAULT_TIMEOUT));
        let long = Step::parse(r#"{"command": ["leave"], "container": "web", "timeout": "5s"}"#).unwrap();
        assert_eq!((long.container.as_deref(), long.timeout), (Some("web"), Duration::from_secs(5)));
        for text in
            ["leave", "[]", "[1]", "{}", r#"{"command": ["a"], "timeout": "soon"}"#, r#"{"argv": ["a"]}"#]
        {
            assert!(Step::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_flag_goes_before_the_pod_and_that_before_its_deployment() {
        let mut state = web();
        let command = |state: &State, wish: &Wish| {
            step(state, wish).map(|step| step.map(|step| step.in_words())).map_err(|failure| failure.message)
        };
        assert_eq!(command(&state, &Wish::AsAnnotated), Ok(None));
        let annotations = &mut state.subject.deployment.as_mut().unwrap().annotations;
        annotations.insert(OFFLINE_ANNOTATION.to_owned(), r#"["deployment"]"#.to_owned());
        assert_eq!(command(&state, &Wish::AsAnnotated), Ok(Some(r#"["deployment"]"#.to_owned())));
        let pod = state.subject.pod.as_mut().unwrap();
        let annotations = pod.metadata.annotations.get_or_insert_default();
        annotations.insert(OFFLINE_ANNOTATION.to_owned(), r#"["pod"]"#.to_owned());
        assert_eq!(command(&state, &Wish::AsAnnotated), Ok(Some(r#"["pod"]"#.to_owned())));
        let typed = Wish::Run("leave now".to_owned());
        assert_eq!(command(&state, &typed), Ok(Some(r#"["sh","-c","leave now"]"#.to_owned())));
        assert_eq!(command(&state, &Wish::Nothing), Ok(None));
    }

    #[test]
    fn a_container_that_the_pod_does_not_have_is_refused() {
        let mut state = web();
        let spec = serde_json::json!({"containers": [{"name": "web"}, {"name": "log"}]});
        state.subject.spec = Some(std::sync::Arc::new(serde_json::from_value(spec).unwrap()));
        let step_in = |name: &str| Step { container: Some(name.to_owned()), ..Step::of_shell("leave") };
        let failure = with_container(step_in("nobody"), &state).unwrap_err();
        assert!(failure.message.contains("\"nobody\"") && failure.message.contains("web"), "{failure:?}");
        let found = step(&state, &Wish::Run("leave".to_owned())).unwrap().unwrap();
        assert_eq!(found.container.as_deref(), Some("web"));
    }
}
