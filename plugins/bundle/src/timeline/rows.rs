//! The timeline as people read it: columns like those of `kubectl events`, that stay where they are while
//! more comes in.

use drover::print::{age, escape};
use jiff::Timestamp;

use super::{Entry, Origin, Summary};
use drover::model::event::Event;

const HEADINGS: [&str; 5] = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];

const GAP: &str = "   ";

/// How wide the columns are; the last needs no width.
pub struct Columns([usize; 4]);

impl Columns {
    /// As wide as these entries need. What comes later and does not fit pushes the rest of its line.
    pub fn of(entries: &[Entry], now: Timestamp) -> Self {
        let mut widths = [0; 4];
        let cells = entries.iter().filter_map(|entry| match entry {
            Entry::Event(event) => Some(cells(event, now)),
            Entry::Version(_) => None,
        });
        for cells in cells.chain([HEADINGS.map(str::to_owned)]) {
            for (width, cell) in widths.iter_mut().zip(&cells) {
                *width = (*width).max(cell.chars().count());
            }
        }
        Self(widths)
    }

    pub fn heading(&self) -> String {
        self.line(&HEADINGS.map(str::to_owned))
    }

    pub fn row(&self, entry: &Entry, now: Timestamp) -> String {
        match entry {
            Entry::Event(event) => self.line(&cells(event, now)),
            Entry::Version(version) => mark(version),
        }
    }

    fn line(&self, cells: &[String; 5]) -> String {
        let [.., message] = cells;
        let columns = self.0.iter().zip(cells).map(|(width, cell)| format!("{cell:<width$}{GAP}"));
        format!("{}{message}\n", columns.collect::<String>())
    }
}

fn cells(event: &Event, now: Timestamp) -> [String; 5] {
    let since = |time: Timestamp| age(now.duration_since(time).as_secs());
    let seen = match event.count {
        1 => since(event.last),
        count => format!("{} (x{count} over {})", since(event.last), since(event.first)),
    };
    let object = event.object.short();
    let cells = [&seen, &event.r#type, &event.reason, &object, &event.message];
    cells.map(|text| if text.is_empty() { "<none>".to_owned() } else { escape(text).into_owned() })
}

/// `── version 7 recorded by jane: before 1.5 ──`.
fn mark(version: &Summary) -> String {
    let what = match version.origin {
        Origin::Recorded => "recorded",
        Origin::Automatic => "recorded before a rollback",
        Origin::Partial => "first rolled out",
    };
    let by = version.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let message = version.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
    let text = format!("version {} {what}{by}{message}", version.version);
    format!("── {} ──\n", escape(&text))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{event, version};
    use super::super::timeline;
    use super::*;

    #[test]
    fn columns_are_those_of_kubectl_events() {
        let now = "2026-01-01T00:10:00Z".parse().unwrap();
        let entries =
            timeline(vec![event("web-1", 1, 5, 3), event("web-23", 9, 9, 1)], vec![version("7", 7)]);
        let columns = Columns::of(&entries, now);
        let rows: String = entries.iter().map(|entry| columns.row(entry, now)).collect();
        let expected = "\
LAST SEEN         TYPE     REASON   OBJECT       MESSAGE
5m (x3 over 9m)   Normal   Pulled   pod/web-1    Container image\\nalready present
── version 7 recorded by jane: before 7 ──
60s               Normal   Pulled   pod/web-23   Container image\\nalready present
";
        assert_eq!(columns.heading() + &rows, expected);
    }
}
