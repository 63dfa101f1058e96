//! Differences, as people read them: each field once, and beside it who wrote it.

use drover::print::{Colour, Line, age, counted};
use jiff::Timestamp;

use super::values::{Values, arrow};
use super::{ObjectDifference, State};
use crate::compare::{Change, Manager};

/// Where differences are shown, and when.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// None where nothing limits a line.
    pub width: Option<usize>,
    pub colour: bool,
    pub now: Timestamp,
}

/// How far to the right of a wide screen it says who wrote a field.
const FURTHEST: usize = 90;
/// With less room for a change, who wrote it stands below.
const NARROWEST: usize = 24;
/// Between a field and who wrote it.
const GAP: usize = 3;
/// Below an object, and below a field.
const INDENT: usize = 2;

/// Under a heading that says what is compared, the objects that differ, of so many that were compared.
pub fn render(heading: &str, differences: &[ObjectDifference], compared: usize, screen: &Screen) -> String {
    let entries: Vec<Vec<Entry>> = differences
        .iter()
        .map(|difference| difference.changes.iter().map(|change| Entry::of(change, screen.now)).collect())
        .collect();
    let layout = Layout::of(entries.iter().flatten(), screen.width);
    let mut lines = vec![Line::plain(heading)];
    for (difference, entries) in differences.iter().zip(&entries) {
        lines.push(object(difference));
        lines.extend(entries.iter().flat_map(|entry| layout.place(entry)));
    }
    lines.push(Line::plain(&summary(differences, compared)));
    lines.iter().map(|line| format!("{}\n", line.text(screen.colour))).collect()
}

fn object(difference: &ObjectDifference) -> Line {
    let line = Line::plain(&difference.object.to_string());
    let gap = " ".repeat(GAP);
    match difference.state {
        State::Changed => line,
        State::Added => line.with(&gap, None).with("created since", Colour::Green),
        State::Removed => line.with(&gap, None).with("gone", Colour::Red),
        State::Forbidden => line.with(&gap, None).with("not compared: you may not read it", None),
        State::NotServed => line.with(&gap, None).with("gone: its kind is no longer served", Colour::Red),
    }
}

fn summary(differences: &[ObjectDifference], compared: usize) -> String {
    let differing = differences.iter().filter(|difference| difference.state.is_different()).count();
    let unknown = differences.len() - differing;
    let of = counted(compared, "object");
    let verdict = match differing {
        0 => format!("no differences in {of}"),
        1 => format!("1 of {of} differs"),
        _ => format!("{differing} of {of} differ"),
    };
    if unknown == 0 { verdict } else { format!("{verdict}, {unknown} not compared") }
}

/// One change, and the ways to put it.
struct Entry {
    /// From the most compact on.
    forms: Vec<Form>,
    who: String,
}

/// One way to put a change.
struct Form {
    lines: Vec<Line>,
    /// The line beside which who wrote it stands.
    beside: usize,
}

impl Form {
    fn width(&self) -> usize {
        self.lines.get(self.beside).map_or(0, Line::width)
    }
}

impl Entry {
    fn of(change: &Change, now: Timestamp) -> Self {
        let label = if change.order { format!("{} (order)", change.path) } else { change.path.clone() };
        let indented = |line: Line| line.indented(2 * INDENT);
        let label = |end: &str| Line::plain(&format!("{label}{end}")).indented(INDENT);
        let below = |head: Line, lines: Vec<Line>| {
            std::iter::once(head).chain(lines.into_iter().map(indented)).collect()
        };
        let forms = match Values::of(change) {
            Values::Short { before, after } => {
                let (before, after) = (before.as_deref(), after.as_deref());
                let values = arrow(Line::default(), before, after);
                let was = before.map(|before| Line::coloured(&format!("-{before}"), Colour::Red));
                let is = after.map(|after| Line::coloured(&format!("+{after}"), Colour::Green));
                vec![
                    Form { lines: vec![arrow(label(": "), before, after)], beside: 0 },
                    Form { lines: below(label(":"), vec![values]), beside: 1 },
                    Form { lines: below(label(""), was.into_iter().chain(is).collect()), beside: 0 },
                ]
            }
            Values::Long(texts) => vec![Form { lines: below(label(""), texts), beside: 0 }],
        };
        Self { forms, who: who(change.by.as_ref(), now) }
    }

    /// The first form that leaves room for who wrote it, or else the last.
    fn form(&self, room: usize) -> Option<&Form> {
        self.forms.iter().find(|form| form.width() <= room).or(self.forms.last())
    }
}

/// `helm, at latest 1h ago`.
fn who(manager: Option<&Manager>, now: Timestamp) -> String {
    let Some(manager) = manager else { return "not recorded".to_owned() };
    let through = manager.subresource.as_ref().map_or(String::new(), |through| format!(" ({through})"));
    let time = manager
        .time
        .map_or(String::new(), |time| format!(", at latest {} ago", age(now.duration_since(time).as_secs())));
    format!("{}{through}{time}", manager.name)
}

/// Where things stand.
struct Layout {
    width: usize,
    /// What is left of a line for a change, beside who wrote it.
    room: usize,
    /// Where it says who wrote it.
    column: usize,
}

impl Layout {
    fn of<'a>(entries: impl Iterator<Item = &'a Entry> + Clone, width: Option<usize>) -> Self {
        let longest = entries.clone().map(|entry| Line::plain(&entry.who).width()).max().unwrap_or_default();
        let room = width.map_or(usize::MAX, |width| width.saturating_sub(longest + GAP));
        if let Some(width) = width.filter(|_| room < NARROWEST) {
            return Self { width, room: width, column: 3 * INDENT };
        }
        let furthest = room.min(FURTHEST);
        // What reaches further has who wrote it right behind it: it must not push away all others.
        let widths = entries.filter_map(|entry| entry.form(room)).map(Form::width);
        let aligned = widths.filter(|width| *width <= furthest).max().unwrap_or(furthest);
        Self { width: width.unwrap_or(usize::MAX), room, column: aligned + GAP }
    }

    fn place(&self, entry: &Entry) -> Vec<Line> {
        let Some(form) = entry.form(self.room) else { return Vec::new() };
        let mut lines = form.lines.clone();
        let Some(line) = lines.get_mut(form.beside) else { return lines };
        let who = Line::plain(&entry.who);
        let end = line.width().saturating_add(GAP).max(self.column);
        if end + who.width() <= self.width {
            *line = std::mem::take(line).padded(end).with(&entry.who, None);
        } else {
            lines.insert(form.beside + 1, who.indented(self.column));
        }
        lines
    }
}
