//! What can go wrong with a request, and with which one it does.

use super::recording::Recorded;

/// Which request to break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Select {
    /// The n-th of all requests since the proxy's start, counted from 1.
    Number(usize),
    /// The n-th, counted from 1, of those with this verb and resource, both as in [`Recorded`].
    Nth { verb: String, resource: String, n: usize },
}

impl Select {
    /// `Select::nth(2, "patch", "pods")`.
    pub fn nth(n: usize, verb: impl Into<String>, resource: impl Into<String>) -> Self {
        Self::Nth { verb: verb.into(), resource: resource.into(), n }
    }

    /// Whether the last of these requests is meant.
    pub(super) fn is_last(&self, requests: &[Recorded]) -> bool {
        match self {
            Self::Number(number) => requests.len() == *number,
            Self::Nth { verb, resource, n } => {
                let alike = |request: &&Recorded| request.verb == *verb && request.resource == *resource;
                requests.last().as_ref().is_some_and(alike) && requests.iter().filter(alike).count() == *n
            }
        }
    }
}

/// Something that runs while a request waits.
pub type Action = Box<dyn FnOnce() + Send>;

/// What happens to a request, once.
pub enum Fault {
    /// The proxy answers in the server's place and words: 401, 403, 404, 409, 410, 422, 429 (come back in a second),
    /// 500, 503 or 504. The server never hears of the request.
    Status(u16),
    /// The connection breaks; the server never hears of the request.
    ///
    /// A reset takes the whole TCP connection, and with it every other request on it, since that is what breaks in
    /// reality. (An HTTP/2 server that resets a single stream is not broken: it chooses to.)
    ResetBefore,
    /// The connection breaks when the server has acted and begins to answer.
    ResetAfter,
    /// No answer ever comes, and the server never hears of the request. The connection lives: HTTP/2 pings are
    /// answered, so that only the request's own deadline helps.
    Stall,
    /// The server acted; half of the body that the headers promise arrives, and then its end. Not for a watch, whose
    /// body has no half.
    Truncate,
    /// The server acted; a 200 comes with JSON that breaks off.
    Malformed,
    /// A watch is answered with an event that says 410: its resourceVersion is too old.
    WatchExpired,
    /// A watch ends cleanly after so many events; with 0, right after its headers.
    WatchEnds { events: usize },
    /// A watch breaks in its midst, after so many events.
    WatchBreaks { events: usize, by: Break },
    /// Runs this just before the server hears of the request, for example a concurrent write, or the plugin's end.
    ///
    /// If it panics, the message goes to stderr and the connection breaks.
    Before(Action),
    /// Runs this when the server has acted, before the client hears of it.
    After(Action),
}

/// How a watch breaks that had begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// With an event that says 410.
    Expiry,
    /// With its whole connection, as [`Fault::ResetBefore`].
    Reset,
    /// Nothing more ever comes, though the connection lives.
    Silence,
}

impl Fault {
    /// [`Fault::Before`] without the box.
    pub fn before(action: impl FnOnce() + Send + 'static) -> Self {
        Self::Before(Box::new(action))
    }

    /// [`Fault::After`] without the box.
    pub fn after(action: impl FnOnce() + Send + 'static) -> Self {
        Self::After(Box::new(action))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hyper::{Method, Uri};

    use super::super::target::Target;
    use super::*;

    #[test]
    fn the_nth_is_counted_among_its_like() {
        let pod: Uri = "/api/v1/namespaces/n/pods/p".parse().expect("a path is a URI");
        let requests: Vec<Recorded> = [Method::GET, Method::PATCH, Method::GET, Method::PATCH]
            .iter()
            .zip(1..)
            .map(|(method, number)| Recorded::new(number, 1, Target::new(method, &pod), Duration::ZERO))
            .collect();
        let selected = |select: Select| -> Vec<usize> {
            (1..=requests.len()).filter(|&length| select.is_last(&requests[..length])).collect()
        };
        assert_eq!(selected(Select::Number(3)), [3]);
        assert_eq!(selected(Select::nth(2, "patch", "pods")), [4]);
        assert_eq!(selected(Select::nth(1, "get", "pods")), [1]);
        assert!(selected(Select::nth(1, "get", "services")).is_empty());
    }
}
