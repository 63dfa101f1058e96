//! The sick pod: which one it is, and whether it is still the very same.

use serde_json::Value;

use crate::shell::Shell;
use crate::stop::Stop;

/// What changes when a pod, or a container in it, starts anew.
#[derive(Debug, PartialEq, Eq)]
pub struct Scene {
    pub uid: String,
    pub container: String,
    pub restarts: u64,
}

impl Scene {
    /// The pod as it is now.
    pub fn of(pod: &str, namespace: &str, shell: &Shell) -> Result<Self, Stop> {
        let text = shell.read(&format!("kubectl get pod {pod} -n {namespace} --output=json"))?;
        let object: Value =
            serde_json::from_str(&text).map_err(|error| Stop::Failed(format!("pod {pod}: {error}")))?;
        let status = &object["status"]["containerStatuses"][0];
        let word = |value: &Value| value.as_str().map(str::to_owned);
        let scene =
            (word(&object["metadata"]["uid"]), word(&status["containerID"]), status["restartCount"].as_u64());
        match scene {
            (Some(uid), Some(container), Some(restarts)) => Ok(Self { uid, container, restarts }),
            _ => Err(Stop::Failed(format!("pod {pod} has no container that runs"))),
        }
    }
}
