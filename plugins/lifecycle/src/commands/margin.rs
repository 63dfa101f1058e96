//! `--fail-if-margin-below`: whether a pod was out of its slices long enough before SIGTERM.

use std::time::Duration;

use drover::cli::Failure;
use drover::model::object::ObjectRef;

use crate::trace::Margin;

/// Nothing where every margin is surely as wide as wanted.
pub fn too_small(pod: &ObjectRef, margins: &[Margin], wanted: Duration) -> Option<Failure> {
    if margins.is_empty() {
        let unknown = Failure::new(format!(
            "{pod}: the margin between its slices and SIGTERM is not known, so it may be below {wanted:?}"
        ));
        return Some(
            unknown.hint(
                "it is known of a pod that a Service selects, and only to -f: nothing tells of it later",
            ),
        );
    }
    let small: Vec<_> = margins.iter().filter(|margin| !margin.is_at_least(wanted)).collect();
    let text = |margin: &&Margin| format!("{} {}", margin.container, margin.text());
    let list = small.iter().map(text).collect::<Vec<_>>().join(", ");
    (!small.is_empty()).then(|| {
        Failure::new(format!(
            "{pod}: the margin between its slices and SIGTERM is not surely {wanted:?} or more: {list}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use drover::model::object::PODS;

    use super::*;

    fn said(margins: &[Margin]) -> Option<String> {
        let pod = ObjectRef::namespaced(PODS, "shop", "web-1");
        too_small(&pod, margins, Duration::from_secs(2)).map(|failure| failure.message)
    }

    fn margin(container: &str, least: Option<i64>, most: i64) -> Margin {
        Margin { container: container.to_owned(), least_milliseconds: least, most_milliseconds: most }
    }

    #[test]
    fn each_container_has_to_have_as_much() {
        let wide = margin("web", Some(2000), 3000);
        assert_eq!(said(std::slice::from_ref(&wide)), None);
        let narrow = said(&[wide.clone(), margin("api", Some(1900), 3100)]).unwrap();
        assert!(narrow.contains("not surely 2s or more: api 2.5s ±0.6"), "{narrow}");
        let late = said(&[wide, margin("api", None, -400)]).unwrap();
        assert!(late.contains("api at most -0.4s"), "{late}");
    }

    #[test]
    fn what_is_not_known_is_not_enough() {
        assert!(said(&[]).unwrap().contains("is not known"));
    }
}
