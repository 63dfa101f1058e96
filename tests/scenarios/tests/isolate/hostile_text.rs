//! Text that others wrote must not steer a terminal, and must not shift a table.

use serde_json::Value;

use crate::admission_policy::Policy;
use crate::pods::pods;
use crate::promises::{expect_isolated, expect_words, isolate_with};
use crate::shop::shop;

/// What a terminal would take for the beginning of red text.
const RED: &str = "\u{1b}[31mred";
/// The same as a person may see it.
const SEEN: &str = "\\u{1b}[31mred";

#[test]
fn a_reason_is_kept_as_it_is_and_shown_harmless() {
    // Given pods that were isolated for reasons that steer a terminal or are wide
    let namespace = shop("reasons", 2);
    let before = pods(&namespace, "app=web");
    let reasons = [RED, "日本語の理由"];
    for (pod, reason) in before.iter().zip(reasons) {
        let said = isolate_with(&namespace, pod, &["--reason", reason]).stderr;
        assert!(!said.contains('\u{1b}'), "nothing steers the terminal: {said:?}");
        expect_isolated(&namespace, pod);
    }

    // When they are listed
    let list = |flags: &[&str]| namespace.kubectl([&["isolate", "list"], flags].concat()).success().stdout;
    let table = list(&["-o", "wide"]);

    // Then people see what would steer as it is spelled, and every column begins at one place
    assert!(!table.contains('\u{1b}'), "nothing steers the terminal: {table:?}");
    expect_words(&table, &[SEEN, reasons[1]]);
    let its_node = ["get", "pod", before[0].name(), "-o", "jsonpath={.spec.nodeName}"];
    let node = namespace.kubectl(its_node).success().stdout;
    for (heading, cells) in [("REASON", [SEEN, reasons[1]]), ("NODE", [node.as_str(), node.as_str()])] {
        let column = column_of(table.lines().next().expect("there is a heading"), heading);
        for (pod, cell) in before.iter().zip(cells) {
            let row = table.lines().find(|row| row.starts_with(pod.name())).expect("the pod is listed");
            assert_eq!(column_of(row, cell), column, "{cell:?} stands below {heading} in\n{table}");
        }
    }

    // and programs read what was written
    let read: Value = serde_json::from_str(&list(&["-o", "json"])).expect("-o json prints JSON");
    for (pod, reason) in before.iter().zip(reasons) {
        let mut items = read["items"].as_array().expect("a list has items").iter();
        let item = items.find(|item| item["pod"] == pod.name()).expect("the pod is listed");
        assert_eq!(item["reason"], reason);
    }
}

#[test]
fn what_a_controller_says_is_shown_harmless() {
    // Given a server that refuses new pods in words that steer a terminal
    let namespace = shop("controller-words", 2);
    let attempt = ["run", "probe", "--image=drover.test/box:1", "--dry-run=server"];
    let _policy = Policy::create(&namespace, "CREATE", "false", RED, &attempt);
    let sick = &pods(&namespace, "app=web")[0];

    // When a pod is isolated, for which there will be no replacement
    let command = ["isolate", sick.name(), "--timeout=2s"];
    let said = namespace.kubectl(command).failure(1).stderr;

    // Then these words are told, as they are spelled
    assert!(!said.contains('\u{1b}'), "nothing steers the terminal: {said:?}");
    expect_words(&said, &["can't create a pod", SEEN]);
}

/// Where on a terminal this part of a line begins: only what is beyond ASCII is wide here.
fn column_of(line: &str, part: &str) -> usize {
    let begin = line.rfind(part).unwrap_or_else(|| panic!("{part:?} is in {line:?}"));
    line[..begin].chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum()
}
