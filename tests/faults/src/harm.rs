//! A command that is done harm at one of its requests.

use std::sync::mpsc;
use std::time::Duration;

use harness::{Action, Fault, Namespace, Proxy, Running, Select};

use crate::verb::Verb;

/// How long it may take until that request comes.
const REACHED: Duration = Duration::from_secs(45);

/// Before the server hears of a request, or when it has acted.
pub type When = fn(Action) -> Fault;

/// Starts a command, whose requests go through this proxy, and does it harm at the request; none if that never came.
pub fn harmed(
    proxy: &Proxy,
    request: Select,
    when: When,
    command: impl FnOnce() -> Running,
    harm: fn(&mut Running),
) -> Option<Running> {
    let (give, victim) = mpsc::channel::<Running>();
    let (give_back, harmed) = mpsc::channel();
    let action = move || {
        let mut running = victim.recv().expect("the command is given");
        harm(&mut running);
        give_back.send(running).expect("somebody waits for it");
    };
    proxy.break_request(request, when(Box::new(action)));
    give.send(command()).expect("the fault is armed");
    harmed.recv_timeout(REACHED).ok()
}

/// Puts a pod back, and dies when another has just made room for it; does nothing where it is back already.
pub fn half_restore(namespace: &Namespace, pod: &str) {
    let proxy = Proxy::start();
    let user = namespace.through(&proxy);
    let command = || user.command(Verb::Restore.command(pod)).start();
    let made_room = Select::nth(2, "patch", "pods");
    if let Some(killed) = harmed(&proxy, made_room, Fault::After, command, Running::kill) {
        killed.finish();
    }
}
