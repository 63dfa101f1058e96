//! Tables as kubectl prints them: upper-case headings, three spaces between columns, no rules.

use tabled::builder::Builder;
use tabled::settings::{Padding, Style};

use super::escape;

/// Aligns rows under their headings. Cells are escaped; an empty one becomes `<none>`.
#[must_use]
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut builder = Builder::default();
    builder.push_record(headings.iter().copied());
    for row in rows {
        builder.push_record(row.iter().map(|cell| match cell.as_str() {
            "" => "<none>".to_owned(),
            text => escape(text).into_owned(),
        }));
    }
    let table = builder.build().with(Style::empty()).with(Padding::new(0, 3, 0, 0)).to_string();
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let rows = [
            vec!["web-1".to_owned(), "日本".to_owned(), String::new()],
            vec!["a".to_owned(), "b\x1b".to_owned(), "c".to_owned()],
        ];
        let expected = "\
NAME    OWNER     REASON
web-1   日本      <none>
a       b\\u{1b}   c
";
        assert_eq!(table(&["NAME", "OWNER", "REASON"], &rows), expected);
    }
}
