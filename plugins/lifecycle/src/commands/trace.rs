//! `kubectl lifecycle trace`: what is still known of a start, a shutdown or a rollout, or what becomes of it.

use drover::cli::{Failure, OutputFormat, Streams, confirm};
use drover::cluster::Cluster;
use drover::model::object::{ObjectRef, PODS};

use super::follow::{Ending, OnePod, OneWorkload, Subject, follow};
use super::margin;
use crate::args::{TraceArgs, TraceForm};
use crate::observe;
use crate::report::{self, Screen};
use crate::target::Target;
use crate::trace::{Phase, Trace, trace};

pub async fn run(
    cluster: &Cluster,
    target: &Target,
    arguments: &TraceArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let object = target.in_namespace(&cluster.namespace);
    if arguments.evict && !arguments.yes {
        let place = format!("{}/{}", cluster.context, cluster.namespace);
        confirm(streams, &format!("Evict {object} in {place}? Its containers are stopped."))?;
    }
    let (trace, failure) = match (target.resource == PODS, arguments.follows()) {
        (true, false) => {
            let mut record = observe::record(cluster, &object).await?;
            observe::learn_cause(cluster, &mut record).await;
            observe::learn_logs(cluster, &mut record).await;
            (trace(&record, arguments.phase()), None)
        }
        (true, true) => {
            let pod = match arguments.evict {
                true => OnePod::evicted(object.clone()),
                false => OnePod::new(object.clone(), arguments.phase()),
            };
            followed(cluster, &object, pod, arguments, streams).await?
        }
        (false, false) => {
            let mut workload = OneWorkload::new(object.clone(), false);
            workload.read(cluster).await?;
            (workload.trace(), None)
        }
        (false, true) => {
            let workload = OneWorkload::new(object.clone(), arguments.restart);
            followed(cluster, &object, workload, arguments, streams).await?
        }
    };
    let failure = failure.or_else(|| {
        let (trace, wanted) = (trace.as_ref()?, arguments.fail_if_margin_below?);
        margin::too_small(&object, &trace.margins, wanted)
    });
    match trace {
        Some(trace) => tell(cluster, trace, arguments, streams)?,
        None if failure.is_none() => return Err(nothing(&object, arguments)),
        None => {}
    }
    failure.map_or(Ok(()), Err)
}

/// What is known when it came to its end, and why it did not, where it did not.
async fn followed(
    cluster: &Cluster,
    object: &ObjectRef,
    mut subject: impl Subject,
    arguments: &TraceArgs,
    streams: &mut Streams,
) -> Result<(Option<Trace>, Option<Failure>), Failure> {
    let ending = follow(cluster, &mut subject, arguments.timeout, &again(object), streams).await?;
    subject.conclude(cluster).await;
    Ok((subject.trace(), failure(object, ending)))
}

fn tell(
    cluster: &Cluster,
    trace: Trace,
    arguments: &TraceArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    match arguments.output {
        Some(TraceForm::Json) => streams.structured(Some(OutputFormat::Json), "LifecycleTrace", &[trace])?,
        Some(TraceForm::Yaml) => streams.structured(Some(OutputFormat::Yaml), "LifecycleTrace", &[trace])?,
        Some(TraceForm::ChromeTrace) => writeln!(streams.out, "{}", report::chrome_trace(&trace))?,
        Some(TraceForm::Svg) => write!(streams.out, "{}", report::svg(&trace))?,
        None => {
            let place = format!("{}/{}", cluster.context, cluster.namespace);
            let width = streams.out_width.or(Some(80));
            let screen = Screen { width, height: None, colour: streams.colour };
            write!(streams.out, "{}", report::waterfall(&trace, &place, &screen))?;
        }
    }
    Ok(())
}

fn nothing(object: &ObjectRef, arguments: &TraceArgs) -> Failure {
    let what = match arguments.phase() {
        _ if object.resource != PODS => "pods",
        Some(Phase::Start) => "start",
        Some(Phase::Shutdown) => "shutdown",
        None => "start or shutdown",
    };
    let failure = Failure::new(format!("{object}: nothing tells of its {what}"));
    match object.resource {
        PODS => failure.hint("the server forgets events after an hour"),
        _ if arguments.follows() => failure.hint(format!("follow it again:  {}", again(object))),
        _ => failure,
    }
}

/// The command that follows it.
fn again(object: &ObjectRef) -> String {
    let typed = match object.resource {
        PODS => object.name.clone(),
        resource => format!("{}/{}", resource.typed_name(), object.name),
    };
    format!("kubectl lifecycle trace {typed} -f -n {}", object.namespace.as_deref().unwrap_or_default())
}

/// Why what was followed did not come to its end.
fn failure(object: &ObjectRef, ending: Ending) -> Option<Failure> {
    let again = format!("follow it again:  {}", again(object));
    match ending {
        Ending::Over => None,
        Ending::Failed(why) => {
            Some(Failure::new(format!("{object} can't succeed by itself any more: {why}")))
        }
        Ending::TimedOut => Some(Failure::new(format!("{object}: not at its end in time")).hint(again)),
        Ending::Cancelled => Some(Failure::new(format!("{object}: stopped before its end")).hint(again)),
    }
}
