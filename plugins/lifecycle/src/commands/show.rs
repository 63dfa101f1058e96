//! `kubectl lifecycle show`: what will run when.

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::{Cluster, ClusterError};
use serde::Serialize;
use serde_json::Value;

use super::missing::does_not_exist;
use crate::args::Form;
use crate::lint::{Finding, Subject, lint};
use crate::report;
use crate::schedule::Schedule;
use crate::target::Target;
use crate::workload::Workload;

pub async fn run(
    cluster: &Cluster,
    target: &Target,
    form: Option<Form>,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let object = target.in_namespace(&cluster.namespace);
    let Some(found) = cluster.get_optional::<Value>(&object).await? else {
        return Err(does_not_exist(cluster, &object).await);
    };
    let workload = Workload::new(target.resource, found);
    let pod = workload.pod().map_err(|error| ClusterError::unreadable(&object, &error))?;
    let findings = lint(&Subject::alone(&pod), workload.ignore.as_deref()).findings;
    let schedule = Schedule::new(&cluster.context, &object, pod);
    if let Some(form) = form {
        let shown = Shown { schedule: &schedule, findings: &findings };
        streams.structured(Some(output(form)), "LifecycleSchedule", &[shown])?;
        return Ok(());
    }
    let kind = target.resource.kind;
    streams.say(&format!("{}/{}   {kind}/{}", cluster.context, cluster.namespace, target.name), 4)?;
    Ok(report::show::schedule(streams, &schedule, &findings)?)
}

/// What a program is told.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    schedule: &'a Schedule,
    findings: &'a [Finding],
}

fn output(form: Form) -> OutputFormat {
    match form {
        Form::Json => OutputFormat::Json,
        Form::Yaml => OutputFormat::Yaml,
    }
}
