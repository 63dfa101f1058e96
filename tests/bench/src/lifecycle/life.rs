//! One pod from its creation until it is gone, traced twice.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use harness::{Namespace, Objects, Proxy};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

use super::pods::{Kind, LIBRARY, Pod};
use super::shown::{Trace, traced};
use super::truth::{Known, Stamps};

/// No step of any pod takes longer.
const SECONDS: u64 = 90;

/// What a trace may take until it watches.
const UNTIL_IT_WATCHES: Duration = Duration::from_secs(2);

/// How exactly it is known when a container ended.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Of Linux, as it is everywhere but on alpha, mips, parisc and sparc.
const O_NONBLOCK: i32 = 0o4000;

/// What was written down of it, and what was shown.
pub struct Life {
    pub pod: String,
    pub start: Trace,
    pub shutdown: Trace,
    /// What its containers wrote.
    pub stamps: Stamps,
    /// When each container that ran until the end was gone.
    pub ended: BTreeMap<String, Known>,
    pub created: Known,
    pub deletion_requested: Known,
    /// When we learned that it was ready in a slice, and then that it was not.
    pub seen_in_slice: Timestamp,
    pub seen_out_of_slice: Timestamp,
    pub seen_gone: Timestamp,
}

impl Life {
    pub fn live(namespace: &Namespace, kind: Kind, number: usize, server_ahead: SignedDuration) -> Self {
        let proxy = Proxy::with_clock_ahead(server_ahead);
        let trace = |pod: &str| {
            let timeout = format!("--timeout={SECONDS}s");
            let arguments = ["lifecycle", "trace", pod, "--follow", "--output", "json", &timeout];
            namespace.through(&proxy).command(arguments).start()
        };
        let folder = tempfile::tempdir().expect("a temporary folder can be created");
        fs::write(folder.path().join("library.sh"), LIBRARY).expect("a new folder can be written to");
        let pod = Pod::new(kind, number, folder.path());
        let ((), created) = during(|| namespace.apply(&pod.manifest.to_string()));
        let (start, seen_in_slice) = thread::scope(|scope| {
            let in_slice = scope.spawn(|| when_sliced(namespace, &pod.name, true));
            let start = trace(&pod.name).finish().success();
            (start, in_slice.join().expect("it becomes ready"))
        });
        let readers = readers(&folder, &pod);
        let shutdown = trace(&pod.name);
        thread::sleep(UNTIL_IT_WATCHES);
        let (deletion_requested, seen_out_of_slice, seen_gone) = thread::scope(|scope| {
            let out_of_slice = scope.spawn(|| when_sliced(namespace, &pod.name, false));
            let gone = scope.spawn(|| when_gone(namespace, &pod.name));
            let path = format!("/api/v1/namespaces/{}/pods/{}", namespace.name(), pod.name);
            let (_, requested) = during(|| namespace.kubectl(["delete", "--raw", &path]).success());
            let learned = "what was watched for happens";
            (requested, out_of_slice.join().expect(learned), gone.join().expect(learned))
        });
        let shutdown = shutdown.finish().success();
        let ended = readers.into_iter().map(|(name, reader)| (name, reader.join().expect("a pipe is read")));
        let ended = ended.collect();
        let stamps = fs::read_to_string(folder.path().join("stamps")).expect("the containers wrote stamps");
        Self {
            pod: pod.name,
            start: traced(&start.stdout, server_ahead),
            shutdown: traced(&shutdown.stdout, server_ahead),
            stamps: Stamps::parse(&stamps),
            ended,
            created,
            deletion_requested,
            seen_in_slice,
            seen_out_of_slice,
            seen_gone,
        }
    }
}

/// Each container's pipe, read until nobody holds its other end any more.
fn readers(folder: &TempDir, pod: &Pod) -> Vec<(String, thread::JoinHandle<Known>)> {
    let reader = |name: &&'static str| {
        let path = folder.path().join(format!("{name}.alive"));
        ((*name).to_owned(), thread::spawn(move || when_closed(&path)))
    };
    pod.lasting.iter().map(reader).collect()
}

/// Looked at again and again, as to be woken may take its time on a busy machine.
fn when_closed(path: &Path) -> Known {
    let opened = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(path);
    let mut pipe = opened.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut last_open = Timestamp::now();
    loop {
        let before = Timestamp::now();
        match pipe.read(&mut [0]) {
            Ok(_) => return Known::between(last_open, Timestamp::now()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => last_open = before,
            Err(error) => panic!("{}: {error}", path.display()),
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

/// When the pod was first seen as ready, or as not, in a slice.
fn when_sliced(namespace: &Namespace, pod: &str, is_ready: bool) -> Timestamp {
    let slices = "discovery.k8s.io/v1/endpointslices?labelSelector=kubernetes.io/service-name=truth";
    namespace.watch_until(slices, SECONDS, |slices| {
        let mut endpoints =
            slices.values().flat_map(|slice| slice["endpoints"].as_array().into_iter().flatten());
        let is_in = endpoints.any(|endpoint| {
            endpoint["targetRef"]["name"] == pod && endpoint["conditions"]["ready"] == Value::Bool(true)
        });
        (is_in == is_ready).then(Timestamp::now)
    })
}

fn when_gone(namespace: &Namespace, pod: &str) -> Timestamp {
    let pods = format!("pods?labelSelector=pod={pod}");
    namespace.watch_until(&pods, SECONDS, |pods: &Objects| pods.is_empty().then(Timestamp::now))
}

fn during<T>(act: impl FnOnce() -> T) -> (T, Known) {
    let earliest = Timestamp::now();
    let answer = act();
    (answer, Known { earliest, latest: Timestamp::now() })
}
