//! The recording proxy, between kubectl and the real API server.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use harness::{Break, Fault, Namespace, Proxy, Recorded, Rights, Select, User};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

const ROUND_TRIP: Duration = Duration::from_millis(100);

#[test]
fn requests_are_recorded_and_the_way_is_longer() {
    let namespace = Namespace::new("proxy-records");
    let proxy = Proxy::with_round_trip(ROUND_TRIP);
    let far_away = namespace.through(&proxy);
    let started = Instant::now();
    far_away.kubectl(["get", "--raw", &path(&namespace, "configmaps/kube-root-ca.crt")]).success();
    let elapsed = started.elapsed();

    let recording = proxy.recording();
    assert_eq!(recording.connections, 1);
    assert_eq!(recording.waves(), 1);
    let [request] = recording.requests.as_slice() else { panic!("{}", recording.table()) };
    assert_eq!((request.verb.as_str(), request.resource.as_str()), ("get", "configmaps"));
    assert_eq!(request.namespace.as_deref(), Some(namespace.name()));
    assert_eq!(request.name.as_deref(), Some("kube-root-ca.crt"));
    assert_eq!(request.status, Some(200));
    assert!(duration(request) >= ROUND_TRIP, "{}", recording.table());
    assert!(
        elapsed >= 3 * ROUND_TRIP,
        "one round trip for TCP, one for TLS, one for the request: {elapsed:?}"
    );
}

#[test]
fn whoever_calls_stays_who_it_is() {
    let namespace = Namespace::new("proxy-users");
    let rules = "- {apiGroups: [''], resources: [configmaps], verbs: [list]}";
    let reader = namespace.limited_user("reader", Rights::Rules(rules));
    let proxy = Proxy::start();
    let reader = reader.through(&proxy);
    reader.kubectl(["get", "configmaps"]).success();
    let refused = reader.kubectl(["get", "pods"]).failure(1);
    assert!(refused.stderr.contains("system:serviceaccount:"), "{}", refused.stderr);
    assert_eq!(proxy.recording().requests.last().and_then(|request| request.status), Some(403));
}

#[test]
fn kubectl_takes_the_proxys_refusals_for_the_servers() {
    let namespace = Namespace::new("proxy-refusals");
    let proxy = Proxy::start();
    let user = namespace.through(&proxy);
    let words = [
        (401, "You must be logged in to the server (Unauthorized)"),
        (403, "(Forbidden): pods \"web\" is forbidden: User \"drover\" cannot get resource \"pods\""),
        (404, "(NotFound): pods \"web\" not found"),
        (409, "(Conflict): Operation cannot be fulfilled on pods \"web\""),
        (410, "(Expired): too old resource version"),
        (422, "The request is invalid: the server rejected our request due to an error in our request"),
        (500, "(InternalError): Internal error occurred: etcdserver: request timed out"),
        (503, "(ServiceUnavailable): the server is currently unable to handle the request"),
        (504, "(Timeout): Timeout: request did not complete"),
    ];
    for (n, (code, expected)) in (1..).zip(words) {
        proxy.break_request(Select::nth(n, "get", "pods"), Fault::Status(code));
        let refused = user.kubectl(["get", "--raw", &path(&namespace, "pods/web")]).failure(1);
        assert!(refused.stderr.contains(expected), "{code}: {}", refused.stderr);
        assert_eq!(proxy.recording().requests.last().and_then(|request| request.status), Some(code));
    }
    assert_eq!(proxy.fired(), words.len());
}

#[test]
fn a_command_in_a_container_passes_both_ways() {
    let namespace = Namespace::new("proxy-upgrades");
    namespace.apply(
        "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {terminationGracePeriodSeconds: 1, \
         containers: [{name: web, image: 'drover.test/box:1', command: [sleep, '3600']}]}}",
    );
    namespace.wait("pod/web", "condition=Ready", 60);
    let proxy = Proxy::start();
    let command = ["exec", "-i", "web", "--", "cat"];
    let echoed = namespace.through(&proxy).command(command).input("hello").run().success();
    assert_eq!(echoed.stdout, "hello");
    let recording = proxy.recording();
    let request = recording.requests.iter().find(|request| request.resource == "pods/exec");
    assert_eq!(request.and_then(|request| request.status), Some(101), "{}", recording.table());
}

#[test]
fn a_busy_server_is_asked_again_when_it_said() {
    let namespace = Namespace::new("proxy-busy");
    let proxy = Proxy::start();
    proxy.break_request(Select::Number(1), Fault::Status(429));
    namespace.through(&proxy).kubectl(["get", "--raw", &path(&namespace, "pods")]).success();
    let recording = proxy.recording();
    assert_eq!(statuses(&recording.requests), [Some(429), Some(200)], "{}", recording.table());
    let pause = recording.requests[1].started - recording.requests[0].started;
    assert!(pause >= Duration::from_secs(1), "Retry-After said a second: {pause:?}");
}

#[test]
fn a_reset_loses_the_request_or_only_its_answer() {
    let namespace = Namespace::new("proxy-resets");
    for (name, fault, acted) in [("before", Fault::ResetBefore, false), ("after", Fault::ResetAfter, true)] {
        let proxy = Proxy::start();
        proxy.break_request(Select::nth(1, "create", "configmaps"), fault);
        let lost = namespace.through(&proxy).kubectl(["create", "configmap", name]).failure(1);
        // A reset is told once: where kubectl happens to write first, that learns of it, and reading only finds the end.
        let words = ["connection reset by peer", "unexpected EOF", "broken pipe"];
        assert!(words.iter().any(|words| lost.stderr.contains(words)), "{}", lost.stderr);
        assert_eq!(exists(&namespace, &format!("configmap/{name}")), acted);
        assert_eq!(proxy.fired(), 1);
        let request = broken(&proxy, "create");
        assert_eq!(request.status, None);
    }
}

#[test]
fn a_stall_lasts_until_the_client_gives_up() {
    let namespace = Namespace::new("proxy-stall");
    let proxy = Proxy::start();
    proxy.break_request(Select::nth(1, "create", "configmaps"), Fault::Stall);
    let user = namespace.through(&proxy);
    let given_up = user.kubectl(["create", "configmap", "late", "--request-timeout=1s"]).failure(1);
    assert!(
        given_up.stderr.contains("request canceled") || given_up.stderr.contains("deadline"),
        "{}",
        given_up.stderr
    );
    assert!(!exists(&namespace, "configmap/late"));
    assert!(duration(&broken(&proxy, "create")) >= Duration::from_millis(900));
}

#[test]
fn broken_bodies_arrive_broken() {
    let namespace = Namespace::new("proxy-bodies");
    for http1 in ["", "1"] {
        let proxy = Proxy::start();
        proxy.break_request(Select::Number(1), Fault::Truncate);
        proxy.break_request(Select::Number(2), Fault::Malformed);
        let user = namespace.through(&proxy);
        let ask = || {
            let request = user.command(["get", "--raw", &path(&namespace, "configmaps/kube-root-ca.crt")]);
            request.environment("DISABLE_HTTP2", http1).run()
        };
        let cut = ask().failure(1);
        assert!(cut.stderr.contains("unexpected EOF"), "{}", cut.stderr);
        assert!(cut.stdout.starts_with("{"), "half of it comes: {}", cut.stdout);
        assert_eq!(ask().success().stdout, r#"{"kind":"#);
        ask().success();
        assert_eq!(proxy.fired(), 2);
    }
}

#[test]
fn watches_stream_and_end_where_they_should() {
    let namespace = Namespace::new("proxy-watches");
    let proxy = Proxy::start();
    let user = namespace.through(&proxy);
    let watch = || user.command(["get", "--raw", &path(&namespace, "secrets?watch=true")]);

    proxy.break_request(Select::nth(1, "watch", "secrets"), Fault::WatchExpired);
    let expired = watch().run().success().stdout;
    assert!(expired.contains(r#""type":"ERROR""#) && expired.contains(r#""code":410"#), "{expired}");

    proxy.break_request(Select::nth(2, "watch", "secrets"), Fault::WatchEnds { events: 0 });
    assert_eq!(watch().run().success().stdout, "");

    proxy.break_request(Select::nth(3, "watch", "secrets"), Fault::WatchEnds { events: 1 });
    let running = watch().start();
    namespace.kubectl(["create", "secret", "generic", "one"]).success();
    let events = running.finish().success().stdout;
    assert_eq!(events.lines().count(), 1, "{events}");
    assert!(events.contains("ADDED"), "{events}");
    assert_eq!(proxy.fired(), 3);
}

#[test]
fn watches_break_in_their_midst() {
    let namespace = Namespace::new("proxy-breaks");
    let proxy = Proxy::start();
    let user = namespace.through(&proxy);
    let broken = |number: usize, by: Break| {
        proxy.break_request(Select::nth(number, "watch", "secrets"), Fault::WatchBreaks { events: 1, by });
        let path = path(&namespace, "secrets?watch=true");
        let running = user.command(["get", "--raw", &path, "--request-timeout=5s"]).start();
        namespace.kubectl(["create", "secret", "generic", &format!("number-{number}")]).success();
        running.finish()
    };

    let expired = broken(1, Break::Expiry).success().stdout;
    let [first, last] = expired.lines().collect::<Vec<_>>()[..] else { panic!("two events: {expired}") };
    assert!(first.contains("ADDED") && last.contains(r#""code":410"#), "{expired}");

    for (number, by) in [(2, Break::Reset), (3, Break::Silence)] {
        let finished = broken(number, by).failure(1);
        assert_eq!(finished.stdout.lines().count(), 1, "{by:?}: {}", finished.stdout);
    }
    assert_eq!(proxy.fired(), 3);
}

#[test]
fn the_control_plane_has_another_clock() {
    let namespace = Namespace::new("proxy-clock");
    namespace.kubectl(["create", "configmap", "web", "--from-literal=colour=blue"]).success();
    let created = |user: &User| {
        let json = user.kubectl(["get", "--raw", &path(&namespace, "configmaps/web")]).success().stdout;
        let object: Value = serde_json::from_str(&json).expect("an object is JSON");
        let times =
            [&object["metadata"]["creationTimestamp"], &object["metadata"]["managedFields"][0]["time"]];
        times.map(|time| time.as_str().expect("a time").parse::<Timestamp>().expect("a time"))
    };
    let truly = created(&namespace.through(&Proxy::start()));
    for milliseconds in [5000, 500, -2000] {
        let ahead = SignedDuration::from_millis(milliseconds);
        let shifted = created(&namespace.through(&Proxy::with_clock_ahead(ahead)));
        assert_eq!(shifted, truly.map(|time| time + ahead));
    }
}

#[test]
fn a_write_comes_in_between() {
    let namespace = Arc::new(Namespace::new("proxy-writes"));
    namespace.kubectl(["create", "configmap", "contested"]).success();
    let seen = namespace.get("configmap/contested");
    let proxy = Proxy::start();
    let somebody_else = namespace.clone();
    proxy.break_request(
        Select::nth(1, "update", "configmaps"),
        Fault::before(move || {
            somebody_else.kubectl(["label", "configmap", "contested", "by=somebody-else"]).success();
        }),
    );
    let replace = namespace.through(&proxy).command(["replace", "--filename=-"]);
    let conflict = replace.input(seen.to_string()).run().failure(1);
    assert!(conflict.stderr.contains("the object has been modified"), "{}", conflict.stderr);
    assert_eq!(namespace.get("configmap/contested")["metadata"]["labels"]["by"], "somebody-else");
}

#[test]
fn a_client_is_killed_before_it_hears_what_it_did() {
    let namespace = Namespace::new("proxy-kills");
    let proxy = Proxy::start();
    let (client, victim) = mpsc::channel();
    let (killed, done) = mpsc::channel();
    proxy.break_request(
        Select::nth(1, "create", "configmaps"),
        Fault::after(move || {
            drop(victim.recv().expect("the client is given"));
            killed.send(()).expect("the test waits");
        }),
    );
    client
        .send(namespace.through(&proxy).command(["create", "configmap", "done"]).start())
        .expect("the proxy waits");
    done.recv_timeout(Duration::from_secs(60)).expect("the fault fires");
    assert!(exists(&namespace, "configmap/done"));
}

#[test]
fn a_plugin_asks_everything_at_once_by_one_connection() {
    let namespace = Namespace::new("proxy-plugin");
    let proxy = Proxy::with_round_trip(ROUND_TRIP);
    namespace.through(&proxy).kubectl(["isolate", "list"]).success();
    let recording = proxy.recording();
    let requests = &recording.requests;
    assert!(requests.len() > 1, "{}", recording.table());
    assert!(
        requests.iter().all(|request| request.connection == requests[0].connection),
        "{}",
        recording.table()
    );
    assert_eq!(recording.waves(), 1, "{}", recording.table());
}

fn path(namespace: &Namespace, resource: &str) -> String {
    format!("/api/v1/namespaces/{}/{resource}", namespace.name())
}

fn exists(namespace: &Namespace, object: &str) -> bool {
    !namespace.kubectl(["get", object, "--ignore-not-found", "--output=name"]).success().stdout.is_empty()
}

/// The first request with this verb.
fn broken(proxy: &Proxy, verb: &str) -> Recorded {
    let recording = proxy.recording();
    let request = recording.requests.iter().find(|request| request.verb == verb);
    request.unwrap_or_else(|| panic!("no {verb}:\n{}", recording.table())).clone()
}

fn duration(request: &Recorded) -> Duration {
    request.ended.expect("the request has ended") - request.started
}

fn statuses(requests: &[Recorded]) -> Vec<Option<u16>> {
    requests.iter().map(|request| request.status).collect()
}
