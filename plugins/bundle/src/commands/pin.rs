//! `kubectl bundle add` and `remove`: exceptions from what can be seen.

use drover::change::{Body, Effect, Plan, Step, Test, Write, set};
use drover::cli::{Failure, Streams};
use drover::model::object::{CONFIG_MAPS, ObjectRef};
use futures::future::try_join_all;
use futures::join;
use serde_json::Value;

use super::session::{Session, does_not_exist, read_definition};
use crate::args::PinArgs;
use crate::kinds::SECRETS;
pub use crate::pin::Pin;
use crate::store::{BundleName, DEFINITION, Stored, stored};
use crate::typed;

pub async fn run(
    session: &Session<'_>,
    arguments: &PinArgs,
    pin: Pin,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let (cluster, name) = (session.cluster, &arguments.name);
    let objects = try_join_all(arguments.objects.iter().map(|text| typed::find(cluster, text))).await?;
    let rights = [("get", CONFIG_MAPS), ("patch", CONFIG_MAPS), ("list", SECRETS)];
    let (rights, stored, there) =
        join!(session.need(&rights), stored(cluster, name), exist(session, &objects, pin));
    rights?;
    let stored = stored?;
    there?;
    let Some(config_map) = &stored.definition else { return Err(does_not_exist(cluster, name).await) };
    let before = read_definition(name, &cluster.namespace, config_map)?;
    let decide = |stored: &Stored| plan(name, &cluster.namespace, stored, pin, &objects);
    let plan = decide(&stored)?;
    let is_new = !plan.now.is_empty();
    if !session.is_dry_run(&plan).await? {
        let again = format!("kubectl bundle {} {name} {}", word(pin), arguments.objects.join(" "));
        session.write(name, stored, decide, &again, streams).await?;
    }
    let what = if is_new { pin.done() } else { "unchanged" };
    for object in &objects {
        let suffix = session.change.dry_run.suffix();
        let preposition = if pin == Pin::Add { "to" } else { "from" };
        let place = if is_new { format!(" {preposition} bundle/{name}") } else { String::new() };
        streams.answer(session.change.output, &object.to_string(), &format!("{what}{place}{suffix}"))?;
    }
    let after = pin.decide(&before, &objects)?;
    streams.structured(session.change.output, "BundleDefinitionList", &[after])?;
    Ok(())
}

fn word(pin: Pin) -> &'static str {
    match pin {
        Pin::Add => "add",
        Pin::Remove => "remove",
    }
}

/// What is added has to be there; what is left out need not.
async fn exist(session: &Session<'_>, objects: &[ObjectRef], pin: Pin) -> Result<(), Failure> {
    for object in objects.iter().filter(|_| pin == Pin::Add) {
        if session.cluster.get_metadata::<Value>(object).await?.is_none() {
            return Err(Failure::new(format!("{object} does not exist")));
        }
    }
    Ok(())
}

fn plan(
    name: &BundleName,
    namespace: &str,
    stored: &Stored,
    pin: Pin,
    objects: &[ObjectRef],
) -> Result<Plan, Failure> {
    let target = name.definition(namespace);
    let Some(config_map) = &stored.definition else {
        return Err(Failure::new(format!("{target} was deleted meanwhile")));
    };
    let before = read_definition(name, namespace, config_map)?;
    let after = pin.decide(&before, objects)?;
    if after == before {
        return Ok(Plan::default());
    }
    let write = Write {
        // As it was read: what a colleague decides meanwhile is not lost.
        require: vec![Test::equals(["data"], config_map["data"].clone())],
        body: Body::Patch(vec![set(["data", DEFINITION], after.text())]),
        effect: Effect::Shows(vec![Test::equals(["data", DEFINITION], after.text())]),
        target,
    };
    let step = Step { title: "store what belongs to the bundle".to_owned(), write };
    Ok(Plan { now: vec![step], ..Plan::default() })
}
