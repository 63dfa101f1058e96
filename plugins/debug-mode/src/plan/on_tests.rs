//! `on` from every state in which it can find a workload.

use serde_json::json;

use super::testing::{World, wish};
use super::{on, outcome, refusal};
use crate::options::{Conflict, Overrides};
use crate::state::has_gate;
use crate::target::Kind;

const TITLES: [&str; 2] = ["write configmap/drover-debug-mode-deployment-web", "debug mode"];

#[test]
fn the_record_comes_first_and_the_change_in_one_patch() {
    let mut world = World::deployment();
    assert_eq!(world.on(Overrides::default()).unwrap(), TITLES);
    let workload = world.workload();
    assert!(workload.is_annotated() && has_gate(workload.template()));
    assert_eq!(
        workload.spec("strategy"),
        &json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})
    );
    let container = &workload.template()["spec"]["containers"][0];
    assert!(container.get("livenessProbe").is_none() && container.get("lifecycle").is_none());
    assert_eq!(world.on(Overrides::default()).unwrap(), Vec::<String>::new(), "again: nothing to do");
}

#[test]
fn killed_after_any_write_it_goes_on() {
    let mut whole = World::deployment();
    whole.on(Overrides::default()).unwrap();
    for writes in 0..TITLES.len() {
        let mut world = World::deployment();
        world.on_until(Overrides::default(), writes).unwrap();
        assert_eq!(world.on(Overrides::default()).unwrap(), TITLES[writes..]);
        assert_eq!(world.workload().shape(), whole.workload().shape());
    }
}

#[test]
fn with_every_pod_bad_one_may_go() {
    let mut world = World::with(Kind::Deployment, [false, false]);
    world.on(Overrides::default()).unwrap();
    assert_eq!(world.workload().spec("strategy")["rollingUpdate"]["maxUnavailable"], 1);
}

#[test]
fn other_options_are_refused_before_and_after_the_change() {
    for writes in 1..=2 {
        let mut world = World::deployment();
        world.on_until(Overrides::default(), writes).unwrap();
        let failure = world.on(Overrides { hold: true, ..Overrides::default() }).unwrap_err();
        assert!(failure.message.contains("with other options"), "{failure:?}");
        assert!(failure.hints[0].ends_with("kubectl debug-mode off -n shop deploy/web"));
    }
}

#[test]
fn a_change_between_record_and_patch_is_taken_up() {
    let mut world = World::deployment();
    world.on_until(Overrides::default(), 1).unwrap();
    world.edit(|object| object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("app:2"));
    let written = world.on(Overrides::default()).unwrap();
    assert_eq!(written, ["update configmap/drover-debug-mode-deployment-web", "debug mode"]);
    world.off(Conflict::Refuse).unwrap();
    assert_eq!(world.workload().template()["spec"]["containers"][0]["image"], "app:2");
}

#[test]
fn kinds_without_a_rollout_replace_the_first_pod_that_does_not_serve() {
    for kind in [Kind::StatefulSet, Kind::DaemonSet, Kind::ReplicaSet] {
        let mut world = World::with(kind, [false, true]);
        let written = world.on(Overrides::default()).unwrap();
        assert_eq!(written[1..], ["debug mode", "delete pod/web-0"], "{kind:?}");
        let record = refusal::readable_record(&world.state, world.workload()).unwrap().unwrap();
        assert_eq!(
            outcome::look(&world.state, &record),
            outcome::Outcome::Runs { pod: "web-0".to_owned() },
            "{kind:?}"
        );
    }
}

#[test]
fn where_it_would_be_wrong_it_says_why_and_what_else() {
    let said = |change: fn(&mut serde_json::Value)| {
        let mut world = World::deployment();
        world.edit(change);
        let failure = on::decide(&world.state, &wish(Overrides::default())).unwrap_err();
        format!("{}\n{}", failure.message, failure.hints.join("\n"))
    };
    assert!(said(|object| object["spec"]["paused"] = json!(true)).contains("kubectl rollout resume"));
    assert!(said(|object| object["spec"]["replicas"] = json!(0)).contains("--copy"));
    let owner = json!([{"apiVersion": "x/v1", "kind": "App", "name": "web", "uid": "a", "controller": true}]);
    assert!(
        said(|object| object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z"))
            .contains("being deleted")
    );
    let mut world = World::deployment();
    world.edit(|object| object["metadata"]["ownerReferences"] = owner);
    let failure = on::decide(&world.state, &wish(Overrides::default())).unwrap_err();
    assert!(failure.message.contains("belongs to App/web"));
}

#[test]
fn an_image_without_sleep_gets_one() {
    let mut world = World::deployment();
    let hold = Overrides { hold: true, ..Overrides::default() };
    world.on_until(hold.clone(), 2).unwrap();
    for pod in world.state.pods.values_mut().filter(|pod| pod.metadata.name.starts_with("web-debug")) {
        let status = &mut pod.status.container_statuses[0];
        status.state =
            serde_json::from_value(json!({"terminated": {"exitCode": 128, "reason": "StartError"}})).unwrap();
    }
    world.state.note_running();
    let written = world.on(hold).unwrap();
    assert_eq!(written, ["update configmap/drover-debug-mode-deployment-web", "debug mode"]);
    assert_eq!(world.workload().template()["spec"]["initContainers"][0]["image"], "box:1");
    let mut expected = World::deployment();
    expected.run(|_| Ok(drover::change::Plan::default()), 0).unwrap();
    world.off(Conflict::Refuse).unwrap();
    assert_eq!(world.remembered(), expected.remembered());
}

#[test]
fn what_admission_made_of_another_template_is_forgotten() {
    let mut world = World::deployment();
    let before = on::new_record(&world.state, world.workload(), &wish(Overrides::default())).unwrap();
    let mut given = before.debug.template.clone();
    given["metadata"]["annotations"] = json!({"injected": "yes"});
    let admitted = Some(on::Admitted { asked: before.debug.template, given: given.clone() });
    let wish = on::Wish { admitted, ..wish(Overrides::default()) };
    let record = on::new_record(&world.state, world.workload(), &wish).unwrap();
    assert_eq!(record.debug.template, given);
    world.edit(|object| object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("app:2"));
    let record = on::new_record(&world.state, world.workload(), &wish).unwrap();
    assert_eq!(record.debug.template["spec"]["containers"][0]["image"], "app:2");
}
