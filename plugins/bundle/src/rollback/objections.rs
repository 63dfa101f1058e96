//! What speaks against doing something with an object, and what has it done all the same.

use drover::model::object::{JOBS, Metadata, ObjectRef, PODS};
use serde::Deserialize;
use serde_json::Value;

use super::certificate::{has_certificate, not_after};
use super::consequences::loses_data;
use super::plan::{Question, Reason, Subject, flag};
use crate::kinds::{CLAIMS, SECRETS, is_cluster_scoped};

/// A reason to leave an object as it is, and what to add to have it done all the same.
pub type Objection = (Reason, Option<String>);

/// What speaks against deleting an object that the version does not have. That nothing can be done about it
/// is said before what could be.
pub fn to_delete(question: &Question<'_>, subject: &Subject, live: &Value) -> Option<Objection> {
    let (object, options) = (&subject.object, question.options);
    let metadata = Metadata::deserialize(&live["metadata"]).unwrap_or_default();
    if is_cluster_scoped(object.resource) {
        return Some((Reason::ClusterScoped, None));
    }
    if !options.includes(object) {
        return Some((Reason::NotAsked, None));
    }
    if let Some(reason) = in_other_hands(&metadata) {
        return Some((reason, None));
    }
    let is_younger = metadata.creation_timestamp.is_some_and(|created| created > question.recorded);
    if !is_younger && !question.absent.contains(object) {
        return Some((Reason::OlderThanVersion, None));
    }
    if !subject.users.is_empty() {
        return Some((Reason::UsedByOthers { users: subject.users.clone() }, None));
    }
    if !options.prune {
        return Some((Reason::NotInVersion, Some("--prune".to_owned())));
    }
    if object.resource == SECRETS && !options.secrets {
        return Some((Reason::Secret, Some("--secrets".to_owned())));
    }
    let loses = loses_data(object.resource, live) && !options.allows(object);
    loses.then(|| (Reason::LosesData, Some(flag("--allow", object))))
}

/// What speaks against creating an object that is gone.
pub fn to_create(question: &Question<'_>, object: &ObjectRef, version: &Value) -> Option<Objection> {
    let options = question.options;
    if !options.includes(object) {
        return Some((Reason::NotAsked, None));
    }
    to_write(question, object, version, None).or_else(|| {
        let reason = match object.resource {
            JOBS | PODS => Reason::RunsAgain,
            CLAIMS => Reason::EmptyVolume,
            _ => return None,
        };
        // A replacement that was cut off after the deletion goes on here.
        let is_named = options.allows(object) || options.replaces(object);
        (!is_named).then(|| (reason, Some(flag("--allow", object))))
    })
}

/// What speaks against updating an object.
pub fn to_update(
    question: &Question<'_>,
    object: &ObjectRef,
    version: &Value,
    live: &Value,
) -> Option<Objection> {
    if !question.options.includes(object) {
        return Some((Reason::NotAsked, None));
    }
    let metadata = Metadata::deserialize(&live["metadata"]).unwrap_or_default();
    in_other_hands(&metadata)
        .map(|reason| (reason, None))
        .or_else(|| to_write(question, object, version, Some(live)))
}

/// What speaks against writing the object as it was.
fn to_write(
    question: &Question<'_>,
    object: &ObjectRef,
    version: &Value,
    live: Option<&Value>,
) -> Option<Objection> {
    let options = question.options;
    if is_cluster_scoped(object.resource) && !options.allows(object) {
        return Some((Reason::ClusterScoped, Some(flag("--allow", object))));
    }
    if object.resource == SECRETS && !options.secrets {
        return Some((Reason::Secret, Some("--secrets".to_owned())));
    }
    let has_one = has_certificate(object.resource, version)
        // Its labels can be restored all the same.
        && live.is_none_or(|live| live["data"]["tls.crt"] != version["data"]["tls.crt"]);
    if !has_one {
        return None;
    }
    let Some(at) = not_after(version) else {
        let unreadable = (Reason::CertificateUnreadable, Some(flag("--allow", object)));
        return (!options.allows(object)).then_some(unreadable);
    };
    let now = question.now;
    let is_live_expired = live.and_then(not_after).is_some_and(|at| at <= now);
    (at <= now && !is_live_expired).then_some((Reason::CertificateExpired { at }, None))
}

fn in_other_hands(metadata: &Metadata) -> Option<Reason> {
    if metadata.deletion_timestamp.is_some() {
        return Some(Reason::BeingDeleted);
    }
    metadata.controller().map(|owner| Reason::Controlled { owner })
}
