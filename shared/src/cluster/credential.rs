//! Exec credential plugins (client.authentication.k8s.io), run once for the whole command.
//!
//! kube would run them three times for each client, never show their `installHint`, and print
//! their output, token included, when they fail.

use std::io::IsTerminal;
use std::process::Stdio;
use std::time::Duration;

use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use serde::Deserialize;

use super::{ClusterError, error::causes};

/// How long a plugin that can't ask a person anything may take.
const UNATTENDED_DEADLINE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct ExecCredential {
    status: Option<Credential>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Runs the plugin and puts what it answers into `auth`.
pub(super) async fn obtain(exec: &ExecConfig, auth: &mut AuthInfo) -> Result<(), ClusterError> {
    let Some(program) = &exec.command else {
        return Err(ClusterError::configuration("the user's exec credential plugin has no command"));
    };
    let output = run(exec, program).await?;
    // Never shown: it holds the token.
    let answer: ExecCredential = serde_json::from_slice(&output)
        .map_err(|_| failed(exec, program, "it did not answer with an ExecCredential"))?;
    match answer.status {
        Some(Credential {
            client_certificate_data: Some(certificate), client_key_data: Some(key), ..
        }) => {
            auth.client_certificate_data = Some(encode(&certificate));
            auth.client_key_data = Some(encode(&key).into());
        }
        Some(Credential { token: Some(token), .. }) => auth.token = Some(token.into()),
        _ => return Err(failed(exec, program, "its answer has neither a token nor a certificate")),
    }
    Ok(())
}

async fn run(exec: &ExecConfig, program: &str) -> Result<Vec<u8>, ClusterError> {
    let terminal = std::io::stdin().is_terminal();
    let interactive = match exec.interactive_mode {
        Some(ExecInteractiveMode::Never) => false,
        Some(ExecInteractiveMode::Always) if !terminal => {
            return Err(failed(exec, program, "it needs a terminal to ask on, and there is none"));
        }
        _ => terminal,
    };
    let version = exec.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1");
    let information = serde_json::json!({
        "apiVersion": version,
        "kind": "ExecCredential",
        "spec": {"interactive": interactive, "cluster": exec.cluster},
    });
    let mut command = tokio::process::Command::new(program);
    command
        .args(exec.args.iter().flatten())
        .env("KUBERNETES_EXEC_INFO", information.to_string())
        .stdin(if interactive { Stdio::inherit() } else { Stdio::null() })
        .stderr(Stdio::inherit())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    for variable in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            command.env(name, value);
        }
    }
    let child = command.spawn().map_err(|error| failed(exec, program, &causes(&error)))?;
    let finished = child.wait_with_output();
    let output = if interactive {
        finished.await
    } else {
        tokio::time::timeout(UNATTENDED_DEADLINE, finished)
            .await
            .map_err(|_| failed(exec, program, "it did not finish within 60s"))?
    }
    .map_err(|error| failed(exec, program, &causes(&error)))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(failed(exec, program, &format!("it failed with {}", output.status)))
    }
}

fn failed(exec: &ExecConfig, program: &str, cause: &str) -> ClusterError {
    let error = ClusterError::configuration(format!("credential plugin {program}: {cause}"));
    match &exec.install_hint {
        Some(hint) => error.hint(hint.clone()),
        None => error,
    }
}

/// AuthInfo holds PEM data in base64, as the kubeconfig does; the plugin answers with plain PEM.
fn encode(pem: &str) -> String {
    let bytes = k8s_openapi::ByteString(pem.as_bytes().to_vec());
    match serde_json::to_value(bytes) {
        Ok(serde_json::Value::String(encoded)) => encoded,
        _ => String::new(),
    }
}
