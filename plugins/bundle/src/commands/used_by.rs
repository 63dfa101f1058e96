//! `kubectl bundle used-by`: who else uses the members, and would notice a change of them.

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::Cluster;
use drover::model::object::ObjectRef;
use drover::print::table;
use futures::join;
use serde::Serialize;
use serde_json::Value;

use super::session::{does_not_exist, read_definition};
use crate::args::UsedByArgs;
use crate::membership::Member;
use crate::observe::{self, Depth};
use crate::store::BundleName;
use crate::typed;
use crate::usage::{Usage, User, usages};

/// One member with one of its users. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    member: String,
    used_by: String,
    how: &'a [String],
}

pub async fn run(cluster: &Cluster, arguments: &UsedByArgs, streams: &mut Streams) -> Result<(), Failure> {
    let name = &arguments.name;
    let only = match &arguments.member {
        Some(text) => Some(typed::find(cluster, text).await?),
        None => None,
    };
    let config_map = name.definition(&cluster.namespace);
    let (survey, config_map, users) = join!(
        observe::survey(cluster, &[]),
        cluster.get_optional::<Value>(&config_map),
        observe::users(cluster)
    );
    let (survey, mut users) = (survey?, users?);
    let Some(config_map) = config_map? else { return Err(does_not_exist(cluster, name).await) };
    let definition = read_definition(name, &cluster.namespace, &config_map)?;
    let observed = survey.members(cluster, &definition.roots, &definition.pins(), Depth::Metadata).await?;
    streams.warnings(&observed.warnings)?;
    streams.warnings(&users.warnings)?;
    users.bundles.remove(name);
    // What was looked up as a member is in both.
    let (known, is_known) = (&observed.known, |object: &ObjectRef| observed.known.related(object).is_some());
    let others = known.all().chain(users.jobs.iter().filter(|other| !is_known(&other.object)));
    let mut usages = usages(&observed.members, known, others, &users.bundles);
    if let Some(only) = &only {
        expect_member(name, only, &observed.members)?;
        usages.retain(|usage| usage.member == *only);
    }
    tell(arguments, only.as_ref(), &usages, streams)
}

fn expect_member(name: &BundleName, object: &ObjectRef, members: &[Member]) -> Result<(), Failure> {
    if members.iter().any(|member| member.object == *object) {
        return Ok(());
    }
    Err(Failure::new(format!("{object} is no member of bundle/{name}"))
        .hint(format!("see which are:  kubectl bundle show {name}")))
}

fn tell(
    arguments: &UsedByArgs,
    only: Option<&ObjectRef>,
    usages: &[Usage],
    streams: &mut Streams,
) -> Result<(), Failure> {
    match arguments.output {
        Some(OutputFormat::Json | OutputFormat::Yaml) => {
            let told: Vec<_> = usages.iter().map(told).collect();
            streams.structured(arguments.output, "BundleUsageList", &told)?;
        }
        Some(OutputFormat::Name) => {
            let mut names: Vec<_> = usages.iter().map(|usage| full_name(&usage.by)).collect();
            names.sort();
            names.dedup();
            for name in names {
                writeln!(streams.out, "{name}")?;
            }
        }
        _ if usages.is_empty() => {
            let what = only.map_or("its members".to_owned(), ToString::to_string);
            streams.say(&format!("Nothing outside bundle/{} uses {what}.", arguments.name), 0)?;
        }
        form => {
            let rows: Vec<_> =
                usages.iter().map(|usage| row(usage, form == Some(OutputFormat::Wide))).collect();
            write!(streams.out, "{}", table(&["MEMBER", "USED BY", "HOW"], &rows))?;
        }
    }
    Ok(())
}

fn told(usage: &Usage) -> Told<'_> {
    Told { member: usage.member.to_string(), used_by: full_name(&usage.by), how: &usage.how }
}

fn full_name(user: &User) -> String {
    match user {
        User::Object(object) => object.to_string(),
        User::Bundle(name) => format!("bundle.drover.dev/{name}"),
    }
}

fn row(usage: &Usage, wide: bool) -> Vec<String> {
    let short = |object: &ObjectRef| format!("{}/{}", object.resource.kind.to_lowercase(), object.name);
    let how = match &usage.how[..] {
        [first, more @ ..] if !wide && !more.is_empty() => format!("{first}, and {} more", more.len()),
        all => all.join(", "),
    };
    if wide {
        return vec![usage.member.to_string(), full_name(&usage.by), how];
    }
    let by = match &usage.by {
        User::Object(object) => short(object),
        User::Bundle(name) => format!("bundle/{name}"),
    };
    vec![short(&usage.member), by, how]
}
