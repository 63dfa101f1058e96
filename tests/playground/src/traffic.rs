//! Visitors of the web Service: the harness's load generator, run as a command like all others.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use harness::load::{Failure, Message};
use serde_json::Deserializer;

use crate::stop::Stop;

/// kube-proxy knows a new Service up to a second late; the rest is patience with a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests that are being sent. They end when this is dropped, as the generator's standard input closes.
pub struct Traffic {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<serde_json::Result<Message>>,
    pub sent: u64,
    pub lost: Vec<Failure>,
}

/// What came of all requests.
pub struct Visits {
    pub sent: u64,
    pub lost: Vec<Failure>,
    /// How often each answer was given.
    pub answers: BTreeMap<String, u64>,
}

impl Traffic {
    /// Returns when requests are answered well. They count from there.
    pub fn start(mut generator: Command) -> Result<Self, Stop> {
        let mut child = generator.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (sender, messages) = mpsc::channel();
        if let Some(output) = child.stdout.take() {
            thread::spawn(move || {
                Deserializer::from_reader(BufReader::new(output))
                    .into_iter()
                    .try_for_each(|message| sender.send(message))
            });
        }
        let mut traffic = Self { input: child.stdin.take(), child, messages, sent: 0, lost: Vec::new() };
        let deadline = Instant::now() + PATIENCE;
        while !matches!(traffic.next(deadline)?, Message::Steady) {}
        Ok(traffic)
    }

    /// Waits until so many requests have been sent.
    pub fn sent_at_least(&mut self, requests: u64) -> Result<(), Stop> {
        let deadline = Instant::now() + PATIENCE;
        while self.sent < requests {
            self.next(deadline)?;
        }
        Ok(())
    }

    /// Takes in what has come of the requests until now.
    pub fn catch_up(&mut self) -> Result<(), Stop> {
        while let Ok(message) = self.messages.try_recv() {
            self.take_in(message)?;
        }
        Ok(())
    }

    /// Sends no more, and returns when every request has been answered or is lost.
    pub fn finish(mut self) -> Result<Visits, Stop> {
        self.input = None;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Message::Summary { sent, answers, .. } = self.next(deadline)? {
                self.child.wait()?;
                return Ok(Visits { sent, lost: self.lost, answers });
            }
        }
    }

    fn next(&mut self, deadline: Instant) -> Result<Message, Stop> {
        let patience = deadline.saturating_duration_since(Instant::now());
        match self.messages.recv_timeout(patience) {
            Ok(message) => self.take_in(message),
            Err(_) => Err(Stop::Failed(format!("no word from the visitors after {} requests", self.sent))),
        }
    }

    fn take_in(&mut self, message: serde_json::Result<Message>) -> Result<Message, Stop> {
        let message =
            message.map_err(|error| Stop::Failed(format!("the visitors speak in riddles: {error}")))?;
        match &message {
            Message::Progress { sent } => self.sent = *sent,
            Message::Failure(Failure { at, error }) => {
                self.lost.push(Failure { at: *at, error: error.clone() });
            }
            Message::Steady | Message::Summary { .. } => {}
        }
        Ok(message)
    }
}
