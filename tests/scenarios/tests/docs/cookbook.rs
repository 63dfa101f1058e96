//! Every recipe is a scenario.

use std::collections::BTreeSet;

use crate::repository::read;

#[test]
fn each_of_eleven_situations_names_the_scenario_that_tests_it() {
    let cookbook = read("docs/cookbook.md");
    let situations: Vec<_> = cookbook.split("\n## ").skip(1).collect();
    let named: BTreeSet<_> = situations.iter().map(|situation| scenario(situation)).collect();
    assert_eq!(
        (situations.len(), named.len()),
        (11, 11),
        "eleven situations, each with a scenario of its own"
    );
    for scenario in named {
        expect_scenario(scenario);
    }
}

fn scenario(situation: &str) -> &str {
    let (_, rest) = situation.split_once("\nTested by `").unwrap_or_else(|| panic!("untested: {situation}"));
    rest.split('`').next().expect("a split has a first part")
}

/// Such as `isolate::serving::no_request_is_lost`: test target, modules, function.
fn expect_scenario(name: &str) {
    let (modules, function) = name.rsplit_once("::").unwrap_or_else(|| panic!("{name} has no module"));
    let source = read(&format!("tests/scenarios/tests/{}.rs", modules.replace("::", "/")));
    assert!(source.contains(&format!("#[test]\nfn {function}() {{")), "{name} is no scenario");
}
