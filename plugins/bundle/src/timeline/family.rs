//! Whose events are told: the members' and those of all that their controllers make.

use std::collections::{BTreeMap, HashMap};

use drover::model::object::{
    CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, ObjectRef, PODS, REPLICA_SETS, REPLICATION_CONTROLLERS,
    Resource, STATEFUL_SETS,
};

use super::generated::{candidates, cut_stem};
use crate::kinds::ROLLOUTS;
use crate::membership::{Known, Member};
use crate::relations::Related;
use drover::model::event::Subject;

/// The kinds that make others.
const MAKERS: [Resource; 8] = [
    DEPLOYMENTS,
    ROLLOUTS,
    REPLICA_SETS,
    REPLICATION_CONTROLLERS,
    STATEFUL_SETS,
    DAEMON_SETS,
    CRON_JOBS,
    JOBS,
];

/// The kinds that are made and have events.
const MADE: [Resource; 3] = [REPLICA_SETS, JOBS, PODS];

/// A Job with the CronJob that controls it: started by hand, it may have any name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronJobsJob {
    pub name: String,
    pub cron_job: String,
}

/// Decides by kinds and names, which events outlive their objects by: what an earlier object of a member's
/// name did is part of the story.
#[derive(Debug, Default)]
pub struct Family {
    /// The groups of the members of a kind and name.
    members: BTreeMap<(String, String), Vec<&'static str>>,
    /// All that make others, and whether they are members: the closest name wins.
    makers: HashMap<(Resource, String), bool>,
}

impl Family {
    pub fn new(members: &[Member], known: &Known, jobs: &[CronJobsJob]) -> Self {
        let mut family = Self::default();
        // What was made itself stands for its maker.
        let is_made =
            |related: &&Related| MADE.contains(&related.object.resource) && related.controller().is_some();
        for related in known.all().filter(|related| !is_made(related)) {
            family.add_maker(&related.object, false);
        }
        for member in members {
            family.add_member(member.object.resource, &member.object.name);
            family.add_maker(&member.object, true);
        }
        for job in jobs {
            if family.makers.get(&(CRON_JOBS, job.cron_job.clone())) == Some(&true) {
                family.add_member(JOBS, &job.name);
                family.makers.insert((JOBS, job.name.clone()), true);
            }
        }
        family
    }

    fn add_member(&mut self, resource: Resource, name: &str) {
        let key = (resource.kind.to_owned(), name.to_owned());
        self.members.entry(key).or_default().push(resource.group);
    }

    fn add_maker(&mut self, object: &ObjectRef, is_member: bool) {
        if MAKERS.contains(&object.resource) {
            self.makers.insert((object.resource, object.name.clone()), is_member);
        }
    }

    pub fn has(&self, subject: &Subject) -> bool {
        let is_of = |group: &str| subject.group.as_deref().is_none_or(|said| said == group);
        let members = self.members.get(&(subject.kind.clone(), subject.name.clone()));
        if members.into_iter().flatten().any(|group| is_of(group)) {
            return true;
        }
        let made = MADE.into_iter().find(|made| made.kind == subject.kind && is_of(made.group));
        made.is_some_and(|made| self.makes(made, &subject.name))
    }

    /// Whether the one it has its name from is a member. Of two that fit it is the one with the longer name:
    /// `web-0-x2x4z` is a pod of the DaemonSet `web-0`, and not of an indexed Job `web`.
    fn makes(&self, made: Resource, name: &str) -> bool {
        let fitting = candidates(made, name).into_iter().filter_map(|(resource, maker)| {
            Some((maker.len(), *self.makers.get(&(resource, maker.to_owned()))?))
        });
        fitting.max().is_some_and(|(_, is_member)| is_member) || made == PODS && self.makes_cut(name)
    }

    /// Whether the name is that of a member as far as it goes.
    fn makes_cut(&self, pod: &str) -> bool {
        let Some(stem) = cut_stem(pod) else { return false };
        self.makers.iter().any(|((_, maker), is_member)| *is_member && maker.starts_with(stem))
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::HORIZONTAL_POD_AUTOSCALERS;
    use serde_json::json;

    use super::*;
    use crate::membership::Presence;

    fn member(resource: Resource, name: &str) -> Member {
        let object = ObjectRef::namespaced(resource, "shop", name);
        Member { object, reasons: Vec::new(), presence: Presence::Present, is_being_deleted: false }
    }

    fn family(members: &[(Resource, &str)], others: &[(Resource, &str)], jobs: &[CronJobsJob]) -> Family {
        let mut known = Known::default();
        for (resource, name) in members.iter().chain(others) {
            let object = json!({"metadata": {"name": name, "namespace": "shop"}});
            known.add(Related::of(*resource, &object).unwrap());
        }
        let members: Vec<_> = members.iter().map(|(resource, name)| member(*resource, name)).collect();
        Family::new(&members, &known, jobs)
    }

    /// Reads `Kind.group/name`.
    fn subject(text: &str) -> Subject {
        let (kind, name) = text.split_once('/').unwrap();
        let (kind, group) = kind.split_once('.').unwrap_or((kind, ""));
        Subject { kind: kind.to_owned(), name: name.to_owned(), group: Some(group.to_owned()) }
    }

    fn those_of<'a>(family: &Family, all: &[&'a str]) -> Vec<&'a str> {
        all.iter().copied().filter(|text| family.has(&subject(text))).collect()
    }

    #[test]
    fn a_name_that_only_begins_like_a_members_is_not_its_own() {
        let family = family(&[(DEPLOYMENTS, "web")], &[(DEPLOYMENTS, "web-metrics")], &[]);
        let all = [
            "Deployment.apps/web",
            "ReplicaSet.apps/web-5d8f9c7b6d",
            "Pod/web-5d8f9c7b6d-x2x4z",
            "Deployment.apps/web-metrics",
            "ReplicaSet.apps/web-metrics-5d8f9c7b6d",
            "Pod/web-metrics-5d8f9c7b6d-x2x4z",
            "Pod/web-metrics",
            "Pod/web",
            "Service/web",
            "Deployment.example.com/web",
        ];
        assert_eq!(those_of(&family, &all), all[..3]);
        let unsaid = Subject { group: None, ..subject("Deployment/web") };
        assert!(family.has(&unsaid));
    }

    #[test]
    fn of_two_that_could_have_made_it_the_closer_name_has() {
        let all = ["Pod/web-5d8f9c-x2x4z", "Pod/web-5d8f9c7b6d-x2x4z"];
        let of_deployment = family(&[(DEPLOYMENTS, "web")], &[(DAEMON_SETS, "web-5d8f9c")], &[]);
        assert_eq!(those_of(&of_deployment, &all), all[1..]);
        let of_daemon_set = family(&[(DAEMON_SETS, "web-5d8f9c")], &[(DEPLOYMENTS, "web")], &[]);
        assert_eq!(those_of(&of_daemon_set, &all), all[..1]);
    }

    #[test]
    fn each_kind_of_workload_has_its_pods() {
        let members = [(STATEFUL_SETS, "db"), (DAEMON_SETS, "log"), (JOBS, "load"), (CRON_JOBS, "report")];
        let family = family(&members, &[], &[]);
        let all = [
            "Pod/db-0",
            "Pod/log-x2x4z",
            "Pod/load-x2x4z",
            "Pod/load-7-x2x4z",
            "Job.batch/report-29467890",
            "Pod/report-29467890-x2x4z",
            "Pod/report-29467890-0-x2x4z",
            "Pod/db-x2x4z",
            "Pod/log-0",
            "Job.batch.volcano.sh/report-29467890",
        ];
        assert_eq!(those_of(&family, &all), all[..7]);
    }

    #[test]
    fn a_job_that_a_person_started_from_a_cron_job() {
        let job = |name: &str, cron_job: &str| CronJobsJob { name: name.into(), cron_job: cron_job.into() };
        let jobs = [job("now", "report"), job("later", "other")];
        let family = family(&[(CRON_JOBS, "report")], &[], &jobs);
        let all = ["Job.batch/now", "Pod/now-x2x4z", "Job.batch/later", "Pod/later-x2x4z"];
        assert_eq!(those_of(&family, &all), all[..2]);
    }

    #[test]
    fn a_long_name_is_known_as_far_as_it_goes() {
        let name = "a-release-of-a-chart-with-quite-a-name-of-one-service-and-more";
        let family = family(&[(DEPLOYMENTS, name)], &[], &[]);
        let cut = |name: &str| format!("Pod/{}x2x4z", &name[..58]);
        assert!(family.has(&subject(&cut(name))));
        assert!(!family.has(&subject(&cut(&name.replace("release", "revival")))));
    }

    #[test]
    fn members_that_make_nothing_have_their_own_events() {
        let family = family(&[(HORIZONTAL_POD_AUTOSCALERS, "web")], &[], &[]);
        let all = ["HorizontalPodAutoscaler.autoscaling/web", "Pod/web-5d8f9c7b6d-x2x4z"];
        assert_eq!(those_of(&family, &all), all[..1]);
    }
}
