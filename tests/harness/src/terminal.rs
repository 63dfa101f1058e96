//! A command in a real terminal: what a person sees on it, and how it is left.

use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command as PtyCommand, Pty, open};
use rustix::termios::{LocalModes, tcgetattr};
use tempfile::TempDir;
use vt100::Parser;

/// What has scrolled off the screen is kept for so many rows.
const SCROLLBACK: usize = 1000;

/// A command whose input and outputs are all a terminal. Dropping it kills it.
pub struct Terminal {
    command: String,
    child: Child,
    pty: Arc<Pty>,
    shared: Arc<Shared>,
    modes: LocalModes,
    deadline: Instant,
    _folder: Option<Arc<TempDir>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: Parser,
    is_closed: bool,
}

/// What can be seen at one moment.
#[derive(Debug, Clone)]
pub struct Picture {
    /// From the top, without the spaces at their ends.
    pub rows: Vec<String>,
    /// Whether any line went on in the next row, because the terminal was too narrow for it.
    pub is_wrapped: bool,
}

impl Picture {
    fn of(parser: &Parser) -> Self {
        let screen = parser.screen();
        let (rows, columns) = screen.size();
        Self {
            rows: screen.rows(0, columns).map(|row| row.trim_end().to_owned()).collect(),
            is_wrapped: (0..rows).any(|row| screen.row_wrapped(row)),
        }
    }

    pub fn text(&self) -> String {
        self.rows.join("\n").trim_end().to_owned()
    }

    pub fn contains(&self, words: &str) -> bool {
        self.rows.iter().any(|row| row.contains(words))
    }

    /// The rows that contain these words.
    pub fn count(&self, words: &str) -> usize {
        self.rows.iter().filter(|row| row.contains(words)).count()
    }
}

impl Terminal {
    /// The environment is what the command sets, and nothing else.
    pub(crate) fn start(
        command: &Command,
        folder: Option<Arc<TempDir>>,
        deadline: Duration,
        (columns, rows): (u16, u16),
    ) -> Self {
        let (pty, terminal) = open().expect("a pseudo-terminal can be opened");
        pty.resize(Size::new(rows, columns)).expect("a terminal can be resized");
        let modes = tcgetattr(&pty).expect("a terminal has modes").local_modes;
        let environment = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let child = PtyCommand::new(command.get_program())
            .args(command.get_args())
            .env_clear()
            .envs(environment)
            .env("TERM", "xterm-256color")
            .spawn(terminal)
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let parser = Parser::new(rows, columns, SCROLLBACK);
        let state = Mutex::new(State { parser, is_closed: false });
        let shared = Arc::new(Shared { state, changed: Condvar::new() });
        let pty = Arc::new(pty);
        thread::spawn({
            let (pty, shared) = (pty.clone(), shared.clone());
            move || shared.read(&pty)
        });
        let deadline = Instant::now() + deadline;
        Self { command: format!("{command:?}"), child, pty, shared, modes, deadline, _folder: folder }
    }

    /// Waits for such a picture, or panics with the one that there is when the command ends, or after its deadline.
    pub fn until(&self, what: &str, is_it: impl Fn(&Picture) -> bool) -> Picture {
        let mut state = self.shared.lock();
        loop {
            let picture = Picture::of(&state.parser);
            if is_it(&picture) {
                return picture;
            }
            let left = self.deadline.saturating_duration_since(Instant::now());
            let is_hopeless = state.is_closed || left.is_zero();
            assert!(!is_hopeless, "{}: no {what} on the terminal:\n{}", self.command, picture.text());
            state = self.shared.changed.wait_timeout(state, left).expect("no reader panics").0;
        }
    }

    /// Somebody changes the window's size.
    pub fn resize(&self, columns: u16, rows: u16) {
        // In this order: what is drawn for the new size comes to a terminal that has it.
        self.shared.lock().parser.screen_mut().set_size(rows, columns);
        self.pty.resize(Size::new(rows, columns)).expect("a terminal can be resized");
    }

    /// Somebody presses keys: text, `\n`, `\t` and the like.
    pub fn press(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).expect("a terminal takes what is typed");
    }

    /// Somebody presses Ctrl-C.
    pub fn press_control_c(&self) {
        self.press("\x03");
    }

    /// Waits for the command's end; its exit code, and what is on the screen then.
    pub fn finish(mut self) -> (i32, Picture) {
        let mut state = self.shared.lock();
        while !state.is_closed {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let text = Picture::of(&state.parser).text();
            assert!(!left.is_zero(), "{} hangs:\n{text}", self.command);
            state = self.shared.changed.wait_timeout(state, left).expect("no reader panics").0;
        }
        let screen = state.parser.screen();
        let picture = Picture::of(&state.parser);
        let text = picture.text();
        assert!(!screen.hide_cursor(), "the cursor is gone:\n{text}");
        assert!(!screen.alternate_screen(), "the screen is another:\n{text}");
        assert_eq!(screen.cursor_position().1, 0, "the prompt would not begin a line:\n{text}");
        assert_eq!(screen.fgcolor(), vt100::Color::Default, "the prompt would be coloured:\n{text}");
        drop(state);
        let modes = tcgetattr(&*self.pty).expect("a terminal has modes").local_modes;
        assert_eq!(modes, self.modes, "what is typed would not be shown as before");
        let status = self.child.wait().expect("a child can be waited for");
        (crate::command::exit_code(status), picture)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no reader panics")
    }

    /// Until nobody has the terminal open any more, which Linux tells as an error.
    fn read(&self, mut pty: &Pty) {
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = pty.read(&mut part) {
            self.lock().parser.process(&part[..length]);
            self.changed.notify_all();
        }
        self.lock().is_closed = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Terminal {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        Terminal::start(&command, None, Duration::from_secs(10), (20, 5))
    }

    #[test]
    fn a_picture_is_what_is_left_after_drawing_again() {
        let (code, picture) = shell("printf 'one\\ntwo\\n\\033[1A\\033[Jthree\\n'; exit 3").finish();
        assert_eq!((code, picture.text().as_str(), picture.is_wrapped), (3, "one\nthree", false));
        let (_, picture) = shell("echo 'more than fits in twenty'").finish();
        assert!(picture.is_wrapped);
    }

    #[test]
    fn what_is_pressed_and_resized_arrives() {
        let terminal = shell("trap 'echo stopped; exit 0' INT; stty size; read line; exit 1");
        terminal.until("size", |picture| picture.contains("5 20"));
        terminal.resize(30, 6);
        terminal.press_control_c();
        let (code, picture) = terminal.finish();
        assert_eq!(code, 0);
        assert!(picture.contains("stopped"), "{}", picture.text());
    }

    #[test]
    #[should_panic(expected = "no two on the terminal:\none")]
    fn what_is_never_seen_is_told() {
        shell("echo one").until("two", |picture| picture.contains("two"));
    }
}
