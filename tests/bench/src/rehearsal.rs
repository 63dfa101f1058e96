//! What `kubectl lifecycle rehearse` measures, beside what the hooks and programs write down themselves.
//!
//! They write into a folder of this machine, on which the cluster's node runs, so that all clocks are one: when they
//! began, their last word, and when SIGTERM came. A clone does what its pod does, so that each run adds to the same file.

use std::fs;
use std::path::Path;
use std::thread;

use harness::{Cluster, Namespace};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::lifecycle::load::Load;
use crate::lifecycle::shown::{Extent, Step, Trace};

/// So many pods are rehearsed at once.
const AT_ONCE: usize = 3;

/// What is promised of a stamp.
const PROMISED: SignedDuration = SignedDuration::from_millis(50);

/// What a step is known from that a hook measured itself.
const STAMPS: &str = "its own stamps";

/// Prints how far the stamps are from the hooks' own words; whether all of them are as near as promised, and the truth
/// is within the bounds of every SIGTERM.
pub fn measure(runs: usize, is_loaded: bool) -> bool {
    // Started first, so that no thread has to.
    Cluster::get();
    let namespace = Namespace::new("rehearsal");
    let load = is_loaded.then(Load::start);
    let times = runs.div_ceil(AT_ONCE);
    let found: Vec<Finding> = thread::scope(|scope| {
        let namespace = &namespace;
        let rehearsals: Vec<_> =
            (0..AT_ONCE).map(|number| scope.spawn(move || rehearsed(namespace, number, times))).collect();
        rehearsals.into_iter().flat_map(|one| one.join().expect("a rehearsal panicked")).collect()
    });
    drop(load);
    let mut is_kept = true;
    for step in ["postStart begin", "postStart end", "preStop begin", "preStop end", "sigterm"] {
        let of_it: Vec<&Finding> = found.iter().filter(|finding| finding.step == step).collect();
        let mut apart: Vec<_> = of_it.iter().map(|finding| finding.apart.as_millis()).collect();
        apart.sort_unstable();
        let wrong = of_it.iter().filter(|finding| finding.is_wrong).count();
        let middle = apart.get(apart.len() / 2).copied().unwrap_or_default();
        let most = apart.last().copied().unwrap_or_default();
        println!(
            "{step:<16} {:>4} times, median {middle} ms, at most {most} ms apart, {wrong} wrong",
            apart.len()
        );
        is_kept &= wrong == 0 && !apart.is_empty();
    }
    is_kept
}

/// One time, as shown and as it was.
struct Finding {
    step: String,
    apart: SignedDuration,
    /// Further apart than promised; of SIGTERM, outside its bounds.
    is_wrong: bool,
}

fn rehearsed(namespace: &Namespace, number: usize, times: usize) -> Vec<Finding> {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    fs::write(folder.path().join("say.sh"), LIBRARY).expect("a new folder can be written to");
    let name = format!("told-{number}");
    namespace.apply(&pod(&name, number, folder.path()).to_string());
    let count = times.to_string();
    let arguments = ["lifecycle", "rehearse", &name, "--yes", "--times", &count, "--output", "json"];
    // The pod itself writes too: what it says is told before.
    namespace.wait(&format!("pod/{name}"), "condition=Ready", 120);
    let before = Words::read(folder.path());
    let finished =
        namespace.command(arguments).deadline(std::time::Duration::from_secs(3_000)).run().success();
    let words = Words::read(folder.path()).since(&before);
    let answer: Answer =
        serde_json::from_str(&finished.stdout).expect("`rehearse --output=json` prints JSON");
    let runs = answer.items.into_iter().next().expect("one rehearsal").runs;
    eprintln!("{name}: {} runs", runs.len());
    runs.iter().enumerate().flat_map(|(index, run)| findings(index, run, &words)).collect()
}

fn findings(index: usize, run: &Run, words: &Words) -> Vec<Finding> {
    let mut found = Vec::new();
    for step in run.start.steps.iter().chain(&run.shutdown.steps) {
        let Some(container) = &step.container else { continue };
        match (&step.extent, step.what.as_str()) {
            (Extent::Span { begin, end }, what @ ("postStart" | "preStop")) if step.evidence == STAMPS => {
                for (word, edge, shown) in [("", "begin", begin), ("End", "end", end)] {
                    let (earliest, latest) = words.nth(container, &format!("{what}{word}"), index);
                    // It was there before it could say so.
                    let truth = if word.is_empty() { shown.middle().clamp(earliest, latest) } else { latest };
                    let apart = truth.duration_since(shown.middle()).abs();
                    found.push(Finding { step: format!("{what} {edge}"), apart, is_wrong: apart > PROMISED });
                }
            }
            (Extent::At(shown), "sigterm") => {
                let (_, truth) = words.nth(container, "term", index);
                let nearest = truth.clamp(shown.earliest, shown.latest);
                let apart = truth.duration_since(shown.middle()).abs();
                found.push(Finding { step: "sigterm".to_owned(), apart, is_wrong: nearest != truth });
            }
            _ => {}
        }
    }
    assert_eq!(measured(run), 5, "every hook was measured: {}", run.hooks);
    found
}

/// How many hooks of a run were measured.
fn measured(run: &Run) -> usize {
    let steps = run.start.steps.iter().chain(&run.shutdown.steps);
    steps.filter(|step: &&Step| step.evidence == STAMPS).count()
}

#[derive(Deserialize)]
struct Answer {
    items: Vec<Rehearsal>,
}

#[derive(Deserialize)]
struct Rehearsal {
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    start: Trace,
    shutdown: Trace,
    hooks: Value,
}

/// A process' age is told in hundredths of a second.
const TICK: SignedDuration = SignedDuration::from_millis(10);

/// What the pods wrote: container, word, when its process began at the earliest, and when it was said.
struct Words(Vec<(String, String, Timestamp, Timestamp)>);

impl Words {
    fn read(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join("words")).expect("the containers wrote");
        let word = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            let [container, word, time, age] = words[..] else { panic!("no word: {line:?}") };
            let seconds: f64 = time.parse().expect("EPOCHREALTIME is a number");
            let time = Timestamp::UNIX_EPOCH + SignedDuration::from_secs_f64(seconds);
            let age = SignedDuration::from_millis(10 * age.parse::<i64>().expect("an age is a number"));
            (container.to_owned(), word.to_owned(), time - age - TICK, time)
        };
        Self(text.lines().map(word).collect())
    }

    fn since(self, before: &Self) -> Self {
        Self(self.0.into_iter().skip(before.0.len()).collect())
    }

    /// Of the clones one after the other.
    fn nth(&self, container: &str, word: &str, index: usize) -> (Timestamp, Timestamp) {
        let mut all = self.0.iter().filter(|(who, what, ..)| who == container && what == word);
        let found = all.nth(index);
        let (_, _, began, said) =
            found.unwrap_or_else(|| panic!("{container} did not say {word} in run {index}"));
        (*began, *said)
    }
}

/// A sidecar and two main containers, whose hooks and programs say when they begin and end.
fn pod(name: &str, number: usize, folder: &Path) -> Value {
    let hook = |word: &str, seconds: f64| {
        let script = format!("say {word}; sleep {seconds:.2}; say {word}End");
        json!({"exec": {"command": command(&script)}})
    };
    let number = number as f64;
    let container = |name: &str, lifecycle: Value| {
        let script = "trap 'say term; exit 0' TERM; while :; do sleep 60 & wait $!; done";
        json!({
            "name": name,
            "image": "drover.test/box:1",
            "env": [{"name": "CONTAINER", "value": name}],
            "command": command(script),
            "lifecycle": lifecycle,
            "resources": {"requests": {"cpu": "50m"}},
            "volumeMounts": [{"name": "truth", "mountPath": "/truth"}],
        })
    };
    let mut proxy = container("proxy", json!({"preStop": hook("preStop", 0.3)}));
    proxy["restartPolicy"] = json!("Always");
    let web = container(
        "web",
        json!({"postStart": hook("postStart", 0.2 + number / 10.0), "preStop": hook("preStop", 1.0)}),
    );
    let worker = container(
        "worker",
        json!({"postStart": hook("postStart", 0.1), "preStop": hook("preStop", 0.5 + number / 10.0)}),
    );
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "terminationGracePeriodSeconds": 15,
            "volumes": [{"name": "truth", "hostPath": {"path": folder}}],
            "initContainers": [proxy],
            "containers": [web, worker],
        },
    })
}

/// What a script begins with: `say WORD` writes the container's name, the word, the time, and for how many hundredths of
/// a second the shell has been there. busybox' shell needs no other program for that.
const LIBRARY: &str = r#"
say() {
  word=$1 time=$EPOCHREALTIME
  read -r up _ < /proc/uptime
  read -r stat < /proc/$$/stat
  set -- ${stat##*) }
  shift 19
  echo "$CONTAINER $word $time $((${up%.*}${up#*.} - $1))" >> /truth/words
}
"#;

fn command(script: &str) -> [String; 3] {
    ["sh".to_owned(), "-c".to_owned(), format!(". /truth/say.sh; {script}")]
}
