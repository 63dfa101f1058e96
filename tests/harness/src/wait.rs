//! Waiting: always a watch, always with a deadline.

use std::time::{Duration, Instant};

use crate::namespace::Namespace;
use crate::watch::{Objects, Watch};

impl Namespace {
    /// `kubectl wait`, for example `wait("deployment/web", "condition=Available", 60)`.
    pub fn wait(&self, object: &str, condition: &str, seconds: u64) {
        // kubectl gives up first, with a message that names what it waited for.
        let deadline = Duration::from_secs(seconds + 30);
        self.command(["wait", object, &format!("--for={condition}"), &format!("--timeout={seconds}s")])
            .deadline(deadline)
            .run()
            .success();
    }

    /// Calls `wanted` with the present objects and after each change until it returns something.
    ///
    /// `resource` is a plural, with group and version unless they are the core's, and with selectors where needed:
    /// `pods`, `pods?labelSelector=app=web`, `apps/v1/replicasets?fieldSelector=metadata.name=web-1`.
    pub fn watch_until<T>(
        &self,
        resource: &str,
        seconds: u64,
        mut wanted: impl FnMut(&Objects) -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        let mut watch = Watch::start(self, resource);
        loop {
            if let Some(found) = wanted(watch.objects()) {
                return found;
            }
            if watch.next(deadline).is_none() {
                panic!("not seen within {seconds} s; {resource} now:\n{}", describe(watch.objects()));
            }
        }
    }
}

fn describe(objects: &Objects) -> String {
    let lines: Vec<String> = objects
        .values()
        .map(|object| {
            let mut object = object.clone();
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.remove("managedFields");
            }
            object.to_string()
        })
        .collect();
    lines.join("\n")
}
