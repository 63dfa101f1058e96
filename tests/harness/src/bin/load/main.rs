//! Sends HTTP requests at a fixed rate until standard input is closed, and prints what came of them as lines of
//! JSON (`harness::load::Message`).

mod request;
mod tally;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::pin::pin;
use std::time::Duration;

use clap::Parser;
use harness::load::Message;
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, interval};

use crate::tally::Tally;

/// So many good answers in a row show that the Service works; from then on everything counts.
const STEADY_AFTER: u32 = 20;

const PROGRESS_EVERY: Duration = Duration::from_millis(100);

#[derive(Parser)]
struct Arguments {
    /// Where to send the requests: IP:PORT.
    #[arg(long)]
    address: SocketAddr,
    /// Requests per second.
    #[arg(long, default_value = "100")]
    rate: NonZeroU32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let Arguments { address, rate } = Arguments::parse();
    let mut ticks = interval(Duration::from_secs(1) / rate.get());
    let mut stop = pin!(standard_input_closed());
    tokio::select! {
        () = steady(address, &mut ticks) => {}
        () = &mut stop => return,
    }
    let start = Instant::now();
    print(&Message::Steady);

    // The rate does not depend on the answers: slow ones must not make fewer requests.
    let mut requests = JoinSet::new();
    let mut tally = Tally::default();
    let mut progress = interval(PROGRESS_EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let at = start.elapsed();
                requests.spawn(async move { (at, request::send(address).await) });
                tally.sent += 1;
            }
            Some(outcome) = requests.join_next() => report(&mut tally, outcome),
            _ = progress.tick() => print(&Message::Progress { sent: tally.sent }),
            () = &mut stop => break,
        }
    }
    while let Some(outcome) = requests.join_next().await {
        report(&mut tally, outcome);
    }
    print(&tally.summary());
}

/// Returns after enough good answers in a row, with no request under way.
async fn steady(address: SocketAddr, ticks: &mut Interval) {
    let mut good = 0;
    while good < STEADY_AFTER {
        ticks.tick().await;
        good = if request::send(address).await.is_ok() { good + 1 } else { 0 };
    }
    ticks.reset();
}

type Outcome = (Duration, Result<String, String>);

fn report(tally: &mut Tally, outcome: Result<Outcome, tokio::task::JoinError>) {
    let (at, answer) = outcome.expect("a request never panics");
    if let Some(failure) = tally.record(at, answer) {
        print(&Message::Failure(failure));
    }
}

fn print(message: &Message) {
    println!("{}", serde_json::to_string(message).expect("a message is always JSON"));
}

async fn standard_input_closed() {
    let mut ignored = Vec::new();
    tokio::io::stdin().read_to_end(&mut ignored).await.expect("standard input is readable");
}
