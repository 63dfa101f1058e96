//! One HTTP/2 connection to the API server, or several HTTP/1 ones where it speaks no HTTP/2.
//!
//! Which of both is not left to the TLS handshake: a client that learns of HTTP/2 only there opens a
//! connection for each of the first parallel requests (24 of them, for one `kubectl isolate`).
//!
//! kube's own client speaks HTTP/1 only: every wave of parallel requests that is wider than any
//! before pays new TCP and TLS handshakes (measured at 50 ms round trip: 621 ms against 381 ms for
//! waves of 1, 8, 12, 20 and 50). Its retry layer replays writes and it compares NO_PROXY with the
//! proxy's own address, so neither is used.

use std::sync::OnceLock;
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::client::{Body, ConfigExt};
use kube::{Client, Config};
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

use super::{ClusterError, error::causes};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a silent connection is trusted before it is asked for a sign of life, and how long the
/// answer may take: a watch whose server vanished ends after the sum of both.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Bytes of an answer, and of all answers, that may be on the way: with HTTP/2's own 64 KiB a list of a megabyte
/// takes a dozen round trips. As Go's clients do, kubectl among them (net/http, h2_bundle.go:
/// `http2transportDefaultStreamFlow`; theirs is even larger for the connection).
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;

/// How requests reach the server.
pub(super) struct Transport {
    http2: Client,
    http1: Client,
    /// The protocol in which the server answered first; none before that.
    spoken: OnceLock<Protocol>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

impl Transport {
    pub(super) fn new(config: &Config) -> Result<Self, ClusterError> {
        let spoken = OnceLock::new();
        if config.cluster_url.scheme_str() == Some("http") {
            // Without TLS nobody offers HTTP/2: `kubectl proxy` above all.
            spoken.get_or_init(|| Protocol::Http1);
        }
        Ok(Self { http2: client(config, Protocol::Http2)?, http1: client(config, Protocol::Http1)?, spoken })
    }

    /// The same way, with other credentials.
    pub(super) fn renewed(&self, config: &Config) -> Result<Self, ClusterError> {
        Ok(Self { spoken: self.spoken.clone(), ..Self::new(config)? })
    }

    /// The client for a try of this number, counted from 1: until the server answered, every second
    /// try is in HTTP/1.
    pub(super) fn client(&self, attempt: u32) -> (&Client, Protocol) {
        let untold = if attempt % 2 == 1 { Protocol::Http2 } else { Protocol::Http1 };
        match self.spoken.get().copied().unwrap_or(untold) {
            Protocol::Http2 => (&self.http2, Protocol::Http2),
            Protocol::Http1 => (&self.http1, Protocol::Http1),
        }
    }

    /// The client for what HTTP/2 has no way to do.
    pub(super) fn http1(&self) -> &Client {
        &self.http1
    }

    /// Takes note that the server answered.
    pub(super) fn answered(&self, protocol: Protocol) {
        self.spoken.get_or_init(|| protocol);
    }
}

fn client(config: &Config, protocol: Protocol) -> Result<Client, ClusterError> {
    let mut direct = HttpConnector::new();
    direct.enforce_http(false);
    direct.set_nodelay(true);
    direct.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let Some(proxy) = proxy_for(config) else {
        return with_connector(direct, config, protocol);
    };
    match proxy.uri().scheme_str() {
        Some("http") => {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), direct);
            if let Some(credentials) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(credentials.clone());
            }
            with_connector(tunnel, config, protocol)
        }
        Some("socks5" | "socks5h") => {
            let mut socks = SocksV5::new(proxy.uri().clone(), direct);
            if let Some((user, password)) = proxy.raw_auth() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            with_connector(socks, config, protocol)
        }
        _ => Err(ClusterError::configuration(format!(
            "proxy {}: only http and socks5 proxies are supported",
            proxy.uri()
        ))),
    }
}

/// The kubeconfig's `proxy-url` is meant for this cluster and always holds; the environment's
/// proxies give way to NO_PROXY (client-go: rest/transport.go and net/http's ProxyFromEnvironment).
fn proxy_for(config: &Config) -> Option<Intercept> {
    let from_environment = Matcher::from_env();
    let environment = || from_environment.intercept(&config.cluster_url);
    // kube fills proxy_url from HTTPS_PROXY as well; only a proxy that the environment does not
    // name comes from the kubeconfig.
    let explicit = config.proxy_url.as_ref().map(Uri::to_string).filter(|url| {
        !["HTTPS_PROXY", "https_proxy"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .any(|value| value.parse::<Uri>().is_ok_and(|parsed| parsed.to_string() == *url))
    });
    match explicit {
        Some(url) => Matcher::builder().all(url).build().intercept(&config.cluster_url),
        None => environment(),
    }
}

fn with_connector<C>(connector: C, config: &Config, protocol: Protocol) -> Result<Client, ClusterError>
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: Into<BoxError>,
{
    let unusable = |error: kube::Error| {
        ClusterError::configuration(format!("the connection can't be set up: {}", causes(&error)))
    };
    let tls = config.rustls_client_config().map_err(unusable)?;
    let mut builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    if let Some(name) = &config.tls_server_name {
        let name = name.clone().try_into().map_err(|_| {
            ClusterError::configuration(format!("tls-server-name {name:?} is not a server name"))
        })?;
        builder = builder.with_server_name_resolver(hyper_rustls::FixedServerNameResolver::new(name));
    }
    let https = match protocol {
        Protocol::Http1 => builder.enable_http1().wrap_connector(connector),
        Protocol::Http2 => builder.enable_http2().wrap_connector(connector),
    };
    // A server that does not choose HTTP/2 in the handshake would leave us waiting for an answer to
    // words it does not understand.
    let https = BoxCloneSyncService::new(https.map_result(move |connected: Result<_, BoxError>| {
        let stream: MaybeHttpsStream<C::Response> = connected?;
        if protocol == Protocol::Http2 && !stream.connected().is_negotiated_h2() {
            return Err(BoxError::from("the server does not speak HTTP/2"));
        }
        Ok(stream)
    }));
    let http: HttpClient<_, Body> = HttpClient::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .http2_only(protocol == Protocol::Http2)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .http2_keep_alive_timeout(KEEP_ALIVE)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .build(https);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer().map_err(unusable)?)
        .layer(config.extra_headers_layer().map_err(unusable)?)
        .map_err(BoxError::from)
        .service(http);
    Ok(Client::new(service, config.default_namespace.clone()))
}
