//! A column of numbers with their errors.

use drover::print::{Colour, Line};
use unicode_width::UnicodeWidthStr;

use super::figure::Figure;

/// Numbers below each other, aligned at the point.
#[derive(Debug)]
pub struct Numbers {
    head: &'static str,
    whole: usize,
    fraction: usize,
    error: usize,
}

impl Numbers {
    /// `head` is what stands above them.
    pub fn of<'a>(head: &'static str, figures: impl Iterator<Item = &'a Figure>) -> Self {
        let mut numbers = Self { head, whole: 0, fraction: 0, error: 0 };
        for figure in figures {
            numbers.whole = numbers.whole.max(figure.whole.width());
            numbers.fraction = numbers.fraction.max(figure.fraction.width());
            numbers.error = numbers.error.max(figure.error.width());
        }
        numbers.whole = numbers.whole.max(head.len().saturating_sub(numbers.fraction));
        numbers
    }

    pub fn width(&self) -> usize {
        let gap = usize::from(self.error > 0);
        self.whole + self.fraction + gap + self.error
    }

    /// Above the numbers, at their right.
    pub fn head(&self) -> String {
        let (right, width) = (self.whole + self.fraction, self.width());
        format!("{:width$}", format!("{:>right$}", self.head))
    }

    /// A number in its place.
    pub fn cell(&self, figure: &Figure) -> Line {
        let number = format!("{:>whole$}{}", figure.whole, figure.fraction, whole = self.whole);
        let before = if figure.error.is_empty() { "" } else { " " };
        let line = Line::plain(&number).padded(self.whole + self.fraction);
        line.with(before, None).with(&figure.error, Colour::Faint).padded(self.width())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_aligned_at_the_point() {
        let figure = |whole: &str, fraction: &str, error: &str| Figure {
            whole: whole.to_owned(),
            fraction: fraction.to_owned(),
            error: error.to_owned(),
        };
        let figures = [figure("5", ".03", "±0.04"), figure("12", ".9", "±1.0"), figure("7", "", "")];
        let numbers = Numbers::of("at", figures.iter());
        let cells = figures.each_ref().map(|figure| numbers.cell(figure).text(false));
        assert_eq!(numbers.head(), "   at      ");
        assert_eq!(cells, [" 5.03 ±0.04", "12.9  ±1.0 ", " 7         "]);
        assert_eq!(numbers.width(), 11);
    }
}
