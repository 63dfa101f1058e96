//! Commands in containers.

use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};
use http::Method;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;
use kube::api::{Api, AttachParams, AttachedProcess};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::request::{Call, JSON};
use super::transport::Transport;
use super::{Cluster, ClusterError, ErrorKind};
use crate::model::object::ObjectRef;

/// How much of what a command writes waits until it is read, and how much is read at once.
const PIECE: usize = 16 * 1024;

/// A command that runs in a container.
pub struct Process {
    /// Dropping it ends the connection, though not the command.
    _connection: AttachedProcess,
    stdout: Option<Reader>,
    stderr: Option<Reader>,
    status: BoxFuture<'static, Option<Status>>,
    call: Call,
}

type Reader = Box<dyn AsyncRead + Send + Unpin>;

/// What a command does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It wrote to stdout.
    Stdout(Vec<u8>),
    /// It wrote to stderr.
    Stderr(Vec<u8>),
    /// It ended with this exit code.
    Ended(i32),
}

impl Cluster {
    /// Runs a command in a container of a pod, without a terminal and without input. Asked for once: a command may do
    /// anything.
    ///
    /// It takes the rights to `get` and to `create` `pods/exec`: a WebSocket begins with a GET, and since 1.35 the
    /// server asks for both (kubernetes#133515).
    ///
    /// # Errors
    /// When the user may not, or the container does not run.
    pub async fn exec(
        &self,
        pod: &ObjectRef,
        container: &str,
        command: &[String],
    ) -> Result<Process, ClusterError> {
        let call = Call {
            method: Method::GET,
            target: format!("{}/exec", pod.path()),
            accept: JSON,
            body: None,
            about: format!("{:?} in container {container} of {pod}", command.join(" ")),
        };
        let connection = self.in_time(&call, async {
            let transport = self.login.transport();
            match exec_over(&transport, &call, pod, container, command).await {
                Err(error)
                    if error.kind == ErrorKind::Unauthorized && self.login.renew(&transport).await? =>
                {
                    exec_over(&self.login.transport(), &call, pod, container, command).await
                }
                connected => connected,
            }
        });
        let mut connection = connection.await?;
        Ok(Process {
            stdout: connection.stdout().map(|reader| Box::new(reader) as Reader),
            stderr: connection.stderr().map(|reader| Box::new(reader) as Reader),
            status: match connection.take_status() {
                Some(status) => status.boxed(),
                None => std::future::ready(None).boxed(),
            },
            _connection: connection,
            call,
        })
    }
}

/// Over HTTP/1: a WebSocket takes a connection for itself.
async fn exec_over(
    transport: &Transport,
    call: &Call,
    pod: &ObjectRef,
    container: &str,
    command: &[String],
) -> Result<AttachedProcess, ClusterError> {
    let pods: Api<Pod> =
        Api::namespaced(transport.http1().clone(), &pod.namespace.clone().unwrap_or_default());
    let how = AttachParams {
        container: Some(container.to_owned()),
        stdout: true,
        stderr: true,
        max_stdout_buf_size: Some(PIECE),
        max_stderr_buf_size: Some(PIECE),
        ..AttachParams::default()
    };
    pods.exec(&pod.name, command.iter().cloned(), &how).map_err(|error| call.failed(&error)).await
}

impl Process {
    /// What the command does next; its end comes last.
    ///
    /// # Errors
    /// When the command could not be run at all, above all since the container has no such program, in the words of
    /// the container runtime; or the connection broke, and nobody knows how it ended.
    pub async fn next(&mut self) -> Result<Said, ClusterError> {
        let (mut out, mut err) = ([0; PIECE], [0; PIECE]);
        loop {
            let Self { stdout, stderr, .. } = self;
            tokio::select! {
                read = read(stdout, &mut out), if stdout.is_some() => match read {
                    0 => self.stdout = None,
                    length => return Ok(Said::Stdout(out[..length].to_vec())),
                },
                read = read(stderr, &mut err), if stderr.is_some() => match read {
                    0 => self.stderr = None,
                    length => return Ok(Said::Stderr(err[..length].to_vec())),
                },
                else => break,
            }
        }
        match (&mut self.status).await {
            Some(status) => ended(&self.call.about, &status),
            None => Err(ClusterError::no_answer(&self.call.about, "the connection broke off")),
        }
    }
}

/// A pipe of our own that breaks has said all it had to say.
async fn read(reader: &mut Option<Reader>, into: &mut [u8]) -> usize {
    match reader {
        Some(reader) => reader.read(into).await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}

/// How it ended, as the container runtime says (k8s.io/apimachinery, pkg/util/remotecommand: `NonZeroExitCodeReason`).
fn ended(about: &str, status: &Status) -> Result<Said, ClusterError> {
    if status.status.as_deref() == Some("Success") {
        return Ok(Said::Ended(0));
    }
    let causes = status.details.iter().flat_map(|details| details.causes.iter().flatten());
    let mut codes = causes.filter(|cause| cause.reason.as_deref() == Some("ExitCode"));
    let code = codes.find_map(|cause| cause.message.as_deref()?.parse().ok());
    match code {
        Some(code) => Ok(Said::Ended(code)),
        None => {
            let message = status.message.as_deref().unwrap_or("no message");
            Err(ClusterError::new(ErrorKind::Rejected, format!("{about}: {message}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn end(status: serde_json::Value) -> Result<Said, String> {
        ended("x", &serde_json::from_value(status).unwrap()).map_err(|error| error.message)
    }

    #[test]
    fn an_exit_code_is_an_answer_and_a_missing_program_is_none() {
        assert_eq!(end(json!({"status": "Success"})), Ok(Said::Ended(0)));
        let failed = json!({
            "status": "Failure", "reason": "NonZeroExitCode", "message": "command terminated with exit code 3",
            "details": {"causes": [{"reason": "ExitCode", "message": "3"}]},
        });
        assert_eq!(end(failed), Ok(Said::Ended(3)));
        let missing = json!({"status": "Failure", "reason": "InternalError", "message": "\"cat\": executable file not found"});
        assert_eq!(end(missing), Err("x: \"cat\": executable file not found".to_owned()));
    }
}
