//! `kubectl lifecycle trace`: what is still known of a start or shutdown.

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::Cluster;
use drover::model::object::PODS;

use crate::args::{TraceArgs, TraceForm};
use crate::observe;
use crate::report::{self, Screen};
use crate::target::Target;
use crate::trace::{Phase, trace};

pub async fn run(
    cluster: &Cluster,
    target: &Target,
    arguments: &TraceArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    if target.resource != PODS {
        return Err(Failure::new(format!(
            "{}: give one of its pods",
            target.in_namespace(&cluster.namespace)
        ))
        .hint(format!("see which there are:  kubectl get pods -n {}", cluster.namespace)));
    }
    let pod = target.in_namespace(&cluster.namespace);
    let record = observe::record(cluster, &pod).await?;
    let Some(trace) = trace(&record, arguments.phase) else {
        let what = match arguments.phase {
            Some(Phase::Shutdown) => "shutdown",
            _ => "start",
        };
        return Err(Failure::new(format!("{pod}: nothing tells of its {what}"))
            .hint("the server forgets events after an hour"));
    };
    match arguments.output {
        Some(TraceForm::Json) => streams.structured(Some(OutputFormat::Json), "LifecycleTrace", &[trace])?,
        Some(TraceForm::Yaml) => streams.structured(Some(OutputFormat::Yaml), "LifecycleTrace", &[trace])?,
        Some(TraceForm::ChromeTrace) => writeln!(streams.out, "{}", report::chrome_trace(&trace))?,
        Some(TraceForm::Svg) => write!(streams.out, "{}", report::svg(&trace))?,
        None => {
            let place = format!("{}/{}", cluster.context, cluster.namespace);
            let screen = Screen { width: streams.out_width.unwrap_or(80), colour: streams.colour };
            write!(streams.out, "{}", report::waterfall(&place, &trace, &screen))?;
        }
    }
    Ok(())
}
