//! Connections to the proxy: TCP, TLS, then HTTP/2 or HTTP/1 as the client likes.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rcgen::CertifiedKey;
use rustix::net::sockopt::set_socket_linger;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::body::arrive;
use super::exchange::{Connection, Exchange};

/// As many parallel requests as the real server allows on one connection (apiserver's `secure_serving.go`).
const STREAMS: u32 = 100;

/// A certificate for the loopback address that vouches for itself, and how to speak with it.
pub(super) fn tls() -> (String, TlsAcceptor) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate can be made");
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("rcgen's keys are PKCS #8");
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("the key belongs to the certificate");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (cert.pem(), TlsAcceptor::from(Arc::new(config)))
}

/// Serves until the other end of `stop` is gone.
pub(super) async fn serve(
    listener: TcpListener,
    tls: TlsAcceptor,
    exchange: Arc<Exchange>,
    mut stop: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (socket, _) = accepted.expect("a connection can be accepted");
                connections.spawn(connection(socket, tls.clone(), exchange.clone()));
            }
            Some(_) = connections.join_next() => {}
            _ = &mut stop => return,
        }
    }
}

async fn connection(socket: TcpStream, tls: TlsAcceptor, exchange: Arc<Exchange>) {
    let connection = Connection { number: exchange.record.connected(), reset: Notify::new() };
    socket.set_nodelay(true).expect("an open socket takes options");
    // TLS takes the socket; with this second handle on it, it can still be told how to close.
    let handle = socket.as_fd().try_clone_to_owned().expect("there are file descriptors left");
    // The kernel has accepted at once, and the client's part of the handshake is waiting already. So both round trips
    // that a real connection costs pass here: TCP's, and that of TLS 1.3.
    arrive(Some(Instant::now() + 2 * exchange.round_trip)).await;
    // A client that does not like the certificate says so itself.
    let Ok(stream) = tls.accept(socket).await else { return };

    let mut http = Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new());
    http.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    let connection = Arc::new(connection);
    let service = service_fn(|request| {
        let (exchange, connection) = (exchange.clone(), connection.clone());
        async move { exchange.answer(request, &connection).await }
    });
    tokio::select! {
        // However it ended, the client knows as much.
        _ = http.serve_connection_with_upgrades(TokioIo::new(stream), service) => {}
        // Closing then throws away what is not sent yet, and the client gets a reset instead of an orderly end.
        () = connection.reset.notified() => {
            set_socket_linger(&handle, Some(Duration::ZERO)).expect("an open socket takes options");
        }
    }
}
