//! Several lines of stderr that are drawn again in place.

use std::io::{self, Write};

use crossterm::QueueableCommand;
use crossterm::cursor::{MoveToColumn, MoveUp};
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};

use super::Streams;
use crate::print::Line;

/// The lines at the end of a terminal. The cursor stays below them, so that whatever ends the program leaves the
/// terminal as it was.
#[derive(Debug, Default)]
pub struct Region {
    /// The widths of the lines that are there.
    drawn: Vec<usize>,
}

impl Region {
    /// How wide a line may be now, and how many there is room for.
    #[must_use]
    pub fn size() -> (usize, usize) {
        let (columns, rows) = size();
        (columns, rows.saturating_sub(1))
    }

    /// Draws these lines in place of those before. Of more than the terminal has room for, the last are shown.
    ///
    /// # Errors
    /// When stderr can't be written.
    pub fn draw(&mut self, lines: &[Line], streams: &mut Streams) -> io::Result<()> {
        let (columns, rows) = Self::size();
        let shown = &lines[lines.len().saturating_sub(rows)..];
        // At once, so that nobody sees a part of it.
        let mut frame = Vec::new();
        frame.queue(BeginSynchronizedUpdate)?;
        self.erase(columns, &mut frame)?;
        for line in shown {
            writeln!(frame, "{}", line.text(streams.colour))?;
        }
        frame.queue(EndSynchronizedUpdate)?;
        self.drawn = shown.iter().map(Line::width).collect();
        streams.err.write_all(&frame)?;
        streams.err.flush()
    }

    /// Takes the lines away.
    ///
    /// # Errors
    /// When stderr can't be written.
    pub fn clear(&mut self, streams: &mut Streams) -> io::Result<()> {
        self.erase(size().0, &mut streams.err)?;
        streams.err.flush()
    }

    /// A terminal that became narrower has broken the lines that are there already.
    fn erase(&mut self, columns: usize, output: &mut impl Write) -> io::Result<()> {
        let rows = self.drawn.drain(..).map(|width| width.div_ceil(columns.max(1)).max(1)).sum::<usize>();
        if rows > 0 {
            let rows = u16::try_from(rows).unwrap_or(u16::MAX);
            output.queue(MoveUp(rows))?.queue(MoveToColumn(0))?.queue(Clear(ClearType::FromCursorDown))?;
        }
        Ok(())
    }
}

/// Columns and rows now: they change while somebody watches.
fn size() -> (usize, usize) {
    let (columns, rows) = crossterm::terminal::size().unwrap_or((80, 24));
    (usize::from(columns), usize::from(rows))
}
