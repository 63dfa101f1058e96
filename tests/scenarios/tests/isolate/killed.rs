//! A command that is killed at one of its requests.

use std::sync::mpsc;

use harness::{Fault, Namespace, Proxy, Running, Select};

/// Where a kill hits a request.
#[derive(Clone, Copy)]
pub enum Kill {
    /// Before the server sees it.
    Before,
    /// Once the server did it, and before its answer is there.
    After,
}

/// Runs `kubectl` with these arguments, and kills it at that request.
pub fn killed_at(namespace: &Namespace, request: Select, kill: Kill, arguments: &[&str]) {
    let proxy = Proxy::start();
    let (give, victim) = mpsc::channel::<Running>();
    let (give_back, killed) = mpsc::channel();
    let strike = move || {
        let mut running = victim.recv().expect("the command is given");
        running.kill();
        give_back.send(running).expect("the test waits");
    };
    let fault = match kill {
        Kill::Before => Fault::before(strike),
        Kill::After => Fault::after(strike),
    };
    proxy.break_request(request, fault);
    let running = namespace.through(&proxy).command(arguments).start();
    give.send(running).expect("the fault is armed");
    killed.recv().expect("it came that far").finish().failure(128 + 9);
}
