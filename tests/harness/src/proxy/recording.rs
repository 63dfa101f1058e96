//! What a plugin asked the API server, and when.

use std::time::Duration;

use super::target::Target;

/// Everything that went through a [`Proxy`](crate::Proxy) so far.
#[derive(Debug, Clone)]
pub struct Recording {
    /// In the order in which they came.
    pub requests: Vec<Recorded>,
    /// How many connections were made, with or without requests.
    pub connections: usize,
}

/// One request. All times are since the proxy's start and as the client has them: a round trip that the proxy adds
/// lies between `started` and `ended`.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Counted from 1.
    pub number: usize,
    /// As an RBAC rule names it: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: String,
    /// The API group; empty for the core's.
    pub group: String,
    /// As an RBAC rule names it: `pods`, `pods/eviction`; for what is no resource, the path: `/version`.
    pub resource: String,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub dry_run: bool,
    pub started: Duration,
    /// When the last part of the answer was handed over, or when the request was broken or given up.
    ///
    /// For a watch it is when the headers were handed over: what a client waits for after that is an event, not the
    /// request. None while the request is under way.
    pub ended: Option<Duration>,
    /// What the client was told; none if it never got an answer.
    pub status: Option<u16>,
    /// The connection it came by, counted from 1.
    pub connection: usize,
}

impl Recorded {
    pub(super) fn new(number: usize, connection: usize, target: Target, started: Duration) -> Self {
        let Target { verb, group, resource, namespace, name, dry_run } = target;
        Self {
            number,
            verb,
            group,
            resource,
            namespace,
            name,
            dry_run,
            started,
            ended: None,
            status: None,
            connection,
        }
    }
}

impl Recording {
    /// The longest chain of requests in which each started after the former had ended: how many round trips somebody
    /// waits for at least, connecting aside.
    ///
    /// Whether a request really waited for another can't be seen from outside, so this says something only when a
    /// round trip takes much longer than all that a client does between two requests of the same wave:
    /// [`Proxy::with_round_trip`](crate::Proxy::with_round_trip) of 50 ms will do.
    pub fn waves(&self) -> usize {
        let end = |request: &Recorded| request.ended.unwrap_or(Duration::MAX);
        let mut requests: Vec<&Recorded> = self.requests.iter().collect();
        requests.sort_by_key(|request| end(request));
        // Of all requests that may come next, the one that ends first leaves the most room for others.
        let mut waves = 0;
        let mut free_from = Duration::ZERO;
        for request in requests {
            if request.started >= free_from {
                waves += 1;
                free_from = end(request);
            }
        }
        waves
    }

    /// A table for people: a line per request, times in milliseconds.
    pub fn table(&self) -> String {
        let mut rows = vec![
            ["#", "connection", "verb", "resource", "name", "start", "end", "status"].map(str::to_owned),
        ];
        rows.extend(self.requests.iter().map(row));
        let widths: [usize; 8] =
            std::array::from_fn(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or_default());
        rows.iter()
            .map(|row| {
                let cells: Vec<String> =
                    row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
                cells.join("  ").trim_end().to_owned() + "\n"
            })
            .collect()
    }
}

fn row(request: &Recorded) -> [String; 8] {
    let absent = || "-".to_owned();
    let dry_run = if request.dry_run { " (dry run)" } else { "" };
    [
        request.number.to_string(),
        request.connection.to_string(),
        format!("{}{dry_run}", request.verb),
        request.resource.clone(),
        request.name.clone().unwrap_or_else(absent),
        request.started.as_millis().to_string(),
        request.ended.map_or_else(absent, |ended| ended.as_millis().to_string()),
        request.status.map_or_else(absent, |status| status.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use hyper::Method;

    use super::*;

    /// Requests from these milliseconds to those; without an end they are under way.
    fn recording(times: &[(u64, Option<u64>)]) -> Recording {
        let requests = times
            .iter()
            .zip(1..)
            .map(|(&(started, ended), number)| {
                let target =
                    Target::new(&Method::GET, &"/api/v1/namespaces/n/pods/web-1".parse().expect("a URI"));
                Recorded {
                    ended: ended.map(Duration::from_millis),
                    status: ended.map(|_| 200),
                    ..Recorded::new(number, 1, target, Duration::from_millis(started))
                }
            })
            .collect();
        Recording { requests, connections: 1 }
    }

    #[test]
    fn waves_are_the_longest_chain() {
        let waves = |times: &[(u64, Option<u64>)]| recording(times).waves();
        assert_eq!(waves(&[]), 0);
        // Side by side.
        assert_eq!(waves(&[(0, Some(50)), (1, Some(52)), (2, Some(51))]), 1);
        // One after the other, also when one starts in the very moment the other ends.
        assert_eq!(waves(&[(0, Some(50)), (50, Some(100)), (110, Some(160))]), 3);
        // A long one beside two short ones is not in the chain, wherever it ends.
        assert_eq!(waves(&[(0, Some(300)), (0, Some(50)), (60, Some(110))]), 2);
        // Two waves of two that overlap a little: the second pair waited for the first of the first pair only.
        assert_eq!(waves(&[(0, Some(50)), (0, Some(80)), (55, Some(105)), (56, Some(106))]), 2);
    }

    #[test]
    fn a_request_under_way_is_the_last_of_its_chain() {
        assert_eq!(recording(&[(0, Some(50)), (60, None), (60, Some(110))]).waves(), 2);
        assert_eq!(recording(&[(0, None), (60, None)]).waves(), 1);
    }

    #[test]
    fn the_table_shows_what_is_absent() {
        let table = recording(&[(0, Some(50)), (60, None)]).table();
        let expected = "\
#  connection  verb  resource  name   start  end  status
1  1           get   pods      web-1  0      50   200
2  1           get   pods      web-1  60     -    -
";
        assert_eq!(table, expected);
    }
}
