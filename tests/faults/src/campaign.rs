//! Runs cells.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use harness::{Fault, Finished, Load, Proxy, Running};

use crate::cell::{Asked, Cell};
use crate::disturbance::{Disturbance, Family};
use crate::harm::{When, half_restore, harmed};
use crate::judge::{names_object, promised, settled, suggestion, untouched};
use crate::look::Look;
use crate::outcome::{Outcome, Verdict};
use crate::rollback;
use crate::shop::{Shop, Subject};
use crate::verb::Verb;

/// No command takes longer unless it hangs.
const HANG: Duration = Duration::from_secs(90);

/// Enough to notice a pod that is gone while it is still sent to.
const REQUESTS_PER_SECOND: u32 = 50;

/// After a rollback that was cut off: the same again, then one that it suggests, then perhaps one more.
const MOST_COMMANDS: usize = 4;

/// Runs one cell after the other.
#[derive(Default)]
pub struct Worker {
    shop: Option<Shop>,
}

impl Worker {
    /// What the verb asks the server for when nothing goes wrong.
    pub fn requests(&mut self, verb: Verb) -> Vec<Asked> {
        let mut shop = Shop::open(verb);
        let subject = shop.prepare(verb);
        let proxy = Proxy::start();
        shop.namespace.through(&proxy).kubectl(verb.command(&subject.name)).success();
        let requests = Asked::all_of(&proxy.recording());
        self.shop = Some(shop);
        requests
    }

    pub fn run(&mut self, cell: &Cell) -> Outcome {
        let started = Instant::now();
        let (verdict, why, output) = match catch_unwind(AssertUnwindSafe(|| self.attempt(cell))) {
            Ok(judged) => judged,
            Err(panic) => (Verdict::Broken, words(panic), String::new()),
        };
        Outcome { verdict, why, output, seconds: started.elapsed().as_secs_f64() }
    }

    fn attempt(&mut self, cell: &Cell) -> (Verdict, String, String) {
        // Taken: a cell that breaks leaves nothing to the next one.
        let shop = self.shop.take().filter(|shop| shop.suits(cell.verb));
        let mut shop = shop.unwrap_or_else(|| Shop::open(cell.verb));
        let subject = shop.prepare(cell.verb);
        let load = may_lose_nothing(cell).then(|| Load::start(&shop.namespace, "web", REQUESTS_PER_SECOND));
        let mut scene = Scene { cell, shop: &shop, subject: &subject, told: String::new() };
        let (mut verdict, mut why) = scene.play().unwrap_or_else(|hang| (Verdict::Hang, hang));
        if let Some(load) = load {
            let report = load.finish();
            if !report.failures.is_empty() && !verdict.is_bad() {
                (verdict, why) = (Verdict::LostRequest, format!("{:?}", report.failures));
            }
        }
        let told = scene.told;
        if !verdict.is_bad() && cell.disturbance.family() != Family::Colleagues {
            self.shop = Some(shop);
        }
        (verdict, why, told)
    }
}

/// Where the pods die by a colleague's hand, requests are lost whatever we do: they end at once.
fn may_lose_nothing(cell: &Cell) -> bool {
    let harmless = matches!(cell.disturbance, Disturbance::IsolatedToo | Disturbance::ScaledUp);
    cell.verb.moves_traffic() && (harmless || cell.disturbance.family() != Family::Colleagues)
}

struct Scene<'a> {
    cell: &'a Cell,
    shop: &'a Shop,
    subject: &'a Subject,
    /// What the commands said.
    told: String,
}

type Judged = (Verdict, String);

impl Scene<'_> {
    /// The error is the story of a hang.
    fn play(&mut self) -> Result<Judged, String> {
        let (cell, subject) = (self.cell, self.subject);
        let proxy = Proxy::start();
        let command = || {
            let user = self.shop.namespace.through(&proxy);
            user.command(cell.verb.command(&subject.name)).deadline(HANG).start()
        };
        let first = match cell.disturbance.of_the_command() {
            Some(harm) => {
                let at = cell.asked.select();
                let when: When =
                    if cell.disturbance == Disturbance::KilledAfter { Fault::After } else { Fault::Before };
                match harmed(&proxy, at, when, command, harm) {
                    Some(running) => end(running)?,
                    None => return Ok((Verdict::Unreached, String::new())),
                }
            }
            None => {
                let colleagues = self.disturb(&proxy);
                let first = end(command())?;
                for colleague in colleagues.try_iter() {
                    let finished = end(colleague)?;
                    self.note("a colleague, meanwhile", &finished);
                }
                first
            }
        };
        self.note(&format!("kubectl {}", cell.verb.command(&subject.name).join(" ")), &first);
        self.told.push_str(&proxy.recording().table());
        if proxy.fired() == 0 {
            return Ok((Verdict::Unreached, String::new()));
        }
        self.judge(&first)
    }

    /// Arms the proxy; commands that a colleague started come through the channel.
    fn disturb(&self, proxy: &Proxy) -> Receiver<Running> {
        let (started, colleagues) = mpsc::channel();
        let disturbance = self.cell.disturbance;
        let namespace = self.shop.namespace.clone();
        if disturbance == Disturbance::HalfRestored {
            let name = self.subject.name.clone();
            proxy.break_request(
                self.cell.asked.select(),
                Fault::before(move || half_restore(&namespace, &name)),
            );
            return colleagues;
        }
        let fault = disturbance.of_the_way().unwrap_or_else(|| {
            let words = disturbance.of_a_colleague(self.cell.verb, &self.subject.name);
            Fault::before(move || {
                let running = namespace.command(words).start();
                if disturbance.goes_on() {
                    started.send(running).expect("the cell waits");
                } else {
                    running.finish().success();
                }
            })
        });
        proxy.break_request(self.cell.asked.select(), fault);
        colleagues
    }

    fn judge(&mut self, first: &Finished) -> Result<Judged, String> {
        let now = Look::at(&self.shop.namespace);
        if panicked(first) {
            return Ok((Verdict::Panic, String::new()));
        }
        if first.code == 0 {
            let answer = format!("{}{}", first.stdout, first.stderr);
            return Ok(match promised(self.cell, self.subject, &now, &answer) {
                Ok(()) => (Verdict::Done, String::new()),
                Err(why) => (Verdict::WrongState, format!("it says that it succeeded, but {why}")),
            });
        }
        // Ended by a signal, it had no chance to say anything.
        if first.code > 128 {
            return self.once_more();
        }
        let error = first.stderr.find("error: ").map(|start| &first.stderr[start..]);
        let Some(error) = error.filter(|error| names_object(error, self.subject, &self.cell.asked)) else {
            return Ok((Verdict::Silent, "the error does not name the object".to_owned()));
        };
        let unchanged = untouched(self.cell.verb, self.subject, &now);
        let (verdict, words) = match self.suggested(error) {
            Some(words) => (Verdict::Said, words),
            None if unchanged || self.is_colleagues() => (Verdict::Rerun, self.own_words()),
            None => {
                return Ok((Verdict::Silent, "something was changed, and no way on is named".to_owned()));
            }
        };
        self.go_on(verdict, words)
    }

    /// The way on must lead to what was promised.
    fn go_on(&mut self, verdict: Verdict, words: Vec<String>) -> Result<Judged, String> {
        if self.cell.verb == Verb::BundleRollback {
            return self.finish(verdict, words);
        }
        let second = self.run(&words)?;
        let now = Look::at(&self.shop.namespace);
        let reached = if self.is_colleagues() {
            let named = second.code == 0 || second.stderr.contains(&self.subject.name);
            named
                .then_some(())
                .ok_or("the error does not name the pod".to_owned())
                .and_then(|()| settled(self.cell, self.subject, &now))
        } else if second.code != 0 {
            Err(format!("the way on failed with {}", second.code))
        } else {
            promised(self.cell, self.subject, &now, &second.stdout)
        };
        Ok(match reached {
            Ok(()) => (verdict, String::new()),
            Err(why) => (Verdict::WrongState, format!("after `kubectl {}`: {why}", words.join(" "))),
        })
    }

    /// After a kill the same command leads to the same end; where all was done by then, it may say that instead.
    fn once_more(&mut self) -> Result<Judged, String> {
        if self.cell.verb == Verb::BundleRollback {
            return self.finish(Verdict::Done, self.own_words());
        }
        let words = match self.cell.verb {
            // What a kill left is no longer its business.
            Verb::LifecycleRehearse => {
                Verb::LifecycleCleanup.command("").into_iter().map(str::to_owned).collect()
            }
            _ => self.own_words(),
        };
        let second = self.run(&words)?;
        let now = Look::at(&self.shop.namespace);
        Ok(match promised(self.cell, self.subject, &now, &second.stdout) {
            Ok(()) => (Verdict::Done, String::new()),
            Err(why) => (Verdict::WrongState, format!("after the same command once more: {why}")),
        })
    }

    /// Of a rollback each command says the next: it is finished, or put back.
    fn finish(&mut self, verdict: Verdict, mut words: Vec<String>) -> Result<Judged, String> {
        for _ in 0..MOST_COMMANDS {
            rollback::pass_time(&self.shop.namespace);
            let finished = self.run(&words)?;
            let now = Look::at(&self.shop.namespace);
            let reached = if self.is_colleagues() {
                settled(self.cell, self.subject, &now)
            } else if words.iter().any(|word| word == "--abort") {
                rollback::is_put_back(self.subject, &now)
            } else {
                promised(self.cell, self.subject, &now, &finished.stdout)
            };
            match (finished.code, reached) {
                (0, Ok(())) => return Ok((verdict, String::new())),
                (0, Err(why)) => {
                    let why = format!("`kubectl {}` says that it succeeded, but {why}", words.join(" "));
                    return Ok((Verdict::WrongState, why));
                }
                _ => {}
            }
            let Some(next) = self.suggested(&finished.stderr) else {
                return Ok((Verdict::Silent, format!("`kubectl {}` names no way on", words.join(" "))));
            };
            words = next;
        }
        Ok((Verdict::WrongState, format!("{MOST_COMMANDS} commands led nowhere")))
    }

    /// What the error suggests; a rollback that is unfinished is finished in half of the cells, and put back in the
    /// other half.
    fn suggested(&self, error: &str) -> Option<Vec<String>> {
        if self.cell.verb != Verb::BundleRollback {
            return suggestion(error);
        }
        let of = |line: &&str| line.contains(":  kubectl bundle rollback");
        let mut lines: Vec<&str> = error.lines().filter(of).collect();
        if self.cell.disturbance == Disturbance::KilledAfter {
            lines.sort_by_key(|line| !line.contains("--abort"));
        }
        suggestion(&lines.join("\n")).map(rollback::agreed)
    }

    fn run(&mut self, words: &[String]) -> Result<Finished, String> {
        let finished = end(self.shop.namespace.command(words).deadline(HANG).start())?;
        self.note(&format!("kubectl {}", words.join(" ")), &finished);
        Ok(finished)
    }

    fn own_words(&self) -> Vec<String> {
        self.cell.verb.command(&self.subject.name).into_iter().map(str::to_owned).collect()
    }

    fn is_colleagues(&self) -> bool {
        self.cell.disturbance.family() == Family::Colleagues
    }

    fn note(&mut self, title: &str, finished: &Finished) {
        let Finished { code, stdout, stderr, .. } = finished;
        self.told.push_str(&format!("$ {title}\n{stderr}{stdout}(exit code {code})\n"));
    }
}

/// Waits for the end; the error is the story of a hang.
fn end(running: Running) -> Result<Finished, String> {
    catch_unwind(AssertUnwindSafe(|| running.finish())).map_err(words)
}

fn panicked(finished: &Finished) -> bool {
    finished.code == 101 || finished.stderr.contains("panicked at")
}

fn words(panic: Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
