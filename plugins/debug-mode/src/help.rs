//! What the help says beside the arguments.

pub const ABOUT: &str = "\
Make a crash-looping workload come up so that you can look inside, away from users.

`on` redeploys it without probes and lifecycle hooks, behind a readiness gate that keeps its pods
out of every Service while the pods that serve go on serving. `off` brings back exactly what was
there.";

pub const EXAMPLES: &str = "\
Examples:
  # Its own probes or hooks kill it
  kubectl debug-mode on deploy/api

  # It exits by itself: keep it doing nothing, and start it by hand inside
  kubectl debug-mode on deploy/api --hold

  # Leave the workload alone: one pod beside it, out of all traffic
  kubectl debug-mode on sts/db --copy --ordinal 0

  # See the change first
  kubectl debug-mode on deploy/api --hold --dry-run=client

  # What is in debug mode, and back
  kubectl debug-mode list -A
  kubectl debug-mode off deploy/api";

pub const ON: &str = "\
Examples:
  # Its own probes or hooks kill it
  kubectl debug-mode on deploy/api

  # It exits by itself: keep one container doing nothing
  kubectl debug-mode on deploy/api --hold -c app

  # Run something else in its place, with one probe kept
  kubectl debug-mode on deploy/api --keep=readiness -- sh -c 'env; sleep 1d'";

pub const OFF: &str = "\
Examples:
  # Bring back what was there, or clear a copy away
  kubectl debug-mode off deploy/api

  # The same for all of the namespace
  kubectl debug-mode off --all";

pub const STATUS: &str = "\
Examples:
  # What debug mode changed, and what changed since
  kubectl debug-mode status deploy/api";

pub const LIST: &str = "\
Examples:
  # What is in debug mode, everywhere
  kubectl debug-mode list -A";
