//! Amounts of resources, as `500m` and `1.5Gi` (apimachinery/pkg/api/resource).

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

/// An amount; in billionths, the finest that Kubernetes knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i128);

const ONE: i128 = 1_000_000_000;

const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

impl Quantity {
    /// One of something that is counted.
    pub const ONE: Self = Self(ONE);

    /// None for what is no quantity, or is beyond what Kubernetes allows.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let end = text.find(|other: char| !other.is_ascii_digit() && !"+-.".contains(other));
        let (number, suffix) = text.split_at(end.unwrap_or(text.len()));
        let (negative, digits) = match number.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, number.strip_prefix('+').unwrap_or(number)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let digits: i128 = format!("{whole}{fraction}").parse().ok().filter(|digits| *digits >= 0)?;
        let (numerator, denominator) = scale(suffix)?;
        let divisor = denominator.checked_mul(10_i128.checked_pow(fraction.len().try_into().ok()?)?)?;
        let scaled = digits.checked_mul(numerator)?;
        // What is finer than a billionth is rounded up, as apimachinery does.
        let billionths = scaled / divisor + i128::from(scaled % divisor != 0);
        Some(Self(if negative { -billionths } else { billionths }))
    }
}

/// What a suffix multiplies by, in billionths.
fn scale(suffix: &str) -> Option<(i128, i128)> {
    if let Some(position) = BINARY.iter().position(|known| *known == suffix) {
        return Some((ONE << (10 * (position + 1)), 1));
    }
    let exponent: i32 = match suffix {
        "n" => -9,
        "u" => -6,
        "m" => -3,
        "" => 0,
        "k" => 3,
        "M" => 6,
        "G" => 9,
        "T" => 12,
        "P" => 15,
        "E" => 18,
        other => other.strip_prefix(['e', 'E'])?.parse().ok()?,
    };
    let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
    if exponent < 0 { Some((ONE, power)) } else { Some((ONE.checked_mul(power)?, 1)) }
}

impl Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Self::add)
    }
}

/// `512Mi`, `3` or `500m`: the largest binary unit that leaves no rest, else thousandths.
impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % ONE != 0 {
            return write!(formatter, "{}m", self.0 * 1000 / ONE);
        }
        let mut number = self.0 / ONE;
        let mut unit = "";
        for larger in BINARY {
            if number == 0 || number % 1024 != 0 {
                break;
            }
            (number, unit) = (number / 1024, larger);
        }
        write!(formatter, "{number}{unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_apimachinery_reads_them() {
        let same = |one: &str, other: &str| {
            assert_eq!(Quantity::parse(one).unwrap(), Quantity::parse(other).unwrap(), "{one} and {other}");
        };
        same("1", "1000m");
        same("0.5", "500m");
        same("1.5Gi", "1536Mi");
        same("1Ki", "1024");
        same("2E", "2e18");
        same("1E3", "1k");
        same("12e-1", "1200m");
        same("+.5", "500000u");
        same("0.0000000001", "1n");
        assert!(Quantity::parse("129M") > Quantity::parse("123Mi"));
        assert!(Quantity::parse("-1") < Quantity::parse("0"));
        for wrong in ["", ".", "m", "1x", "1 Gi", "1ki", "--1", "1.2.3", "1e", "9e99"] {
            assert_eq!(Quantity::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn they_are_written_short() {
        for text in ["0", "3", "500m", "512Mi", "1Gi", "1536Mi"] {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), text);
        }
    }
}
