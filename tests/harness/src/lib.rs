//! What every scenario test is written with: a real cluster, a namespace per test, `kubectl <plugin>` run as a
//! person runs it, waiting by watch, limited users, traffic that notices every lost request, and a proxy that records
//! and breaks requests.
//!
//! Everything here panics when something is wrong: this is test code, and a panic that shows the command with what
//! it printed is the best report there is. No test sleeps: each wait is a watch with a deadline.

mod binaries;
mod bundle;
mod cluster;
mod command;
mod endpoints;
pub mod helm;
pub mod help;
mod kubectl;
pub mod load;
pub mod manual;
mod namespace;
mod proxy;
pub mod readme;
pub mod shells;
mod stream;
mod terminal;
mod users;
mod wait;
mod watch;
pub mod workloads;

pub use bundle::{StoredBundle, StoredVersion};
pub use cluster::Cluster;
pub use command::{Finished, Invocation, Running};
pub use endpoints::{EndpointsHistory, EndpointsMonitor};
pub use kubectl::search_path;
pub use load::{Failure, Load, LoadReport};
pub use namespace::Namespace;
pub use proxy::{Action, Break, Fault, Proxy, Recorded, Recording, Select};
pub use terminal::{Picture, Terminal};
pub use users::{Rights, User};
pub use watch::Objects;
