//! Work that keeps all processors busy, and gives way to everything else.

use std::process::{Child, Command};

const PROCESSES: usize = 2;

/// Runs until it is dropped.
pub struct Load(Vec<Child>);

impl Load {
    pub fn start() -> Self {
        let busy = || {
            let mut command = Command::new("nice");
            command.args(["-n", "10", "sh", "-c", "while :; do :; done"]);
            command.spawn().expect("nice can be started")
        };
        Self((0..PROCESSES).map(|_| busy()).collect())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
