//! What the containers wrote, and what /proc says of them.

use std::io::Write;

use drover::model::object::ObjectRef;
use drover::model::pod::Pod;
use k8s_openapi::api::core::v1::PodSpec;

use super::archive::Part;
use super::folder::Folder;
use crate::scene::command::{self, Ending, Hindrance};

/// How many processes are asked for in one command: their names are part of a request's address.
const PROCESSES_AT_ONCE: usize = 200;

/// How much of a list of processes is read.
const MOST_PROCESSES: usize = 256 * 1024;

/// The file in which the answer is kept, and the command that gives it.
type Output = (&'static str, &'static [&'static str]);

const SOCKETS: Output = ("net-tcp", &["cat", "/proc/net/tcp"]);

const MORE: [Output; 3] =
    [("net-tcp6", &["cat", "/proc/net/tcp6"]), ("mounts", &["cat", "/proc/mounts"]), ("ps", &["ps"])];

/// A container, whichever of four kinds it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    pub name: String,
    /// It ran before, and the node may still have what it wrote then.
    pub ran_before: bool,
    /// A command can be run in it.
    pub runs: bool,
}

/// All of a pod's containers: init containers and sidecars, containers, ephemeral ones.
pub fn containers(spec: &PodSpec, pod: &Pod) -> Vec<Container> {
    let init = spec.init_containers.iter().flatten().map(|container| &container.name);
    let ephemeral = spec.ephemeral_containers.iter().flatten().map(|container| &container.name);
    let names = init.chain(spec.containers.iter().map(|container| &container.name)).chain(ephemeral);
    let statuses = &pod.status;
    names
        .map(|name| {
            let all = statuses
                .init_container_statuses
                .iter()
                .chain(&statuses.container_statuses)
                .chain(&statuses.ephemeral_container_statuses);
            let status = all.clone().find(|status| status.name == *name);
            Container {
                name: name.clone(),
                ran_before: status.is_some_and(|status| status.last_state.terminated.is_some()),
                runs: status.is_some_and(|status| status.state.running.is_some()),
            }
        })
        .collect()
}

impl Folder<'_> {
    /// Every log, as it is.
    pub async fn logs(&mut self, pod: &ObjectRef, containers: &[Container]) {
        for Container { name, ran_before, .. } in containers {
            self.log(pod, name, false, &format!("logs/{name}.log")).await;
            if *ran_before {
                self.log(pod, name, true, &format!("logs/{name}.previous.log")).await;
            }
        }
    }

    async fn log(&mut self, pod: &ObjectRef, container: &str, previous: bool, path: &str) {
        let cluster = self.cluster;
        let fill = async |part: &mut Part| {
            let mut log = cluster.log(pod, container, previous).await?;
            while let Some(bytes) = log.next().await? {
                part.write_all(&bytes)?;
            }
            Ok(None)
        };
        // The other logs are captured all the same.
        let _ = self.capture(path, fill).await;
    }

    /// What /proc says in each container that runs and has `cat`; without one it is asked nothing else.
    pub async fn processes(&mut self, pod: &ObjectRef, containers: &[Container]) {
        for Container { name, .. } in containers.iter().filter(|container| container.runs) {
            if let Err(hindrance) = self.output(pod, name, SOCKETS).await {
                for (file, _) in MORE.into_iter().chain([("status", [].as_slice())]) {
                    self.manifest.missing(&format!("proc/{name}/{file}"), hindrance.to_string());
                }
                continue;
            }
            for output in MORE {
                // Whatever hinders one, the container has `cat`.
                let _ = self.output(pod, name, output).await;
            }
            self.statuses(pod, name).await;
        }
    }

    /// What one command writes.
    async fn output(
        &mut self,
        pod: &ObjectRef,
        container: &str,
        (file, command): (&str, &[&str]),
    ) -> Result<(), Hindrance> {
        let cluster = self.cluster;
        let fill = async |part: &mut Part| {
            let ending = command::pour(cluster, pod, container, command, part).await?;
            Ok(ending.flaw())
        };
        self.capture(&format!("proc/{container}/{file}"), fill).await
    }

    /// `/proc/*/status`: without a shell nothing knows what `*` is.
    async fn statuses(&mut self, pod: &ObjectRef, container: &str) {
        let cluster = self.cluster;
        let fill = async |part: &mut Part| {
            let mut listed = command::Bounded::new(MOST_PROCESSES);
            command::pour(cluster, pod, container, &["ls", "/proc"], &mut listed).await?;
            let listed = listed.into_text();
            let numbers =
                listed.split_whitespace().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
            let files: Vec<String> = numbers.map(|number| format!("/proc/{number}/status")).collect();
            for some in files.chunks(PROCESSES_AT_ONCE) {
                let command: Vec<&str> = ["cat"].into_iter().chain(some.iter().map(String::as_str)).collect();
                // A process that ended meanwhile, `ls` itself above all, has no file any more.
                let _: Ending = command::pour(cluster, pod, container, &command, part).await?;
            }
            Ok(None)
        };
        // The last of this container.
        let _ = self.capture(&format!("proc/{container}/status"), fill).await;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn containers_of_all_kinds_are_known_with_what_they_did() {
        let spec: PodSpec = serde_json::from_value(json!({
            "initContainers": [{"name": "setup"}, {"name": "proxy", "restartPolicy": "Always"}],
            "containers": [{"name": "web"}],
            "ephemeralContainers": [{"name": "debugger"}],
        }))
        .unwrap();
        let runs = json!({"running": {}});
        let ended = json!({"terminated": {"exitCode": 0}});
        let pod: Pod = serde_json::from_value(json!({"status": {
            "initContainerStatuses": [{"name": "setup", "state": ended}, {"name": "proxy", "state": runs}],
            "containerStatuses": [{"name": "web", "state": {"waiting": {}}, "lastState": ended}],
            "ephemeralContainerStatuses": [{"name": "debugger", "state": runs}],
        }}))
        .unwrap();
        let found = containers(&spec, &pod);
        let found: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.ran_before, one.runs)).collect();
        let expected = [
            ("setup", false, false),
            ("proxy", false, true),
            ("web", true, false),
            ("debugger", false, true),
        ];
        assert_eq!(found, expected);
    }
}
