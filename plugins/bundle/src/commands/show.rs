//! `kubectl bundle show`: the members, and why each is one.

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::Cluster;
use drover::model::object::ObjectRef;
use drover::print::{counted, table};
use futures::channel::oneshot::Sender;
use serde::Serialize;
use serde_json::Value;

use super::session::{does_not_exist, read_definition};
use crate::args::Subject;
use crate::membership::{Member, Pins, Presence, Reason, Start};
use crate::observe::{self, Depth, Observed};
use crate::root::Root;
use crate::store::BundleName;

const BEING_DELETED: &str = "being deleted";

/// One member. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    object: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    api_version: String,
    kind: &'a str,
    name: &'a str,
    /// Why it is a member; none for a root.
    reasons: &'a [Reason],
    state: String,
}

pub async fn run(
    cluster: &Cluster,
    subject: &Subject,
    output: Option<OutputFormat>,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let Observed { members, warnings, .. } = match subject {
        Subject::Bundle(name) => saved(cluster, name).await?,
        Subject::Roots(roots) => of_roots(cluster, roots).await?,
    };
    streams.warnings(&warnings)?;
    match output {
        Some(OutputFormat::Json | OutputFormat::Yaml) => {
            let shown: Vec<_> = members.iter().map(shown).collect();
            streams.structured(output, "BundleMemberList", &shown)?;
        }
        Some(OutputFormat::Name) => {
            for member in members.iter().filter(|member| is_there(&member.presence)) {
                writeln!(streams.out, "{}", member.object)?;
            }
        }
        form => {
            let (context, namespace) = (&cluster.context, &cluster.namespace);
            let heading = format!("{context}/{namespace}   {}", counted(members.len(), "member"));
            streams.say(&heading, 4)?;
            write!(streams.out, "{}", tree(&members, form == Some(OutputFormat::Wide)))?;
        }
    }
    Ok(())
}

async fn of_roots(cluster: &Cluster, roots: &[Root]) -> Result<Observed, Failure> {
    let roots: Vec<_> = roots.iter().map(|root| root.in_namespace(&cluster.namespace)).collect();
    let survey = observe::survey(cluster, &roots).await?;
    let observed = survey.members(cluster, &roots, &Pins::default(), Depth::Metadata).await?;
    expect_roots(cluster, &roots, &observed.members).await?;
    Ok(observed)
}

/// Of a bundle a root may be gone by now: it is shown as missing.
async fn saved(cluster: &Cluster, name: &BundleName) -> Result<Observed, Failure> {
    let read = async |begin: Sender<Start>| {
        let config_map: Option<Value> = cluster.get_optional(&name.definition(&cluster.namespace)).await?;
        let Some(config_map) = &config_map else { return Err(does_not_exist(cluster, name).await) };
        let _ = begin.send(read_definition(name, &cluster.namespace, config_map)?.start());
        Ok(())
    };
    Ok(observe::members_while(cluster, Depth::Metadata, read).await?.0)
}

/// Refuses to start from what is not there.
pub async fn expect_roots(cluster: &Cluster, roots: &[ObjectRef], members: &[Member]) -> Result<(), Failure> {
    for (root, member) in roots.iter().zip(members) {
        match member.presence {
            Presence::Missing => return Err(root_does_not_exist(cluster, root).await),
            Presence::Forbidden => {
                let hint = "the README of kubectl bundle has a ClusterRole with all that it reads";
                return Err(Failure::new(format!("you may not read {root}")).hint(hint));
            }
            _ => {}
        }
    }
    Ok(())
}

async fn root_does_not_exist(cluster: &Cluster, root: &ObjectRef) -> Failure {
    let failure = Failure::new(format!("{root} does not exist"));
    let kind = root.resource.typed_name();
    let close: Vec<_> = cluster.close_names(root).await.iter().map(|name| format!("{kind}/{name}")).collect();
    if close.is_empty() {
        let (kind, namespace) = (root.resource.qualified_plural(), &cluster.namespace);
        failure.hint(format!("see which there are:  kubectl get {kind} -n {namespace}"))
    } else {
        failure.hint(format!("did you mean {}?", close.join(" or ")))
    }
}

fn shown(member: &Member) -> Shown<'_> {
    let object = &member.object;
    Shown {
        object: object.to_string(),
        namespace: object.namespace.as_deref(),
        api_version: object.resource.api_version(),
        kind: object.resource.kind,
        name: &object.name,
        reasons: &member.reasons,
        state: state(member),
    }
}

fn is_there(presence: &Presence) -> bool {
    !matches!(presence, Presence::Missing | Presence::MissingOptional | Presence::Unknown)
}

fn state(member: &Member) -> String {
    let state = match &member.presence {
        Presence::Present if member.is_being_deleted => return BEING_DELETED.to_owned(),
        Presence::Present => "present".to_owned(),
        Presence::Cluster => "of the cluster".to_owned(),
        Presence::Controlled(owner) => format!("made by {owner}"),
        Presence::Missing => "missing".to_owned(),
        Presence::MissingOptional => "missing, optional".to_owned(),
        Presence::Forbidden => "forbidden".to_owned(),
        Presence::Unknown => "unknown".to_owned(),
    };
    if member.is_being_deleted { format!("{state}, {BEING_DELETED}") } else { state }
}

/// The members as a tree: each below the one that led to it first, and what a person added beside the roots.
fn tree(members: &[Member], wide: bool) -> String {
    let mut rows = Vec::new();
    let roots = members.iter().filter(|member| led_by(member).is_none());
    for root in roots {
        rows.push(row(root, String::new(), wide));
        branch(members, root, "", wide, &mut rows);
    }
    table(&["MEMBER", "STATE", "BECAUSE OF"], &rows)
}

/// The member that led to it first.
fn led_by(member: &Member) -> Option<&ObjectRef> {
    member.reasons.first()?.of.as_ref()
}

fn branch(members: &[Member], parent: &Member, indent: &str, wide: bool, rows: &mut Vec<Vec<String>>) {
    let is_child = |member: &&Member| led_by(member) == Some(&parent.object);
    let children: Vec<_> = members.iter().filter(is_child).collect();
    for (position, child) in children.iter().enumerate() {
        let is_last = position + 1 == children.len();
        rows.push(row(child, format!("{indent}{}", if is_last { "└─ " } else { "├─ " }), wide));
        let deeper = format!("{indent}{}", if is_last { "   " } else { "│  " });
        branch(members, child, &deeper, wide, rows);
    }
}

fn row(member: &Member, indent: String, wide: bool) -> Vec<String> {
    let reasons = match &member.reasons[..] {
        [] => "root".to_owned(),
        [first, more @ ..] if wide => {
            let others = more.iter().map(|reason| match &reason.of {
                Some(of) => format!("{} of {of}", reason.path),
                None => reason.path.clone(),
            });
            std::iter::once(first.path.clone()).chain(others).collect::<Vec<_>>().join(", ")
        }
        [first] => first.path.clone(),
        [first, more @ ..] => format!("{}, and {} more", first.path, more.len()),
    };
    // Without its group it stays narrow; there are no two of one name among the kinds that a bundle knows.
    let (kind, name) = (member.object.resource.kind.to_lowercase(), &member.object.name);
    let object = if wide { member.object.to_string() } else { format!("{kind}/{name}") };
    vec![format!("{indent}{object}"), state(member), reasons]
}

#[cfg(test)]
mod tests {
    use drover::model::object::{CONFIG_MAPS, DEPLOYMENTS, SERVICES};

    use super::*;

    #[test]
    fn each_stands_below_what_led_to_it() {
        let object = |resource, name: &str| ObjectRef::namespaced(resource, "shop", name);
        let (service, web) = (object(SERVICES, "web"), object(DEPLOYMENTS, "web"));
        let because = |of: &ObjectRef, path: &str| Reason { of: Some(of.clone()), path: path.to_owned() };
        let member = |object: &ObjectRef, reasons: Vec<Reason>, presence| Member {
            object: object.clone(),
            reasons,
            presence,
            is_being_deleted: false,
        };
        let used = vec![because(&web, "volumes[a]"), because(&web, "volumes[b]")];
        let members = [
            member(&service, Vec::new(), Presence::Present),
            member(&web, vec![because(&service, "selector")], Presence::Present),
            member(&object(CONFIG_MAPS, "files"), used, Presence::Missing),
        ];
        let expected = "\
MEMBER                   STATE     BECAUSE OF
service/web              present   root
└─ deployment/web        present   selector
   └─ configmap/files    missing   volumes[a], and 1 more
";
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&tree(&members, false)), words(expected));
    }
}
