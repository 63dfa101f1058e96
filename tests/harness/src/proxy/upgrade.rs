//! Connections that stop to speak HTTP, such as that of `kubectl exec`: from then on bytes pass both ways as they come.

use hyper::body::Incoming;
use hyper::header::UPGRADE;
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;

/// Whether the client wants to speak something else afterwards.
pub(super) fn is_asked_for(request: &Request<Incoming>) -> bool {
    request.headers().contains_key(UPGRADE)
}

/// Lets bytes pass once both sides have agreed; without delay, however far away the proxy is.
pub(super) fn relay(client: OnUpgrade, response: &mut Response<Incoming>) {
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return;
    }
    let server = hyper::upgrade::on(response);
    tokio::spawn(async move {
        if let (Ok(client), Ok(server)) = tokio::join!(client, server) {
            // However it ended, both ends know as much.
            let _ = copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(server)).await;
        }
    });
}
