//! Each thing that is not done by itself, and what has it done.

use drover::model::object::{
    CONFIG_MAPS, CRON_JOBS, DEPLOYMENTS, HORIZONTAL_POD_AUTOSCALERS, JOBS, Resource, SERVICES, STATEFUL_SETS,
};
use serde_json::json;

use super::*;
use crate::compare::Masking;
use crate::kinds::{CLUSTER_ROLES, SECRETS, STORAGE_CLASSES, is_cluster_scoped};
use crate::rollback::certificate::tests::secret as certificate;
use crate::rollback::{Options, unproven};

const RECORDED: &str = "2026-01-01T10:00:00Z";

fn object(resource: Resource) -> ObjectRef {
    let namespace = (!is_cluster_scoped(resource)).then(|| "shop".to_owned());
    ObjectRef { resource, namespace, name: "web".to_owned() }
}

fn subject(resource: Resource, then: Option<Value>, now: Option<Value>) -> Subject {
    let then = then.map_or(Then::Absent, Then::There);
    let now = now.map_or(Now::Absent, Now::There);
    Subject { object: object(resource), then, now, users: Vec::new() }
}

fn planned(subjects: &[Subject], options: &Options) -> Vec<Item> {
    planned_without(&[], subjects, options)
}

/// Of a version that knows what was not there.
fn planned_without(absent: &[ObjectRef], subjects: &[Subject], options: &Options) -> Vec<Item> {
    ask(absent, subjects, options, plan)
}

fn ask(
    absent: &[ObjectRef],
    subjects: &[Subject],
    options: &Options,
    plan: impl Fn(&Question<'_>) -> Vec<Item>,
) -> Vec<Item> {
    plan(&Question {
        subjects,
        options,
        recorded: RECORDED.parse().unwrap(),
        absent,
        now: "2026-01-01T12:00:00Z".parse().unwrap(),
        images: &[],
        running: &[],
        masking: &Masking::new(false).unwrap(),
    })
}

fn one(subject: Subject, options: &Options) -> Item {
    planned(&[subject], options).remove(0)
}

/// What is done without any option, and with this one.
fn both(subject: Subject, options: &Options) -> [String; 2] {
    [&Options::default(), options].map(|options| format!("{:?}", one(subject.clone(), options).action))
}

fn allow(resource: Resource) -> Options {
    Options { allow: vec![object(resource)], ..Options::default() }
}

fn replace(resource: Resource) -> Options {
    Options { replace: vec![object(resource)], ..Options::default() }
}

fn data(value: &str) -> Value {
    json!({"metadata": {"name": "web"}, "data": {"a": value}})
}

fn spec(spec: Value) -> Value {
    json!({"metadata": {"name": "web"}, "spec": spec})
}

fn since(mut object: Value, created: &str) -> Value {
    object["metadata"]["creationTimestamp"] = json!(created);
    object
}

#[test]
fn what_differs_is_written_and_nothing_else() {
    let changed = one(subject(CONFIG_MAPS, Some(data("1")), Some(data("2"))), &Options::default());
    assert_eq!(changed.action.body().unwrap()["data"], json!({"a": "1"}));
    let text = serde_json::to_value(&changed).unwrap();
    let expected = json!({
        "object": "configmap/web", "action": "update", "state": "changed", "provenByDryRun": true,
        "changes": [{"path": "data.a", "pointer": "/data/a", "before": "2", "after": "1"}],
    });
    assert_eq!(text, expected);
    let same = one(subject(CONFIG_MAPS, Some(data("1")), Some(data("1"))), &Options::default());
    assert_eq!(same.action, Action::Same);
    let gone = one(subject(CONFIG_MAPS, Some(data("1")), None), &Options::default());
    assert_eq!(format!("{:?}", gone.action), "Create");
}

#[test]
fn secrets_stay_unless_they_are_asked_for() {
    let with = Options { secrets: true, ..Options::default() };
    let secret = |then, now| both(subject(SECRETS, then, now), &with);
    let [left, done] = secret(Some(data("YQ==")), Some(data("Yg==")));
    assert_eq!((left.as_str(), done.as_str()), (r#"Leave(Secret, Some("--secrets"))"#, "Update"));
    assert_eq!(secret(Some(data("YQ==")), None)[1], "Create");
    let item = one(subject(SECRETS, Some(data("YXNkZmdo")), Some(data("Yg=="))), &with);
    let text = format!("{}{item:?}", serde_json::to_string(&item).unwrap());
    assert!(!text.contains("YXNkZmdo") && !text.contains("asdfgh"), "{text}");
}

#[test]
fn an_expired_certificate_never_comes_back() {
    let all = Options { secrets: true, ..allow(SECRETS) };
    let (expired, good) = (certificate(2025), certificate(2031));
    let action = |then: &Value, now: Option<&Value>, options: &Options| {
        format!("{:?}", one(subject(SECRETS, Some(then.clone()), now.cloned()), options).action)
    };
    let refused = "Leave(CertificateExpired { at: 2025-12-31T00:00:00Z }, None)";
    assert_eq!(action(&expired, Some(&good), &all), refused);
    assert_eq!(action(&expired, None, &all), refused);
    assert_eq!(action(&expired, Some(&certificate(2024)), &all), "Update");
    assert_eq!(action(&good, Some(&certificate(2032)), &all), "Update");
    let mut empty = good.clone();
    empty["data"]["tls.crt"] = json!("");
    let secrets = Options { secrets: true, ..Options::default() };
    assert_eq!(
        action(&empty, Some(&good), &secrets),
        r#"Leave(CertificateUnreadable, Some("--allow secret/web"))"#
    );
    assert_eq!(action(&empty, Some(&good), &all), "Update");
    let mut labelled = expired.clone();
    labelled["metadata"]["labels"] = json!({"a": "b"});
    assert_eq!(action(&labelled, Some(&expired), &all), "Update", "a label says nothing of the certificate");
}

#[test]
fn only_what_is_new_and_nobody_else_uses_is_deleted() {
    let prune = Options { prune: true, ..Options::default() };
    let new = |resource| subject(resource, None, Some(since(data("1"), "2026-01-01T11:00:00Z")));
    assert_eq!(both(new(CONFIG_MAPS), &prune), [r#"Leave(NotInVersion, Some("--prune"))"#, "Delete"]);
    let old = subject(CONFIG_MAPS, None, Some(since(data("1"), RECORDED)));
    assert_eq!(both(old.clone(), &prune)[1], "Leave(OlderThanVersion, None)");
    let known = planned_without(&[object(CONFIG_MAPS)], &[old], &prune).remove(0).action;
    assert_eq!(known, Action::Delete, "a rollback created it within the second of the version before it");
    let used = Subject { users: vec![object(DEPLOYMENTS)], ..new(CONFIG_MAPS) };
    assert!(both(used, &prune)[1].starts_with("Leave(UsedByOthers"));
    let unread = Subject { then: Then::Unread, ..new(CONFIG_MAPS) };
    assert_eq!(both(unread, &prune)[1], "Leave(UnreadThen, None)");
    assert_eq!(both(new(SECRETS), &prune)[1], r#"Leave(Secret, Some("--secrets"))"#);
    assert_eq!(both(new(CLAIMS), &prune)[1], r#"Leave(LosesData, Some("--allow pvc/web"))"#);
    let item = one(new(CLAIMS), &Options { prune: true, ..allow(CLAIMS) });
    assert_eq!((item.action, item.consequences), (Action::Delete, vec![Consequence::LosesData]));
    assert_eq!(both(new(CLUSTER_ROLES), &prune)[1], "Leave(ClusterScoped, None)");
}

#[test]
fn immutable_fields_are_changed_by_hand_only() {
    let selector = |app: &str| spec(json!({"selector": {"matchLabels": {"app": app}}, "replicas": 2}));
    let changed = subject(DEPLOYMENTS, Some(selector("a")), Some(selector("b")));
    let fields = r#"["spec.selector.matchLabels.app"]"#;
    assert_eq!(
        both(changed.clone(), &replace(DEPLOYMENTS)),
        [
            format!(r#"Leave(Immutable {{ fields: {fields} }}, Some("--replace deploy/web"))"#),
            format!("Replace({fields})")
        ]
    );
    let item = one(changed, &replace(DEPLOYMENTS));
    assert_eq!(item.consequences, [Consequence::Restarts { pods: 2, all_at_once: true }]);
    assert!(!item.proven_by_dry_run);
}

#[test]
fn a_replacement_that_is_deleted_already_holds_what_the_object_held() {
    let deployment = |app: &str, replicas: u32| {
        spec(json!({"replicas": replicas, "selector": {"matchLabels": {"app": app}}, "template": {}}))
    };
    let (then, before) = (deployment("web", 1), deployment("api", 3));
    let before = [Kept { object: object(DEPLOYMENTS), body: before }];
    let rest = |options: &Options| {
        let subjects = [subject(DEPLOYMENTS, Some(then.clone()), None)];
        let item = ask(&[], &subjects, options, |question| plan_rest(question, &before, &[])).remove(0);
        let replicas = item.action.body().unwrap()["spec"]["replicas"].clone();
        (replicas, item.held.len())
    };
    assert_eq!(rest(&replace(DEPLOYMENTS)), (json!(3), 1));
    let allowed = Options { allow: vec![object(DEPLOYMENTS)], ..replace(DEPLOYMENTS) };
    assert_eq!(rest(&allowed), (json!(1), 0));
    // What nobody asked to have replaced was deleted by somebody else.
    assert_eq!(rest(&Options::default()), (json!(1), 0));
}

#[test]
fn to_replace_a_set_must_not_cost_its_claims() {
    let set = |service: &str| {
        spec(
            json!({"serviceName": service, "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}),
        )
    };
    let changed = subject(STATEFUL_SETS, Some(set("a")), Some(set("b")));
    assert_eq!(
        both(changed.clone(), &replace(STATEFUL_SETS))[1],
        r#"Leave(LosesData, Some("--allow sts/web"))"#
    );
    let item = one(changed, &Options { replace: vec![object(STATEFUL_SETS)], ..allow(STATEFUL_SETS) });
    assert!(item.consequences.contains(&Consequence::LosesData), "{item:?}");
}

#[test]
fn a_claim_keeps_its_volume() {
    let claim = |label: &str, mode: &str| json!({"metadata": {"labels": {"a": label}}, "spec": {"volumeMode": mode, "volumeName": "pvc-1"}});
    let changed = subject(CLAIMS, Some(claim("1", "Block")), Some(claim("2", "Filesystem")));
    let item = one(changed.clone(), &allow(CLAIMS));
    assert_eq!(item.action.body(), Some(&claim("1", "Filesystem")));
    assert_eq!(item.held[0].flag, "--replace pvc/web");
    let item = one(changed, &replace(CLAIMS));
    assert_eq!(item.action.body().unwrap()["spec"], json!({"volumeMode": "Block"}));
    assert_eq!((item.held.len(), item.consequences), (0, vec![Consequence::LosesData]));
    let gone = subject(CLAIMS, Some(claim("1", "Block")), None);
    assert_eq!(both(gone, &allow(CLAIMS)), [r#"Leave(EmptyVolume, Some("--allow pvc/web"))"#, "Create"]);
}

#[test]
fn a_field_that_is_held_leaves_the_rest_alone() {
    let web = |replicas: u32, image: &str| {
        let containers = [json!({"name": "web", "image": image})];
        spec(json!({"replicas": replicas, "template": {"spec": {"containers": containers}}}))
    };
    let version = web(2, "1");
    let item = one(subject(DEPLOYMENTS, Some(version.clone()), Some(web(3, "2"))), &Options::default());
    let body = item.action.body().unwrap();
    assert_eq!(*body, web(3, "1"));
    assert_eq!(item.consequences, [Consequence::Restarts { pods: 3, all_at_once: false }]);
    let masking = Masking::new(false).unwrap();
    assert!(unproven(&item, &version, body, &masking).is_empty());
    assert_eq!(unproven(&item, &version, &web(3, "2"), &masking).len(), 1);
    let only = subject(DEPLOYMENTS, Some(web(2, "1")), Some(web(3, "1")));
    assert_eq!(both(only, &allow(DEPLOYMENTS)), [r#"Leave(Held, Some("--allow deploy/web"))"#, "Update"]);
}

#[test]
fn what_is_scaled_by_an_autoscaler_keeps_its_replicas() {
    let web = |replicas: u32| spec(json!({"replicas": replicas}));
    let target = spec(json!({"scaleTargetRef": {"kind": "Deployment", "name": "web"}}));
    let autoscaler = subject(HORIZONTAL_POD_AUTOSCALERS, Some(target.clone()), Some(target));
    let items = planned(&[subject(DEPLOYMENTS, Some(web(5)), Some(web(3))), autoscaler], &Options::default());
    assert_eq!(
        (&items[0].action, items[0].consequences.as_slice()),
        (&Action::Same, &[Consequence::Autoscaled][..])
    );
    let masking = Masking::new(false).unwrap();
    assert!(unproven(&items[0], &web(5), &web(4), &masking).is_empty());
}

#[test]
fn what_runs_is_not_run_again() {
    let job = subject(JOBS, Some(spec(json!({"template": {}}))), None);
    assert_eq!(both(job, &allow(JOBS)), [r#"Leave(RunsAgain, Some("--allow job.batch/web"))"#, "Create"]);
    let cron_job = |suspend: bool| Some(spec(json!({"suspend": suspend})));
    let started = subject(CRON_JOBS, cron_job(false), cron_job(true));
    assert_eq!(both(started, &allow(CRON_JOBS)), [r#"Leave(Held, Some("--allow cj/web"))"#, "Update"]);
}

#[test]
fn what_is_the_clusters_is_changed_by_hand_only() {
    let class = |expand: bool| Some(json!({"metadata": {"name": "web"}, "allowVolumeExpansion": expand}));
    let changed = subject(STORAGE_CLASSES, class(true), class(false));
    assert_eq!(
        both(changed, &allow(STORAGE_CLASSES)),
        [r#"Leave(ClusterScoped, Some("--allow sc/web"))"#, "Update"]
    );
}

#[test]
fn what_is_in_other_hands_is_left() {
    let with = |metadata: Value| {
        let mut live = data("2");
        live["metadata"] = metadata;
        format!("{:?}", one(subject(CONFIG_MAPS, Some(data("1")), Some(live)), &allow(CONFIG_MAPS)).action)
    };
    assert_eq!(with(json!({"name": "web", "deletionTimestamp": RECORDED})), "Leave(BeingDeleted, None)");
    let owner = json!({"apiVersion": "v1", "kind": "Operator", "name": "o", "uid": "u", "controller": true});
    assert!(with(json!({"name": "web", "ownerReferences": [owner]})).starts_with("Leave(Controlled"));
    for (now, reason) in [(Now::NotServed, "NotServed"), (Now::Forbidden, "Forbidden")] {
        let there = Subject { now, ..subject(CONFIG_MAPS, Some(data("1")), None) };
        assert_eq!(both(there, &allow(CONFIG_MAPS))[1], format!("Leave({reason}, None)"));
    }
}

#[test]
fn a_rollback_may_leave_objects_out() {
    let changed = subject(CONFIG_MAPS, Some(data("1")), Some(data("2")));
    let except = Options { except: vec![object(CONFIG_MAPS)], ..Options::default() };
    assert_eq!(both(changed.clone(), &except), ["Update", "Leave(NotAsked, None)"]);
    let only = Options { only: vec![object(SERVICES)], ..Options::default() };
    assert_eq!(both(changed, &only)[1], "Leave(NotAsked, None)");
}

#[test]
fn who_does_not_load_a_change_is_named_and_restarted_on_demand() {
    let containers = json!([{"name": "web", "envFrom": [{"configMapRef": {"name": "web"}}]}]);
    let web = spec(json!({"replicas": 2, "template": {"spec": {"containers": containers}}}));
    let subjects = [
        subject(CONFIG_MAPS, Some(data("1")), Some(data("2"))),
        subject(DEPLOYMENTS, Some(web.clone()), Some(web.clone())),
    ];
    let consumer = |restarts| Consequence::Consumer {
        workload: object(DEPLOYMENTS),
        paths: vec!["containers[web].envFrom".to_owned()],
        restarts,
    };
    let items = planned(&subjects, &Options::default());
    assert_eq!((items[0].consequences.as_slice(), &items[1].action), (&[consumer(false)][..], &Action::Same));
    let items = planned(&subjects, &Options { restart_consumers: true, ..Options::default() });
    assert_eq!(items[0].consequences, [consumer(true)]);
    assert_eq!(items[1].consequences, [Consequence::RestartsToLoad]);
    let body = items[1].action.body().unwrap();
    assert_eq!(
        body["spec"]["template"]["metadata"]["annotations"][crate::compare::RESTARTED],
        "2026-01-01T12:00:00Z"
    );
    let but = Options { restart_consumers: true, except: vec![object(DEPLOYMENTS)], ..Options::default() };
    assert_eq!(planned(&subjects, &but)[1].action, Action::Same);
    assert!(unproven(&items[1], &web, body, &Masking::new(false).unwrap()).is_empty());
}
