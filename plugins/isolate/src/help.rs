//! What the help says beside the arguments.

pub const ABOUT: &str = "\
Take a sick pod out of its Deployment and out of all traffic, and keep it running.

The pod first leaves its ReplicaSet, which starts a replacement while the pod still serves. Once the
replacement is Available and a ready endpoint of every Service the pod was in, the pod leaves all
traffic. Nothing in the pod is restarted or changed: it is there to be looked at.

A pod that is not Ready carries no traffic, so it leaves both at once.";

pub const EXAMPLES: &str = "\
Examples:
  # Take a pod out, with a word for your colleagues
  kubectl isolate web-7d4b9-x2x4p --reason \"500s since 14:02\"

  # See what would happen, without changing anything
  kubectl isolate web-7d4b9-x2x4p --dry-run=client

  # It does harm right now: out of traffic first, replacement later
  kubectl isolate web-7d4b9-x2x4p --traffic-first

  # Whichever pod of a Deployment is worst off
  kubectl isolate deploy/web --pick sickest

  # For two hours, and cut off the network: nothing in, nothing out
  kubectl isolate web-7d4b9-x2x4p --ttl=2h --quarantine

  # A pod of a StatefulSet or DaemonSet: out of traffic, and of nothing else
  kubectl isolate db-0 --traffic-only

  # What is known of it, at any later time
  kubectl isolate show web-7d4b9-x2x4p

  # Put it back, or clear it away
  kubectl isolate restore web-7d4b9-x2x4p
  kubectl isolate cleanup web-7d4b9-x2x4p

  # What is isolated, everywhere
  kubectl isolate list -A";

pub const RESTORE: &str = "\
Examples:
  # Put a pod back: it serves again before another pod makes room for it
  kubectl isolate restore web-7d4b9-x2x4p

  # See which pod would make room
  kubectl isolate restore web-7d4b9-x2x4p --dry-run=client";

pub const CLEANUP: &str = "\
Examples:
  # Delete an isolated pod
  kubectl isolate cleanup web-7d4b9-x2x4p

  # Delete all of the namespace
  kubectl isolate cleanup --all

  # Delete those whose time is over
  kubectl isolate cleanup --expired";

pub const SHOW: &str = "\
Examples:
  # Who took it out, when and why, what is so now, and what to do next
  kubectl isolate show web-7d4b9-x2x4p";

pub const LIST: &str = "\
Examples:
  # What is isolated here, and whether it can go back
  kubectl isolate list

  # What is isolated everywhere, with the node of each pod
  kubectl isolate list -A -o wide";
