//! `kubectl lifecycle show`: what will run when.

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::{Cluster, ClusterError};
use drover::model::object::{ObjectRef, PODS};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::Value;

use crate::args::Form;
use crate::report;
use crate::schedule::Schedule;
use crate::target::Target;

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
    let template = template(target, found).map_err(|error| ClusterError::unreadable(&object, &error))?;
    let schedule = Schedule::new(&cluster.context, &object, template);
    if let Some(form) = form {
        streams.structured(Some(output(form)), "LifecycleSchedule", &[schedule])?;
        return Ok(());
    }
    let kind = target.resource.kind;
    streams.say(&format!("{}/{}   {kind}/{}", cluster.context, cluster.namespace, target.name), 4)?;
    Ok(report::show::schedule(streams, &schedule)?)
}

/// A pod looks like its own template.
fn template(target: &Target, mut found: Value) -> Result<PodTemplateSpec, serde_json::Error> {
    let template = found.pointer_mut(target.template_pointer()).map(Value::take).unwrap_or_default();
    serde_json::from_value(template)
}

pub async fn does_not_exist(cluster: &Cluster, object: &ObjectRef) -> Failure {
    let failure = Failure::new(format!("{object} does not exist"));
    let kind = if object.resource == PODS { String::new() } else { object.resource.typed_name() + "/" };
    let close = cluster.close_names(object).await;
    let close: Vec<_> = close.iter().map(|name| format!("{kind}{name}")).collect();
    if close.is_empty() {
        let (plural, namespace) = (object.resource.qualified_plural(), &cluster.namespace);
        failure.hint(format!("see which there are:  kubectl get {plural} -n {namespace}"))
    } else {
        failure.hint(format!("did you mean {}?", close.join(" or ")))
    }
}

fn output(form: Form) -> OutputFormat {
    match form {
        Form::Json => OutputFormat::Json,
        Form::Yaml => OutputFormat::Yaml,
    }
}
