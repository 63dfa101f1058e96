//! Bodies of answers: streamed as they come, late by the way from server to client, cut where a fault says so.

use std::collections::VecDeque;
use std::error::Error;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::Response;
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming};
use hyper::header::CONTENT_LENGTH;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use super::clock::{Lines, Shift};
use super::exchange::Connection;
use super::record::Underway;

pub(super) type Body = BoxBody<Bytes, BoxError>;
type BoxError = Box<dyn Error + Send + Sync>;

/// A body that is known whole.
pub(super) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

/// What becomes of a body between the server and the client.
pub(super) struct Way {
    /// How long each part takes.
    pub delay: Duration,
    /// By how much the server's times differ.
    pub shift: Shift,
    /// Where it breaks off, if it does.
    pub cut: Option<Cut>,
}

/// A watch breaks off after so many events.
pub(super) struct Cut {
    pub events: usize,
    pub then: Then,
}

/// What comes after that.
pub(super) enum Then {
    /// The orderly end.
    End,
    /// One more event, and the end.
    Event(String),
    /// The connection breaks.
    Reset(Arc<Connection>),
    /// Nothing, ever.
    Silence,
}

/// The server's body, each part as long after the server sent it as the way takes; only its first events where
/// somebody wants that.
///
/// Read by a task of its own, ahead of the client: parts that were sent together arrive together.
pub(super) fn relay(mut server: Incoming, way: Way, request: Arc<Underway>) -> Body {
    let (client, relayed) = mpsc::channel(1);
    let Way { delay, shift, cut } = way;
    let mut first_events = FirstEvents { left: cut.as_ref().map(|cut| cut.events) };
    let mut lines = Lines::new(shift);
    tokio::spawn(async move {
        let mut on_the_way = VecDeque::new();
        let mut complete = first_events.complete();
        while !complete || !on_the_way.is_empty() {
            let next_arrival = on_the_way.front().map(|&(arrival, _)| arrival);
            tokio::select! {
                frame = server.frame(), if !complete => {
                    let frame = match frame {
                        Some(frame) => {
                            let frame = frame.map(|frame| frame.map_data(|data| lines.with(first_events.of(data))));
                            complete = first_events.complete();
                            frame.map_err(BoxError::from)
                        }
                        None => {
                            complete = true;
                            Ok(Frame::data(lines.rest()))
                        }
                    };
                    let is_empty = matches!(&frame, Ok(frame) if frame.data_ref().is_some_and(Bytes::is_empty));
                    if !is_empty {
                        on_the_way.push_back((Instant::now() + delay, frame));
                    }
                },
                () = arrive(next_arrival) => {
                    let (_, frame) = on_the_way.pop_front().expect("what arrives was on the way");
                    request.answers_on();
                    if client.send(frame).await.is_err() {
                        return;
                    }
                }
                // The client wants no more, and the server learns it when `server` is dropped.
                () = client.closed() => return,
            }
        }
        if first_events.complete()
            && let Some(cut) = cut
        {
            cut.then.happen(&client).await;
        }
    });
    Relayed(relayed).boxed()
}

impl Then {
    async fn happen(self, client: &mpsc::Sender<Result<Frame<Bytes>, BoxError>>) {
        match self {
            Self::End => {}
            Self::Event(line) => {
                // Where the client is gone meanwhile, there is nobody to tell.
                let _ = client.send(Ok(Frame::data(line.into()))).await;
            }
            Self::Reset(connection) => {
                // A reset throws away what is not sent yet: the last event has to be taken, and then be written.
                let _ = client.reserve().await;
                yield_now().await;
                connection.reset.notify_one();
                client.closed().await;
            }
            Self::Silence => client.closed().await,
        }
    }
}

/// Half of the server's body, with the length of all of it in the headers.
pub(super) async fn first_half(response: Response<Incoming>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let all = body.collect().await.expect("the server's own answer is whole").to_bytes();
    parts.headers.insert(CONTENT_LENGTH, all.len().into());
    let half = Frame::data(all.slice(..all.len() / 2));
    let (client, relayed) = mpsc::channel(1);
    tokio::spawn(async move {
        // The end comes when the half has been taken. In one piece with it, hyper would see that the length is wrong
        // and send neither. Where the client is gone meanwhile, there is nobody to tell.
        if client.send(Ok(half)).await.is_ok() {
            let _ = client.reserve().await;
        }
    });
    Response::from_parts(parts, Relayed(relayed).boxed())
}

/// Waits until then, for ever if there is no such time.
///
/// Not at all if it has come: Tokio rounds up to the next millisecond.
pub(super) async fn arrive(arrival: Option<Instant>) {
    match arrival {
        Some(arrival) if arrival > Instant::now() => sleep_until(arrival).await,
        Some(_) => {}
        None => pending().await,
    }
}

/// Frames that a task sends.
struct Relayed(mpsc::Receiver<Result<Frame<Bytes>, BoxError>>);

impl HttpBody for Relayed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.0.poll_recv(context)
    }
}

/// The beginning of a watch's body, in which each event is a line.
struct FirstEvents {
    /// How many are still wanted; none for all.
    left: Option<usize>,
}

impl FirstEvents {
    fn complete(&self) -> bool {
        self.left == Some(0)
    }

    fn of(&mut self, data: Bytes) -> Bytes {
        let Some(left) = &mut self.left else { return data };
        let mut ends =
            data.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(index, _)| index + 1);
        let mut length = data.len();
        while *left > 0 {
            let Some(end) = ends.next() else { break };
            *left -= 1;
            length = end;
        }
        if *left > 0 { data } else { data.slice(..length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_end_where_lines_do() {
        let mut first = FirstEvents { left: Some(2) };
        assert_eq!(first.of(Bytes::from("on")), "on");
        assert_eq!(first.of(Bytes::from("e\ntw")), "e\ntw");
        assert!(!first.complete());
        assert_eq!(first.of(Bytes::from("o\nthree\n")), "o\n");
        assert!(first.complete());
    }

    #[test]
    fn without_a_limit_nothing_is_cut() {
        let mut all = FirstEvents { left: None };
        assert_eq!(all.of(Bytes::from("one\ntwo\n")), "one\ntwo\n");
        assert!(!all.complete());
    }
}
