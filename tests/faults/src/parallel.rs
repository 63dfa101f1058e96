//! Several cells at once.

use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use crate::campaign::Worker;
use crate::cell::Cell;
use crate::outcome::Outcome;

/// Cells wait most of the time: for pods, for endpoints, for stalls.
pub const AT_ONCE: usize = 4;

/// Runs all cells; `report` hears of each as it ends.
pub fn run(cells: Vec<Cell>, at_once: usize, mut report: impl FnMut(Cell, Outcome)) {
    let queue = Mutex::new(cells.into_iter());
    let (sender, ended) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..at_once {
            let (queue, sender) = (&queue, sender.clone());
            scope.spawn(move || {
                let mut worker = Worker::default();
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(cell) = next else { return };
                    let outcome = worker.run(&cell);
                    sender.send((cell, outcome)).expect("the results are taken until the last worker ends");
                }
            });
        }
        drop(sender);
        for (cell, outcome) in ended {
            report(cell, outcome);
        }
    });
}
