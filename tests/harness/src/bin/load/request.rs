//! One request on a connection of its own, so that kube-proxy picks a pod anew each time.

use std::error::Error;
use std::iter;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(2);

/// The body of a complete 200 answer, or why there is none.
pub async fn send(address: SocketAddr) -> Result<String, String> {
    match timeout(DEADLINE, exchange(address)).await {
        Ok(answer) => answer.map_err(|error| with_causes(&*error)),
        Err(_) => Err(format!("no answer within {DEADLINE:?}")),
    }
}

async fn exchange(address: SocketAddr) -> Result<String, Box<dyn Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::get("/")
        .header(HOST, address.to_string())
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())?;
    let answer = async move {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        Ok::<_, hyper::Error>((status, body))
    };
    // What goes wrong on the connection while it matters shows in the answer.
    let (answer, _) = tokio::join!(answer, connection);
    let (status, body) = answer?;
    if status != StatusCode::OK {
        return Err(format!("answered {status}").into());
    }
    Ok(String::from_utf8_lossy(&body).trim().to_owned())
}

fn with_causes(error: &(dyn Error + 'static)) -> String {
    let causes: Vec<String> =
        iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect();
    causes.join(": ")
}
