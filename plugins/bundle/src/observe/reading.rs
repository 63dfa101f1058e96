//! From wave to wave: what is asked next, and what is known after it.

use std::collections::{BTreeMap, BTreeSet};

use drover::cluster::{Cluster, ClusterError, Served};
use drover::model::object::{ObjectRef, Resource, SERVICES};
use futures::future::{try_join_all, try_join4};
use serde_json::Value;

use super::lists::{self, Lists};
use super::objects::{self, Looked};
use super::{Depth, Observed, Survey};
use crate::membership::{Gathered, Known, Member, Pins, Presence, Sight, gather, has_workload};

/// What was read so far.
pub struct Reading {
    known: Known,
    bodies: BTreeMap<String, Value>,
    depth: Depth,
    /// Seen in a list, but may not be read alone: what they lead to is known nevertheless.
    unreadable: BTreeSet<String>,
    /// The Services of which it is known what is listed for each of them.
    searched: BTreeSet<String>,
    /// The kinds that may not be listed.
    forbidden: Vec<Resource>,
    /// Those of them that need not be there.
    doubtful: Vec<Resource>,
}

/// One wave.
pub struct Questions {
    objects: Vec<ObjectRef>,
    /// The Services whose hand-written EndpointSlices are looked for.
    services: Vec<String>,
    /// The selectors of those whose workload is none of the usual ones.
    selectors: Vec<String>,
    /// The versions of groups whose kinds are not known, as `apiVersion` spells them.
    api_versions: BTreeSet<String>,
}

/// What a wave brought.
pub struct Answers {
    looked: Vec<Looked>,
    searched: Vec<String>,
    slices: Lists,
    workloads: Lists,
    served: Vec<(String, Vec<Served>)>,
}

impl Questions {
    pub fn is_empty(&self) -> bool {
        // Selectors are asked about with their Services alone.
        self.objects.is_empty() && self.services.is_empty() && self.api_versions.is_empty()
    }

    pub async fn ask(self, cluster: &Cluster, depth: Depth) -> Result<Answers, ClusterError> {
        let Self { objects, services, selectors, api_versions } = self;
        let (looked, slices, workloads, served) = try_join4(
            objects::look_up(cluster, objects, depth),
            lists::slices(cluster, &services),
            lists::workloads_by_hand(cluster, &selectors),
            try_join_all(api_versions.into_iter().map(|api_version| kinds_of(cluster, api_version))),
        )
        .await?;
        Ok(Answers { looked, searched: services, slices, workloads, served })
    }
}

async fn kinds_of(cluster: &Cluster, api_version: String) -> Result<(String, Vec<Served>), ClusterError> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let kinds = cluster.kinds_of(group, version).await?;
    Ok((api_version, kinds))
}

impl Reading {
    pub fn new(survey: Survey, depth: Depth) -> Self {
        let Survey { known, bodies, lists: Lists { forbidden, doubtful, .. } } = survey;
        let (unreadable, searched) = (BTreeSet::new(), BTreeSet::new());
        Self { known, bodies, depth, unreadable, searched, forbidden, doubtful }
    }

    /// Asks, wave by wave, until nothing is left to be asked.
    pub async fn ask_all(
        mut self,
        cluster: &Cluster,
        roots: &[ObjectRef],
        pins: &Pins,
    ) -> Result<Observed, ClusterError> {
        loop {
            let gathered = self.gather(roots, pins);
            let questions = self.questions(&gathered);
            if questions.is_empty() {
                return Ok(self.finish(gathered));
            }
            let answers = questions.ask(cluster, self.depth).await?;
            self.learn(answers);
        }
    }

    pub fn gather(&self, roots: &[ObjectRef], pins: &Pins) -> Gathered {
        gather(roots, pins, &self.known)
    }

    pub fn questions(&self, gathered: &Gathered) -> Questions {
        let members = &gathered.members;
        let objects = members.iter().filter(|member| self.must_be_read(member));
        let services: Vec<_> = members.iter().filter(|member| self.must_be_searched(member)).collect();
        let selectors = services.iter().filter_map(|service| self.selector_without_workload(service));
        let doubtful = self.doubtful.iter().map(Resource::api_version);
        let unasked = doubtful.filter(|api_version| self.known.served(api_version).is_none());
        Questions {
            objects: objects.map(|member| member.object.clone()).collect(),
            selectors: selectors.collect(),
            services: services.iter().map(|service| service.object.name.clone()).collect(),
            api_versions: unasked.chain(gathered.unasked.iter().cloned()).collect(),
        }
    }

    /// What must be read whatever lists will tell: what one of them told of already, and what is in none.
    pub fn sure(&self, gathered: &Gathered) -> Vec<ObjectRef> {
        let members = gathered.members.iter().filter(|member| self.must_be_read(member));
        let objects = members.map(|member| &member.object);
        let sure =
            objects.filter(|object| self.known.sight(object).is_some() || !lists::is_listed(object.resource));
        sure.cloned().collect()
    }

    fn must_be_read(&self, member: &Member) -> bool {
        let path = member.object.path();
        let lacks_body = member.is_kept() && self.depth == Depth::Whole && !self.bodies.contains_key(&path);
        member.presence == Presence::Unknown || lacks_body && !self.unreadable.contains(&path)
    }

    fn must_be_searched(&self, member: &Member) -> bool {
        let object = &member.object;
        object.resource == SERVICES
            && self.known.related(object).is_some()
            && !self.searched.contains(&object.name)
    }

    fn selector_without_workload(&self, service: &Member) -> Option<String> {
        let service = self.known.related(&service.object)?;
        let selector = service.selector.as_ref()?;
        (!has_workload(service, &self.known)).then(|| selector.to_query())
    }

    pub fn learn(&mut self, answers: Answers) {
        let Answers { looked, searched, slices, workloads, served } = answers;
        looked.into_iter().for_each(|looked| self.learn_of_one(looked));
        [slices, workloads].into_iter().for_each(|lists| self.learn_lists(lists));
        self.searched.extend(searched);
        for (api_version, kinds) in served {
            self.known.set_served(api_version, kinds);
        }
    }

    pub fn learn_lists(&mut self, lists: Lists) {
        lists.found.into_iter().for_each(|related| self.known.add(related));
        self.forbidden.extend(lists.forbidden);
        self.doubtful.extend(lists.doubtful);
    }

    pub fn learn_of_one(&mut self, looked: Looked) {
        let Looked { object, sight, body } = looked;
        if matches!(sight, Sight::Forbidden) && self.known.related(&object).is_some() {
            self.unreadable.insert(object.path());
            return;
        }
        self.bodies.extend(body.map(|body| (object.path(), body)));
        self.known.set(&object, sight);
    }

    pub fn finish(mut self, gathered: Gathered) -> Observed {
        // Lists come in any order.
        self.forbidden.sort_by_key(Resource::qualified_plural);
        self.doubtful.sort_by_key(Resource::qualified_plural);
        let warnings = self.warnings(&gathered);
        let unlisted = self.unlisted().copied().collect();
        let Self { known, mut bodies, depth, unreadable, .. } = self;
        let mut members = gathered.members;
        for member in members.iter_mut().filter(|member| unreadable.contains(&member.object.path())) {
            member.presence = Presence::Forbidden;
        }
        let kept = members.iter().filter(|member| depth == Depth::Whole && member.is_kept());
        let kept: BTreeSet<_> = kept.map(|member| member.object.path()).collect();
        bodies.retain(|path, _| kept.contains(path));
        Observed { members, warnings, unlisted, known, bodies }
    }

    /// The kinds that are served and that the user may not list.
    fn unlisted(&self) -> impl Iterator<Item = &Resource> {
        let is_served = |resource: &&Resource| {
            let kinds = self.known.served(&resource.api_version()).unwrap_or_default();
            kinds.iter().any(|served| served.resource == **resource)
        };
        self.forbidden.iter().chain(self.doubtful.iter().filter(is_served))
    }

    fn warnings(&self, gathered: &Gathered) -> Vec<String> {
        let mut warnings = Vec::new();
        for resource in self.unlisted() {
            let kind = resource.qualified_plural();
            let warning = format!("you may not list {kind}: those that belong to it are not shown");
            // Lists of several waves can have the same fate.
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        warnings.extend(gathered.not_served.iter().map(|(owned, owner)| {
            let (kind, name, api_version) = (&owner.kind, &owner.name, &owner.api_version);
            format!(
                "{owned} is owned by {kind}/{name}, but the server does not serve that kind of {api_version}"
            )
        }));
        warnings
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::{CONFIG_MAPS, DEPLOYMENTS};
    use serde_json::json;

    use super::*;
    use crate::kinds::{POD_MONITORS, SECRETS, SERVICE_MONITORS};
    use crate::relations::Related;

    fn object(resource: Resource, name: &str) -> ObjectRef {
        ObjectRef::namespaced(resource, "shop", name)
    }

    /// What a GET gives.
    fn answer(resource: Resource, name: &str, mut body: Value) -> Looked {
        body["metadata"]["name"] = json!(name);
        body["metadata"]["namespace"] = json!("shop");
        let sight = Sight::Seen(Box::new(Related::of(resource, &body).unwrap()));
        Looked { object: object(resource, name), sight, body: Some(body) }
    }

    /// A Deployment that uses both a ConfigMap and a Secret.
    fn deployment() -> Value {
        let sources = json!([{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "db"}}]);
        json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "envFrom": sources}]}}}})
    }

    /// After a survey that listed the Deployment.
    fn surveyed(depth: Depth) -> Reading {
        let Sight::Seen(related) = answer(DEPLOYMENTS, "web", deployment()).sight else { unreachable!() };
        let mut known = Known::default();
        known.add(*related);
        Reading::new(Survey { known, bodies: BTreeMap::new(), lists: Lists::default() }, depth)
    }

    fn gathered(reading: &Reading) -> Gathered {
        reading.gather(&[object(DEPLOYMENTS, "web")], &Pins::default())
    }

    fn asked(reading: &Reading) -> Vec<String> {
        let objects = reading.questions(&gathered(reading)).objects;
        objects.iter().map(ToString::to_string).collect()
    }

    fn presences(observed: &Observed) -> Vec<String> {
        let words = |member: &Member| format!("{} {:?}", member.object, member.presence);
        observed.members.iter().map(words).collect()
    }

    #[test]
    fn what_was_listed_is_read_whole_beside_what_it_refers_to() {
        let mut reading = surveyed(Depth::Metadata);
        assert_eq!(asked(&reading), ["configmap/settings", "secret/db"]);

        reading = surveyed(Depth::Whole);
        assert_eq!(asked(&reading), ["deployment.apps/web", "configmap/settings", "secret/db"]);

        // What something else makes is not kept, though it was read.
        let owner = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "1", "controller": true}]);
        reading.learn_of_one(answer(DEPLOYMENTS, "web", deployment()));
        reading.learn_of_one(answer(CONFIG_MAPS, "settings", json!({"data": {"a": "1"}})));
        reading.learn_of_one(answer(SECRETS, "db", json!({"metadata": {"ownerReferences": owner}})));
        assert!(reading.questions(&gathered(&reading)).is_empty());
        let last = gathered(&reading);
        let observed = reading.finish(last);
        let paths: Vec<_> = observed.bodies.keys().map(String::as_str).collect();
        assert_eq!(
            paths,
            ["/api/v1/namespaces/shop/configmaps/settings", "/apis/apps/v1/namespaces/shop/deployments/web"]
        );
    }

    #[test]
    fn before_all_lists_are_there_only_what_they_can_not_tell_is_asked_for() {
        let mut reading = surveyed(Depth::Whole);
        let volume = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
        let mut body = deployment();
        body["spec"]["template"]["spec"]["volumes"] = volume;
        let Sight::Seen(related) = answer(DEPLOYMENTS, "web", body).sight else { unreachable!() };
        reading.known.add(*related);
        let names = |objects: Vec<ObjectRef>| objects.iter().map(ToString::to_string).collect::<Vec<_>>();
        let sure = names(reading.sure(&gathered(&reading)));
        assert_eq!(sure, ["deployment.apps/web", "configmap/settings", "secret/db"]);
        assert!(asked(&reading).contains(&"persistentvolumeclaim/data".to_owned()));
    }

    #[test]
    fn what_may_be_listed_but_not_read_still_leads_on() {
        let mut reading = surveyed(Depth::Whole);
        let refused = Looked { object: object(DEPLOYMENTS, "web"), sight: Sight::Forbidden, body: None };
        reading.learn_of_one(refused);
        reading.learn_of_one(answer(CONFIG_MAPS, "settings", json!({})));
        reading.learn_of_one(Looked { object: object(SECRETS, "db"), sight: Sight::Absent, body: None });
        assert!(reading.questions(&gathered(&reading)).is_empty());
        let last = gathered(&reading);
        assert_eq!(
            presences(&reading.finish(last)),
            ["deployment.apps/web Forbidden", "configmap/settings Present", "secret/db Missing"]
        );
    }

    #[test]
    fn what_vanishes_after_it_was_listed_is_missing() {
        let mut reading = surveyed(Depth::Whole);
        let gone = Looked { object: object(DEPLOYMENTS, "web"), sight: Sight::Absent, body: None };
        reading.learn_of_one(gone);
        let last = gathered(&reading);
        assert_eq!(presences(&reading.finish(last)), ["deployment.apps/web Missing"]);
    }

    #[test]
    fn a_kind_that_may_not_be_listed_is_asked_about_before_it_is_missed() {
        let mut reading = surveyed(Depth::Metadata);
        reading.doubtful = vec![SERVICE_MONITORS, POD_MONITORS];
        let questions = reading.questions(&gathered(&reading));
        assert_eq!(questions.api_versions.into_iter().collect::<Vec<_>>(), ["monitoring.coreos.com/v1"]);

        let served = Served { resource: POD_MONITORS, is_namespaced: true };
        reading.known.set_served("monitoring.coreos.com/v1".to_owned(), vec![served]);
        let warnings = reading.warnings(&gathered(&reading));
        let kind = "podmonitors.monitoring.coreos.com";
        assert_eq!(warnings, [format!("you may not list {kind}: those that belong to it are not shown")]);
    }
}
