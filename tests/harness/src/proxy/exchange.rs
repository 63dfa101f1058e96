//! One request and its answer: written down, delayed, perhaps broken, otherwise passed on.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::ACCEPT_ENCODING;
use hyper::{Request, Response};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::answers;
use super::body::{self, Body, Cut, Then, Way, arrive};
use super::clock::Shift;
use super::fault::{Action, Break, Fault};
use super::record::{Record, Underway};
use super::target::Target;
use super::upgrade;
use super::upstream::Upstream;

/// What all connections share.
pub(super) struct Exchange {
    pub record: Arc<Record>,
    pub upstream: Upstream,
    pub round_trip: Duration,
    pub shift: Shift,
}

/// The connection a request came by.
pub(super) struct Connection {
    /// Counted from 1.
    pub number: usize,
    /// Whether it is to break.
    pub reset: Notify,
}

impl Connection {
    /// Breaks the connection, and with it whoever waits here.
    async fn reset<T>(&self) -> T {
        self.reset.notify_one();
        pending().await
    }
}

impl Exchange {
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        connection: &Arc<Connection>,
    ) -> Result<Response<Body>, Infallible> {
        let target = Target::new(request.method(), request.uri());
        let (underway, fault) = self.record.started(connection.number, target.clone());
        self.travel().await;
        let mut response = match fault {
            None => self.pass_on(request, None, &underway).await,
            Some(Fault::Status(code)) => answers::refusal(code, &target),
            Some(Fault::ResetBefore) => connection.reset().await,
            Some(Fault::ResetAfter) => {
                let _lost = self.upstream.send(request).await;
                connection.reset().await
            }
            Some(Fault::Stall) => pending().await,
            Some(Fault::Truncate) => match self.upstream.send(request).await {
                Ok(response) => body::first_half(response).await,
                Err(cause) => answers::bad_gateway(&cause),
            },
            Some(Fault::Malformed) => {
                let _lost = self.upstream.send(request).await;
                answers::malformed()
            }
            Some(Fault::WatchExpired) => answers::watch_expired(&target),
            Some(Fault::WatchEnds { events }) => {
                let cut = Cut { events, then: Then::End };
                self.pass_on(request, Some(cut), &underway).await
            }
            Some(Fault::WatchBreaks { events, by }) => {
                let then = match by {
                    Break::Expiry => Then::Event(answers::expired_event(&target)),
                    Break::Reset => Then::Reset(connection.clone()),
                    Break::Silence => Then::Silence,
                };
                self.pass_on(request, Some(Cut { events, then }), &underway).await
            }
            Some(Fault::Before(action)) => {
                run(action, connection).await;
                self.pass_on(request, None, &underway).await
            }
            Some(Fault::After(action)) => {
                let response = self.pass_on(request, None, &underway).await;
                run(action, connection).await;
                response
            }
        };
        if !self.shift.is_none() {
            self.shift.headers(response.headers_mut());
        }
        self.travel().await;
        underway.answered(response.status().as_u16());
        Ok(response)
    }

    /// Asks the server; of its answer, all or only the first events.
    async fn pass_on(
        &self,
        mut request: Request<Incoming>,
        cut: Option<Cut>,
        underway: &Arc<Underway>,
    ) -> Response<Body> {
        if !self.shift.is_none() {
            // What is compressed can't be shifted.
            request.headers_mut().remove(ACCEPT_ENCODING);
        }
        let client = hyper::upgrade::on(&mut request);
        match self.upstream.send(request).await {
            Ok(mut response) => {
                upgrade::relay(client, &mut response);
                let way = Way { delay: self.round_trip / 2, shift: self.shift, cut };
                response.map(|server| body::relay(server, way, underway.clone()))
            }
            Err(cause) => answers::bad_gateway(&cause),
        }
    }

    /// One way: half of the round trip.
    async fn travel(&self) {
        arrive(Some(Instant::now() + self.round_trip / 2)).await;
    }
}

/// The action may take its time and run programs, so it gets a thread.
async fn run(action: Action, connection: &Connection) {
    if spawn_blocking(action).await.is_err() {
        connection.reset().await
    }
}
