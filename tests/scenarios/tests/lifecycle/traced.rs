//! Traces as the tests look at them: of short-lived pods, followed to their end.

use std::sync::mpsc;
use std::time::Duration;

use harness::{Fault, Finished, Namespace, Proxy, Select};
use serde_json::Value;

/// A trace that has begun to follow: all that happens from now on it must see.
pub struct Following {
    running: harness::Running,
    // Ends every connection when it is dropped.
    proxy: Proxy,
}

impl Following {
    pub fn begin(namespace: &Namespace, arguments: &[&str]) -> Self {
        // What it has read by then is what it follows from.
        Self::through(Proxy::start(), Select::nth(1, "watch", "events"), namespace, arguments)
    }

    /// The same through a proxy that may break something, from that request on.
    pub fn through(proxy: Proxy, from: Select, namespace: &Namespace, arguments: &[&str]) -> Self {
        Self::at_most("60s", proxy, from, namespace, arguments)
    }

    /// The same, for so long at most.
    pub fn at_most(
        timeout: &str,
        proxy: Proxy,
        from: Select,
        namespace: &Namespace,
        arguments: &[&str],
    ) -> Self {
        let (sender, begun) = mpsc::channel();
        let told = Fault::after(move || sender.send(()).expect("the test waits"));
        proxy.break_request(from, told);
        let command = ["lifecycle", "trace", "-f", "-o", "json", "--timeout", timeout];
        let running = namespace.through(&proxy).command([&command, arguments].concat()).start();
        begun.recv_timeout(Duration::from_secs(60)).expect("it begins to watch");
        Self { running, proxy }
    }

    /// What Ctrl-C does.
    pub fn interrupt(self) -> Finished {
        self.running.interrupt();
        self.running.finish()
    }

    pub fn end(self) -> Finished {
        self.running.finish()
    }

    /// The same, where the proxy was to break so many requests besides.
    pub fn end_of_broken(self, requests: usize) -> Finished {
        let finished = self.running.finish();
        assert_eq!(self.proxy.fired(), 1 + requests, "{}", self.proxy.recording().table());
        finished
    }
}

/// A trace as JSON.
pub struct Trace(pub Value);

impl Trace {
    pub fn of(finished: &Finished) -> Self {
        let json: Value = serde_json::from_str(&finished.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}{}", finished.stdout, finished.stderr));
        assert_eq!(json["kind"], "LifecycleTrace");
        Self(json["items"][0].clone())
    }

    /// `bad web: preStop itself failed`, one each.
    pub fn verdicts(&self) -> Vec<String> {
        let all = self.0["verdicts"].as_array().expect("a trace has verdicts").iter();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        all.map(|verdict| format!("{} {}", text(&verdict["sign"]), text(&verdict["text"]))).collect()
    }

    /// One of them says this, with the sign before it.
    pub fn expect(&self, sign: &str, words: &str) {
        let all = self.verdicts();
        let is_it = |verdict: &String| verdict.starts_with(sign) && verdict.contains(words);
        assert!(all.iter().any(is_it), "expected {sign}: {words:?} in {all:#?}\n{:#}", self.0);
    }

    /// None of them says this.
    pub fn expect_none(&self, words: &str) {
        let all = self.verdicts();
        let said = all.iter().find(|verdict| verdict.contains(words));
        assert!(said.is_none(), "{said:?} should not be said: {:#}", self.0);
    }

    pub fn proof(&self) -> String {
        self.0["verdicts"].to_string()
    }

    pub fn steps(&self) -> Vec<&str> {
        let steps = self.0["steps"].as_array().expect("a trace has steps").iter();
        steps.map(|step| step["what"].as_str().expect("a step is something")).collect()
    }

    pub fn notes(&self) -> String {
        self.0["notes"].to_string()
    }
}

/// Pod `web` with one container, which runs this script as its process 1.
pub struct Web<'text> {
    pub script: &'text str,
    /// A hook of its `lifecycle`, such as `preStop: {sleep: {seconds: 2}}`.
    pub hook: &'text str,
    pub grace: u32,
    /// More of its container, such as `resources: {…}`.
    pub container: &'text str,
    /// More of its spec, such as `schedulingGates: […]`.
    pub spec: &'text str,
}

/// Nobody schedules it until it is let go.
pub const GATED: &str = "schedulingGates: [{name: drover.test/hold}]";

/// Ends at once when it is told to.
pub const OBEYS: &str = "trap 'exit 0' TERM; sleep 600 & wait";

impl Default for Web<'_> {
    fn default() -> Self {
        Self { script: OBEYS, hook: "", grace: 10, container: "", spec: "" }
    }
}

impl Web<'_> {
    pub fn manifest(&self) -> String {
        let Self { script, hook, grace, container, spec } = self;
        let script = serde_json::to_string(script).expect("a text is JSON");
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: web, labels: {{app: web}}}}\nspec:\n  \
             terminationGracePeriodSeconds: {grace}\n  {spec}\n  containers:\n  - name: web\n    \
             image: drover.test/box:1\n    command: [sh, -c, {script}]\n    lifecycle: {{{hook}}}\n    {container}\n"
        )
    }

    /// It runs and is ready.
    pub fn start(&self, namespace: &Namespace) {
        namespace.apply(&self.manifest());
        namespace.wait("pod/web", "condition=Ready", 60);
    }

    /// Its shutdown, watched from before its deletion.
    pub fn shutdown(&self, test: &str) -> Trace {
        let namespace = Namespace::new(test);
        self.start(&namespace);
        shutdown(&namespace, &[])
    }
}

/// That of pod `web`, which is there: it is deleted meanwhile.
pub fn shutdown(namespace: &Namespace, deletion: &[&str]) -> Trace {
    let following = Following::begin(namespace, &["web"]);
    delete(namespace, deletion);
    Trace::of(&following.end().success())
}

pub fn delete(namespace: &Namespace, arguments: &[&str]) {
    namespace.kubectl([&["delete", "pod/web", "--wait=false"], arguments].concat()).success();
}

/// Lets a pod be scheduled that is [`GATED`].
pub fn let_go(namespace: &Namespace) {
    let open = r#"[{"op": "remove", "path": "/spec/schedulingGates"}]"#;
    namespace.kubectl(["patch", "pod/web", "--type=json", "--patch", open]).success();
}

pub fn until_in_slice(namespace: &Namespace) {
    until_ready_in_slice(namespace, true);
}

pub fn until_out_of_slice(namespace: &Namespace) {
    until_ready_in_slice(namespace, false);
}

fn until_ready_in_slice(namespace: &Namespace, wanted: bool) {
    namespace.watch_until("discovery.k8s.io/v1/endpointslices", 60, |slices| {
        let mut endpoints =
            slices.values().flat_map(|slice| slice["endpoints"].as_array().into_iter().flatten());
        let is_ready = endpoints.any(|endpoint| endpoint["conditions"]["ready"] == Value::Bool(true));
        (is_ready == wanted).then_some(())
    });
}
