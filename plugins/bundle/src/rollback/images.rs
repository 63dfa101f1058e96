//! The images that ran, by the digests that their tags stood for then.

use std::collections::BTreeSet;

use drover::model::object::ObjectRef;
use serde_json::Value;

use super::plan::{Consequence, Unpinned};
use crate::store::Image;

/// Names in the body of a workload the images that ran when the version was recorded. What still runs
/// the same is left as it is, unless its pods are replaced anyway.
pub fn pin(
    object: &ObjectRef,
    body: &mut Value,
    then: &[Image],
    now: &[Image],
    restarts: bool,
) -> Vec<Consequence> {
    let mut done = Vec::new();
    for list in ["initContainers", "containers"] {
        let containers =
            body.pointer_mut(&format!("/spec/template/spec/{list}")).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let (Some(name), Some(image)) = (container["name"].as_str(), container["image"].as_str()) else {
                continue;
            };
            if image.contains('@') {
                continue;
            }
            let name = name.to_owned();
            let ran = ids(object, &name, image, then);
            if !restarts && !ran.is_empty() && ran == ids(object, &name, image, now) {
                continue;
            }
            done.push(match pinned(&ran) {
                Ok(image) => {
                    container["image"] = Value::from(image);
                    Consequence::Pinned { container: name, image: image.to_owned() }
                }
                Err(why) => Consequence::NotPinned { container: name, why },
            });
        }
    }
    done
}

fn pinned<'a>(ran: &BTreeSet<&'a str>) -> Result<&'a str, Unpinned> {
    let mut ids = ran.iter();
    match (ids.next(), ids.next()) {
        (None, _) => Err(Unpinned::Unknown),
        (Some(_), Some(_)) => Err(Unpinned::Several),
        (Some(id), None) => match id.split_once('@') {
            Some((repository, _)) if !repository.is_empty() => Ok(id),
            _ => Err(Unpinned::NoRepository),
        },
    }
}

/// What this image of this container was.
fn ids<'a>(object: &ObjectRef, container: &str, image: &str, images: &'a [Image]) -> BTreeSet<&'a str> {
    let workload = object.to_string();
    let own = images.iter().filter(|ran| ran.workload == workload && ran.container == container);
    let ids = own.filter(|ran| is_image(&ran.image, image));
    // Docker's shim put the way it got it in front.
    ids.map(|ran| ran.image_id.strip_prefix("docker-pullable://").unwrap_or(&ran.image_id)).collect()
}

/// Whether a runtime means by `docker.io/library/web:latest` what a template calls `web`.
fn is_image(ran: &str, wanted: &str) -> bool {
    let (ran, wanted) = (tagged(ran), tagged(wanted));
    ran.strip_suffix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

fn tagged(image: &str) -> String {
    let name = image.rsplit_once('/').map_or(image, |(_, name)| name);
    if name.contains(':') { image.to_owned() } else { format!("{image}:latest") }
}

#[cfg(test)]
mod tests {
    use drover::model::object::DEPLOYMENTS;
    use serde_json::json;

    use super::*;

    fn ran(image: &str, id: &str) -> Image {
        let [workload, container] = ["deployment.apps/web", "web"].map(str::to_owned);
        Image { workload, container, image: image.to_owned(), image_id: id.to_owned() }
    }

    fn pin_to(image: &str, then: &[Image], now: &[Image], restarts: bool) -> (String, Vec<Consequence>) {
        let mut body =
            json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}});
        let object = ObjectRef::namespaced(DEPLOYMENTS, "shop", "web");
        let consequences = pin(&object, &mut body, then, now, restarts);
        let image = body.pointer("/spec/template/spec/containers/0/image").unwrap();
        (image.as_str().unwrap().to_owned(), consequences)
    }

    #[test]
    fn a_tag_becomes_what_it_stood_for() {
        let (one, two) = ("docker.io/library/web@sha256:1", "docker.io/library/web@sha256:2");
        let then = [ran("docker.io/library/web:latest", one)];
        let (image, consequences) = pin_to("web", &then, &[ran("docker.io/library/web:latest", two)], false);
        let pinned = Consequence::Pinned { container: "web".to_owned(), image: one.to_owned() };
        assert_eq!((image.as_str(), consequences), (one, vec![pinned]));
        assert_eq!(pin_to("web", &then, &then, false), ("web".to_owned(), Vec::new()));
        assert_eq!(pin_to("web", &then, &then, true).0, one);
        assert_eq!(pin_to("web@sha256:3", &then, &[], true), ("web@sha256:3".to_owned(), Vec::new()));
    }

    #[test]
    fn what_cannot_be_named_is_said() {
        let why = |image: &str, then: &[Image]| match pin_to(image, then, &[], true).1.as_slice() {
            [Consequence::NotPinned { why, .. }] => *why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why("web:1", &[]), Unpinned::Unknown);
        assert_eq!(why("web:2", &[ran("docker.io/library/web:1", "web@sha256:1")]), Unpinned::Unknown);
        assert_eq!(why("web:1", &[ran("my-web:1", "my-web@sha256:1")]), Unpinned::Unknown);
        assert_eq!(why("web:1", &[ran("web:1", "sha256:1")]), Unpinned::NoRepository);
        let both = [ran("web:1", "web@sha256:1"), ran("web:1", "web@sha256:2")];
        assert_eq!(why("web:1", &both), Unpinned::Several);
    }
}
