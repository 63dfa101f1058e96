//! Where the workloads come from: files, one object, or all of a namespace.

use drover::cli::{Failure, Streams};
use drover::cluster::{Cluster, ClusterError, Connection};
use futures::join;
use serde_json::{Error, Value};

use super::super::missing::does_not_exist;
use super::files;
use crate::args::LintArgs;
use crate::linted::Linter;
use crate::manifest::{Manifests, Origin};
use crate::observe::{self, Services};
use crate::target::Target;
use crate::workload::{Workload, template_pointer};

/// What was made of workloads.
pub struct Looked<T> {
    pub items: Vec<T>,
    /// Why it is not known which Services send them traffic, where it is not.
    pub unknown_services: Option<String>,
    /// How many other objects there were in files.
    pub others: usize,
}

/// What `each` makes of each workload that was asked for.
pub async fn each_workload<T>(
    connection: &Connection,
    arguments: &LintArgs,
    target: Option<&Target>,
    streams: &mut Streams,
    each: impl Fn(&Linter, &Workload, Option<&Origin>) -> Result<T, Error>,
) -> Result<Looked<T>, Failure> {
    let propagation_seconds = arguments.propagation.as_secs();
    if !arguments.filename.is_empty() {
        let manifests = files::read_all(&arguments.filename, &mut streams.input)?;
        return of_manifests(manifests, propagation_seconds, each);
    }
    let cluster = Cluster::connect(connection).await?;
    if let Some(target) = target {
        return of_one(&cluster, target, propagation_seconds, each).await;
    }
    let namespace = (!arguments.all_namespaces).then_some(cluster.namespace.as_str());
    let services = observe::services(&cluster, namespace).await?;
    let (linter, unknown_services) = linter(services, propagation_seconds);
    let items = observe::survey(&cluster, namespace, |workload| each(&linter, workload, None)).await?;
    Ok(Looked { items, unknown_services, others: 0 })
}

/// The Services among the manifests are what sends them traffic, where there is any.
fn of_manifests<T>(
    manifests: Manifests,
    propagation_seconds: u64,
    each: impl Fn(&Linter, &Workload, Option<&Origin>) -> Result<T, Error>,
) -> Result<Looked<T>, Failure> {
    let Manifests { workloads, services, others } = manifests;
    let unknown_services = services.is_none().then(|| "there is no Service among the manifests".to_owned());
    let linter = Linter { services, propagation_seconds };
    let made = workloads.iter().map(|(workload, origin)| {
        let unreadable = |error| {
            let pointer = template_pointer(workload.kind);
            let (document, object) = (origin.document(), workload.object());
            Failure::new(format!("{document}: {object}: the pod template (at {pointer:?}) is none: {error}"))
        };
        each(&linter, workload, Some(origin)).map_err(unreadable)
    });
    Ok(Looked { items: made.collect::<Result<_, _>>()?, unknown_services, others })
}

/// Two requests at once.
async fn of_one<T>(
    cluster: &Cluster,
    target: &Target,
    propagation_seconds: u64,
    each: impl Fn(&Linter, &Workload, Option<&Origin>) -> Result<T, Error>,
) -> Result<Looked<T>, Failure> {
    let object = target.in_namespace(&cluster.namespace);
    let services = observe::services(cluster, Some(&cluster.namespace));
    let (found, services) = join!(cluster.get_optional::<Value>(&object), services);
    let Some(found) = found? else { return Err(does_not_exist(cluster, &object).await) };
    let (linter, unknown_services) = linter(services?, propagation_seconds);
    let made = each(&linter, &Workload::new(target.resource, found), None);
    let made = made.map_err(|error| ClusterError::unreadable(&object, &error))?;
    Ok(Looked { items: vec![made], unknown_services, others: 0 })
}

/// And why Services are not known, where they are not.
fn linter(services: Services, propagation_seconds: u64) -> (Linter, Option<String>) {
    let (services, why) = match services {
        Ok(services) => (Some(services), None),
        Err(error) => (None, Some(error.to_string())),
    };
    (Linter { services, propagation_seconds }, why)
}
