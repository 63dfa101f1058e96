//! What the tour itself says, around what the commands print.

use std::io::{self, IsTerminal, Write};

use crossterm::style::Stylize;

/// How wide the tour's own lines are: they fit every terminal, so none has to be measured.
const WIDTH: usize = 80;

/// The tour's own lines, on the stream the commands print their answers to, so that both stay in order.
pub struct Screen {
    output: Box<dyn Write>,
    styled: bool,
}

impl Screen {
    pub fn standard() -> Self {
        let output = io::stdout();
        Self { styled: output.is_terminal(), output: Box::new(output) }
    }

    /// The heading of a step.
    pub fn step(&mut self, number: usize, steps: usize, title: &str) -> io::Result<()> {
        let heading = format!("── {number}/{steps}  {title} ");
        let rule = "─".repeat(WIDTH.saturating_sub(heading.chars().count()));
        let line = format!("{heading}{rule}");
        match self.styled {
            true => writeln!(self.output, "\n{}", line.cyan().bold()),
            false => writeln!(self.output, "\n{line}"),
        }
    }

    /// A command line that is about to be run.
    pub fn command(&mut self, line: &str) -> io::Result<()> {
        let line = format!("$ {line}");
        match self.styled {
            true => writeln!(self.output, "\n{}", line.bold())?,
            false => writeln!(self.output, "\n{line}")?,
        }
        // The command writes to the same place next.
        self.output.flush()
    }

    /// One paragraph of explanation.
    pub fn explain(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.output, "{}", wrap(text))
    }

    /// Lines as they are.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.output, "{text}")
    }

    /// A question; the cursor stays behind it.
    pub fn ask(&mut self, question: &str) -> io::Result<()> {
        match self.styled {
            true => write!(self.output, "\n{} ", question.dim())?,
            false => write!(self.output, "\n{question} ")?,
        }
        self.output.flush()
    }
}

/// Breaks a paragraph between words.
fn wrap(text: &str) -> String {
    let mut wrapped = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column + length >= WIDTH {
            wrapped.push('\n');
            column = 0;
        } else if column > 0 {
            wrapped.push(' ');
        }
        wrapped.push_str(word);
        column += length + 1;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_broken_between_words() {
        let wrapped = wrap(&"word ".repeat(40));
        let lengths: Vec<_> = wrapped.lines().map(str::len).collect();
        assert_eq!(lengths, [79, 79, 39]);
    }
}
