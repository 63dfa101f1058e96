//! What people see of a plan.

use drover::model::object::{CONFIG_MAPS, DEPLOYMENTS, ObjectRef, Resource};
use serde_json::json;

use super::*;
use crate::compare::Masking;
use crate::kinds::SECRETS;
use crate::rollback::{Now, Options, Question, Subject, Then, plan};

const HEADING: &str = "bundle/shop in prod-eu/shop → version 7";

fn subject(resource: Resource, name: &str, then: Option<Value>, now: Option<Value>) -> Subject {
    let then = then.map_or(Then::Absent, Then::There);
    let now = now.map_or(Now::Absent, Now::There);
    Subject { object: ObjectRef::namespaced(resource, "shop", name), then, now, users: Vec::new() }
}

fn data(values: &[&str]) -> Option<Value> {
    let data: serde_json::Map<_, _> =
        values.iter().enumerate().map(|(key, value)| (key.to_string(), json!(value))).collect();
    Some(json!({"metadata": {"creationTimestamp": "2026-01-02T00:00:00Z"}, "data": data}))
}

fn shop(replicas: u32, image: &str, paused: bool) -> Option<Value> {
    let container = json!({"name": "web", "image": image, "envFrom": [{"configMapRef": {"name": "files"}}]});
    let template = json!({"spec": {"containers": [container]}});
    Some(json!({"metadata": {}, "spec": {"replicas": replicas, "paused": paused, "template": template}}))
}

fn subjects() -> Vec<Subject> {
    vec![
        subject(CONFIG_MAPS, "files", data(&["a", "b"]), data(&["c", "d"])),
        subject(CONFIG_MAPS, "gone", data(&["a"]), None),
        subject(CONFIG_MAPS, "new", None, data(&["a"])),
        subject(CONFIG_MAPS, "same", data(&["a"]), data(&["a"])),
        subject(DEPLOYMENTS, "job", shop(2, "1", false), shop(2, "1", false)),
        subject(DEPLOYMENTS, "shop", shop(2, "1.4.2", false), shop(3, "1.5.0", false)),
        subject(SECRETS, "token", data(&["YQ=="]), data(&["Yg=="])),
    ]
}

fn shown(options: &Options, width: Option<usize>) -> String {
    let now = "2026-01-03T12:00:00Z".parse().unwrap();
    let items = plan(&Question {
        subjects: &subjects(),
        options,
        recorded: "2026-01-01T12:00:00Z".parse().unwrap(),
        absent: &[],
        now,
        images: &[],
        running: &[],
        masking: &Masking::new(false).unwrap(),
    });
    render_plan(HEADING, &items, &Screen { width, colour: false, now })
}

#[test]
fn each_object_says_what_comes_of_it() {
    let expected = "\
bundle/shop in prod-eu/shop → version 7
  update    configmap/files       2 fields  deployment.apps/job does not load it (containers[web].envFrom); to restart it: --restart-consumers
                                            loaded by deployment.apps/shop's new pods
  create    configmap/gone        gone
  update    deployment.apps/shop  1 field   3 pods are replaced
                                            spec.replicas stays 3 (was 2): pods would go; to change it too: --allow deploy/shop
  leave     configmap/new         added     to delete it too: --prune
  leave     secret/token          differs   to restore it too: --secrets
  same      2 objects
";
    assert_eq!(shown(&Options::default(), None), expected);
}

#[test]
fn on_eighty_columns_it_goes_on_below() {
    let expected = "\
bundle/shop in prod-eu/shop → version 7
  update    configmap/files       2 fields  deployment.apps/job does not load it
                                              (containers[web].envFrom); to
                                              restart it: --restart-consumers
                                            loaded by deployment.apps/shop's new
                                              pods
  create    configmap/gone        gone
  update    deployment.apps/shop  1 field   3 pods are replaced
                                            spec.replicas stays 3 (was 2): pods
                                              would go; to change it too:
                                              --allow deploy/shop
  leave     configmap/new         added     to delete it too: --prune
  leave     secret/token          differs   to restore it too: --secrets
  same      2 objects
";
    assert_eq!(shown(&Options::default(), Some(80)), expected);
    let narrow = shown(&Options::default(), Some(60));
    assert!(
        narrow.contains("\n  leave     secret/token  differs\n              to restore it too: --secrets\n"),
        "{narrow}"
    );
    assert!(narrow.lines().all(|line| line.chars().count() <= 60), "{narrow}");
}

#[test]
fn what_was_asked_for_is_done() {
    let options = Options {
        prune: true,
        restart_consumers: true,
        pin_images: true,
        secrets: true,
        ..Options::default()
    };
    let text = shown(&options, None);
    for line in [
        "  update    deployment.apps/job   restart   web's image can't be pinned: what ran is not known\n",
        "its pods are replaced to load what changes\n",
        "  update    secret/token          1 field\n",
        "  delete    configmap/new         added\n  same      1 object\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let only = Options { only: vec![ObjectRef::namespaced(SECRETS, "shop", "token")], ..Options::default() };
    let expected = "\
bundle/shop in prod-eu/shop → version 7
  leave     secret/token  differs  to restore it too: --secrets
  leave     4 objects  not asked for
  same      2 objects
";
    assert_eq!(shown(&only, Some(80)), expected);
}

#[test]
fn only_what_goes_or_comes_has_a_colour() {
    let now = "2026-01-03T12:00:00Z".parse().unwrap();
    let items = plan(&Question {
        subjects: &subjects(),
        options: &Options { prune: true, ..Options::default() },
        recorded: "2026-01-01T12:00:00Z".parse().unwrap(),
        absent: &[],
        now,
        images: &[],
        running: &[],
        masking: &Masking::new(false).unwrap(),
    });
    let text = render_plan(HEADING, &items, &Screen { width: None, colour: true, now });
    let (red, green) = (Colour::Red.paint("delete"), Colour::Green.paint("create"));
    assert!(text.contains(&red) && text.contains(&green), "{text}");
}
