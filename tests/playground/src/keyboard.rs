//! What the person at the terminal does: Enter, or Ctrl-C.

use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::stop::Stop;

enum Event {
    Line(String),
    Interrupt,
}

/// Ctrl-C does not end the tour's own process: the running command gets it too, ends in its own way, and then the
/// tour says what is left.
pub struct Keyboard {
    /// Whether somebody is there to press Enter.
    pub attended: bool,
    events: Receiver<Event>,
    sender: Sender<Event>,
    interrupted: Cell<bool>,
}

impl Keyboard {
    /// Listens from now on. `unattended` answers for the person.
    pub fn listen(unattended: bool) -> io::Result<Self> {
        let (sender, events) = mpsc::channel();
        listen_for_interrupts(sender.clone())?;
        let attended = !unattended && io::stdin().is_terminal() && io::stdout().is_terminal();
        Ok(Self { attended, events, sender, interrupted: Cell::new(false) })
    }

    /// Waits for a line. The end of the input means leaving, as Ctrl-C does.
    pub fn line(&self) -> Result<String, Stop> {
        let sender = self.sender.clone();
        // One thread for each line: between two of them the terminal belongs to the commands.
        thread::spawn(move || {
            let mut line = String::new();
            let event = match io::stdin().read_line(&mut line) {
                Ok(1..) => Event::Line(line),
                _ => Event::Interrupt,
            };
            // Nobody listens any more once the tour has ended.
            let _ = sender.send(event);
        });
        match self.events.recv() {
            Ok(Event::Line(line)) => Ok(line.trim().to_owned()),
            Ok(Event::Interrupt) | Err(_) => {
                self.interrupted.set(true);
                Err(Stop::Interrupted)
            }
        }
    }

    /// Whether there was a Ctrl-C so far.
    pub fn interrupted(&self) -> bool {
        if self.events.try_iter().any(|event| matches!(event, Event::Interrupt)) {
            self.interrupted.set(true);
        }
        self.interrupted.get()
    }
}

fn listen_for_interrupts(sender: Sender<Event>) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let mut interrupts = {
        let _context = runtime.enter();
        signal(SignalKind::interrupt())?
    };
    thread::spawn(move || {
        runtime.block_on(async {
            while interrupts.recv().await.is_some() {
                if sender.send(Event::Interrupt).is_err() {
                    break;
                }
            }
        });
    });
    Ok(())
}
