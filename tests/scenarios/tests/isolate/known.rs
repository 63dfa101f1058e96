//! Who took a pod out, when, why and until when: colleagues see it wherever they look.

use harness::{Fault, Namespace, Proxy, Rights, Select};
use scenarios::roles::{role_of_the_readme, rules};
use serde_json::Value;

use crate::killed::{Kill, killed_at};
use crate::pods::{Pod, RECORD, pod, pods};
use crate::promises::{
    expect_gone, expect_isolated, expect_order, expect_restored, expect_words, isolate, isolate_with,
    restore_with,
};
use crate::shop::shop;

#[test]
fn colleagues_see_in_kubectl_describe_who_isolated_a_pod_and_who_put_it_back() {
    // Given a user who may isolate
    let namespace = shop("told", 2);
    let user = namespace.limited_user("oncall", Rights::Rules(&rules(&role_of_the_readme("isolate"))));
    let name = format!("system:serviceaccount:{}:oncall", namespace.name());
    let before = pods(&namespace, "app=web");
    let sick = &before[0];

    // When they isolate a pod
    user.kubectl(["isolate", sick.name(), "--reason=500s since 14:02"]).success();

    // Then the record says who, by the server's word, and so does the Deployment's description
    assert_eq!(record(&namespace, sick)["by"], name.as_str());
    let told = format!("{name} took pod/{} out of its controller and traffic: 500s since 14:02", sick.name());
    expect_order(&described(&namespace), "Isolated", &told);

    // When somebody else puts it back, then that is seen too
    restore_with(&namespace, sick, &["--drain=1s"]);
    let told = format!("put pod/{} back, which {name} had taken out", sick.name());
    expect_order(&described(&namespace), "Restored", &told);
    expect_restored(&namespace, &before, sick);
}

#[test]
fn a_server_that_takes_no_event_and_does_not_say_who_one_is_stops_nothing() {
    // Given a server that answers neither
    let namespace = shop("untold", 2);
    let sick = &pods(&namespace, "app=web")[0];
    let proxy = Proxy::start();
    proxy.break_request(Select::nth(1, "create", "selfsubjectreviews"), Fault::Status(403));
    proxy.break_request(Select::nth(1, "create", "events"), Fault::Status(403));

    // When a pod is isolated
    let finished = namespace.through(&proxy).kubectl(["isolate", sick.name()]).success();

    // Then it is, and both are said: the one before, the other after
    assert_eq!(proxy.fired(), 2, "both were refused:\n{}", proxy.recording().table());
    let said = finished.stderr;
    expect_order(&said, "warning: the server does not say who you are", "1 leave the Deployment");
    expect_order(&said, "4 verified", "warning: no Event on Deployment/web tells of it");
    expect_isolated(&namespace, sick);
    assert_eq!(record(&namespace, sick)["by"], "drover", "the kubeconfig's name for the user");
}

#[test]
fn a_run_after_a_kill_tells_of_it_and_only_once() {
    // Given an isolation that was killed while it told of it: perhaps it did, perhaps not
    let namespace = shop("told-late", 2);
    let sick = &pods(&namespace, "app=web")[0];
    let telling = Select::nth(1, "create", "events");
    killed_at(&namespace, telling, Kill::Before, &["isolate", sick.name()]);

    // When the same command is run again, twice
    isolate(&namespace, sick);
    isolate(&namespace, sick);

    // Then it is told, once
    assert_eq!(events(&namespace), 1);
    expect_isolated(&namespace, sick);
}

#[test]
fn a_time_limit_is_recorded_listed_and_honoured() {
    // Given a pod that is needed for two hours, one for a second, and one for ever
    let namespace = shop("ttl", 3);
    let before = pods(&namespace, "app=web");
    let [long, short, forever] = &before[..] else { panic!("three pods were made") };
    isolate_with(&namespace, long, &["--ttl=2h"]);
    isolate_with(&namespace, short, &["--ttl=1s"]);
    isolate(&namespace, forever);

    // Then the list says how long
    let list = namespace.kubectl(["isolate", "list", "-o", "json"]).success().stdout;
    let list: Value = serde_json::from_str(&list).expect("-o json prints JSON");
    let until = |pod: &Pod| {
        let mut items = list["items"].as_array().expect("a list").iter();
        items.find(|item| item["pod"] == pod.name()).expect("it is listed")["until"].clone()
    };
    let recorded = record(&namespace, long);
    assert_eq!(until(long), recorded["until"]);
    let time = |value: &Value| value.as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time");
    let length = time(&recorded["until"]).duration_since(time(&recorded["at"])).as_secs();
    assert!((7_199..=7_201).contains(&length), "two hours, not {length}s");
    assert!(until(forever).is_null());
    let table = namespace.kubectl(["isolate", "list"]).success().stdout;
    expect_words(&table, &["EXPIRES", "in 119m", " ago"]);

    // When what has expired is cleared away
    let answer = namespace.kubectl(["isolate", "cleanup", "--expired"]).success().stdout;

    // Then it was that one alone
    assert_eq!(answer, format!("pod/{} deleted\n", short.name()));
    expect_gone(&namespace, short);
    for kept in [long, forever] {
        expect_isolated(&namespace, kept);
    }
    let again = namespace.kubectl(["isolate", "cleanup", "--expired"]).success();
    expect_words(&again.stderr, &["No isolated pods whose time is over to delete"]);
}

#[test]
fn another_limit_and_reason_are_noted_on_a_pod_that_is_isolated() {
    let namespace = shop("amended", 1);
    let sick = &pods(&namespace, "app=web")[0];
    isolate_with(&namespace, sick, &["--reason=slow"]);
    let first = record(&namespace, sick);

    let said = isolate_with(&namespace, sick, &["--reason=it leaks", "--ttl=30m"]).stderr;

    expect_words(&said, &["noted in its record", "already isolated"]);
    let now = record(&namespace, sick);
    assert_eq!(now["reason"], "it leaks");
    assert!(first["until"].is_null() && now["until"].is_string(), "{now}");
    assert_eq!((&now["at"], &now["by"], &now["labels"]), (&first["at"], &first["by"], &first["labels"]));
    expect_isolated(&namespace, sick);
}

/// How many Events tell of an isolation.
fn events(namespace: &Namespace) -> usize {
    let events = namespace.kubectl(["get", "events", "--field-selector=reason=Isolated", "-o", "name"]);
    events.success().stdout.lines().count()
}

fn described(namespace: &Namespace) -> String {
    namespace.kubectl(["describe", "deployment", "web"]).success().stdout
}

/// The record that the pod carries.
pub fn record(namespace: &Namespace, sick: &Pod) -> Value {
    let now = pod(namespace, sick.name());
    let text = now.annotation(RECORD).expect("it carries a record");
    serde_json::from_str(text).expect("the record is JSON")
}
