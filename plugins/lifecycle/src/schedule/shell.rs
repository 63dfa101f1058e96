//! As much of a shell's grammar as it takes to see which commands a script runs, and what follows each.

use std::ops::Range;

const SHELLS: [&str; 4] = ["sh", "bash", "dash", "ash"];

/// What may stand before the program of a command.
const KEYWORDS: [&str; 10] = ["!", "{", "do", "elif", "else", "if", "then", "time", "until", "while"];

/// One command of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its words, without their quotes.
    pub words: Vec<String>,
    /// Where it stands in the script.
    pub span: Range<usize>,
    pub then: Then,
}

/// What stands behind a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing, or a next command that does not depend on it: `;` or a new line.
    Next,
    And,
    Or,
    Pipe,
    /// `&`: it is not waited for.
    Background,
}

impl Command {
    /// The program with its arguments: without keywords and assignments before it.
    pub fn program(&self) -> &[String] {
        let is_before = |word: &String| KEYWORDS.contains(&word.as_str()) || is_assignment(word);
        let start = self.words.iter().position(|word| !is_before(word)).unwrap_or(self.words.len());
        &self.words[start..]
    }

    /// Whether it is the condition of a loop that goes on until it holds, or no longer does.
    pub fn is_loop(&self) -> bool {
        self.words.first().is_some_and(|word| word == "until" || word == "while")
    }
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// The script that a command line gives a shell.
pub fn script(command: &[String]) -> Option<&str> {
    let [shell, options @ ..] = command else { return None };
    if !SHELLS.contains(&base_name(shell)) {
        return None;
    }
    let at = options.iter().position(|option| !is_set_option(option))?;
    let is_given = options[..=at].last().is_some_and(|option| is_script_option(option));
    is_given.then(|| options.get(at + 1).map(String::as_str))?
}

/// Such as `-e`.
fn is_set_option(option: &str) -> bool {
    option.starts_with('-') && !is_script_option(option)
}

/// `-c`, also among others: `-ec`.
fn is_script_option(option: &str) -> bool {
    option.strip_prefix('-').is_some_and(|letters| {
        letters.contains('c') && letters.chars().all(|letter| letter.is_ascii_lowercase())
    })
}

/// The name of a program without its folder.
pub fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// The commands of a script; none where it can't be read, such as one with a here-document.
pub fn commands(script: &str) -> Vec<Command> {
    let mut reader = Reader::new(script);
    if script.contains("<<") || reader.read().is_none() { Vec::new() } else { reader.commands }
}

struct Reader<'s> {
    script: &'s str,
    at: usize,
    /// Where the command began.
    start: Option<usize>,
    words: Vec<String>,
    word: Option<String>,
    commands: Vec<Command>,
}

impl<'s> Reader<'s> {
    fn new(script: &'s str) -> Self {
        Self { script, at: 0, start: None, words: Vec::new(), word: None, commands: Vec::new() }
    }

    fn rest(&self) -> &'s str {
        &self.script[self.at..]
    }

    /// None where a quote or a bracket is not closed.
    fn read(&mut self) -> Option<()> {
        while let Some(character) = self.rest().chars().next() {
            match character {
                '\n' | ';' | '|' | '&' if self.is_separator() => self.separate(),
                ' ' | '\t' | '\r' => {
                    self.end_word();
                    self.at += 1;
                }
                '#' if self.word.is_none() => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                '\\' => self.escaped()?,
                '\'' | '"' => self.quoted(character)?,
                '(' | '`' => self.bracketed(character)?,
                _ => self.take(character),
            }
        }
        self.end_command(self.at, Then::Next);
        Some(())
    }

    fn take(&mut self, character: char) {
        self.start.get_or_insert(self.at);
        self.word.get_or_insert_default().push(character);
        self.at += character.len_utf8();
    }

    /// `>&2` and `&>file` are no separators.
    fn is_separator(&self) -> bool {
        let is_redirected = self.script[..self.at].ends_with(['>', '<']);
        !(self.rest().starts_with("&>") || self.rest().starts_with('&') && is_redirected)
    }

    fn separate(&mut self) {
        let (length, then) = match self.rest() {
            rest if rest.starts_with("&&") => (2, Then::And),
            rest if rest.starts_with("||") => (2, Then::Or),
            rest if rest.starts_with(";;") => (2, Then::Next),
            rest if rest.starts_with('|') => (1, Then::Pipe),
            rest if rest.starts_with('&') => (1, Then::Background),
            _ => (1, Then::Next),
        };
        self.end_command(self.at, then);
        self.at += length;
    }

    fn escaped(&mut self) -> Option<()> {
        self.at += 1;
        let character = self.rest().chars().next()?;
        if character == '\n' {
            self.at += 1;
        } else {
            self.start.get_or_insert(self.at - 1);
            self.take(character);
        }
        Some(())
    }

    fn quoted(&mut self, quote: char) -> Option<()> {
        self.start.get_or_insert(self.at);
        self.word.get_or_insert_default();
        self.at += 1;
        loop {
            let character = self.rest().chars().next()?;
            match character {
                _ if character == quote => break,
                '\\' if quote == '"' => self.at += 1,
                _ => {}
            }
            let character = self.rest().chars().next()?;
            self.take(character);
        }
        self.at += 1;
        Some(())
    }

    /// A subshell or what is replaced by the output of one: part of a word, as it stands.
    fn bracketed(&mut self, open: char) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            let character = self.rest().chars().next()?;
            let is_first = depth == 0;
            match character {
                '(' => depth += 1,
                ')' => depth -= 1,
                '`' if is_first => depth += 1,
                '`' if open == '`' => depth -= 1,
                _ => {}
            }
            self.take(character);
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_command(&mut self, end: usize, then: Then) {
        self.end_word();
        let Some(start) = self.start.take() else { return };
        let end = start + self.script[start..end].trim_end().len();
        self.commands.push(Command { words: std::mem::take(&mut self.words), span: start..end, then });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(script: &str) -> Vec<String> {
        let line = |command: Command| format!("{} {:?}", command.words.join("|"), command.then);
        commands(script).into_iter().map(line).collect()
    }

    #[test]
    fn a_script_is_what_follows_c() {
        let of = |words: &[&str]| {
            script(&words.iter().copied().map(str::to_owned).collect::<Vec<_>>()).map(str::to_owned)
        };
        assert_eq!(of(&["/bin/sh", "-c", "date"]).as_deref(), Some("date"));
        assert_eq!(of(&["bash", "-e", "-xc", "date", "name"]).as_deref(), Some("date"));
        for words in [&["sh", "date"][..], &["sh"], &["sh", "-c"], &["sh", "-e"], &["python", "-c", "x"], &[]]
        {
            assert_eq!(of(words), None, "{words:?}");
        }
    }

    #[test]
    fn commands_and_what_follows_them() {
        assert_eq!(told("sleep 5; kill 1"), ["sleep|5 Next", "kill|1 Next"]);
        assert_eq!(told("a && b || c | d & e\n"), ["a And", "b Or", "c Pipe", "d Background", "e Next"]);
        assert_eq!(told("a # b; c\n\nd;"), ["a Next", "d Next"]);
        assert_eq!(told("app >/dev/null 2>&1 &"), ["app|>/dev/null|2>&1 Background"]);
        assert_eq!(told("app &>log"), ["app|&>log Next"]);
        assert_eq!(told("until a; do b; done"), ["until|a Next", "do|b Next", "done Next"]);
    }

    #[test]
    fn quotes_and_brackets_hold_together() {
        assert_eq!(told(r#"echo 'a; b' "c && \"d" e\;f"#), [r#"echo|a; b|c && "d|e;f Next"#]);
        assert_eq!(told("kill $(pidof a; b) `c | d`"), ["kill|$(pidof a; b)|`c | d` Next"]);
        assert_eq!(told("(a; b) &"), ["(a; b) Background"]);
        assert_eq!(told("a \\\n b"), ["a|b Next"]);
    }

    #[test]
    fn what_is_not_understood_says_nothing() {
        for script in ["echo 'a", "a; (b", "cat <<EOF\na\nEOF", "a \\", "", "``", "echo \"\\"] {
            let _ = told(script);
        }
        assert_eq!(told("echo 'a"), [""; 0]);
        assert_eq!(told("cat <<EOF\na\nEOF"), [""; 0]);
    }

    #[test]
    fn the_program_of_a_command() {
        let program = |script: &str| commands(script)[0].program().join(" ");
        assert_eq!(program("until ! A=1 nc -z x 1"), "nc -z x 1");
        assert_eq!(program("A=1"), "");
    }
}
