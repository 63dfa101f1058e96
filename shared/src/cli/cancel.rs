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
        tokio::spawn(async move {
            interrupted().await;
            // Without a receiver nobody waits to be told.
            let _ = sender.send(true);
            interrupted().await;
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

async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[allow(clippy::exit, reason = "a second Ctrl-C means now; what remains is on the cluster")]
fn leave() -> ! {
    std::process::exit(ExitCode::INTERRUPTED)
}
