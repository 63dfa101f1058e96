//! Whatever is done to whatever object, a rollback undoes.

use drover::model::object::{CONFIG_MAPS, DEPLOYMENTS, ObjectRef, Resource, SERVICES, STATEFUL_SETS};
use serde_json::{Map, Value, json};

use super::restore::restored;
use super::{Action, Now, Options, Question, Subject, Then, plan, unproven};
use crate::capture::capture;
use crate::compare::{LAST_APPLIED, Masking, RESTARTED, changes, normal};

const RUNS: u64 = 1_000;
const EDITS: u64 = 15;
const KINDS: [Resource; 4] = [CONFIG_MAPS, DEPLOYMENTS, SERVICES, STATEFUL_SETS];

/// What no object is without.
const REQUIRED: [&str; 7] =
    ["apiVersion", "kind", "metadata", "name", "creationTimestamp", "spec", "template"];

/// Random, but the same each time (xorshift64*, Vigna 2016).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    fn scalar(&mut self) -> Value {
        match self.below(5) {
            0 => json!(self.below(3)),
            1 => json!(self.chance(50)),
            2 => json!(*self.pick(&["1", "1000m", "", "None", "$(A)/x"])),
            _ => json!(format!("v{}", self.below(4))),
        }
    }

    fn names(&mut self) -> Value {
        let mut names = Map::new();
        for _ in 0..self.below(4) {
            let name =
                self.pick(&["a", "b", LAST_APPLIED, "deployment.kubernetes.io/revision", "c/d", RESTARTED]);
            names.insert((*name).to_owned(), json!(format!("v{}", self.below(3))));
        }
        Value::Object(names)
    }

    fn maybe(&mut self, object: &mut Value, field: &str, value: impl FnOnce(&mut Self) -> Value) {
        if self.chance(60) {
            object[field] = value(self);
        }
    }

    /// Items that have names, each once, in any order.
    fn named(&mut self, item: impl Fn(&mut Self, &str) -> Value) -> Value {
        let mut names = vec!["a", "b", "c", "d"];
        let mut items = Vec::new();
        for _ in 0..self.below(4) {
            let name = names.remove(usize::try_from(self.below(names.len() as u64)).unwrap());
            items.push(item(self, name));
        }
        Value::Array(items)
    }

    fn container(&mut self, name: &str) -> Value {
        let mut container = json!({"name": name, "image": self.scalar()});
        self.maybe(&mut container, "args", |random| json!([random.scalar(), random.scalar()]));
        self.maybe(&mut container, "resources", |random| match random.below(3) {
            0 => json!({}),
            _ => json!({"limits": {"cpu": *random.pick(&["1", "1000m", "2"])}}),
        });
        self.maybe(&mut container, "env", |random| {
            random.named(|random, name| json!({"name": name, "value": random.scalar()}))
        });
        self.maybe(&mut container, "imagePullPolicy", |_| json!("Always"));
        self.maybe(&mut container, "lifecycle", |_| Value::Null);
        container
    }

    fn template(&mut self) -> Value {
        let mut spec = json!({"containers": self.named(Self::container)});
        self.maybe(&mut spec, "initContainers", |random| random.named(Self::container));
        self.maybe(&mut spec, "dnsPolicy", |random| json!(*random.pick(&["ClusterFirst", "Default"])));
        self.maybe(&mut spec, "volumes", |random| {
            random.named(|random, name| match random.below(2) {
                0 => json!({"name": name, "emptyDir": {}}),
                _ => json!({"name": name}),
            })
        });
        let mut template = json!({"spec": spec});
        self.maybe(&mut template, "metadata", |random| {
            let mut metadata = json!({"creationTimestamp": null});
            random.maybe(&mut metadata, "annotations", Self::names);
            random.maybe(&mut metadata, "labels", Self::names);
            metadata
        });
        template
    }

    fn spec(&mut self, resource: Resource) -> Value {
        let mut spec = json!({});
        if resource == SERVICES {
            let address = *self.pick(&["None", "198.19.0.7", "198.19.0.8"]);
            spec["clusterIP"] = json!(address);
            spec["clusterIPs"] = json!([address]);
            self.maybe(&mut spec, "healthCheckNodePort", Self::scalar);
            self.maybe(&mut spec, "selector", Self::names);
            self.maybe(&mut spec, "ports", |random| {
                random.named(|random, name| {
                    let mut port = json!({"name": name, "port": random.below(3)});
                    random.maybe(&mut port, "nodePort", |random| json!(30_000 + random.below(3)));
                    random.maybe(&mut port, "protocol", |_| json!("TCP"));
                    port
                })
            });
            return spec;
        }
        self.maybe(&mut spec, "replicas", |random| json!(random.below(4)));
        self.maybe(&mut spec, "paused", |random| json!(random.chance(50)));
        spec["template"] = self.template();
        if resource == STATEFUL_SETS {
            self.maybe(&mut spec, "volumeClaimTemplates", |random| {
                random.named(|random, name| {
                    let mut claim =
                        json!({"metadata": {"name": name}, "spec": {"volumeName": random.scalar()}});
                    random.maybe(&mut claim, "kind", |_| json!("PersistentVolumeClaim"));
                    random.maybe(&mut claim, "status", |_| json!({"phase": "Pending"}));
                    claim
                })
            });
        }
        spec
    }

    /// As the server would return it.
    fn object(&mut self, resource: Resource) -> Value {
        let metadata = json!({"name": "web", "uid": self.scalar(), "resourceVersion": self.scalar()});
        let (version, kind) = (resource.api_version(), resource.kind);
        let mut object =
            json!({"apiVersion": version, "kind": kind, "metadata": metadata, "status": self.scalar()});
        for field in ["annotations", "labels"] {
            self.maybe(&mut object["metadata"], field, Self::names);
        }
        for field in ["finalizers", "ownerReferences", "managedFields"] {
            self.maybe(&mut object["metadata"], field, |random| json!([random.scalar()]));
        }
        if resource == CONFIG_MAPS {
            self.maybe(&mut object, "data", Self::names);
            self.maybe(&mut object, "immutable", |random| json!(random.chance(50)));
        } else {
            object["spec"] = self.spec(resource);
        }
        object
    }

    /// One field of another such object: taken over, or removed.
    fn edit(&mut self, value: &mut Value, other: &Value) {
        match (value, other) {
            (Value::Object(fields), Value::Object(others)) if !(fields.is_empty() && others.is_empty()) => {
                let names: Vec<_> = fields.keys().chain(others.keys()).cloned().collect();
                let name = self.pick(&names);
                match (fields.get_mut(name), others.get(name)) {
                    (Some(value), Some(other)) if self.chance(75) => self.edit(value, other),
                    (_, Some(other)) if self.chance(75) => {
                        fields.insert(name.clone(), other.clone());
                    }
                    _ if !REQUIRED.contains(&name.as_str()) => {
                        fields.remove(name);
                    }
                    _ => {}
                }
            }
            (Value::Array(items), Value::Array(others)) => match self.below(3) {
                0 => items.reverse(),
                1 if !items.is_empty() && !others.is_empty() => {
                    let item = usize::try_from(self.below(items.len() as u64)).unwrap();
                    self.edit(&mut items[item], &others[0]);
                }
                _ => *items = others.clone(),
            },
            (value, other) => *value = other.clone(),
        }
    }
}

impl Random {
    /// An object of a bundle that was there, or is, or both.
    fn subject(&mut self, name: String) -> Subject {
        let resource = *self.pick(&KINDS);
        let mut object = self.object(resource);
        object["metadata"] = json!({
            "name": name, "labels": self.names(), "creationTimestamp": "2026-01-02T00:00:00Z", "uid": "u",
        });
        let mut live = object.clone();
        for _ in 0..self.below(EDITS) {
            let mut other = self.object(resource);
            other["metadata"] = live["metadata"].clone();
            other["metadata"]["labels"] = self.names();
            self.edit(&mut live, &other);
        }
        let then = Then::There(capture(resource, object));
        let (then, now) = match self.below(6) {
            0 => (Then::Absent, Now::There(live)),
            1 => (then, Now::Absent),
            _ => (then, Now::There(live)),
        };
        Subject { object: ObjectRef::namespaced(resource, "shop", name), then, now, users: Vec::new() }
    }
}

/// What is there once it is done.
fn done(action: &Action, now: &Now) -> Now {
    match action {
        Action::Delete => Now::Absent,
        action => action.body().map_or_else(|| now.clone(), |body| Now::There(body.clone())),
    }
}

#[test]
fn a_rollback_with_everything_allowed_brings_back_whatever_there_was() {
    let masking = Masking::new(false).unwrap();
    let mut writes = 0;
    for seed in 0..RUNS / 10 {
        let random = &mut Random::new(seed);
        let names = 0..random.below(8);
        let subjects: Vec<_> = names.map(|name| random.subject(format!("web-{name}"))).collect();
        let objects: Vec<_> = subjects.iter().map(|subject| subject.object.clone()).collect();
        let options = Options {
            secrets: true,
            prune: true,
            replace: objects.clone(),
            allow: objects,
            ..Options::default()
        };
        let [recorded, now] = ["2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"].map(|at| at.parse().unwrap());
        let question = |subjects: &[Subject]| {
            let (images, running) = (&[][..], &[][..]);
            plan(&Question {
                subjects,
                options: &options,
                recorded,
                absent: &[],
                now,
                images,
                running,
                masking: &masking,
            })
        };
        let items = question(&subjects);
        let mut after = subjects.clone();
        for (subject, item) in after.iter_mut().zip(&items) {
            assert!(!matches!(item.action, Action::Leave { .. }) && item.held.is_empty(), "{seed}: {item:?}");
            writes += u32::from(item.action.is_write());
            subject.now = done(&item.action, &subject.now);
            match (&subject.then, &subject.now) {
                (Then::There(version), Now::There(now)) => {
                    let left = unproven(item, version, now, &masking);
                    assert!(left.is_empty(), "{seed}: {left:#?}");
                }
                (then, now) => assert!(*then == Then::Absent && *now == Now::Absent, "{seed}: {item:?}"),
            }
        }
        after.retain(|subject| subject.now != Now::Absent);
        let again = question(&after);
        let left: Vec<_> = again.iter().filter(|item| item.action != Action::Same).collect();
        // What was created anew was allocated other ports, which a second run would put right.
        assert!(left.iter().all(|item| item.object.resource == SERVICES), "{seed}: {left:#?}");
    }
    assert!(writes > 100, "only {writes} writes");
}

/// What `normal` leaves out of an object, but the annotation of `kubectl apply`, and what is wanted: whether
/// an address is left out depends on its value.
fn left_out(resource: Resource, object: &Value, wanted: &Value) -> Vec<(String, Value)> {
    let mut object = object.clone();
    if let Some(annotations) = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(LAST_APPLIED);
    }
    let normal = normal(resource, &object);
    let mut found = Vec::new();
    leaves(&object, &normal, "", &mut found);
    found.retain(|(pointer, _)| wanted.pointer(pointer).is_none());
    found
}

fn leaves(object: &Value, normal: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    for (name, value) in object.as_object().into_iter().flatten() {
        let path = format!("{path}/{}", name.replace('/', "~1"));
        match (value, normal.get(name)) {
            (Value::Object(_), left) => leaves(value, left.unwrap_or(&Value::Null), &path, found),
            (_, None) => found.push((path, value.clone())),
            _ => {}
        }
    }
}

#[test]
fn whatever_was_edited_is_as_in_the_version_and_all_else_is_live() {
    let masking = Masking::new(false).unwrap();
    let mut changed = 0;
    for seed in 0..RUNS {
        let random = &mut Random::new(seed);
        let resource = KINDS[usize::try_from(seed % 4).unwrap()];
        let then = random.object(resource);
        let mut live = then.clone();
        for _ in 0..=random.below(EDITS) {
            let other = random.object(resource);
            random.edit(&mut live, &other);
        }
        let version = capture(resource, then);
        let body = restored(resource, &version, &live, false);
        changed += u64::from(!changes(resource, &version, &live, false, &masking).is_empty());

        let left = changes(resource, &version, &body, false, &masking);
        assert!(left.is_empty(), "{seed}: {left:#?}\n{version:#}\n{live:#}\n{body:#}");
        let wanted = normal(resource, &version);
        let left_out = [&body, &live].map(|object| left_out(resource, object, &wanted));
        assert_eq!(left_out[0], left_out[1], "{seed}:\n{version:#}\n{live:#}");
        let applied = |object: &Value| object["metadata"]["annotations"][LAST_APPLIED].clone();
        assert_eq!(applied(&body), applied(&version), "{seed}");
        // What was restored needs no more.
        assert_eq!(restored(resource, &version, &body, false), body, "{seed}");
        // And what nobody changed stays to the letter.
        assert_eq!(restored(resource, &capture(resource, live.clone()), &live, false), live, "{seed}");
    }
    assert!(changed > RUNS / 2, "only {changed} were edited at all");
}
