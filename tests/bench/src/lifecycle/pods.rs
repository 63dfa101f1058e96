//! The pods that tell when what happens to them.

use std::path::Path;

use serde_json::{Value, json};

/// What a script begins with: `stamp WORD` writes the container's name, the word, the time in seconds and microseconds,
/// and for how many hundredths of a second the shell has been there: it takes its time to its first word. busybox'
/// `date` knows no fractions; its `adjtimex` does.
pub const LIBRARY: &str = r#"
stamp() {
  word=$1
  time=$(adjtimex | sed -n 's/.*tv_u\?sec: *//p' | tr '\n' ' ')
  read -r up _ < /proc/uptime
  read -r stat < /proc/$$/stat
  set -- ${stat##*) }
  shift 19
  echo "$CONTAINER $word $time $((${up%.*}${up#*.} - $1))" >> /truth/stamps
}
"#;

/// The probe of a container that is ready as long as it has this file.
const READINESS: &str = "if [ -f /tmp/ready ]; then stamp ready; else stamp unready; exit 1; fi";

/// How a pod lives and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An init container, a sidecar and two main containers, with hooks that succeed.
    Whole,
    /// Its preStop fails at once.
    FailingPreStop,
    /// Its app ends while preStop is running.
    EndsUnderHook,
    /// Its preStop takes longer than the grace period.
    Overrun,
    /// It ignores SIGTERM.
    Stubborn,
}

impl Kind {
    const ALL: [Self; 5] =
        [Self::Whole, Self::FailingPreStop, Self::EndsUnderHook, Self::Overrun, Self::Stubborn];

    pub fn of(number: usize) -> Self {
        Self::ALL[number % Self::ALL.len()]
    }

    fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::FailingPreStop => "failing",
            Self::EndsUnderHook => "under",
            Self::Overrun => "overrun",
            Self::Stubborn => "stubborn",
        }
    }
}

/// Selects all pods.
pub fn service() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "truth"},
        "spec": {"selector": {"truth": "told"}, "ports": [{"port": 80}]},
    })
}

/// A pod, which writes into this folder.
pub struct Pod {
    pub name: String,
    /// Those that run until the pod is deleted.
    pub lasting: Vec<&'static str>,
    pub manifest: Value,
}

impl Pod {
    pub fn new(kind: Kind, number: usize, folder: &Path) -> Self {
        let name = format!("{}-{number}", kind.name());
        let (init, main) = containers(kind, number);
        let lasts = |container: &&Container| container.lasts;
        let lasting = init.iter().chain(&main).filter(lasts).map(|container| container.name).collect();
        let grace = if kind == Kind::Whole { 15 } else { 3 };
        let list = |all: Vec<Container>| all.into_iter().map(|one| one.spec).collect::<Vec<_>>();
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"truth": "told", "pod": name}},
            "spec": {
                "terminationGracePeriodSeconds": grace,
                "volumes": [{"name": "truth", "hostPath": {"path": folder}}],
                "initContainers": list(init),
                "containers": list(main),
            },
        });
        Self { name, lasting, manifest }
    }
}

struct Container {
    name: &'static str,
    lasts: bool,
    spec: Value,
}

/// Those of the pod's init containers, and the main ones.
fn containers(kind: Kind, number: usize) -> (Vec<Container>, Vec<Container>) {
    // Different for each, and the same in each measurement: the fractions of multiples of the golden ratio.
    let take = |step: usize| {
        let fraction = ((number * 4 + step) as f64 * 0.618_034).fract();
        0.2 + 1.8 * fraction
    };
    let hook = |word: &str, seconds: f64| exec(&format!("stamp {word}; sleep {seconds:.3}; stamp {word}End"));
    let post_start = |step| hook("postStart", take(step));
    match kind {
        Kind::Whole => {
            // Every other one with a hook whose end is known.
            let is_told = (number / Kind::ALL.len()) % 2 == 1;
            let pre_stop = if is_told { json!({"sleep": {"seconds": 1}}) } else { hook("preStop", 0.5) };
            let mut proxy = app("proxy", 0.4, json!({"postStart": post_start(0), "preStop": pre_stop}));
            proxy.spec["restartPolicy"] = json!("Always");
            proxy.spec["startupProbe"] = probe("stamp startup");
            let web =
                app("web", 2.3, json!({"postStart": post_start(1), "preStop": {"sleep": {"seconds": 2}}}));
            let worker =
                app("worker", 1.7, json!({"postStart": post_start(2), "preStop": hook("preStop", take(3))}));
            (vec![setup(), proxy], vec![web, worker])
        }
        Kind::FailingPreStop => {
            let fails = exec("stamp preStop; stamp preStopEnd; exit 1");
            let sleeps = json!({"sleep": {"seconds": 1}});
            (Vec::new(), vec![app("web", 0.4, json!({"postStart": sleeps, "preStop": fails}))])
        }
        Kind::EndsUnderHook => {
            let ends = exec("stamp preStop; sleep 0.7; kill -USR1 1; sleep 20");
            (Vec::new(), vec![app("web", 0.4, json!({"postStart": post_start(0), "preStop": ends}))])
        }
        Kind::Overrun => {
            let web = app("web", 0.4, json!({"postStart": post_start(0), "preStop": hook("preStop", 20.0)}));
            (Vec::new(), vec![web])
        }
        Kind::Stubborn => {
            let script = format!("{PROLOGUE} trap 'stamp term' TERM; {WAIT}");
            (Vec::new(), vec![container("web", &script, json!({"postStart": post_start(0)}))])
        }
    }
}

/// Holds a pipe open for as long as the container lives, so that whoever reads it learns of its end.
const PROLOGUE: &str =
    "stamp start; mkfifo /truth/$CONTAINER.alive; exec 3<>/truth/$CONTAINER.alive; touch /tmp/ready;";

const WAIT: &str = "while :; do sleep 60 & wait $!; done";

/// Ends so many seconds after SIGTERM, and at once at a word of its hook.
fn app(name: &'static str, seconds: f64, lifecycle: Value) -> Container {
    let ends = format!("stamp term; rm /tmp/ready; sleep {seconds}; stamp exit; exit 0");
    let script = format!("{PROLOGUE} trap '{ends}' TERM; trap 'stamp exit; exit 0' USR1; {WAIT}");
    container(name, &script, lifecycle)
}

fn container(name: &'static str, script: &str, lifecycle: Value) -> Container {
    let mut spec = bare(name, script);
    spec["lifecycle"] = lifecycle;
    spec["readinessProbe"] = probe(READINESS);
    Container { name, lasts: true, spec }
}

/// An init container, which ends by itself.
fn setup() -> Container {
    let spec = bare("setup", "stamp start; sleep 0.3; stamp exit");
    Container { name: "setup", lasts: false, spec }
}

fn bare(name: &str, script: &str) -> Value {
    json!({
        "name": name,
        "image": "drover.test/box:1",
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": "CONTAINER", "value": name}],
        "command": command(script),
        // Without any, the node's other work would leave it next to no processor time, and it would write nothing down
        // for as long as half a minute.
        "resources": {"requests": {"cpu": "100m"}},
        "volumeMounts": [{"name": "truth", "mountPath": "/truth"}],
    })
}

fn probe(script: &str) -> Value {
    let mut probe = exec(script);
    probe["periodSeconds"] = json!(1);
    probe["timeoutSeconds"] = json!(10);
    probe["failureThreshold"] = json!(1);
    probe
}

fn exec(script: &str) -> Value {
    json!({"exec": {"command": command(script)}})
}

fn command(script: &str) -> [String; 3] {
    ["sh".to_owned(), "-c".to_owned(), format!(". /truth/library.sh; {script}")]
}
