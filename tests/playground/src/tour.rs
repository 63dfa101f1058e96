//! The tour: what a newcomer sees, step by step.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::arguments::Arguments;
use crate::guide::Guide;
use crate::place::Place;
use crate::scene::Scene;
use crate::stop::Stop;
use crate::traffic::{Traffic, Visits};

/// Requests a second, from the third step to the end.
const RATE: u32 = 100;

/// What the sick pod answers, and writes to its log.
const APOLOGY: &str = "sorry, no database";

/// The archive of what is known of the sick pod.
const EVIDENCE: &str = "sick.tar.gz";

/// How long the rules of a busy node may take to follow a change of a Service.
const NODES_FOLLOW: Duration = Duration::from_secs(10);

/// How many lost requests are shown with their cause.
const LOST_SHOWN: usize = 10;

pub struct Tour<'a> {
    pub guide: &'a mut Guide,
    pub place: &'a Place,
}

impl Tour<'_> {
    /// How many steps there will be: without traffic, its start and its count are left out.
    pub fn steps(arguments: &Arguments) -> usize {
        if arguments.here { 9 } else { 11 }
    }

    pub fn walk(&mut self) -> Result<(), Stop> {
        self.place.prepare(self.guide)?;
        self.guide.pause(None)?;
        self.deploy()?;
        self.guide.pause(None)?;
        let mut traffic = match self.place {
            Place::OwnCluster => Some(self.start_traffic()?),
            Place::Here { .. } => None,
        };
        let pod = self.choose()?;
        self.make_sick(&pod)?;
        let scene = Scene::of(&pod, self.place.namespace(), &self.guide.shell)?;
        self.guide.pause(traffic.as_mut())?;
        self.foresee(&pod)?;
        self.guide.pause(traffic.as_mut())?;
        let folder = tempfile::Builder::new().prefix("drover-playground-").tempdir()?;
        self.isolate(&pod, folder.path())?;
        self.guide.pause(traffic.as_mut())?;
        self.read_evidence(folder.path())?;
        self.guide.pause(traffic.as_mut())?;
        self.look_inside(&pod, &scene)?;
        self.guide.pause(traffic.as_mut())?;
        self.list(&pod)?;
        self.guide.pause(traffic.as_mut())?;
        self.cut_off(&pod)?;
        match traffic {
            Some(mut traffic) => {
                self.guide.pause(Some(&mut traffic))?;
                self.count(traffic, &pod)
            }
            None => Ok(()),
        }
    }

    fn deploy(&mut self) -> Result<(), Stop> {
        self.guide.step(
            "A web Service",
            "A Deployment with three replicas, and two Services in front of it. Its pods answer \
             with their name.",
        )?;
        let namespace = self.place.namespace();
        self.place.create_namespace(self.guide)?;
        self.guide.show(&self.place.apply())?;
        self.guide.show(&format!(
            "kubectl wait -n {namespace} --for=condition=Available deploy/web --timeout=2m"
        ))?;
        self.guide.show(&format!("kubectl get pods,services -n {namespace}"))
    }

    fn start_traffic(&mut self) -> Result<Traffic, Stop> {
        self.guide.step(
            "Live traffic",
            &format!("{RATE} requests a second through Service web, from now to the end of the tour."),
        )?;
        let generator = self.visitors()?;
        self.guide.screen.command(&format!("{generator} &"))?;
        let mut traffic = Traffic::start(self.guide.shell.command(&generator))?;
        traffic.sent_at_least(RATE.into())?;
        self.guide.pause(Some(&mut traffic))?;
        Ok(traffic)
    }

    /// The command that sends requests. Services are reachable only inside the cluster's network.
    fn visitors(&self) -> Result<String, Stop> {
        let namespace = self.place.namespace();
        let address = self.guide.shell.read(&format!(
            "kubectl get service web -n {namespace} --output=jsonpath='{{.spec.clusterIP}}:{{.spec.ports[0].port}}'"
        ))?;
        let load = self.guide.shell.binaries().join("load");
        Ok(format!(
            "tests/cluster/cluster exec -- \\\n    {} --address={address} --rate={RATE}",
            load.display()
        ))
    }

    /// Any of the three.
    fn choose(&self) -> Result<String, Stop> {
        let namespace = self.place.namespace();
        self.guide.shell.read(&format!(
            "kubectl get pods -n {namespace} --selector=app=web --output=jsonpath='{{.items[0].metadata.name}}'"
        ))
    }

    fn make_sick(&mut self, pod: &str) -> Result<(), Stop> {
        self.guide.step(
            "A sick pod",
            "One pod loses its database. It still answers, so it stays Ready: Kubernetes sees \
             nothing wrong. Its users do.",
        )?;
        let namespace = self.place.namespace();
        self.guide.show(&format!(
            "kubectl exec -n {namespace} {pod} -- \\\n    \
             sh -c 'echo \"$HOSTNAME: {APOLOGY}\" | tee /error.log >/www/index.html'"
        ))?;
        self.guide.show(&format!("kubectl get pods -n {namespace}"))?;
        if let Place::OwnCluster = self.place {
            self.show_visits()?;
        }
        Ok(())
    }

    fn foresee(&mut self, pod: &str) -> Result<(), Stop> {
        self.guide.step(
            "What would happen",
            "To delete the pod would cure the users and destroy the evidence. Instead, it is taken \
             out. First the plan: nothing is changed yet.",
        )?;
        let namespace = self.place.namespace();
        self.guide.show(&format!("kubectl isolate {pod} -n {namespace} --dry-run=client"))
    }

    fn isolate(&mut self, pod: &str, folder: &Path) -> Result<(), Stop> {
        self.guide.step(
            "Isolate it",
            "The same without --dry-run. What is known of the pod is saved first. The replacement comes \
             next, then the pod leaves all traffic: at no moment are there fewer than three. Last, who is \
             connected to it even now?",
        )?;
        let (namespace, folder) = (self.place.namespace(), folder.display());
        self.guide.show(&format!(
            "kubectl isolate {pod} -n {namespace} --reason \"no database\" --ttl=2h \\\n    \
             --evidence={folder}/{EVIDENCE} --connections"
        ))?;
        self.guide.show(&format!("kubectl get pods -n {namespace}"))
    }

    fn read_evidence(&mut self, folder: &Path) -> Result<(), Stop> {
        self.guide.step(
            "The evidence",
            "The pod as it was, what is around it, its logs, and what the kernel says of its processes. \
             Sums tell whether somebody changed a file since.",
        )?;
        let folder = folder.display();
        self.guide.show(&format!("tar -xvzf {folder}/{EVIDENCE} -C {folder}"))?;
        self.guide.show(&format!("cd {folder}/web-*/ && sha256sum -c SHA256SUMS"))
    }

    fn look_inside(&mut self, pod: &str, before: &Scene) -> Result<(), Stop> {
        self.guide.step(
            "Look inside",
            "The pod runs on as it was: the same processes, memory and files. Take your time.",
        )?;
        let namespace = self.place.namespace();
        self.guide.show(&format!("kubectl exec -n {namespace} {pod} -- cat /error.log"))?;
        self.guide.show(&format!("kubectl exec -n {namespace} {pod} -- ps -o pid,comm"))?;
        let now = Scene::of(pod, namespace, &self.guide.shell)?;
        if now != *before {
            return Err(Stop::Failed(format!("pod {pod} is not what it was: {before:?}, now {now:?}")));
        }
        let Scene { uid, restarts, .. } = now;
        self.guide.say(&format!("\nuid {uid}: same pod, same container, {restarts} restarts"))
    }

    fn list(&mut self, pod: &str) -> Result<(), Stop> {
        self.guide.step(
            "What is isolated?",
            "The pod itself says who took it out, when, why and until when. Your colleagues see it too, in an \
             Event on its Deployment, and on one screen at any later time.",
        )?;
        let namespace = self.place.namespace();
        self.guide.show(&format!("kubectl isolate list -n {namespace}"))?;
        self.guide.show(&format!("kubectl get events -n {namespace} --field-selector=reason=Isolated"))?;
        self.guide.show(&format!("kubectl isolate show {pod} -n {namespace}"))
    }

    fn cut_off(&mut self, pod: &str) -> Result<(), Stop> {
        self.guide.step(
            "Off the network",
            "Perhaps it is not sick but taken over. One NetworkPolicy selects this pod alone and allows \
             nothing. The pod owns it, so that it goes with it.",
        )?;
        let namespace = self.place.namespace();
        self.guide.show(&format!("kubectl isolate {pod} -n {namespace} --quarantine"))?;
        self.guide.show(&format!("kubectl get networkpolicies -n {namespace}"))
    }

    fn count(&mut self, traffic: Traffic, pod: &str) -> Result<(), Stop> {
        self.guide.step(
            "What the users saw",
            "The pod is out of all traffic. Are the users cured, and was anybody turned away?",
        )?;
        self.see_no_more_of(pod)?;
        let Visits { sent, lost, .. } = traffic.finish()?;
        self.guide.say(&format!("\nOver the whole tour: {sent} requests sent, {} lost.", lost.len()))?;
        if lost.is_empty() {
            return Ok(());
        }
        let listed: Vec<_> = lost
            .iter()
            .take(LOST_SHOWN)
            .map(|failure| format!("{:.3?} {}", failure.at, failure.error))
            .collect();
        Err(Stop::Failed(format!("requests were lost, the first of them:\n{}", listed.join("\n"))))
    }

    /// Looks at what users get until none of them gets an answer of this pod.
    ///
    /// That takes a moment: kube-proxy hears of a changed Service at the same time as `kubectl isolate`, but writes
    /// the node's rules only once a second.
    fn see_no_more_of(&mut self, pod: &str) -> Result<(), Stop> {
        let deadline = Instant::now() + NODES_FOLLOW;
        while self.show_visits()?.answers.keys().any(|answer| answer.starts_with(pod)) {
            if Instant::now() > deadline {
                let message = format!("users still get answers of {pod} after {NODES_FOLLOW:?}");
                return Err(Stop::Failed(message));
            }
            self.guide.say("\nA node follows up to a second later. Once more:")?;
        }
        Ok(())
    }

    /// What some users get right now, by answer.
    fn show_visits(&mut self) -> Result<Visits, Stop> {
        let mut sample = Traffic::start(self.guide.shell.command(&self.visitors()?))?;
        sample.sent_at_least(RATE.into())?;
        let visits = sample.finish()?;
        self.guide.say(&format!("\nWhat {} users get now:", visits.sent))?;
        for (answer, count) in &visits.answers {
            self.guide.say(&format!("{count:>5}  {answer}"))?;
        }
        Ok(visits)
    }
}
