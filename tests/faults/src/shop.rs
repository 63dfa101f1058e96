//! Where a cell is run, in a namespace of its own.

use std::sync::Arc;

use harness::{Namespace, workloads};

use crate::bundle::{self, Kept};
use crate::debug_mode;
use crate::lifecycle;
use crate::look::{CLONE_LABEL, Look};
use crate::rollback;
use crate::verb::Verb;

const REPLICAS: usize = 2;

/// Opening one takes longer than most cells, so it is used again after a cell that left it in order.
pub struct Shop {
    pub namespace: Arc<Namespace>,
    stock: Stock,
}

/// What the cells of one shop are about.
enum Stock {
    /// A Deployment of two pods behind a Service. The last of them that a cell was about may still be reached.
    Pods { last: Option<String> },
    /// A bundle, made again from what was kept of it. No pod runs, so that nothing has to be waited for.
    Bundle { verb: Verb, kept: Option<Kept> },
}

/// The pod, the Deployment or the bundle that a cell is about.
pub struct Subject {
    pub name: String,
    pub uid: String,
    /// Before it was isolated, or when the bundle was recorded.
    pub at_first: Look,
    /// Right before the command under test.
    pub before: Look,
}

impl Shop {
    pub fn open(verb: Verb) -> Self {
        let namespace = Arc::new(Namespace::new("faults"));
        if verb.is_of_bundles() {
            return Self { namespace, stock: Stock::Bundle { verb, kept: None } };
        }
        let replicas = u32::try_from(REPLICAS).expect("a handful of pods");
        namespace.apply(
            &(workloads::web_deployment("web", replicas)
                + &workloads::service("web", "app: web, tier: front")),
        );
        namespace.watch_until("discovery.k8s.io/v1/endpointslices", 120, |slices| {
            let endpoints =
                slices.values().flat_map(|slice| slice["endpoints"].as_array().into_iter().flatten());
            let ready = endpoints.filter(|endpoint| endpoint["conditions"]["ready"] == true).count();
            (ready == REPLICAS).then_some(())
        });
        Self { namespace, stock: Stock::Pods { last: None } }
    }

    /// Whether the verb finds here what it is about.
    pub fn suits(&self, verb: Verb) -> bool {
        match &self.stock {
            Stock::Pods { .. } => !verb.is_of_bundles(),
            Stock::Bundle { verb: own, .. } => {
                *own == verb || verb.is_of_bundles() && ![*own, verb].contains(&Verb::BundleRollback)
            }
        }
    }

    /// Makes everything as the verb wants to find it.
    pub fn prepare(&mut self, verb: Verb) -> Subject {
        match &mut self.stock {
            Stock::Bundle { kept, .. } => {
                let again = kept.take();
                let kept = kept.insert(match verb {
                    Verb::BundleRollback => rollback::prepare(&self.namespace, again),
                    _ => bundle::prepare(&self.namespace, again),
                });
                let (at_first, before) = (kept.at_first.clone(), Look::at(&self.namespace));
                Subject { name: bundle::NAME.to_owned(), uid: String::new(), at_first, before }
            }
            Stock::Pods { last } => {
                let last = last.take();
                self.prepare_pods(verb, last)
            }
        }
    }

    fn prepare_pods(&mut self, verb: Verb, last: Option<String>) -> Subject {
        self.tidy();
        let at_first = Look::at(&self.namespace);
        // The last one may still be reached, by what kube-proxy lags; if it died now, that would count as a loss.
        let known = |uid: &str| last.as_deref() == Some(uid);
        for old in at_first.isolated().iter().filter(|pod| !known(pod.uid())) {
            self.namespace.kubectl(["delete", "pod", old.name(), "--wait=false"]).success();
        }
        let serving = at_first.serving();
        assert_eq!((at_first.owned().len(), serving.len()), (REPLICAS, REPLICAS), "the shop is in order");
        let pod = at_first.owned()[0];
        let (name, uid) = (pod.name().to_owned(), pod.uid().to_owned());
        if verb.is_debug_mode() {
            self.stock = Stock::Pods { last };
            return self.prepare_deployment(verb, at_first);
        }
        self.stock = Stock::Pods { last: Some(uid.clone()) };
        if verb == Verb::LifecycleCleanup {
            self.namespace.apply(&lifecycle::left_behind());
        }
        if verb.needs_isolated() {
            let flags: &[&str] = if verb.needs_quarantine() { &["--quarantine"] } else { &[] };
            self.namespace.kubectl([&["isolate", &name], flags].concat()).success();
        }
        Subject { before: Look::at(&self.namespace), name, uid, at_first }
    }

    fn prepare_deployment(&self, verb: Verb, at_first: Look) -> Subject {
        let deployment = at_first.deployment().expect("the shop is in order");
        let uid = deployment["metadata"]["uid"].as_str().expect("a Deployment has a uid").to_owned();
        if verb == Verb::DebugOff {
            self.namespace.kubectl(["debug-mode", "on", "deploy/web"]).success();
        }
        Subject { before: Look::at(&self.namespace), name: "web".to_owned(), uid, at_first }
    }

    /// Leaves debug mode where the last cell entered it, and puts a pod back that left traffic alone.
    fn tidy(&self) {
        let look = Look::at(&self.namespace);
        for pod in look.isolated().iter().filter(|pod| !pod.is_released()) {
            self.namespace.kubectl(["isolate", "restore", pod.name(), "--drain=0s"]).success();
        }
        let is_marked = look.deployment().is_some_and(debug_mode::is_marked);
        if is_marked {
            self.namespace.kubectl(["debug-mode", "off", "deploy/web", "--force-restore"]).success();
        }
        if look.clones().next().is_some() {
            let clones = ["delete", "pods", "--selector", CLONE_LABEL, "--grace-period=1", "--wait"];
            self.namespace.kubectl(clones).success();
        }
        // The cell before may have left some that are still to be ended.
        self.namespace.watch_until("pods", 60, |pods| {
            let is_debug_pod = |pod: &serde_json::Value| {
                !pod["spec"]["readinessGates"].is_null() && pod["metadata"]["deletionTimestamp"].is_null()
            };
            (!pods.values().any(is_debug_pod)).then_some(())
        });
    }
}
