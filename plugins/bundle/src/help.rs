//! What the help says beside the arguments.

pub const ABOUT: &str = "\
Gather everything that a Service or workload depends on, version it, and bring the whole of it back.

Starts from what is there, whoever installed it, and keeps versions in Secrets of the same
namespace. Reads pod templates, so that a workload scaled to zero keeps its ConfigMaps and Secrets.";

pub const EXAMPLES: &str = "\
Examples:
  # All that belongs to a Service, and why
  kubectl bundle show svc/web

  # Keep it under a name, with what is still known of the past
  kubectl bundle create svc/web --name shop

  # Before a change, and after it
  kubectl bundle snapshot shop -m 'before 1.5'
  kubectl bundle diff shop

  # See what a rollback would do, and do it
  kubectl bundle rollback shop 2 --dry-run
  kubectl bundle rollback shop 2";

pub const SHOW: &str = "\
Examples:
  # All that belongs to a Service, whether it is a bundle or not
  kubectl bundle show svc/web

  # The members of a bundle, for a program
  kubectl bundle show shop -o json";

pub const CREATE: &str = "\
Examples:
  # Start from a Service
  kubectl bundle create svc/web --name shop

  # Start from several, and say what the first version is
  kubectl bundle create svc/web deploy/worker --name shop -m 'as it came from helm'";

pub const SNAPSHOT: &str = "\
Examples:
  # Before a change
  kubectl bundle snapshot shop -m 'before 1.5'";

pub const DIFF: &str = "\
Examples:
  # What changed since the last version
  kubectl bundle diff shop

  # Between two versions
  kubectl bundle diff shop 2 3";

pub const ROLLBACK: &str = "\
Examples:
  # See what would be done, and do it
  kubectl bundle rollback shop 2 --dry-run
  kubectl bundle rollback shop 2

  # One object only, with its Secret, and with what came later deleted
  kubectl bundle rollback shop 2 --only deploy/web --secrets --prune

  # One that was cut off: finish it, or take it back
  kubectl bundle rollback shop --continue
  kubectl bundle rollback shop --abort";

pub const EXPORT: &str = "\
Examples:
  # The live members as manifests, one a file
  kubectl bundle export shop manifests/

  # A version, to stdout
  kubectl bundle export shop@3 -";

pub const ADD: &str = "\
Examples:
  # Nothing refers to it, but it belongs to it
  kubectl bundle add shop cm/feature-flags";

pub const REMOVE: &str = "\
Examples:
  # Shared with others: no rollback may touch it
  kubectl bundle remove shop cm/cluster-settings";

pub const LIST: &str = "\
Examples:
  # The bundles of all namespaces
  kubectl bundle list -A";

pub const HISTORY: &str = "\
Examples:
  # Which versions there are, by whom and why
  kubectl bundle history shop";

pub const PRUNE: &str = "\
Examples:
  # Keep the ten newest versions
  kubectl bundle prune shop --keep 10";

pub const DELETE: &str = "\
Examples:
  # Forget a bundle and its versions; what they are about stays
  kubectl bundle delete shop";

pub const EVENTS: &str = "\
Examples:
  # What happened to the members, between the versions
  kubectl bundle events shop

  # And what happens from now on
  kubectl bundle events shop --watch";

pub const USED_BY: &str = "\
Examples:
  # Who else would notice a change
  kubectl bundle used-by shop cm/settings";
