//! The way from the proxy to the real API server.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HOST, HeaderName, TE, TRANSFER_ENCODING, UPGRADE};
use hyper::{HeaderMap, Request, Response, Uri, Version};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::upgrade;
use crate::cluster::Connection;

/// What is between two neighbours only and means nothing beyond (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 6] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// A client of the API server that knows no user: whoever calls the proxy says who they are.
pub(super) struct Upstream {
    client: Client<HttpsConnector<HttpConnector>, Incoming>,
    /// HTTP/2 has no upgrades.
    upgrading: Client<HttpsConnector<HttpConnector>, Incoming>,
    server: Uri,
}

impl Upstream {
    pub(super) fn new(connection: &Connection) -> Self {
        let text = |field: &str| {
            connection.cluster[field].as_str().unwrap_or_else(|| panic!("the kubeconfig has no {field}"))
        };
        let authority = BASE64_STANDARD
            .decode(text("certificate-authority-data"))
            .expect("the kubeconfig's certificate authority is base64");
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&authority) {
            let certificate = certificate.expect("the kubeconfig's certificate authority is PEM");
            roots.add(certificate).expect("the kubeconfig's certificate authority is a certificate");
        }
        let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        // Else a body that follows its headers would wait 40 ms for the server to confirm those, which no client's does.
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let connector =
            || HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_only().enable_http1();
        let both = connector().enable_http2().wrap_connector(tcp.clone());
        Self {
            client: Client::builder(TokioExecutor::new()).build(both),
            upgrading: Client::builder(TokioExecutor::new()).build(connector().wrap_connector(tcp)),
            server: text("server").parse().expect("the API server's address is a URI"),
        }
    }

    /// Sends the request on and returns the server's answer as soon as its headers are there.
    pub(super) async fn send(&self, mut request: Request<Incoming>) -> Result<Response<Incoming>, String> {
        let mut address = self.server.clone().into_parts();
        address.path_and_query = request.uri().path_and_query().cloned();
        *request.uri_mut() =
            Uri::from_parts(address).expect("the server's address with another path is a URI");
        *request.version_mut() = Version::default();
        // Every header but these passes, Authorization above all. The client writes the server's name itself.
        request.headers_mut().remove(HOST);
        if upgrade::is_asked_for(&request) {
            return self.upgrading.request(request).await.map_err(|error| format!("{error:?}"));
        }
        remove_hop_by_hop(request.headers_mut());
        let mut response = self.client.request(request).await.map_err(|error| format!("{error:?}"))?;
        *response.version_mut() = Version::default();
        remove_hop_by_hop(response.headers_mut());
        Ok(response)
    }
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named_by_connection: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .map(|name| name.trim().to_owned())
        .collect();
    for name in named_by_connection {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}
