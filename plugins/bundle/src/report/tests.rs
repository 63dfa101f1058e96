//! What people see.

use drover::model::object::{CONFIG_MAPS, DEPLOYMENTS, ObjectRef, Resource, SERVICES};
use drover::print::Colour;
use serde_json::{Value, json};

use super::*;
use crate::compare::Masking;
use crate::kinds::SECRETS;

const NOW: &str = "2026-01-01T12:00:00Z";

fn screen(width: Option<usize>) -> Screen {
    Screen { width, colour: false, now: NOW.parse().unwrap() }
}

fn managed(mut object: Value, managers: &[(&str, &str, Value)]) -> Value {
    let entries: Vec<_> = managers
        .iter()
        .map(|(name, time, fields)| json!({
            "manager": name, "operation": "Update", "time": format!("2026-01-01T{time}Z"), "fieldsV1": fields,
        }))
        .collect();
    object["metadata"]["managedFields"] = json!(entries);
    object
}

fn between(
    resource: Resource,
    name: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) -> ObjectDifference {
    let object = ObjectRef::namespaced(resource, "shop", name);
    let masking = Masking::new(false).unwrap();
    ObjectDifference::between(&object, before, after, false, &masking).unwrap()
}

fn config_map() -> ObjectDifference {
    let before = json!({"metadata": {}, "data": {"a": "1", "b": "2", "app.conf": "a\nb\nc\n"}});
    let after = managed(
        json!({"data": {"a": "9", "app.conf": "a\nx\x1b[2J\nc\n"}}),
        &[
            ("kubectl-edit", "11:57:00", json!({"f:data": {"f:a": {}}})),
            ("kubectl-client-side-apply", "11:55:00", json!({"f:data": {".": {}, "f:app.conf": {}}})),
        ],
    );
    between(CONFIG_MAPS, "files", Some(&before), Some(&after))
}

fn deployment() -> ObjectDifference {
    let pod = |image: &str, args: &[&str], resources: Value| {
        let web = json!({"name": "web", "image": image, "args": args, "resources": resources});
        json!({"metadata": {}, "spec": {"template": {"spec": {"containers": [web]}}}})
    };
    let fields = json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {
        "f:image": {}, "f:args": {},
    }}}}}});
    let before = pod("shop:1.4.2", &["--a", "--b"], json!({"limits": {"cpu": "1"}}));
    let after = pod("shop:1.5.0", &["--a", "--c", "--b"], json!({}));
    between(DEPLOYMENTS, "shop", Some(&before), Some(&managed(after, &[("helm", "10:00:00", fields)])))
}

fn all() -> Vec<ObjectDifference> {
    let forbidden = ObjectDifference { state: State::Forbidden, changes: Vec::new(), ..config_map() };
    vec![
        config_map(),
        deployment(),
        between(SERVICES, "new", None, Some(&json!({}))),
        between(SERVICES, "old", Some(&json!({})), None),
        forbidden,
    ]
}

const HEADING: &str = "version 7 (\"before 1.5\", yesterday 18:20) → live";

#[test]
fn a_narrow_screen_says_who_wrote_a_field_where_there_is_room() {
    let expected = "\
version 7 (\"before 1.5\", yesterday 18:20) → live
configmap/files
  data.a: 1 → 9               kubectl-edit, at latest 3m ago
  data.app.conf               kubectl-client-side-apply, at latest 5m ago
    @@ -1,3 +1,3 @@
     a
    -b
    +x\\u{1b}[2J
     c
  data.b: 2 → (gone)          not recorded
deployment.apps/shop
  spec.template.spec.containers[web].args   helm, at latest 2h ago
     - --a
    +- --c
     - --b
  spec.template.spec.containers[web].image:
    shop:1.4.2 → shop:1.5.0   helm, at latest 2h ago
  spec.template.spec.containers[web].resources.limits   not recorded
    -cpu: \"1\"
service/new   created since
service/old   gone
configmap/files   not compared: you may not read it
4 of 14 objects differ, 1 not compared
";
    assert_eq!(render(HEADING, &all(), 14, &screen(Some(80))), expected);
}

#[test]
fn a_wide_screen_has_a_line_for_each_field() {
    let expected = "\
version 7 (\"before 1.5\", yesterday 18:20) → live
configmap/files
  data.a: 1 → 9                                                       kubectl-edit, at latest 3m ago
  data.app.conf                                                       kubectl-client-side-apply, at latest 5m ago
    @@ -1,3 +1,3 @@
     a
    -b
    +x\\u{1b}[2J
     c
  data.b: 2 → (gone)                                                  not recorded
deployment.apps/shop
  spec.template.spec.containers[web].args                             helm, at latest 2h ago
     - --a
    +- --c
     - --b
  spec.template.spec.containers[web].image: shop:1.4.2 → shop:1.5.0   helm, at latest 2h ago
  spec.template.spec.containers[web].resources.limits                 not recorded
    -cpu: \"1\"
service/new   created since
service/old   gone
configmap/files   not compared: you may not read it
4 of 14 objects differ, 1 not compared
";
    assert_eq!(render(HEADING, &all(), 14, &screen(Some(200))), expected);
    assert_eq!(render(HEADING, &all(), 14, &screen(None)), expected);
}

#[test]
fn on_the_narrowest_screen_nothing_is_lost() {
    let expected = "\
heading
configmap/files
  data.a: 1 → 9
      kubectl-edit, at latest 3m ago
  data.app.conf
      kubectl-client-side-apply, at latest 5m ago
    @@ -1,3 +1,3 @@
     a
    -b
    +x\\u{1b}[2J
     c
  data.b: 2 → (gone)   not recorded
1 of 1 object differs
";
    assert_eq!(render("heading", &[config_map()], 1, &screen(Some(40))), expected);
}

#[test]
fn fingerprints_are_shown_for_secrets() {
    let secret = |data: Value| json!({"metadata": {}, "data": data});
    let before = secret(json!({"t": "aHVudGVyMg==", "same": "eA==", "old": "aHVudGVyMg=="}));
    let after = secret(json!({"t": "aHVudGVyMw==", "same": "eA=="}));
    let difference = between(SECRETS, "token", Some(&before), Some(&after));
    let text = render("heading", &[difference], 2, &screen(Some(80)));
    let without_digits = |line: &str| {
        let word = |word: &str| match word.len() == 8 && word.chars().all(|digit| digit.is_ascii_hexdigit()) {
            true => "#".to_owned(),
            false => word.to_owned(),
        };
        line.split(' ').filter(|word| !word.is_empty()).map(word).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        text.lines().map(without_digits).collect::<Vec<_>>(),
        [
            "heading",
            "secret/token",
            "data.old: # (masked) → (gone) not recorded",
            "data.t: # → # (masked) not recorded",
            "1 of 2 objects differs",
        ]
    );
}

#[test]
fn values_that_look_alike_are_told_apart() {
    let values = |before: Value, after: Value| {
        let object = |value: Value| json!({"metadata": {}, "spec": {"a": value}});
        let difference = between(DEPLOYMENTS, "web", Some(&object(before)), Some(&object(after)));
        let text = render("", &[difference], 1, &screen(None));
        text.lines().nth(2).unwrap().trim().trim_end_matches("not recorded").trim().to_owned()
    };
    assert_eq!(values(json!("1"), json!(1)), r#"spec.a: "1" → 1"#);
    assert_eq!(values(json!(""), json!(" x")), r#"spec.a: "" → " x""#);
    assert_eq!(values(json!("(gone)"), json!(null)), r#"spec.a: "(gone)" → (gone)"#);
    assert_eq!(values(json!(null), json!({})), "spec.a: (none) → {}");
}

#[test]
fn an_order_is_shown_by_names() {
    let pod = |names: [&str; 2]| {
        let containers = names.map(|name| json!({"name": name}));
        json!({"metadata": {}, "spec": {"template": {"spec": {"initContainers": containers}}}})
    };
    let difference = between(DEPLOYMENTS, "web", Some(&pod(["a", "b"])), Some(&pod(["b", "a"])));
    let expected = "\
heading
deployment.apps/web
  spec.template.spec.initContainers (order): a, b → b, a   not recorded
1 of 1 object differs
";
    assert_eq!(render("heading", &[difference], 1, &screen(None)), expected);
}

#[test]
fn only_what_was_and_what_is_have_a_colour() {
    let coloured = Screen { colour: true, ..screen(None) };
    let (red, green) = (|text| Colour::Red.paint(text), |text| Colour::Green.paint(text));
    let text = render("heading", &[config_map()], 1, &coloured);
    let values = format!("data.a: {} → {}", red("1"), green("9"));
    for part in [values, format!("    {}\n    {}\n", red("-b"), green("+x\\u{1b}[2J"))] {
        assert!(text.contains(&part), "{text}");
    }
}

#[test]
fn no_difference_is_said() {
    assert_eq!(render("heading", &[], 14, &screen(None)), "heading\nno differences in 14 objects\n");
}

#[test]
fn an_object_is_named_as_kubectl_names_it() {
    let object = ObjectRef::namespaced(CONFIG_MAPS, "shop", "files");
    let (one, other) = (json!({"data": {"a": "1"}}), json!({"data": {"a": "2"}}));
    let masking = Masking::new(false).unwrap();
    let between = |before, after| ObjectDifference::between(&object, before, after, false, &masking);
    assert_eq!(
        serde_json::to_value(between(Some(&one), Some(&other))).unwrap(),
        json!({
            "object": "configmap/files",
            "state": "changed",
            "changes": [{"path": "data.a", "pointer": "/data/a", "before": "1", "after": "2"}],
        })
    );
    assert_eq!(between(Some(&one), Some(&one)), None);
    assert_eq!(between(None, None), None);
    assert_eq!(between(None, Some(&one)).unwrap().state, State::Added);
    assert_eq!(between(Some(&one), None).unwrap().state, State::Removed);
}
