//! The journal in the bundle's ConfigMap: written before the first change of a member, removed after the last.

use drover::change::{Body, Effect, Plan, Step, Test, Write, remove, set};
use drover::cli::{Cancel, Failure, Streams};
use drover::model::object::ObjectRef;
use serde_json::{Value, json};

use crate::commands::session::Session;
use crate::rollback::{JOURNAL, Journal};
use crate::store::{BundleName, ROLLED_BACK, Stored};

/// A rollback that was begun and not finished is in the way of another.
pub fn expect_none(name: &BundleName, stored: &Stored) -> Result<(), Failure> {
    match stored.definition.as_ref().and_then(Journal::read) {
        None => Ok(()),
        Some(journal) => {
            let Journal { to, at, by, .. } = journal;
            Err(Failure::new(format!(
                "bundle/{name}: the rollback to version {to} that {by} began at {at:.0} is unfinished"
            ))
            .hint(format!("finish it:  kubectl bundle rollback {name} --continue"))
            .hint(format!("or put all back as it was:  kubectl bundle rollback {name} --abort")))
        }
    }
}

/// The rollback that is under way.
pub fn expect_one(name: &BundleName, stored: &Stored) -> Result<Journal, Failure> {
    stored.definition.as_ref().and_then(Journal::read).ok_or_else(|| {
        Failure::new(format!("bundle/{name}: no rollback is unfinished"))
            .hint(format!("see what differs from a version:  kubectl bundle diff {name} VERSION"))
    })
}

/// Writes the journal, as long as nobody changes the bundle.
pub async fn open(
    session: &Session<'_>,
    cancel: &Cancel,
    name: &BundleName,
    stored: Stored,
    journal: &Journal,
    streams: &mut Streams,
) -> Result<Stored, Failure> {
    let text = journal.text();
    let target = name.definition(&session.cluster.namespace);
    let decide = |stored: &Stored| match stored.definition.as_ref() {
        Some(config_map) if config_map["data"][JOURNAL] == text.as_str() => Ok(settled()),
        Some(config_map) => {
            expect_none(name, stored)?;
            let shows = Test::equals(["data", JOURNAL], text.as_str());
            let patch = vec![set(["data", JOURNAL], text.as_str())];
            Ok(write("keep what is begun", &target, config_map, patch, shows))
        }
        None => Err(Failure::new(format!("{target} was deleted meanwhile"))),
    };
    let again = format!("kubectl bundle rollback {name} {}{}", journal.to, journal.options.flags());
    session.write_until(cancel, name, stored, decide, &again, streams).await
}

/// Removes the journal, even if the person wants to stop: all is done. After a rollback that reached its version, that version is what the bundle is at.
pub async fn close(
    session: &Session<'_>,
    name: &BundleName,
    stored: Stored,
    reached: Option<&str>,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let target = name.definition(&session.cluster.namespace);
    let at = session.cluster.now();
    let decide = |stored: &Stored| match stored.definition.as_ref() {
        Some(config_map) if config_map["data"][JOURNAL].is_string() => {
            let mut patch = vec![remove(["data", JOURNAL])];
            if let Some(version) = reached {
                let rolled_back = json!({"version": version, "at": at}).to_string();
                patch.push(set(["data", ROLLED_BACK], rolled_back));
            }
            Ok(write("end what was begun", &target, config_map, patch, Test::absent(["data", JOURNAL])))
        }
        _ => Ok(settled()),
    };
    let again = format!("kubectl bundle rollback {name} --continue");
    session.write_until(&Cancel::never(), name, stored, decide, &again, streams).await?;
    Ok(())
}

/// The answer to the one write tells all: the ConfigMap is not read again.
fn settled() -> Plan {
    Plan { followed_suffices: true, ..Plan::default() }
}

fn write(
    title: &str,
    target: &ObjectRef,
    config_map: &Value,
    patch: Vec<drover::change::PatchOperation>,
    shows: Test,
) -> Plan {
    let write = Write {
        target: target.clone(),
        require: vec![Test::equals(["data"], config_map["data"].clone())],
        body: Body::Patch(patch),
        effect: Effect::Shows(vec![shows]),
    };
    Plan { now: vec![Step { title: title.to_owned(), write }], ..settled() }
}
