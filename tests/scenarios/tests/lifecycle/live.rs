//! The live view, as a person sees it on a terminal.

use harness::{Namespace, Picture};
use serde_json::json;

use crate::traced::Web;

const SLOW: &str = "postStart: {exec: {command: [sleep, '6']}}";

/// Of a pod whose postStart takes its time.
fn follow(test: &str, columns: u16) -> (Namespace, harness::Terminal) {
    let namespace = Namespace::new(test);
    namespace.apply(&Web { hook: SLOW, ..Web::default() }.manifest());
    let terminal = namespace.command(["lifecycle", "trace", "web", "-f"]).in_terminal(columns, 40);
    (namespace, terminal)
}

/// All of it is drawn, with postStart under way.
fn is_under_way(picture: &Picture) -> bool {
    let is_open = |row: &String| row.starts_with("i postStart") && row.ends_with('▶');
    picture.rows.iter().any(is_open) && picture.contains("the container is not shown as")
}

/// The same whenever it is taken: without numbers and bars, and without what stands before the pod's name.
fn drawn(picture: &Picture) -> String {
    let row = |row: &String| {
        let from = row.find("pod/web").unwrap_or_default();
        let words =
            row[from..].chars().map(|letter| if "▒█▌▶┊".contains(letter) { '\u{0}' } else { letter });
        let mut told = String::new();
        for word in words.collect::<String>().split([' ', '\u{0}']).filter(|word| !word.is_empty()) {
            let is_number = word.starts_with(|letter: char| letter.is_ascii_digit() || letter == '±');
            let word = if is_number { "N" } else { word };
            if !(word == "N" && told.ends_with(" N")) {
                told.push_str(if told.is_empty() { "" } else { " " });
                told.push_str(word);
            }
        }
        told
    };
    picture.rows.iter().map(row).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// Not more than the terminal has, and nothing twice.
fn expect_tidy(picture: &Picture) {
    assert!(!picture.is_wrapped, "{}", picture.text());
    for step in ["o created", "o scheduled", "o sandbox", "o started", "i postStart"] {
        assert_eq!(picture.count(step), 1, "{step}:\n{}", picture.text());
    }
}

/// At 80 columns; on a wider screen only the sentence below is on one line.
const UNDER_WAY: &str = "\
pod/web start, under way
at took N
o created N
o scheduled N
o sandbox N
o started web N
i postStart web N
o observed i inferred uncertain under way

• web: postStart has been running for N until it ends the pod looks as if the
container were still created
event Started at N
the container is not shown as running";

#[test]
fn a_start_at_80_and_200_columns() {
    for columns in [80, 200] {
        let (_namespace, terminal) = follow(&format!("live-{columns}"), columns);

        let picture = terminal.until("postStart under way", is_under_way);
        expect_tidy(&picture);
        let is_wide = columns > 80;
        let expected = if is_wide {
            UNDER_WAY.replace("the\ncontainer were still ", "the container were still\n")
        } else {
            UNDER_WAY.to_owned()
        };
        assert_eq!(drawn(&picture), expected);

        // At its end it is told once, in place of what was drawn meanwhile.
        let (code, picture) = terminal.finish();
        assert_eq!(code, 0, "{}", picture.text());
        expect_tidy(&picture);
        assert!(picture.contains("o ready"), "{}", picture.text());
        assert_eq!(picture.count("pod/web"), 1, "{}", picture.text());
    }
}

#[test]
fn a_window_that_changes_its_size_is_drawn_anew() {
    let (_namespace, terminal) = follow("live-resize", 120);
    terminal.until("postStart under way", is_under_way);
    for columns in [60, 40, 100] {
        terminal.resize(columns, 40);
        // Its bars end at the right edge.
        let picture = terminal.until("picture of the new size", |picture| {
            let width = |row: &String| row.chars().count();
            let widest = picture.rows.iter().filter(|row| row.ends_with('▶')).map(width).max();
            widest == Some(usize::from(columns)) && is_under_way(picture)
        });
        expect_tidy(&picture);
    }
}

#[test]
fn who_interrupts_it_has_the_terminal_as_it_was() {
    let (_namespace, terminal) = follow("live-interrupted", 80);
    terminal.until("postStart under way", is_under_way);
    terminal.press_control_c();
    let (code, picture) = terminal.finish();
    assert_eq!(code, 1, "{}", picture.text());
    expect_tidy(&picture);
}

#[test]
fn two_hundred_pods_fit_on_a_small_screen() {
    let namespace = Namespace::new("live-many");
    // No scheduler has that name: they stay as they are.
    let template = json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {"schedulerName": "nobody", "containers": [{"name": "web", "image": "drover.test/box:1"}]},
    });
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": 200, "selector": {"matchLabels": {"app": "web"}}, "template": template},
    });
    namespace.apply(&deployment.to_string());
    namespace.watch_until("pods", 60, |pods| (pods.len() == 200).then_some(()));

    let terminal = namespace.command(["lifecycle", "trace", "deploy/web", "-f"]).in_terminal(80, 24);
    let picture = terminal.until("rollout", |picture| picture.contains("the rollout is under way"));
    assert!(!picture.is_wrapped, "{}", picture.text());
    assert!(picture.contains("more: 0 over"), "{}", picture.text());
    assert!(picture.rows[0].contains("deployment.apps/web"), "{}", picture.text());
    terminal.press_control_c();
    let (code, _) = terminal.finish();
    assert_eq!(code, 1);
}
