//! Following what changes.

use std::time::Duration;

use futures::stream::{self, BoxStream, LocalBoxStream, StreamExt};
use jiff::Timestamp;
use kube::core::WatchEvent;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use super::request::Call;
use super::transport::Transport;
use super::{Cluster, ClusterError, ErrorKind, Query};
use crate::model::object::{PODS, Resource};

/// The pause before a watch that the server ended is opened again, so that a server that ends
/// every watch at once is not flooded.
const REOPEN_PAUSE: Duration = Duration::from_millis(500);

/// How long a watch may say nothing before another one is opened where it stopped: something between us and the server
/// may have lost it without a word, though its connection lives. Of most kinds the server says once a minute that there is
/// no news (k8s.io/apiserver, pkg/storage/cacher: `defaultBookmarkFrequency`); of events it says nothing.
const SILENCE: Duration = Duration::from_secs(90);

/// What comes so soon after a watch was opened again may have happened while nobody listened.
const CATCHING_UP: Duration = Duration::from_secs(1);

/// What to follow, and from which state on: the resourceVersion of the list or object last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// Which objects.
    pub query: Query,
    /// The state that is already known.
    pub resource_version: String,
}

/// One object came, changed or went.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its kind.
    pub resource: Resource,
    /// Whether it is gone: deleted, or no longer what the query means.
    pub gone: bool,
    /// The object as it is, or last was.
    pub object: Value,
    /// When we learned of it, by the server's clock.
    pub at: Timestamp,
    /// Since when nobody had listened: it may have happened then. None where it is news.
    pub unheard_since: Option<Timestamp>,
}

impl Change {
    /// Nothing came but the time: no object at all, whatever the kind.
    #[must_use]
    pub fn of_time(at: Timestamp) -> Self {
        Self { resource: PODS, gone: false, object: Value::Null, at, unheard_since: None }
    }
}

impl Cluster {
    /// Follows several queries at once. A watch that the server ends, or that falls silent, goes on where it stopped;
    /// after an error the caller reads anew ([`ErrorKind::Expired`] above all: the state is too old).
    #[must_use]
    pub fn follow(&self, followed: &[Followed]) -> LocalBoxStream<'static, Result<Change, ClusterError>> {
        let watches = followed.iter().map(|one| {
            stream::try_unfold(Watch::new(self, one), |mut watch| async move {
                let change = watch.next().await?;
                Ok(Some((change, watch)))
            })
            .boxed_local()
        });
        stream::select_all(watches).boxed_local()
    }
}

type Events = BoxStream<'static, Result<WatchEvent<Value>, kube::Error>>;

struct Watch {
    cluster: Cluster,
    from: Followed,
    events: Option<Events>,
    /// The one that fell silent, until another one says something.
    silent: Option<Events>,
    /// Whether the server may have forgotten the state from which we could go on: then silence is waited out.
    is_expired: bool,
    /// When it last said anything.
    heard: Option<Timestamp>,
    /// Since when nobody had listened when it was opened again, and when that was.
    gap: Option<(Timestamp, Instant)>,
}

impl Watch {
    fn new(cluster: &Cluster, from: &Followed) -> Self {
        let (cluster, from) = (cluster.clone(), from.clone());
        Self { cluster, from, events: None, silent: None, is_expired: false, heard: None, gap: None }
    }

    async fn next(&mut self) -> Result<Change, ClusterError> {
        let resource = self.from.query.resource;
        loop {
            if self.events.is_none() {
                self.events = Some(self.open().await?);
                self.opened();
            }
            let Some(events) = &mut self.events else { continue };
            let Ok(event) = timeout(SILENCE, events.next()).await else {
                self.replace_silent().await?;
                continue;
            };
            if self.returned_to_silent(event.as_ref()) {
                continue;
            }
            let (gone, object) = match event {
                None => {
                    self.events = None;
                    sleep(REOPEN_PAUSE).await;
                    continue;
                }
                Some(Err(error)) => return Err(self.call().failed(&error)),
                Some(Ok(WatchEvent::Error(status))) => {
                    return Err(ClusterError::from_status(&self.call().about, &status));
                }
                Some(Ok(WatchEvent::Bookmark(bookmark))) => {
                    self.from.resource_version = bookmark.metadata.resource_version;
                    self.heard = Some(self.cluster.now());
                    self.is_expired = false;
                    continue;
                }
                Some(Ok(WatchEvent::Added(object) | WatchEvent::Modified(object))) => (false, object),
                Some(Ok(WatchEvent::Deleted(object))) => (true, object),
            };
            if let Some(version) = object.pointer("/metadata/resourceVersion").and_then(Value::as_str) {
                self.from.resource_version = version.to_owned();
            }
            let unheard_since = self.gap.filter(|(_, opened)| opened.elapsed() < CATCHING_UP);
            let unheard_since = unheard_since.map(|(heard, _)| heard);
            let at = self.cluster.now();
            self.heard = Some(at);
            self.is_expired = false;
            return Ok(Change { resource, gone, object, at, unheard_since });
        }
    }

    fn opened(&mut self) {
        self.gap = self.heard.map(|heard| (heard, Instant::now()));
        self.heard.get_or_insert(self.cluster.now());
    }

    /// Listens to another one in its place. Where nothing happened for long, there may be no way back to the state that
    /// is known, and nothing is wrong with the silent one.
    async fn replace_silent(&mut self) -> Result<(), ClusterError> {
        if self.is_expired {
            return Ok(());
        }
        match self.open().await {
            Ok(events) => {
                self.silent = self.events.replace(events);
                self.opened();
            }
            Err(error) if error.kind == ErrorKind::Expired => self.is_expired = true,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Whether the one in its place says only that there is no way back.
    fn returned_to_silent(&mut self, event: Option<&Result<WatchEvent<Value>, kube::Error>>) -> bool {
        let silent = self.silent.take();
        let is_expired = matches!(event, Some(Ok(WatchEvent::Error(status))) if status.code == 410);
        let is_back = is_expired && silent.is_some();
        if is_back {
            self.events = silent;
            self.is_expired = true;
        }
        is_back
    }

    async fn open(&self) -> Result<Events, ClusterError> {
        let login = &self.cluster.login;
        let transport = login.transport();
        match self.open_over(&transport).await {
            Err(error) if error.kind == ErrorKind::Unauthorized && login.renew(&transport).await? => {
                self.open_over(&login.transport()).await
            }
            opened => opened,
        }
    }

    async fn open_over(&self, transport: &Transport) -> Result<Events, ClusterError> {
        let call = self.call();
        let request = call.request()?;
        let (client, _) = transport.client(1);
        let opened = client.request_events::<Value>(request);
        match timeout(self.cluster.request_timeout, opened).await {
            Ok(Ok(events)) => Ok(events.boxed()),
            Ok(Err(error)) => Err(call.failed(&error)),
            Err(_) => Err(ClusterError::new(
                ErrorKind::NoAnswer,
                format!("{}: the watch did not start in time", call.about),
            )),
        }
    }

    fn call(&self) -> Call {
        let Followed { query, resource_version } = &self.from;
        let target = query.target(&[
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", resource_version),
        ]);
        query.call(target)
    }
}
