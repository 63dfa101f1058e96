//! `kubectl lifecycle trace`: what is still known of a start or shutdown.

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::Cluster;
use drover::model::object::{ObjectRef, PODS};

use super::follow::{Ending, follow};
use super::margin;
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
    let (mut record, phase, failure) = match arguments.follow {
        true => {
            let (record, phase, ending) = follow(cluster, &pod, arguments, streams).await?;
            (record, Some(phase), failure(&pod, ending))
        }
        false => (observe::record(cluster, &pod).await?, arguments.phase(), None),
    };
    if record.is_going() {
        record.deletions = observe::deletions(cluster, &record).await?;
    }
    let Some(trace) = trace(&record, phase) else {
        let what = match phase {
            Some(Phase::Shutdown) => "shutdown",
            _ => "start",
        };
        let nothing = Failure::new(format!("{pod}: nothing tells of its {what}"))
            .hint("the server forgets events after an hour");
        return Err(failure.unwrap_or(nothing));
    };
    let failure = failure.or_else(|| {
        let wanted = arguments.fail_if_margin_below?;
        margin::too_small(&pod, &trace.margins, wanted)
    });
    match arguments.output {
        Some(TraceForm::Json) => streams.structured(Some(OutputFormat::Json), "LifecycleTrace", &[trace])?,
        Some(TraceForm::Yaml) => streams.structured(Some(OutputFormat::Yaml), "LifecycleTrace", &[trace])?,
        Some(TraceForm::ChromeTrace) => writeln!(streams.out, "{}", report::chrome_trace(&trace))?,
        Some(TraceForm::Svg) => write!(streams.out, "{}", report::svg(&trace))?,
        None => {
            let place = format!("{}/{}", cluster.context, cluster.namespace);
            let screen = Screen { width: streams.out_width.or(Some(80)), colour: streams.colour };
            write!(streams.out, "{}", report::waterfall(&trace, &place, &screen))?;
        }
    }
    failure.map_or(Ok(()), Err)
}

/// Why what was followed did not come to its end.
fn failure(pod: &ObjectRef, ending: Ending) -> Option<Failure> {
    let again = format!(
        "follow it again:  kubectl lifecycle trace {} -f -n {}",
        pod.name,
        pod.namespace.as_deref().unwrap_or_default()
    );
    match ending {
        Ending::Over => None,
        Ending::Failed(why) => Some(Failure::new(format!("{pod} can't start: {why}"))),
        Ending::TimedOut => Some(Failure::new(format!("{pod}: not at its end in time")).hint(again)),
        Ending::Cancelled => Some(Failure::new(format!("{pod}: stopped before its end")).hint(again)),
    }
}
