//! What is promised, and whether it is so.

use crate::bundle;
use crate::cell::{Asked, Cell};
use crate::debug_mode;
use crate::disturbance::{Disturbance, Family};
use crate::lifecycle;
use crate::look::{Look, Pod};
use crate::rollback;
use crate::scene;
use crate::shop::Subject;
use crate::verb::Verb;

/// Whether the end state is the one that was asked for; if not, what differs.
pub fn promised(cell: &Cell, subject: &Subject, now: &Look, answer: &str) -> Result<(), String> {
    // Who puts back what another takes out gets one or the other.
    let puts_back = matches!(cell.verb, Verb::Restore | Verb::EndQuarantine);
    if puts_back && cell.disturbance == Disturbance::IsolatedToo {
        return settled(cell, subject, now);
    }
    // It is told of once all is proven: what a colleague does then is not for the command to know.
    if cell.asked.resource == "events" && cell.disturbance.family() == Family::Colleagues {
        return settled(cell, subject, now);
    }
    let pod = now.pod(&subject.uid);
    match cell.verb {
        Verb::DebugOn | Verb::DebugOff => debug_mode::promised(cell, subject, now),
        Verb::BundleSnapshot | Verb::BundlePrune | Verb::BundleDelete => bundle::promised(cell, now),
        Verb::BundleRollback if rollback::is_locked(cell, now) => Err("the lock is left behind".to_owned()),
        // What a colleague does after the proof is not for the command to know.
        Verb::BundleRollback if cell.disturbance.family() == Family::Colleagues => {
            settled(cell, subject, now)
        }
        Verb::BundleRollback => rollback::promised(cell, subject, now, answer),
        Verb::LifecycleTrace | Verb::LifecycleRestart | Verb::LifecycleRehearse | Verb::LifecycleCleanup => {
            lifecycle::promised(cell, subject, now, answer)
        }
        Verb::Isolate | Verb::TrafficFirst => {
            isolated(subject, now)?;
            whole(cell.disturbance, now)
        }
        Verb::IsolateScene => {
            isolated(subject, now)?;
            whole(cell.disturbance, now)?;
            scene::promised(cell, answer)
        }
        Verb::Quarantine => {
            isolated(subject, now)?;
            whole(cell.disturbance, now)?;
            now.is_cut_off(&subject.uid).then_some(()).ok_or("no policy cuts it off".to_owned())
        }
        // A watch waits for the colleague, and nothing else does: all may be proven before the pod goes.
        Verb::TrafficOnly
            if pod.is_none() && cell.asked.is_watch() && cell.disturbance.family() == Family::Colleagues =>
        {
            Ok(())
        }
        Verb::TrafficOnly => out_of_traffic(subject, now),
        Verb::Restore | Verb::EndQuarantine => {
            if now.is_cut_off(&subject.uid) {
                return Err("its policy is left behind".to_owned());
            }
            // Once it is back, a rollout replaces it like any other.
            if pod.is_none() && cell.disturbance == Disturbance::RolledOut {
                return Ok(());
            }
            in_place(subject, now)?;
            whole(cell.disturbance, now)?;
            let at_first: Vec<&str> = subject.at_first.isolated().iter().map(|pod| pod.uid()).collect();
            match now.isolated().iter().find(|pod| !at_first.contains(&pod.uid())) {
                Some(left) => Err(format!("{} is still isolated", left.name())),
                None => Ok(()),
            }
        }
        Verb::Cleanup => pod.is_none().then_some(()).ok_or("the pod is still there".to_owned()),
        Verb::List => {
            let row = answer.lines().find(|line| line.starts_with(&subject.name));
            let whole = row.is_some_and(|row| row.split_whitespace().any(|word| word == "whole"));
            whole.then_some(()).ok_or(format!("the list does not show the pod as `whole`:\n{answer}"))
        }
    }
}

/// After a colleague's act any state will do that is no half of two: out, back, or gone.
pub fn settled(cell: &Cell, subject: &Subject, now: &Look) -> Result<(), String> {
    if cell.verb.is_debug_mode() {
        return debug_mode::settled(now);
    }
    if cell.verb == Verb::BundleRollback {
        return rollback::settled(cell, subject, now);
    }
    if cell.verb.is_of_bundles() {
        return bundle::settled(now);
    }
    let Some(_) = now.pod(&subject.uid) else { return Ok(()) };
    let Err(not_out) = isolated(subject, now) else { return Ok(()) };
    let Err(not_back) = in_place(subject, now) else { return Ok(()) };
    if cell.verb == Verb::TrafficOnly && out_of_traffic(subject, now).is_ok() {
        return Ok(());
    }
    Err(format!("neither isolated ({not_out}) nor in place ({not_back})"))
}

/// Whether the command left the pod as it found it.
pub fn untouched(verb: Verb, subject: &Subject, now: &Look) -> bool {
    if verb.is_debug_mode() {
        return debug_mode::untouched(subject, now);
    }
    if verb == Verb::BundleRollback {
        return rollback::untouched(subject, now);
    }
    if verb.is_lifecycle() && verb != Verb::LifecycleTrace {
        return lifecycle::untouched(subject, now);
    }
    if verb.is_of_bundles() {
        return bundle::untouched(subject, now);
    }
    let then = subject.before.pod(&subject.uid).map(Pod::decided);
    then.is_some() && now.pod(&subject.uid).map(Pod::decided) == then
}

/// Whether the error says what it is about: the pod, or what could not be read.
pub fn names_object(error: &str, subject: &Subject, asked: &Asked) -> bool {
    // `deployment/web` names one of the deployments, and what a review asks is the user's own rights or name.
    let kind =
        if asked.resource.ends_with("reviews") { "review" } else { asked.resource.trim_end_matches('s') };
    error.contains(&subject.name) || error.contains(kind)
}

/// The command that an error suggests, as its words behind `kubectl`.
pub fn suggestion(error: &str) -> Option<Vec<String>> {
    let commands: Vec<&str> =
        error.lines().filter_map(|line| line.split_once(":  kubectl ")).map(|(_, words)| words).collect();
    let going_on = error.lines().find_map(|line| line.strip_prefix("go on with:  kubectl "));
    let words = going_on.or(commands.first().copied())?;
    Some(words.split_whitespace().map(str::to_owned).collect())
}

fn isolated(subject: &Subject, now: &Look) -> Result<(), String> {
    let pod = now.pod(&subject.uid).ok_or("the pod is gone")?;
    let first = subject.at_first.pod(&subject.uid).expect("the pod was there at first");
    let facts = [
        (pod.runs_like(first), "it does not run on"),
        (pod.is_released(), "a controller owns it"),
        (pod.is_marked(), "it does not carry label and record"),
        (!now.serving().contains(pod.uid()), "a Service sends it traffic"),
    ];
    all(&facts)
}

/// As isolated, but still in the hands of its controller.
fn out_of_traffic(subject: &Subject, now: &Look) -> Result<(), String> {
    let pod = now.pod(&subject.uid).ok_or("the pod is gone")?;
    let first = subject.at_first.pod(&subject.uid).expect("the pod was there at first");
    let facts = [
        (pod.runs_like(first), "it does not run on"),
        (!pod.is_released(), "no controller owns it"),
        (pod.is_marked(), "it does not carry label and record"),
        (!now.serving().contains(pod.uid()), "a Service sends it traffic"),
    ];
    all(&facts)
}

fn in_place(subject: &Subject, now: &Look) -> Result<(), String> {
    let pod = now.pod(&subject.uid).ok_or("the pod is gone")?;
    let first = subject.at_first.pod(&subject.uid).expect("the pod was there at first");
    if pod.decided() != first.decided() {
        return Err(format!(
            "it is not as it was: {}\nnow {}",
            first.decided()["metadata"],
            pod.decided()["metadata"]
        ));
    }
    let facts = [
        (pod.runs_like(first), "it does not run on"),
        (now.serving().contains(pod.uid()), "no Service sends it traffic"),
    ];
    all(&facts)
}

/// The Deployment has all its pods and no more, and all of them serve; where a colleague moves it, that is not
/// for the command to bring about.
fn whole(disturbance: Disturbance, now: &Look) -> Result<(), String> {
    let keeps_it = matches!(disturbance, Disturbance::IsolatedToo | Disturbance::HalfRestored);
    let moving = disturbance.family() == Family::Colleagues && !keeps_it;
    if moving {
        return Ok(());
    }
    let (owned, wanted, serving) = (now.owned(), now.wanted(), now.serving());
    if Some(owned.len()) != wanted {
        return Err(format!("the Deployment has {} pods and wants {wanted:?}", owned.len()));
    }
    match owned.iter().find(|pod| !serving.contains(pod.uid())) {
        Some(idle) => Err(format!("{} does not serve", idle.name())),
        None => Ok(()),
    }
}

fn all(facts: &[(bool, &str)]) -> Result<(), String> {
    match facts.iter().find(|(holds, _)| !holds) {
        Some((_, broken)) => Err((*broken).to_owned()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_on_comes_first() {
        let error =
            "error: it broke\nsee:  kubectl isolate list\ngo on with:  kubectl isolate web-1 -n shop\n";
        assert_eq!(suggestion(error).expect("a command"), ["isolate", "web-1", "-n", "shop"]);
        assert_eq!(
            suggestion("error: x\nsee:  kubectl isolate list\n").expect("a command"),
            ["isolate", "list"]
        );
        assert!(suggestion("error: it broke\n").is_none());
    }
}
