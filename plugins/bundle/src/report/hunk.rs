//! Texts of several lines, as `diff -u` shows how they differ.

use std::ops::Range;
use std::time::Duration;

use drover::print::{Colour, Line};
use similar::{ChangeTag, DiffOp, TextDiff};

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// After that long a comparison is content with more differences than there must be: two large texts
/// that have nothing in common take a time that grows with the square of their lines.
const LONGEST: Duration = Duration::from_millis(500);

/// The lines of a text that differ, with those around them and where they stand. An absent text has no
/// lines.
pub fn text_hunks(before: Option<&str>, after: Option<&str>) -> Vec<Line> {
    let is_whole = before.is_none() || after.is_none();
    hunks(before, after, |group, _| (!is_whole).then(|| header(group)))
}

/// The same for a structure: where a line of it stands says nothing.
pub fn structure_hunks(before: Option<&str>, after: Option<&str>) -> Vec<Line> {
    hunks(before, after, |_, index| (index > 0).then(|| "...".to_owned()))
}

fn hunks(
    before: Option<&str>,
    after: Option<&str>,
    heading: impl Fn(&[DiffOp], usize) -> Option<String>,
) -> Vec<Line> {
    let (one, other) = (before.unwrap_or_default(), after.unwrap_or_default());
    let diff = TextDiff::configure().timeout(LONGEST).diff_lines(one, other);
    let says_end = before.is_some() && after.is_some();
    let mut lines = Vec::new();
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        lines.extend(heading(group, index).map(|heading| Line::plain(&heading)));
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let text = change.value();
            lines.push(marked(change.tag(), text.strip_suffix('\n').unwrap_or(text)));
            if says_end && change.missing_newline() {
                lines.push(Line::plain("\\ no line break at the end"));
            }
        }
    }
    lines
}

fn marked(tag: ChangeTag, text: &str) -> Line {
    match tag {
        ChangeTag::Equal => Line::plain(" ").with(text, None),
        ChangeTag::Delete => Line::coloured(&format!("-{text}"), Colour::Red),
        ChangeTag::Insert => Line::coloured(&format!("+{text}"), Colour::Green),
    }
}

/// `@@ -1,3 +1,4 @@`: where it starts, counted from 1, and how many lines follow.
fn header(group: &[DiffOp]) -> String {
    let range = |ranges: &mut dyn Iterator<Item = Range<usize>>| {
        let whole = ranges.reduce(|one, other| one.start..other.end).unwrap_or_default();
        match whole.len() {
            0 => format!("{},0", whole.start),
            1 => format!("{}", whole.start + 1),
            length => format!("{},{length}", whole.start + 1),
        }
    };
    let before = range(&mut group.iter().map(DiffOp::old_range));
    let after = range(&mut group.iter().map(DiffOp::new_range));
    format!("@@ -{before} +{after} @@")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: Option<&str>, after: Option<&str>) -> Vec<String> {
        text_hunks(before, after).iter().map(|line| line.text(false)).collect()
    }

    #[test]
    fn lines_are_shown_with_those_around_them() {
        let expected = ["@@ -1,3 +1,3 @@", " a", "-b", "+x", " c"];
        assert_eq!(shown(Some("a\nb\nc\n"), Some("a\nx\nc\n")), expected);
        let many: String = (1..=30).map(|number| format!("{number}\n")).collect();
        let changed = many.replace("\n2\n", "\ntwo\n").replace("\n29\n", "\n");
        let expected = [
            "@@ -1,5 +1,5 @@",
            " 1",
            "-2",
            "+two",
            " 3",
            " 4",
            " 5",
            "@@ -26,5 +26,4 @@",
            " 26",
            " 27",
            " 28",
            "-29",
            " 30",
        ];
        assert_eq!(shown(Some(&many), Some(&changed)), expected);
    }

    #[test]
    fn a_text_that_comes_or_goes_is_shown_whole() {
        assert_eq!(shown(None, Some("a\nb")), ["+a", "+b"]);
        assert_eq!(shown(Some("a\nb\n"), None), ["-a", "-b"]);
    }

    #[test]
    fn what_a_terminal_does_not_show_is_shown() {
        let expected = ["@@ -1 +1 @@", "-a", "+a", "\\ no line break at the end"];
        assert_eq!(shown(Some("a\n"), Some("a")), expected);
        assert_eq!(shown(Some("a\n"), Some("a\x1b[2J\n"))[2], "+a\\u{1b}[2J");
        assert_eq!(shown(Some("a\r\n"), Some("a\n")), ["@@ -1 +1 @@", "-a\\r", "+a"]);
    }

    #[test]
    fn where_a_line_of_a_structure_stands_says_nothing() {
        let many: String = (1..=12).map(|number| format!("- {number}\n")).collect();
        let changed = many.replace("- 1\n", "").replace("- 12\n", "- twelve\n");
        let lines = structure_hunks(Some(&many), Some(&changed));
        let lines: Vec<_> = lines.iter().map(|line| line.text(false)).collect();
        let expected =
            ["-- 1", " - 2", " - 3", " - 4", "...", " - 9", " - 10", " - 11", "-- 12", "+- twelve"];
        assert_eq!(lines, expected);
    }
}
