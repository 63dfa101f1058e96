//! `off` from every state in which it can find a workload.

use serde_json::{Value, json};

use super::testing::{World, template};
use crate::options::{Conflict, Overrides};
use crate::state::has_gate;
use crate::target::Kind;

fn debugged() -> (World, Value) {
    let mut world = World::deployment();
    let before = world.remembered();
    world.on(Overrides::default()).unwrap();
    (world, before)
}

fn set_image(world: &mut World, image: &str) {
    world.edit(|object| object["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image));
}

#[test]
fn all_is_as_before() {
    let (mut world, before) = debugged();
    let written = world.off(Conflict::Refuse).unwrap();
    let titles = [
        "restore the template",
        "delete replicaset.apps/web-rs1",
        "give the fields of deployment.apps/web back to their owners",
        "delete configmap/drover-debug-mode-deployment-web",
    ];
    assert_eq!(written, titles);
    assert_eq!(world.remembered(), before);
    assert_eq!(world.off(Conflict::Refuse).unwrap(), Vec::<String>::new(), "again: nothing to do");
}

#[test]
fn killed_after_any_write_it_goes_on() {
    for writes in 0..4 {
        let (mut world, before) = debugged();
        let done = world.off_until(Conflict::Refuse, writes).unwrap();
        assert_eq!(done.len(), writes);
        world.off(Conflict::Refuse).unwrap();
        assert_eq!(world.remembered(), before, "after {done:?}");
    }
}

#[test]
fn an_on_that_was_cut_off_leaves_nothing() {
    let mut world = World::deployment();
    let before = world.remembered();
    world.on_until(Overrides::default(), 1).unwrap();
    assert_eq!(world.off(Conflict::Refuse).unwrap(), ["delete configmap/drover-debug-mode-deployment-web"]);
    assert_eq!(world.remembered(), before);
}

#[test]
fn a_change_made_meanwhile_is_shown_and_nothing_done() {
    let (mut world, _) = debugged();
    set_image(&mut world, "app:2");
    let failure = world.off(Conflict::Refuse).unwrap_err();
    assert_eq!(failure.hints[0], r#"  spec.template.spec.containers[app].image: "app:1" → "app:2""#);
    assert!(failure.hints[1].ends_with("--force-restore") && failure.hints[2].ends_with("--keep-theirs"));
    assert!(world.workload().is_annotated());
}

#[test]
fn force_restore_forgets_what_others_changed() {
    let (mut world, before) = debugged();
    set_image(&mut world, "app:2");
    world.off(Conflict::ForceRestore).unwrap();
    assert_eq!(world.remembered()["spec"], before["spec"]);
    assert_eq!(world.state.config_map, None);
}

#[test]
fn keep_theirs_takes_back_only_what_debug_mode_did() {
    for writes in 0..3 {
        let (mut world, before) = debugged();
        set_image(&mut world, "app:2");
        world.off_until(Conflict::KeepTheirs, writes).unwrap();
        world.off(Conflict::KeepTheirs).unwrap();
        let mut expected = template();
        expected["spec"]["containers"][0]["image"] = json!("app:2");
        assert_eq!(world.workload().template(), &expected, "killed after {writes} writes");
        assert_eq!(world.workload().spec("strategy"), &before["spec"]["strategy"]);
        assert!(!world.workload().is_annotated() && world.state.config_map.is_none());
        assert!(world.state.replica_sets.values().all(|set| !has_gate(&set.template())));
    }
}

#[test]
fn a_rollout_undo_is_cleared_up_after() {
    // Annotations are replaced and the strategy stays: observed on 1.35.
    let (mut world, before) = debugged();
    world.edit(|object| {
        object["metadata"]["annotations"] = json!({});
        object["spec"]["template"] = template();
    });
    world.off(Conflict::Refuse).unwrap();
    assert_eq!(world.remembered(), before);
}

#[test]
fn what_a_colleague_rolled_out_before_debug_mode_began_stays() {
    let mut world = World::deployment();
    world.on_until(Overrides::default(), 1).unwrap();
    set_image(&mut world, "app:2");
    assert_eq!(world.off(Conflict::Refuse).unwrap(), ["delete configmap/drover-debug-mode-deployment-web"]);
    assert_eq!(world.workload().template()["spec"]["containers"][0]["image"], "app:2");
}

#[test]
fn without_its_record_only_mark_and_gate_can_go() {
    let (mut world, _) = debugged();
    world.state.config_map = None;
    let failure = world.off(Conflict::Refuse).unwrap_err();
    assert!(failure.message.contains("its record is gone"), "{failure:?}");
    world.off(Conflict::KeepTheirs).unwrap();
    assert!(!world.workload().is_annotated() && !has_gate(world.workload().template()));
}

#[test]
fn other_kinds_get_their_pods_anew() {
    for kind in [Kind::StatefulSet, Kind::DaemonSet, Kind::ReplicaSet] {
        let mut world = World::with(kind, [false, true]);
        let before = world.remembered();
        world.on(Overrides::default()).unwrap();
        let written = world.off(Conflict::Refuse).unwrap();
        assert_eq!(written[..2], ["restore the template", "delete pod/web-0"], "{kind:?}");
        assert_eq!(world.remembered(), before, "{kind:?}");
        assert!(world.state.pods.values().all(|pod| !pod.has_gate(crate::record::GATE)));
    }
}
