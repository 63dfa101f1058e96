//! What a hook or a probe does.

use std::fmt;

use k8s_openapi::api::core::v1::{self as core, ExecAction, GRPCAction, HTTPGetAction, TCPSocketAction};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Serialize;

/// What a hook or a probe does. The headers of a request are left out: they may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    Exec {
        command: Vec<String>,
    },
    HttpGet {
        /// `HTTP` or `HTTPS`.
        scheme: String,
        /// None for the pod itself.
        #[serde(skip_serializing_if = "Option::is_none")]
        host: Option<String>,
        port: IntOrString,
        path: String,
    },
    TcpSocket {
        #[serde(skip_serializing_if = "Option::is_none")]
        host: Option<String>,
        port: IntOrString,
    },
    Grpc {
        port: i32,
        #[serde(skip_serializing_if = "Option::is_none")]
        service: Option<String>,
    },
    Sleep {
        seconds: u64,
    },
}

impl Action {
    /// Of a hook; none where its kind of action is not known.
    pub fn of_hook(handler: &core::LifecycleHandler) -> Option<Self> {
        if let Some(sleep) = &handler.sleep {
            return Some(Self::Sleep { seconds: u64::try_from(sleep.seconds).unwrap_or_default() });
        }
        Self::of(handler.exec.as_ref(), handler.http_get.as_ref(), handler.tcp_socket.as_ref(), None)
    }

    /// Of a probe; none where its kind of action is not known.
    pub fn of_probe(probe: &core::Probe) -> Option<Self> {
        Self::of(probe.exec.as_ref(), probe.http_get.as_ref(), probe.tcp_socket.as_ref(), probe.grpc.as_ref())
    }

    fn of(
        exec: Option<&ExecAction>,
        http: Option<&HTTPGetAction>,
        tcp: Option<&TCPSocketAction>,
        grpc: Option<&GRPCAction>,
    ) -> Option<Self> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(exec) = exec {
            return Some(Self::Exec { command: exec.command.clone().unwrap_or_default() });
        }
        if let Some(http) = http {
            return Some(Self::HttpGet {
                scheme: given(&http.scheme).unwrap_or_else(|| "HTTP".to_owned()),
                host: given(&http.host),
                port: http.port.clone(),
                path: given(&http.path).unwrap_or_else(|| "/".to_owned()),
            });
        }
        if let Some(tcp) = tcp {
            return Some(Self::TcpSocket { host: given(&tcp.host), port: tcp.port.clone() });
        }
        grpc.map(|grpc| Self::Grpc { port: grpc.port, service: given(&grpc.service) })
    }

    /// The port that it goes to.
    pub fn port(&self) -> Option<&IntOrString> {
        match self {
            Self::HttpGet { port, .. } | Self::TcpSocket { port, .. } => Some(port),
            Self::Exec { .. } | Self::Grpc { .. } | Self::Sleep { .. } => None,
        }
    }
}

/// `exec sh -c 'drain now'`, `GET :8080/ready`, `sleep 5s`.
impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = |host: &Option<String>| host.clone().unwrap_or_default();
        match self {
            Self::Exec { command } => {
                let words: Vec<_> = command.iter().map(|word| quoted(word)).collect();
                write!(formatter, "exec {}", words.join(" "))
            }
            Self::HttpGet { scheme, host: to, port, path } => {
                let scheme = if scheme == "HTTP" { String::new() } else { format!("{scheme} ") };
                write!(formatter, "{scheme}GET {}:{}{path}", host(to), number_or_name(port))
            }
            Self::TcpSocket { host: to, port } => {
                write!(formatter, "tcpSocket {}:{}", host(to), number_or_name(port))
            }
            Self::Grpc { port, service } => {
                let service = service.as_ref().map_or(String::new(), |service| format!(" {service}"));
                write!(formatter, "grpc :{port}{service}")
            }
            Self::Sleep { seconds } => write!(formatter, "sleep {seconds}s"),
        }
    }
}

/// As a manifest has it.
pub fn number_or_name(port: &IntOrString) -> String {
    match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    }
}

/// As a shell would need it, in one line.
fn quoted(word: &str) -> String {
    let line = word.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=,@%+".contains(character);
    if !line.is_empty() && line.chars().all(is_plain) {
        line
    } else {
        format!("'{}'", line.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(handler: serde_json::Value) -> String {
        Action::of_probe(&serde_json::from_value(handler).unwrap()).unwrap().to_string()
    }

    #[test]
    fn actions_are_short() {
        assert_eq!(shown(json!({"httpGet": {"port": 8080, "path": "/ready"}})), "GET :8080/ready");
        assert_eq!(shown(json!({"httpGet": {"port": "web", "scheme": "HTTPS"}})), "HTTPS GET :web/");
        let elsewhere = json!({"tcpSocket": {"port": 1, "host": "db"}});
        assert_eq!(shown(elsewhere), "tcpSocket db:1");
        assert_eq!(shown(json!({"grpc": {"port": 9000, "service": "x"}})), "grpc :9000 x");
    }

    #[test]
    fn a_command_is_one_line() {
        let command = json!({"exec": {"command": ["/bin/sh", "-c", "touch /tmp/a\n  sleep 1"]}});
        assert_eq!(shown(command), "exec /bin/sh -c 'touch /tmp/a sleep 1'");
        assert_eq!(shown(json!({"exec": {"command": ["echo", "it's"]}})), r"exec echo 'it'\''s'");
    }
}
