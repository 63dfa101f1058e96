//! What all connections of a proxy write down, and the faults they look up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::fault::{Fault, Select};
use super::recording::{Recorded, Recording};
use super::target::Target;

pub(super) struct Record {
    origin: Instant,
    state: Mutex<State>,
}

struct State {
    recording: Recording,
    armed: Vec<(Select, Fault)>,
    fired: usize,
}

impl Record {
    pub(super) fn new() -> Self {
        let recording = Recording { requests: Vec::new(), connections: 0 };
        Self { origin: Instant::now(), state: Mutex::new(State { recording, armed: Vec::new(), fired: 0 }) }
    }

    pub(super) fn recording(&self) -> Recording {
        self.state().recording.clone()
    }

    pub(super) fn arm(&self, select: Select, fault: Fault) {
        self.state().armed.push((select, fault));
    }

    pub(super) fn fired(&self) -> usize {
        self.state().fired
    }

    /// A connection was made; its number.
    pub(super) fn connected(&self) -> usize {
        let connections = &mut self.state().recording.connections;
        *connections += 1;
        *connections
    }

    /// A request came. The first fault that was armed for it is taken out: it fires now.
    pub(super) fn started(
        self: &Arc<Self>,
        connection: usize,
        target: Target,
    ) -> (Arc<Underway>, Option<Fault>) {
        let now = self.now();
        let mut state = self.state();
        let State { recording: Recording { requests, .. }, armed, fired } = &mut *state;
        let number = requests.len() + 1;
        requests.push(Recorded::new(number, connection, target, now));
        let fault = armed
            .iter()
            .position(|(select, _)| select.is_last(requests))
            .map(|position| armed.remove(position).1);
        *fired += usize::from(fault.is_some());
        (Arc::new(Underway { record: self.clone(), index: number - 1 }), fault)
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Never held for longer than a few lines of this file take, none of which leaves it half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that has not ended yet. If it is dropped without an answer, it ends there: broken or given up.
pub(super) struct Underway {
    record: Arc<Record>,
    index: usize,
}

impl Underway {
    /// The headers of the answer are about to be handed over.
    pub(super) fn answered(&self, status: u16) {
        self.update(|request, now| {
            request.status = Some(status);
            request.ended = Some(now);
        });
    }

    /// A part of the answer's body is about to be handed over. For all the client knows it is the last one, so the
    /// end is noted before, never after: the next request may start at once.
    pub(super) fn answers_on(&self) {
        self.update(|request, now| {
            if request.verb != "watch" {
                request.ended = Some(now);
            }
        });
    }

    fn update(&self, change: impl FnOnce(&mut Recorded, Duration)) {
        let now = self.record.now();
        change(&mut self.record.state().recording.requests[self.index], now);
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.update(|request, now| {
            request.ended.get_or_insert(now);
        });
    }
}
