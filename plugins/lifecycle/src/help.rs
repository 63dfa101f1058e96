//! What the help says beside the arguments.

pub const ABOUT: &str = "\
See what really happens around postStart and preStop.

The kubelet tells neither when a hook begins nor when it ends. What its events, the pod's status
and the EndpointSlices still prove is shown as a waterfall: each bar with how it is known, and how
exactly. `rehearse` has the hooks of a clone tell it themselves. Only that, --evict and --restart
change anything.";

pub const EXAMPLES: &str = "\
Examples:
  # What will run when, and whether the grace period is long enough
  kubectl lifecycle show deploy/web

  # Why it took so long to start, or to go, afterwards
  kubectl lifecycle trace web-7d4b9c-x2x4p

  # Whether it leaves traffic long enough before it is told to stop, as for CI
  kubectl lifecycle trace web-7d4b9c-x2x4p --evict --yes --fail-if-margin-below 2s

  # What is wrong with manifests, before they are applied
  helm template shop ./chart | kubectl lifecycle lint -f -

  # Restart a workload, and see which of its pods is slow, or why it can't succeed
  kubectl lifecycle trace deploy/web --restart

  # What its hooks really do, measured with a clone, and which grace period it needs
  kubectl lifecycle rehearse deploy/web";

pub const SHOW: &str = "\
Examples:
  # What will run when, and whether the grace period is long enough
  kubectl lifecycle show deploy/web

  # Of a pod as it is, for a program
  kubectl lifecycle show web-7d4b9c-x2x4p -o json";

pub const TRACE: &str = "\
Examples:
  # The latest start or shutdown, from what is still known
  kubectl lifecycle trace web-7d4b9c-x2x4p

  # The next shutdown, as it happens, kept as a picture
  kubectl lifecycle trace web-7d4b9c-x2x4p --phase=shutdown --follow -o svg > shutdown.svg

  # Fail where it is told to stop less than two seconds after it left traffic
  kubectl lifecycle trace web-7d4b9c-x2x4p --evict --yes --fail-if-margin-below 2s";

pub const LINT: &str = "\
Examples:
  # Manifests as they are rendered, with the Services among them
  kustomize build . | kubectl lifecycle lint -f -

  # All that runs in the namespace, or one of it
  kubectl lifecycle lint
  kubectl lifecycle lint deploy/web

  # Mend what can be mended
  kubectl lifecycle lint deploy/web --fix > fix.yaml
  kubectl patch deploy/web --patch-file fix.yaml

  # As a step of CI whose findings are shown in the code
  kubectl lifecycle lint -f manifests/ -o sarif > lifecycle.sarif

Exit codes: 0, nothing is as bad as --fail-on says; 1, something is; 2, it could not be checked.";

pub const REHEARSE: &str = "\
The clone is a pod as the workload's are, which no Service, controller or budget selects. Its exec
hooks are run by a shell that writes down when they begin and end. It is started, and deleted once
it is ready; nothing of it remains. What its hooks, init containers and program do, they really do.

Examples:
  # Whether all of it fits into the grace period, and which one would do
  kubectl lifecycle rehearse deploy/web

  # How much it varies, for a program
  kubectl lifecycle rehearse deploy/web --times 10 --yes -o json

  # How long it would take if it were not cut short
  kubectl lifecycle rehearse deploy/web --grace-period 2m";

pub const CLEANUP: &str = "\
Examples:
  # After a rehearsal was killed
  kubectl lifecycle cleanup

  # Whose clones there are, without deleting them
  kubectl lifecycle cleanup -A --dry-run";
