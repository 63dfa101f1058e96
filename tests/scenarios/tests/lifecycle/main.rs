//! What `kubectl lifecycle` promises, told through kubectl on a real cluster.

mod cause;
mod clocks;
mod crashes;
mod interruptions;
mod ledger;
mod lint;
mod live;
mod rehearsal;
mod rehearsed;
mod remains;
mod rights;
mod rollout;
mod show;
mod trace;
mod traced;
mod verdicts;
