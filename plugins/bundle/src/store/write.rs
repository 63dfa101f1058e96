//! What is written for a new version, and in which order: chunks before the index that needs them.

use std::collections::BTreeMap;

use drover::change::{Body, Effect, Plan, Step, Test, Write, set};
use drover::cli::Failure;
use drover::model::object::ObjectRef;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::ByteString;
use serde_json::{Value, json};

use super::name::BundleName;
use super::read::{Part, Stored};
use super::version::{CHUNK_KEY, INDEX_KEY, Index, MARK, Mark, SUMMARY, Summary};
use super::{BUNDLE_LABEL, PART_LABEL};

/// A run commits no later than this after it began, so that its chunks are still protected.
const COMMIT_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// A version that is to be written.
#[derive(Debug, Clone)]
pub struct NewVersion {
    pub summary: Summary,
    pub index: Index,
}

/// All that one run wants to be stored. Not for `Debug`: the chunks hold Secrets.
#[derive(Clone)]
pub struct Snapshot {
    pub name: BundleName,
    pub namespace: String,
    /// The ConfigMap, where the bundle is to be created.
    pub definition: Option<Value>,
    /// By the hash.
    pub chunks: BTreeMap<String, Vec<u8>>,
    /// What workloads were; written before the version itself.
    pub past: Vec<NewVersion>,
    pub version: NewVersion,
    pub mark: Mark,
}

/// Whose version stands under the number that a run wants.
enum Taken {
    Nobodys,
    Ours,
    Anothers,
}

impl Snapshot {
    /// What is to be written now: the bundle and the chunks, then the versions of the past, then the
    /// version; nothing when somebody else took its number, which [`overtaken`](Self::overtaken) tells. A version that
    /// came just after its bundle went is made whole before that is said: its chunks went with the bundle.
    ///
    /// # Errors
    /// When the bundle is another one by now, or too much time went by.
    pub fn plan(&self, stored: &Stored, now: Timestamp) -> Result<Plan, Failure> {
        let mut steps = self.chunk_steps(stored, now);
        let is_whole = steps.is_empty() || !matches!(self.taken(stored), Taken::Ours);
        if is_whole {
            self.expect_bundle(stored)?;
        }
        if matches!(self.taken(stored), Taken::Nobodys) {
            steps.extend(self.definition_step(stored));
            if steps.is_empty() {
                steps = self.index_steps(&self.past, stored)?;
            }
            if steps.is_empty() {
                steps = self.index_steps([&self.version], stored)?;
            }
            if self.is_late(now) {
                let again = format!("begin anew:  kubectl bundle snapshot {}", self.name);
                return Err(
                    Failure::new(format!("bundle/{}: recording took too long", self.name)).hint(again)
                );
            }
        }
        Ok(self.plan_of(steps, stored, now))
    }

    /// Only the chunks, which can be written before it is known all that the version says: until it is there nobody
    /// reads them, and if it never comes `kubectl bundle prune` deletes them.
    ///
    /// # Errors
    /// When the bundle is another one by now.
    pub fn plan_of_chunks(&self, stored: &Stored, now: Timestamp) -> Result<Plan, Failure> {
        self.expect_bundle(stored)?;
        Ok(self.plan_of(self.chunk_steps(stored, now), stored, now))
    }

    fn plan_of(&self, steps: Vec<Step>, stored: &Stored, now: Timestamp) -> Plan {
        // Until the version is there only a deletion of the whole bundle takes chunks that are marked as ours, so the
        // answers about them tell enough; whether there was one tells a last look.
        let followed_suffices = !self.is_late(now) && matches!(self.taken(stored), Taken::Nobodys);
        Plan { now: steps, together: true, followed_suffices, ..Plan::default() }
    }

    fn is_late(&self, now: Timestamp) -> bool {
        now.duration_since(self.mark.at) > COMMIT_WITHIN
    }

    /// That somebody else recorded a version under the same number meanwhile, if so.
    pub fn overtaken(&self, stored: &Stored) -> Option<Failure> {
        if !matches!(self.taken(stored), Taken::Anothers) {
            return None;
        }
        let other = self.committed(stored).and_then(|part| part.says.as_ref()?.by.as_deref());
        let (name, version, who) = (&self.name, &self.version.summary.version, other.unwrap_or("somebody"));
        let failure = Failure::new(format!("bundle/{name}: {who} recorded version {version} meanwhile"));
        Some(failure.hint(format!("record what differs from it:  kubectl bundle snapshot {name}")))
    }

    fn committed<'stored>(&self, stored: &'stored Stored) -> Option<&'stored Part<Summary>> {
        let index = self.name.index(&self.namespace, &self.version.summary.version);
        stored.versions.get(&index.name)
    }

    fn taken(&self, stored: &Stored) -> Taken {
        match self.committed(stored).map(|part| &part.says) {
            None => Taken::Nobodys,
            Some(Some(summary)) if summary.attempt == self.mark.attempt => Taken::Ours,
            Some(_) => Taken::Anothers,
        }
    }

    /// What a version is recorded of is the bundle of that name as it was read, or is to be created.
    fn expect_bundle(&self, stored: &Stored) -> Result<(), Failure> {
        let name = &self.name;
        match (&self.definition, &stored.definition) {
            (None, None) => Err(Failure::new(format!("bundle/{name} was deleted meanwhile"))
                .hint(format!("delete what is left of it:  kubectl bundle delete {name} --yes"))),
            (Some(ours), Some(theirs)) if ours["data"] != theirs["data"] => {
                Err(Failure::new(format!("somebody else created another bundle/{name} meanwhile"))
                    .hint("begin one of another name:  the same command with --name"))
            }
            _ => Ok(()),
        }
    }

    fn definition_step(&self, stored: &Stored) -> Option<Step> {
        let config_map = self.definition.as_ref().filter(|_| stored.definition.is_none())?;
        let shows = vec![Test::equals(["data"], config_map["data"].clone())];
        let write = Write::create(self.name.definition(&self.namespace), config_map.clone(), shows);
        Some(Step { title: "store what the bundle starts from".to_owned(), write })
    }

    /// Once the version is there, it protects its chunks itself; one that was lost just before comes back.
    fn chunk_steps(&self, stored: &Stored, now: Timestamp) -> Vec<Step> {
        let is_committed = match self.taken(stored) {
            Taken::Nobodys => false,
            Taken::Ours => true,
            Taken::Anothers => return Vec::new(),
        };
        let steps = self.chunks.iter().filter_map(|(hash, bytes)| {
            let target = self.name.chunk(&self.namespace, hash);
            let Some(part) = stored.chunks.get(&target.name) else { return Some(self.chunk(target, bytes)) };
            let is_marked = part.says.iter().flatten().any(|mark| *mark == self.mark);
            (!is_marked && !is_committed).then(|| self.reuse(target, part, stored, now))
        });
        steps.collect()
    }

    fn chunk(&self, target: ObjectRef, bytes: &[u8]) -> Step {
        let marks = json!([self.mark]);
        let secret = self.secret(&target, "chunk", (MARK, &marks), (CHUNK_KEY, bytes));
        let shows = vec![marked(&marks)];
        Step { title: format!("store {target}"), write: Write::create(target, secret, shows) }
    }

    /// A chunk that is there already is marked as one that is needed, which also gives it a new
    /// resourceVersion: who saw it unused before can't delete it any more. The marks of other runs stay as
    /// long as they say something.
    fn reuse(&self, target: ObjectRef, part: &Part<Vec<Mark>>, stored: &Stored, now: Timestamp) -> Step {
        let over = stored.committed();
        let others = part.says.iter().flatten().filter(|mark| !mark.is_over(&over, now));
        let marks = json!(others.chain([&self.mark]).collect::<Vec<_>>());
        let path = ["metadata", "annotations", MARK];
        let (as_seen, change) = match (&part.metadata.annotations, part.metadata.annotation(MARK)) {
            (None, _) => {
                let annotations = json!({MARK: marks.to_string()});
                (Test::absent(["metadata", "annotations"]), set(["metadata", "annotations"], annotations))
            }
            (_, None) => (Test::absent(path), set(path, marks.to_string())),
            (_, Some(seen)) => (Test::equals(path, seen), set(path, marks.to_string())),
        };
        let write = Write {
            require: vec![Test::equals(["metadata", "uid"], part.metadata.uid.as_str()), as_seen],
            body: Body::Patch(vec![change]),
            effect: Effect::Shows(vec![marked(&marks)]),
            target,
        };
        Step { title: format!("keep {}", write.target), write }
    }

    fn index_steps<'a>(
        &self,
        versions: impl IntoIterator<Item = &'a NewVersion>,
        stored: &Stored,
    ) -> Result<Vec<Step>, Failure> {
        let target = |version: &NewVersion| self.name.index(&self.namespace, &version.summary.version);
        let versions = versions.into_iter().map(|version| (target(version), version));
        let missing = versions.filter(|(target, _)| !stored.versions.contains_key(&target.name));
        missing.map(|(target, version)| self.index_step(target, version)).collect()
    }

    fn index_step(&self, target: ObjectRef, version: &NewVersion) -> Result<Step, Failure> {
        let (summary, index) = (json!(version.summary), version.index.encode()?);
        let secret = self.secret(&target, "version", (SUMMARY, &summary), (INDEX_KEY, &index));
        let shows = vec![Test::equals(["metadata", "annotations", SUMMARY], summary.to_string())];
        let title = format!("record version {}", version.summary.version);
        Ok(Step { title, write: Write::create(target, secret, shows) })
    }

    fn secret(&self, target: &ObjectRef, part: &str, says: (&str, &Value), data: (&str, &[u8])) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": format!("drover.dev/bundle-{part}"),
            "immutable": true,
            "metadata": {
                "name": target.name,
                "namespace": self.namespace,
                "labels": {BUNDLE_LABEL: self.name.as_str(), PART_LABEL: part},
                "annotations": {says.0: says.1.to_string()},
            },
            "data": {data.0: ByteString(data.1.to_vec())},
        })
    }
}

fn marked(marks: &Value) -> Test {
    Test::equals(["metadata", "annotations", MARK], marks.to_string())
}

#[cfg(test)]
mod tests {
    use drover::model::object::CONFIG_MAPS;

    use super::super::{Kept, Origin, pack};
    use super::*;
    use crate::plan::prune::{self, Pruning};

    /// A run of that name which records one ConfigMap, and before it what a workload was.
    fn snapshot(attempt: &str, version: &str) -> Snapshot {
        let mark = Mark { attempt: attempt.to_owned(), at: at(0) };
        let mut chunks = BTreeMap::new();
        let mut one = |version: &str, origin, content: &str| {
            let object = ObjectRef::namespaced(CONFIG_MAPS, "shop", "settings");
            let packed = pack(&[Kept { object, body: json!({"data": {"a": content}}) }]).unwrap();
            let index = Index::new(&packed, Vec::new(), Vec::new());
            let needed = packed.packs.concat();
            chunks.extend(packed.chunks);
            let summary = Summary {
                version: version.to_owned(),
                origin,
                at: at(0),
                by: Some("ada".to_owned()),
                message: None,
                objects: 1,
                unread: 0,
                attempt: attempt.to_owned(),
                chunks: needed,
            };
            NewVersion { summary, index }
        };
        let past = vec![one("web@1", Origin::Partial, "then")];
        let version = one(version, Origin::Recorded, "now");
        let name = BundleName::parse("web").unwrap();
        let definition = None;
        Snapshot { name, namespace: "shop".to_owned(), definition, chunks, past, version, mark }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
    }

    fn empty() -> Stored {
        Stored { definition: Some(json!({})), ..Stored::default() }
    }

    /// Does what a plan says; the names of what was written or deleted.
    fn carry_out(plan: &Plan, stored: &mut Stored) -> Vec<String> {
        for Step { write, .. } in &plan.now {
            let name = &write.target.name;
            match &write.body {
                Body::Create(object) => {
                    stored.note(serde_json::from_value(object["metadata"].clone()).unwrap())
                }
                Body::Patch(_) => {
                    let Effect::Shows(shows) = &write.effect else { panic!("a patch shows something") };
                    let marks = shows[0].value.as_ref().unwrap().as_str().unwrap();
                    stored.chunks.get_mut(name).unwrap().says = serde_json::from_str(marks).unwrap();
                }
                Body::Replace(_) => panic!("nothing stored is replaced"),
                Body::Delete { .. } => {
                    stored.chunks.remove(name);
                    stored.versions.remove(name);
                }
            }
        }
        plan.now.iter().map(|step| step.write.target.name.clone()).collect()
    }

    fn record(snapshot: &Snapshot, stored: &mut Stored) {
        while !carry_out(&snapshot.plan(stored, at(0)).unwrap(), stored).is_empty() {}
    }

    fn prune(stored: &Stored, minute: i64) -> Pruning {
        prune::plan(stored, "shop", |_| false, |mark| mark.is_over(&stored.committed(), at(minute)))
    }

    #[test]
    fn chunks_come_before_the_past_and_the_version_last() {
        let (snapshot, mut stored) = (snapshot("a", "1"), empty());
        let mut written = Vec::new();
        for _ in 0..4 {
            written.push(carry_out(&snapshot.plan(&stored, at(0)).unwrap(), &mut stored));
        }
        let past = snapshot.name.index("shop", "web@1").name;
        assert_eq!(written[0].len(), 2);
        assert_eq!(written[1..], [vec![past], vec!["drover-bundle-web-v1".to_owned()], vec![]]);
        // A chunk that somebody deleted just before the version was there comes back.
        let lost = stored.chunks.pop_first().unwrap().0;
        assert_eq!(carry_out(&snapshot.plan(&stored, at(0)).unwrap(), &mut stored), [lost]);
    }

    #[test]
    fn two_runs_at_once_keep_each_others_marks_and_one_gets_the_number() {
        let (one, other, mut stored) = (snapshot("a", "1"), snapshot("b", "1"), empty());
        carry_out(&one.plan(&stored, at(0)).unwrap(), &mut stored);
        carry_out(&other.plan(&stored, at(0)).unwrap(), &mut stored);
        assert!(stored.chunks.values().all(|part| part.says.as_ref().unwrap().len() == 2));
        record(&one, &mut stored);
        assert_eq!(other.plan(&stored, at(0)).unwrap().now, []);
        assert!(other.overtaken(&stored).unwrap().message.contains("ada recorded version 1 meanwhile"));
        assert!(one.overtaken(&stored).is_none());
        // The next run drops the marks of those that are over.
        carry_out(&snapshot("c", "2").plan(&stored, at(0)).unwrap(), &mut stored);
        let marks = stored.chunks.values().flat_map(|part| part.says.clone().unwrap());
        let attempts: Vec<_> = marks.map(|mark| mark.attempt).collect();
        assert_eq!(attempts, ["b", "c", "b", "c"]);
    }

    #[test]
    fn what_a_run_is_about_to_need_stays_until_it_must_be_over() {
        let (snapshot, mut stored) = (snapshot("a", "1"), empty());
        // Its chunks and its past are written, not its version.
        for _ in 0..2 {
            carry_out(&snapshot.plan(&stored, at(0)).unwrap(), &mut stored);
        }
        let counts = |pruning: Pruning| (pruning.chunks, pruning.protected);
        assert_eq!(counts(prune(&stored, 9)), (0, 1));
        assert_eq!(counts(prune(&stored, 10)), (1, 0));
        record(&snapshot, &mut stored);
        assert_eq!(counts(prune(&stored, 10)), (0, 0));
    }

    #[test]
    fn nothing_is_recorded_late_or_of_a_bundle_that_is_gone() {
        let snapshot = snapshot("a", "1");
        assert!(snapshot.plan(&empty(), at(6)).unwrap_err().message.contains("took too long"));
        assert!(snapshot.plan(&Stored::default(), at(0)).unwrap_err().message.contains("was deleted"));
        // Gone just before the version was there, which is made whole first.
        let mut gone = empty();
        record(&snapshot, &mut gone);
        gone.definition = None;
        gone.chunks.clear();
        let plan = snapshot.plan(&gone, at(0)).unwrap();
        assert!(!plan.followed_suffices, "only a last look tells");
        assert_eq!(carry_out(&plan, &mut gone).len(), snapshot.chunks.len());
        assert!(snapshot.plan(&gone, at(0)).unwrap_err().message.contains("was deleted"));
        let another = Snapshot { definition: Some(json!({"data": {"bundle": "x"}})), ..snapshot };
        assert!(another.plan(&empty(), at(0)).unwrap_err().message.contains("another bundle/web"));
    }

    #[test]
    fn a_version_whose_summary_is_spoilt_keeps_its_number_and_all_chunks() {
        let mut stored = empty();
        record(&snapshot("a", "7"), &mut stored);
        stored.versions.get_mut("drover-bundle-web-v7").unwrap().says = None;
        assert_eq!((stored.next_number(), prune(&stored, 60).chunks), (8, 0));
    }
}
