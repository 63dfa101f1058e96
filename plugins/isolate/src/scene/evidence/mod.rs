//! What is known of a pod before anything about it changes, in files.

mod archive;
mod folder;
mod logs;
mod manifest;
mod objects;

use std::io;

use drover::cluster::{Cluster, Right};
use drover::model::object::{EVENTS, ObjectRef, POD_LOGS, Resource};
use serde::Serialize;

use super::Destination;
use crate::record::Record;
use crate::state::State;
use archive::Archive;
use folder::Folder;
pub use manifest::Missing;
use manifest::{Manifest, Subject};
use objects::Around;

/// What evidence can be captured without, though not all of it.
const TO_CAPTURE: [(&str, Resource); 2] = [("get", POD_LOGS), ("list", EVENTS)];

const SLICES_AFTER: &str = "endpointslices-after.json";

const EVENTS_AFTER: &str = "events-after.json";

const NOT_ASKED: &str =
    "nothing of /proc was read: that takes commands in the containers, which --connections asks for";

/// The evidence of one command, while it is captured.
pub struct Evidence<'a> {
    cluster: &'a Cluster,
    archive: Archive,
    path: String,
    /// Whether commands may be run in the containers.
    with_processes: bool,
    scenes: Vec<Scene>,
}

/// One pod's.
struct Scene {
    pod: ObjectRef,
    /// Its folder's name.
    folder: String,
    around: Around,
    manifest: Manifest,
    /// Whether it was captured what changed around it.
    is_followed_up: bool,
}

/// What was captured of one pod. A part of the schema of `-o json`, described in the README.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Captured {
    /// The archive or folder.
    pub path: String,
    /// How many files of this pod it has.
    pub files: usize,
    /// How long they are together, uncompressed.
    pub bytes: u64,
    /// What is not there, or not whole.
    pub missing: Vec<Missing>,
}

/// The rights without which something will be missing.
pub fn rights(namespace: &str) -> Vec<Right> {
    let namespace = Some(namespace.to_owned());
    TO_CAPTURE.map(|(verb, resource)| Right { verb, resource, namespace: namespace.clone() }).into()
}

impl<'a> Evidence<'a> {
    /// Begins it, where nothing is yet.
    pub fn begin(cluster: &'a Cluster, destination: &Destination, with_processes: bool) -> io::Result<Self> {
        let seconds = u64::try_from(cluster.now().as_second()).unwrap_or_default();
        Ok(Self {
            cluster,
            archive: Archive::create(destination, seconds)?,
            path: destination.path().display().to_string(),
            with_processes,
            scenes: Vec::new(),
        })
    }

    /// Captures a pod that was not touched yet.
    pub async fn before(&mut self, state: &State, record: &Record) {
        let pod = state.target();
        let name = pod.name.clone();
        let begun = self.cluster.now();
        let named = format!("{name}-{}", begun.strftime("%Y%m%dT%H%M%S%3fZ"));
        let services = state.services_of(&record.labels).into_iter().map(str::to_owned).collect();
        let uid = state.subject.pod.as_ref().map(|pod| pod.metadata.uid.clone()).unwrap_or_default();
        let subject = Subject {
            context: self.cluster.context.clone(),
            namespace: state.survey.namespace.clone(),
            pod: name.clone(),
            uid: uid.clone(),
            owner: Some(record.owner.clone()),
        };
        let mut manifest = Manifest::new(subject, begun);
        let namespace = state.survey.namespace.clone();
        if !self.with_processes {
            manifest.note(NOT_ASKED);
        }
        let around = Around { namespace, uid, services, ..Around::default() };
        // At once, so that what was captured when somebody interrupts is told.
        self.scenes.push(Scene {
            pod: pod.clone(),
            folder: named.clone(),
            around,
            manifest,
            is_followed_up: false,
        });
        let Some(Scene { around, manifest, .. }) = self.scenes.last_mut() else { return };
        let mut folder = Folder { cluster: self.cluster, archive: &mut self.archive, manifest, name: &named };
        let captured = folder.object("pod.json", self.cluster.get(&pod)).await;
        around.note(captured.as_ref());
        folder.owners(around, record).await;
        folder.services(around).await;
        folder.slices(around, "endpointslices-before.json").await;
        folder.events(around, "events-before.json").await;
        let Some((spec, status)) = state.subject.spec.as_deref().zip(state.subject.pod.as_ref()) else {
            return;
        };
        let containers = logs::containers(spec, status);
        if self.with_processes {
            folder.processes(&pod, &containers).await;
        }
        folder.logs(&pod, &containers).await;
    }

    /// Captures what changed around a pod.
    pub async fn after(&mut self, pod: &str) {
        let Some(scene) = self.scenes.iter_mut().find(|scene| scene.pod.name == pod) else { return };
        scene.is_followed_up = true;
        let Scene { folder, around, manifest, .. } = scene;
        let mut folder = Folder { cluster: self.cluster, archive: &mut self.archive, manifest, name: folder };
        folder.slices(around, SLICES_AFTER).await;
        folder.events(around, EVENTS_AFTER).await;
    }

    /// What there is of a pod by now.
    pub fn captured(&self, pod: &str) -> Option<Captured> {
        let scene = self.scenes.iter().find(|scene| scene.pod.name == pod)?;
        let (files, bytes, missing) = scene.manifest.summary();
        Some(Captured { path: self.path.clone(), files, bytes, missing })
    }

    /// Somebody did not want to wait for the rest.
    pub fn interrupted(&mut self) {
        if let Some(scene) = self.scenes.last_mut() {
            scene.manifest.missing("all that is not among the files", "interrupted".to_owned());
        }
    }

    /// Writes each pod's manifest, and ends the archive.
    pub fn end(mut self) -> io::Result<()> {
        for Scene { folder, manifest, is_followed_up, .. } in &mut self.scenes {
            if !*is_followed_up {
                for path in [SLICES_AFTER, EVENTS_AFTER] {
                    manifest.missing(path, "the command ended before".to_owned());
                }
            }
            let (cluster, archive) = (self.cluster, &mut self.archive);
            Folder { cluster, archive, manifest, name: folder }.end()?;
        }
        self.archive.finish()
    }
}
