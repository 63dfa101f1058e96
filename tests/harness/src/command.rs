//! Running a program with a deadline, and what came of it.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::de::DeserializeOwned;
use tempfile::TempDir;

use crate::stream::JsonStream;
use crate::terminal::Terminal;

/// No command of this suite takes longer unless it hangs, and a hang is a bug.
const DEADLINE: Duration = Duration::from_secs(120);

/// How long the output of a killed command may take to arrive.
const LAST_OUTPUT: Duration = Duration::from_secs(5);

/// A command that has not been started yet.
pub struct Invocation {
    command: Command,
    folder: Option<Arc<TempDir>>,
    input: String,
    deadline: Duration,
}

impl Invocation {
    /// A command with its arguments and environment.
    pub fn new(command: Command) -> Self {
        Self { command, folder: None, input: String::new(), deadline: DEADLINE }
    }

    /// Keeps a folder that the command needs for as long as it runs, also when whoever made it is gone.
    pub(crate) fn keep(mut self, folder: Arc<TempDir>) -> Self {
        self.folder = Some(folder);
        self
    }

    /// What the command reads from its standard input; nothing by default.
    pub fn input(mut self, text: impl Into<String>) -> Self {
        self.input = text.into();
        self
    }

    /// Another deadline than two minutes.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// One more variable in the otherwise empty environment.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs the command to its end.
    pub fn run(self) -> Finished {
        self.start().finish()
    }

    /// Starts the command in the background.
    pub fn start(mut self) -> Running {
        let mut child = spawn(&mut self.command);
        let mut standard_input = child.stdin.take().expect("stdin is piped");
        // In a thread of its own: a command that never reads must not block the test. One that ends before it has
        // read everything is no failure, so a broken pipe is nothing to report.
        thread::spawn(move || standard_input.write_all(self.input.as_bytes()));
        Running {
            stdout: Printed::by(child.stdout.take().expect("stdout is piped")),
            stderr: collect(child.stderr.take().expect("stderr is piped")),
            command: describe(&self.command),
            child,
            _folder: self.folder,
            started: Instant::now(),
            deadline: self.deadline,
        }
    }

    /// Starts the command in a terminal of so many columns and rows.
    pub fn in_terminal(self, columns: u16, rows: u16) -> Terminal {
        Terminal::start(&self.command, self.folder, self.deadline, (columns, rows))
    }

    /// Starts a command that prints JSON documents for as long as it runs.
    pub(crate) fn stream<T: DeserializeOwned + Send + 'static>(mut self) -> JsonStream<T> {
        JsonStream::new(describe(&self.command), spawn(&mut self.command))
    }
}

/// A command in the background. Dropping it kills it.
pub struct Running {
    command: String,
    child: Child,
    _folder: Option<Arc<TempDir>>,
    stdout: Printed,
    stderr: Receiver<String>,
    started: Instant,
    deadline: Duration,
}

impl Running {
    /// Waits until the command has printed these words to stdout, or panics when it is killed first.
    pub fn until_printed(&mut self, words: &str) {
        let deadline = self.started + self.deadline;
        while !self.stdout.so_far().contains(words) {
            let more = self.stdout.more(deadline);
            assert!(more, "{} did not print {words:?}, but:\n{}", self.command, self.stdout.so_far());
        }
    }

    /// What Ctrl-C does.
    pub fn interrupt(&self) {
        kill_process(Pid::from_child(&self.child), Signal::INT)
            .unwrap_or_else(|error| panic!("cannot interrupt {}: {error}", self.command));
    }

    /// Ends the command as a crash would, with no chance to tidy up.
    pub fn kill(&mut self) {
        self.child.kill().unwrap_or_else(|error| panic!("cannot kill {}: {error}", self.command));
    }

    /// Waits for the command's end.
    pub fn finish(self) -> Finished {
        self.try_finish().unwrap_or_else(|hang| panic!("{hang}"))
    }

    /// [`finish`](Self::finish) for destructors, which may not panic.
    pub(crate) fn try_finish(mut self) -> Result<Finished, String> {
        let output = self.output_until(self.started + self.deadline);
        let in_time = output.is_some();
        if !in_time {
            let _ = self.child.kill();
        }
        let (stdout, stderr) =
            output.or_else(|| self.output_until(Instant::now() + LAST_OUTPUT)).unwrap_or_default();
        let status =
            self.child.wait().map_err(|error| format!("cannot wait for {}: {error}", self.command))?;
        let finished = Finished { command: self.command.clone(), stdout, stderr, code: exit_code(status) };
        if in_time {
            Ok(finished)
        } else {
            Err(format!("killed after {:?}: {}", self.deadline, finished.describe()))
        }
    }

    /// Everything the command printed, once it has closed both outputs.
    fn output_until(&mut self, deadline: Instant) -> Option<(String, String)> {
        while self.stdout.more(deadline) {}
        if !self.stdout.is_closed {
            return None;
        }
        let stderr = self.stderr.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?;
        Some((self.stdout.so_far(), stderr))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of a command.
pub struct Finished {
    command: String,
    pub stdout: String,
    pub stderr: String,
    /// The exit code; 128 + the signal's number when a signal ended the command, as a shell has it.
    pub code: i32,
}

impl Finished {
    /// Panics unless the command succeeded.
    pub fn success(self) -> Self {
        self.failure(0)
    }

    /// Panics unless the command ended with this code.
    pub fn failure(self, code: i32) -> Self {
        assert!(self.code == code, "expected exit code {code}: {}", self.describe());
        self
    }

    fn describe(&self) -> String {
        let Self { command, stdout, stderr, code } = self;
        format!("{command}\nexit code: {code}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
    }
}

fn spawn(command: &mut Command) -> Child {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {}: {error}", describe(command)))
}

/// An output, read in a thread as it comes, so that a full pipe never blocks the command.
struct Printed {
    bytes: Vec<u8>,
    parts: Receiver<Vec<u8>>,
    is_closed: bool,
}

impl Printed {
    fn by(mut output: impl Read + Send + 'static) -> Self {
        let (sender, parts) = mpsc::channel();
        thread::spawn(move || {
            let mut part = [0; 4096];
            // Nobody listens any more when the test has panicked.
            while let Ok(length @ 1..) = output.read(&mut part)
                && sender.send(part[..length].to_vec()).is_ok()
            {}
        });
        Self { bytes: Vec::new(), parts, is_closed: false }
    }

    /// Waits for more; nothing comes any more when the output is closed, or the time is up.
    fn more(&mut self, deadline: Instant) -> bool {
        match self.parts.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(part) => {
                self.bytes.extend(part);
                true
            }
            Err(error) => {
                self.is_closed = error == RecvTimeoutError::Disconnected;
                false
            }
        }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// Reads an output to its end in a thread, so that a full pipe never blocks the command.
pub(crate) fn collect(mut output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = output.read_to_end(&mut bytes);
        // Nobody listens any more when the test has panicked.
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

/// The command line as a person would type it.
fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy()));
    words.join(" ")
}

pub(crate) fn exit_code(status: ExitStatus) -> i32 {
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .expect("a process ends by exit or by signal")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Invocation {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Invocation::new(command)
    }

    #[test]
    fn input_outputs_and_code_are_kept_apart() {
        let finished = shell("cat; echo oops >&2; exit 3").input("hello").run().failure(3);
        assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("hello", "oops\n"));
    }

    #[test]
    fn what_is_printed_is_seen_while_the_command_runs() {
        let mut running = shell("echo one; read line; echo two").input("go\n").start();
        running.until_printed("one\n");
        assert_eq!(running.finish().success().stdout, "one\ntwo\n");
    }

    #[test]
    #[should_panic(expected = "did not print \"two\", but:\none")]
    fn what_is_not_printed_is_told() {
        shell("echo one").start().until_printed("two");
    }

    #[test]
    fn an_interrupt_shows_as_the_shell_shows_it() {
        // Not a command that reads: with nothing to read it may end before the signal comes.
        let running = shell("exec sleep 60").start();
        running.interrupt();
        running.finish().failure(130);
    }

    #[test]
    #[should_panic(expected = "killed after 50ms: sh -c exec sleep 60")]
    fn a_hang_is_killed_and_shown() {
        shell("exec sleep 60").deadline(Duration::from_millis(50)).run();
    }
}
