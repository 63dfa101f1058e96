//! The documents of a stream, cut apart as kubectl does before it reads them (apimachinery/pkg/util/yaml:
//! `splitYAMLDocument`), so that what is wrong with one is said of that one.

/// One document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document<'t> {
    pub text: &'t str,
    /// How many lines stand before it.
    pub lines_before: u64,
}

/// The documents of a stream that hold anything.
pub fn documents(stream: &str) -> Vec<Document<'_>> {
    let mut documents = Vec::new();
    let (mut start, mut at, mut lines_before) = (0, 0, 0);
    for (number, line) in (1..).zip(stream.split_inclusive('\n')) {
        let end = at + line.len();
        if is_separator(line) {
            documents.push(Document { text: &stream[start..at], lines_before });
            (start, lines_before) = (end, number);
        }
        at = end;
    }
    documents.push(Document { text: &stream[start..], lines_before });
    documents.retain(|document| holds_anything(document.text));
    documents
}

fn is_separator(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// More than comments, directives and the mark of an end.
fn holds_anything(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    lines.any(|line| !line.is_empty() && !line.starts_with(['#', '%']) && line != "...")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_cut_at_their_marks_and_know_their_lines() {
        let stream = "# comment\n---\n# Source: a\na: 1\n--- # next\n\n---\nb: |\n  ---\n  x\n";
        let cut: Vec<_> = documents(stream).iter().map(|one| (one.text, one.lines_before)).collect();
        assert_eq!(cut, [("# Source: a\na: 1\n", 2), ("b: |\n  ---\n  x\n", 7)]);
        assert_eq!(documents(""), []);
        assert_eq!(documents("a: 1").len(), 1);
    }
}
