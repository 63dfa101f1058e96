//! The plan of a rollback, as people read it: each object once, with what comes of it, and what would do
//! what is left.

use drover::model::object::{JOBS, PODS};
use drover::print::{Colour, Line, counted};
use serde_json::Value;

use super::State;
use super::diff::Screen;
use crate::rollback::{Action, Because, Consequence, Held, Item, Reason, Unpinned, groups};

/// Where an object's name begins: below the longest action.
const OBJECT: usize = 12;
const GAP: usize = 2;
/// With less room than that beside the object, what is said of it stands below.
const NARROWEST: usize = 28;

/// Under a heading that says what is rolled back, what is done in the order in which it is done, what is
/// left, and how many objects are the same.
pub fn render_plan(heading: &str, items: &[Item], screen: &Screen) -> String {
    let is_left_out = |item: &Item| matches!(item.action, Action::Leave { reason: Reason::NotAsked, .. });
    let written = groups(items).into_iter().flatten();
    let others = items.iter().filter(|item| !item.action.is_write() && !is_left_out(item));
    let rows: Vec<_> = written.chain(others).filter_map(Row::of).collect();
    let layout = Layout::of(&rows, screen.width);
    let mut lines = vec![Line::plain(heading)];
    lines.extend(rows.iter().flat_map(|row| layout.place(row)));
    let left_out = items.iter().filter(|item| is_left_out(item)).count();
    let same = items.iter().filter(|item| item.action == Action::Same).count();
    if left_out > 0 {
        lines.push(start("leave", None, &counted(left_out, "object")).with("  not asked for", None));
    }
    if same > 0 {
        lines.push(start("same", None, &counted(same, "object")));
    }
    lines.iter().map(|line| format!("{}\n", line.text(screen.colour).trim_end())).collect()
}

/// One object.
struct Row {
    action: &'static str,
    colour: Option<Colour>,
    object: String,
    what: String,
    notes: Vec<String>,
}

impl Row {
    /// None where there is nothing to say.
    fn of(item: &Item) -> Option<Self> {
        let notes = notes(item);
        let (action, colour) = match item.action {
            Action::Same if notes.is_empty() => return None,
            Action::Same => ("same", None),
            Action::Update { .. } => ("update", None),
            Action::Create { .. } => ("create", Some(Colour::Green)),
            Action::Replace { .. } => ("replace", Some(Colour::Red)),
            Action::Delete => ("delete", Some(Colour::Red)),
            Action::Leave { .. } => ("leave", None),
        };
        Some(Self { action, colour, object: item.object.to_string(), what: what(item), notes })
    }
}

fn start(action: &str, colour: Option<Colour>, object: &str) -> Line {
    Line::default().with(action, colour).indented(GAP).padded(OBJECT).with(object, None)
}

fn what(item: &Item) -> String {
    match (&item.action, item.state) {
        (Action::Update { .. } | Action::Replace { .. }, Some(_)) => counted(item.changes.len(), "field"),
        (Action::Update { .. }, None) => "restart".to_owned(),
        (_, Some(State::Changed)) => "differs".to_owned(),
        (_, Some(State::Added)) => "added".to_owned(),
        (_, Some(State::Removed)) => "gone".to_owned(),
        (_, Some(State::Forbidden | State::NotServed)) => "unknown".to_owned(),
        (_, None) => String::new(),
    }
}

fn notes(item: &Item) -> Vec<String> {
    let mut notes = Vec::new();
    match &item.action {
        Action::Leave { reason: Reason::Held, .. } => {}
        Action::Leave { reason, flag } => notes.push(left(reason, flag.as_deref(), item.state)),
        Action::Replace { fields, .. } => {
            notes.push(format!("deleted and created again: {} can't be changed", fields.join(", ")));
        }
        _ => {}
    }
    notes.extend(item.consequences.iter().filter_map(|consequence| consequence_words(consequence, item)));
    notes.extend(item.held.iter().map(held));
    let is_unproven = item.action.is_write() && !item.proven_by_dry_run;
    notes.extend(is_unproven.then(|| "unproven: it depends on an earlier write".to_owned()));
    notes
}

fn left(reason: &Reason, flag: Option<&str>, state: Option<State>) -> String {
    let verb = match state {
        Some(State::Added) => "delete",
        Some(State::Removed) => "create",
        _ => "restore",
    };
    let why = match reason {
        Reason::NotAsked => "not asked for".to_owned(),
        // Of these the flag says it all.
        Reason::Secret | Reason::NotInVersion | Reason::Held => String::new(),
        Reason::CertificateExpired { at } => format!("the version's certificate ended at {at}"),
        Reason::CertificateUnreadable => "the version's certificate can't be read".to_owned(),
        Reason::Immutable { fields } => format!("{} can't be changed", fields.join(", ")),
        Reason::ClusterScoped => "it belongs to the whole cluster".to_owned(),
        Reason::RunsAgain => "it would run again".to_owned(),
        Reason::EmptyVolume => "its volume would be empty".to_owned(),
        Reason::LosesData => "its data would be lost for good".to_owned(),
        Reason::OlderThanVersion => "it is older than the version, but was no member then".to_owned(),
        Reason::UnreadThen => "it could not be read when the version was recorded".to_owned(),
        Reason::UsedByOthers { users } => {
            let users: Vec<_> = users.iter().map(ToString::to_string).collect();
            format!("used by {}, which is no member", users.join(", "))
        }
        Reason::BeingDeleted => "it is being deleted: roll back again once it is gone".to_owned(),
        Reason::Controlled { owner } => format!("{owner} makes it now"),
        Reason::NotServed => "the cluster no longer serves its kind".to_owned(),
        Reason::Forbidden => "you may not read it".to_owned(),
    };
    let verb = if matches!(reason, Reason::Immutable { .. }) { "delete and create" } else { verb };
    match (why.is_empty(), flag) {
        (true, Some(flag)) => format!("to {verb} it too: {flag}"),
        (false, Some(flag)) => format!("{why}; to {verb} it all the same: {flag}"),
        (_, None) => why,
    }
}

fn held(held: &Held) -> String {
    let word = |value: &Option<crate::compare::Shown>| match value.as_ref().map(|shown| shown.value()) {
        None => "absent".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    let change = &held.change;
    let why = match held.because {
        Because::LowersReplicas => "pods would go",
        Because::Unsuspends => "what it missed would start at once",
        Because::Unpauses => "it was paused since",
        Because::LoosensRetention => "claims could be deleted",
        Because::Claim => "it is a claim's",
        Because::ImmutableClaim => "it can't be changed, and a new claim is empty",
    };
    format!(
        "{} stays {} (was {}): {why}; to change it too: {}",
        change.path,
        word(&change.before),
        word(&change.after),
        held.flag
    )
}

fn consequence_words(consequence: &Consequence, item: &Item) -> Option<String> {
    Some(match consequence {
        Consequence::Restarts { pods, all_at_once: true } => {
            format!("{} before new ones start", pods_are(*pods, "stopped"))
        }
        Consequence::Restarts { pods, all_at_once: false } => pods_are(*pods, "replaced"),
        Consequence::Consumer { workload, restarts: true, .. } => {
            format!("loaded by {workload}'s new pods")
        }
        Consequence::Consumer { workload, paths, .. } => {
            let hint = if [JOBS, PODS].contains(&workload.resource) {
                ""
            } else {
                "; to restart it: --restart-consumers"
            };
            format!("{workload} does not load it ({}){hint}", paths.join(", "))
        }
        Consequence::RestartsToLoad => "its pods are replaced to load what changes".to_owned(),
        Consequence::Reverted { by, pause } => {
            format!("{by} will undo this; pause it first: {pause}")
        }
        Consequence::LosesData => "its data is lost for good".to_owned(),
        Consequence::Autoscaled if item.action == Action::Same => return None,
        Consequence::Autoscaled => "its replicas are left to its autoscaler".to_owned(),
        Consequence::Pinned { container, image } => format!("{container} runs {image}"),
        Consequence::NotPinned { container, why } => {
            let why = match why {
                Unpinned::Unknown => "what ran is not known",
                Unpinned::NoRepository => "what ran came from no registry",
                Unpinned::Several => "the tag moved while it ran",
            };
            format!("{container}'s image can't be pinned: {why}")
        }
    })
}

fn pods_are(pods: u64, what: &str) -> String {
    let be = if pods == 1 { "is" } else { "are" };
    format!("{} {be} {what}", counted(usize::try_from(pods).unwrap_or(usize::MAX), "pod"))
}

/// Where things stand.
struct Layout {
    what: usize,
    notes: usize,
    width: usize,
    /// What is said of an object stands below it.
    is_narrow: bool,
}

impl Layout {
    fn of(rows: &[Row], width: Option<usize>) -> Self {
        let longest = |text: fn(&Row) -> &str| {
            rows.iter().map(|row| Line::plain(text(row)).width()).max().unwrap_or_default()
        };
        let what = OBJECT + longest(|row| &row.object) + GAP;
        let notes = what + longest(|row| &row.what) + GAP;
        let width = width.unwrap_or(usize::MAX);
        let is_narrow = width.saturating_sub(notes) < NARROWEST;
        Self { what, notes: if is_narrow { OBJECT + GAP } else { notes }, width, is_narrow }
    }

    fn place(&self, row: &Row) -> Vec<Line> {
        let mut first = start(row.action, row.colour, &row.object);
        if !row.what.is_empty() {
            let column = if self.is_narrow { first.width() + GAP } else { self.what };
            first = first.padded(column).with(&row.what, None);
        }
        let mut notes = row.notes.iter().flat_map(|note| self.wrapped(note));
        if !self.is_narrow
            && let Some(note) = notes.next()
        {
            first = first.padded(self.notes).with(&note, None);
        }
        let below = notes.map(|note| Line::plain(&note).indented(self.notes)).collect::<Vec<_>>();
        std::iter::once(first).chain(below).collect()
    }

    /// Long words, as commands to copy, stay whole.
    fn wrapped(&self, note: &str) -> Vec<String> {
        let note = drover::print::escape(note);
        let options = textwrap::Options::new(self.width.saturating_sub(self.notes).max(1))
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .subsequent_indent("  ");
        textwrap::wrap(&note, options).into_iter().map(std::borrow::Cow::into_owned).collect()
    }
}

#[cfg(test)]
mod tests;
