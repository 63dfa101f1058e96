//! Ctrl-C: the first asks to stop after the current step, the second leaves at once.

use tokio::sync::watch;

use super::ExitCode;

/// Whether the person asked to stop.
#[derive(Debug, Clone)]
pub struct Cancel(watch::Receiver<bool>);

impl Cancel {
    /// Starts to listen for Ctrl-C (SIGINT) and, on Unix, SIGTERM.
    #[must_use]
    pub fn on_signal() -> Self {
        let (sender, receiver) = watch::channel(false);
        let mut signals = Signals::listen();
        tokio::spawn(async move {
            signals.next().await;
            // Without a receiver nobody waits to be told.
            let _ = sender.send(true);
            signals.next().await;
            leave();
        });
        Self(receiver)
    }

    /// For work that must come to its end although the person asked to stop: undoing above all.
    #[must_use]
    pub fn never() -> Self {
        Self(watch::channel(false).1)
    }

    /// Whether it was asked for.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is asked for.
    pub async fn requested(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|requested| *requested).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Both ways of asking. They are listened to from here on, not only when somebody waits: until then the first would
/// end the program at once.
#[cfg(unix)]
struct Signals([Option<tokio::signal::unix::Signal>; 2]);

#[cfg(unix)]
impl Signals {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self([SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok()))
    }

    async fn next(&mut self) {
        async fn receive(signal: &mut Option<tokio::signal::unix::Signal>) {
            match signal {
                Some(signal) => _ = signal.recv().await,
                None => std::future::pending().await,
            }
        }
        let [interrupt, terminate] = &mut self.0;
        tokio::select! {
            () = receive(interrupt) => {}
            () = receive(terminate) => {}
        }
    }
}

#[cfg(windows)]
struct Signals(Option<tokio::signal::windows::CtrlC>);

#[cfg(windows)]
impl Signals {
    fn listen() -> Self {
        Self(tokio::signal::windows::ctrl_c().ok())
    }

    async fn next(&mut self) {
        match &mut self.0 {
            Some(signal) => _ = signal.recv().await,
            None => std::future::pending().await,
        }
    }
}

#[allow(clippy::exit, reason = "a second Ctrl-C means now; what remains is on the cluster")]
fn leave() -> ! {
    std::process::exit(ExitCode::INTERRUPTED)
}
