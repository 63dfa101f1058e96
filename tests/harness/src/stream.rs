//! A program that prints JSON documents for as long as it runs.

use std::io::BufReader;
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::Deserializer;

use crate::command::collect;

/// The documents a running program prints, each with the moment it arrived. Dropping the stream kills the program.
///
/// The documents are read as they come, also while nobody asks for the next one.
pub(crate) struct JsonStream<T> {
    command: String,
    child: Child,
    input: Option<ChildStdin>,
    documents: Receiver<(Instant, serde_json::Result<T>)>,
    stderr: Receiver<String>,
}

impl<T: DeserializeOwned + Send + 'static> JsonStream<T> {
    pub(crate) fn new(command: String, mut child: Child) -> Self {
        let output = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let stderr = collect(child.stderr.take().expect("stderr is piped"));
        let (sender, documents) = mpsc::channel();
        thread::spawn(move || {
            for document in Deserializer::from_reader(output).into_iter() {
                if sender.send((Instant::now(), document)).is_err() {
                    break;
                }
            }
        });
        Self { command, input: child.stdin.take(), child, documents, stderr }
    }

    /// The next document, or nothing when none came in time. Panics when the program has ended.
    pub(crate) fn next(&mut self, deadline: Instant) -> Option<(Instant, T)> {
        let patience = deadline.saturating_duration_since(Instant::now());
        match self.documents.recv_timeout(patience) {
            Ok((arrived, Ok(document))) => Some((arrived, document)),
            Ok((_, Err(error))) => self.fail(&format!("printed something else than expected ({error})")),
            Err(RecvTimeoutError::Disconnected) => self.fail("ended"),
            Err(RecvTimeoutError::Timeout) => None,
        }
    }

    /// Closes the program's standard input.
    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    fn fail(&mut self, what: &str) -> ! {
        let _ = self.child.kill();
        let stderr = self.stderr.recv_timeout(Duration::from_secs(5)).unwrap_or_default();
        panic!("{} {what}\n--- stderr\n{stderr}\n---", self.command)
    }
}

impl<T> Drop for JsonStream<T> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
