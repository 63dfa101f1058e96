//! Where the tour takes place: a cluster of its own, or the one the person's kube context names.

use std::path::Path;
use std::time::Instant;

use harness::Cluster;

use crate::arguments::Arguments;
use crate::guide::Guide;
use crate::stop::Stop;

const MANIFEST: &str = "tests/playground/web.yaml";

/// The image in the manifest, which only the cluster of the tests has.
const OWN_IMAGE: &str = "drover.test/box:1";

pub enum Place {
    OwnCluster,
    Here { image: String },
}

impl Place {
    pub fn chosen(arguments: &Arguments) -> Self {
        match arguments.here {
            true => Self::Here { image: arguments.image.clone() },
            false => Self::OwnCluster,
        }
    }

    pub fn namespace(&self) -> &'static str {
        match self {
            Self::OwnCluster => "playground",
            Self::Here { .. } => "drover-playground",
        }
    }

    /// Greets, and agrees on the cluster. Changes nothing in it yet.
    pub fn enter(&self, agreed: bool, guide: &mut Guide) -> Result<(), Stop> {
        guide.screen.explain(
            "Drover's playground: one pod of a web Service gets sick. You take it out of its \
             Deployment and out of all traffic, with no request lost, and look inside it.",
        )?;
        match self {
            Self::OwnCluster => Ok(()),
            Self::Here { .. } => self.agree(agreed, guide),
        }?;
        if guide.keyboard.attended {
            guide.say("Every command is real. Enter goes on after each step; Ctrl-C leaves.")?;
        }
        Ok(())
    }

    fn agree(&self, agreed: bool, guide: &mut Guide) -> Result<(), Stop> {
        let namespace = self.namespace();
        let context = guide.shell.read("kubectl config current-context")?;
        guide
            .say("There is no live traffic here: it would have to come from inside the cluster's network.")?;
        if agreed {
            guide.say(&format!("It takes place in namespace {namespace} of the context {context:?}."))?;
        } else if guide.keyboard.attended {
            guide.screen.ask(&format!("Create namespace {namespace} in the context {context:?}? (y/N)"))?;
            if !matches!(guide.keyboard.line()?.as_str(), "y" | "Y" | "yes") {
                return Err(Stop::Failed("nothing was changed".to_owned()));
            }
        } else {
            return Err(Stop::Failed(format!(
                "there is no terminal to ask whether to create namespace {namespace} in the context {context:?}: \
                 --yes agrees"
            )));
        }
        let existing = format!("kubectl get namespace {namespace} --ignore-not-found --output=name");
        if guide.shell.read(&existing)?.is_empty() {
            return Ok(());
        }
        Err(Stop::Failed(format!(
            "namespace {namespace} exists, perhaps from an earlier tour\n\
             delete it first:  kubectl delete namespace {namespace}"
        )))
    }

    /// Brings up what the tour needs: the cluster, and the plugins that kubectl finds on the PATH.
    pub fn prepare(&self, guide: &mut Guide) -> Result<(), Stop> {
        match self {
            Self::OwnCluster => {
                guide.step(
                    "A real cluster",
                    "A whole one-node Kubernetes on this machine, with real containers. The first time, it \
                     is built from source: about 5 minutes. From then on it starts in seconds.",
                )?;
                let started = Instant::now();
                guide.show("tests/cluster/cluster up")?;
                guide.shell.enter(&running(guide)?);
                guide.show("kubectl get nodes")?;
                guide.say(&format!("It took {:.1} s.", started.elapsed().as_secs_f64()))?;
                guide.say("\nNow the plugin: kubectl finds kubectl-isolate on the PATH.")?;
                // The load generator too. What the tests build as well, so that neither has it built anew.
                guide.show("cargo build --quiet --bins --package 'kubectl-*' --package harness")
            }
            Self::Here { .. } => {
                guide.step("The plugin", "kubectl finds kubectl-isolate on the PATH.")?;
                guide.show("cargo build --quiet --bins --package 'kubectl-*'")
            }
        }
    }

    /// An empty namespace, also where an earlier tour left one.
    pub fn create_namespace(&self, guide: &mut Guide) -> Result<(), Stop> {
        let namespace = self.namespace();
        if let Self::OwnCluster = self {
            let existing = format!("kubectl get namespace {namespace} --ignore-not-found --output=name");
            if !guide.shell.read(&existing)?.is_empty() {
                guide.show(&format!("kubectl delete namespace {namespace} --timeout=120s"))?;
            }
        }
        guide.show(&format!("kubectl create namespace {namespace}"))
    }

    pub fn apply(&self) -> String {
        let namespace = self.namespace();
        match self {
            Self::OwnCluster => format!("kubectl apply -n {namespace} -f {MANIFEST}"),
            Self::Here { image } => {
                format!("sed 's|{OWN_IMAGE}|{image}|' {MANIFEST} | kubectl apply -n {namespace} -f -")
            }
        }
    }

    /// What is left, how to use it, and how to stop it.
    pub fn farewell(&self, is_complete: bool, binaries: &Path) -> String {
        let left = if is_complete { "Everything" } else { "What was started" };
        let namespace = self.namespace();
        let binaries = match binaries.is_absolute() {
            true => binaries.display().to_string(),
            false => format!("$PWD/{}", binaries.display()),
        };
        let (environment, stop) = match self {
            Self::OwnCluster => {
                ("  eval \"$(tests/cluster/cluster env)\"\n", "tests/cluster/cluster down".to_owned())
            }
            Self::Here { .. } => ("", format!("kubectl delete namespace {namespace} --ignore-not-found")),
        };
        format!(
            "\n{left} stays up. To try it yourself, in this folder:\n\
             {environment}  \
               export PATH=\"{binaries}:$PATH\"\n  \
               kubectl get pods -n {namespace} --show-labels\n  \
               kubectl isolate POD -n {namespace}\n\
             To stop it:\n  \
               {stop}"
        )
    }
}

/// The cluster that was just brought up.
fn running(guide: &Guide) -> Result<Cluster, Stop> {
    let description = guide.shell.read("tests/cluster/cluster status -o json")?;
    serde_json::from_str(&description)
        .map_err(|error| Stop::Failed(format!("tests/cluster/cluster status -o json: {error}")))
}
