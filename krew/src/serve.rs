//! The files of a folder at an http address of this machine, since krew installs from nowhere else.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

/// Serves until it is dropped.
pub struct FileServer {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl FileServer {
    /// Serves the files of a folder, not those of folders in it.
    ///
    /// # Errors
    /// When there is no port left.
    pub fn start(folder: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let folder = folder.to_owned();
        let (stop, stopped) = oneshot::channel();
        thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = serve(listener, folder) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self { address, _stop: stop })
    }

    /// Where the files are, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn serve(listener: TcpListener, folder: PathBuf) -> io::Result<Infallible> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (connection, _) = listener.accept().await?;
        let folder = folder.clone();
        let service = service_fn(move |request| {
            let answer = answer(&folder, &request);
            async move { Ok::<_, Infallible>(answer) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
    }
}

fn answer(folder: &Path, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let name = request.uri().path().trim_start_matches('/');
    let contents = if name.contains('/') { None } else { fs::read(folder.join(name)).ok() };
    let status = if contents.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let mut response = Response::new(Full::from(contents.unwrap_or_default()));
    *response.status_mut() = status;
    response
}
