//! The waterfall as a picture, for a page, light or dark.

use std::fmt::Write;

use drover::print::escape;

use super::figure::Figures;
use super::label::{Label, shortened};
use super::scale::Scale;
use super::verdicts;
use super::waterfall::summary;
use super::words::{self, CERTAINTIES, Tone};
use crate::trace::{Certainty, Extent, Moment, Sign, Step, Trace};

const WIDTH: f64 = 960.0;
const MARGIN: f64 = 24.0;
/// From one row to the next.
const ROW: f64 = 24.0;
const BAR: f64 = 12.0;
/// Where the bars begin: left of them are names, then the times.
const LEFT: f64 = 400.0;
const RIGHT: f64 = WIDTH - MARGIN;
/// Where the times begin.
const TIMES: f64 = 296.0;
/// Where the first row is.
const TOP: f64 = 84.0;
/// What can be seen at least.
const LEAST: f64 = 3.0;
/// How many characters fit from the letter to the times, and on a line.
const NAME: usize = 36;
const LINE: usize = 120;
/// A character of the axis.
const CHARACTER: f64 = 8.0;

/// Middle tones: they can be read on white and on black.
const STYLE: &str = "\
text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:#737b86}\
.head{font-weight:600;font-size:15px}\
.number{font-family:ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px}\
.tick{stroke:#737b86;stroke-opacity:.25}";

/// A picture without scripts or anything to load.
pub fn svg(trace: &Trace) -> String {
    let mut picture = Picture { scale: Scale::of(trace), y: TOP, body: String::new() };
    picture.head(trace);
    picture.axis(trace.steps.len());
    let figures = Figures::of(picture.scale);
    for step in &trace.steps {
        picture.row(step, &figures);
    }
    picture.legend(trace);
    picture.verdicts(trace);
    picture.document(trace)
}

struct Picture {
    scale: Scale,
    /// The middle of the next row.
    y: f64,
    body: String,
}

impl Picture {
    /// Writing to a String can't fail.
    fn add(&mut self, element: std::fmt::Arguments) {
        let _ = self.body.write_fmt(element);
        self.body.push('\n');
    }

    fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let text = xml(text);
        self.add(format_args!(r#"<text x="{x:.1}" y="{y:.1}" class="{class}">{text}</text>"#));
    }

    fn head(&mut self, trace: &Trace) {
        let pod = shortened(&escape(&format!("{}/{}", trace.namespace, trace.pod)), LINE * 3 / 4);
        self.text(MARGIN, 32.0, "head", &pod);
        let summary = shortened(&escape(&summary(trace)), LINE / 2);
        self.text(MARGIN, 52.0, "", &summary);
    }

    fn axis(&mut self, rows: usize) {
        let columns = super::scale::column(1.0, 1 + whole((RIGHT - LEFT) / CHARACTER));
        let bottom = TOP + ROW * float(rows) - ROW / 2.0;
        for tick in self.scale.ticks(columns, 3) {
            let x = at(tick.position);
            let (from, to) = (TOP - ROW / 2.0, bottom);
            self.add(format_args!(r#"<path d="M{x:.1} {from:.1}V{to:.1}" class="tick"/>"#));
            self.text(x, TOP - 18.0, "number", &tick.label);
        }
    }

    fn row(&mut self, step: &Step, figures: &Figures) {
        let base = self.y + 4.0;
        let label = Label::of(step).fitted(NAME);
        let colour = colour(Tone::of(step));
        let (mut names, begin) = (label.name.to_owned(), figures.begin(step));
        for part in [&label.container, &label.detail].into_iter().filter(|part| !part.is_empty()) {
            names = format!("{names} {part}");
        }
        let told = format!("{}: {}", words::certainty(step.certainty), escape(&step.evidence));
        self.add(format_args!("<g><title>{}</title>", xml(&told)));
        self.letter(MARGIN, base, step.certainty, colour);
        self.text(MARGIN + 18.0, base, "", &names);
        self.text(TIMES, base, "number", &begin.text());
        self.bar(&step.extent, colour);
        self.add(format_args!("</g>"));
        self.y += ROW;
    }

    fn letter(&mut self, x: f64, y: f64, certainty: Certainty, colour: &str) {
        let letter: String = words::certainty(certainty).chars().take(1).collect();
        self.add(format_args!(
            r#"<text x="{x:.1}" y="{y:.1}" class="number" style="fill:{colour};font-weight:700">{letter}</text>"#
        ));
    }

    /// Hatched where it is uncertain.
    fn bar(&mut self, extent: &Extent, colour: &str) {
        let x = |time| at(self.scale.position(time));
        let edges = |moment: &Moment| (x(moment.earliest), x(moment.latest));
        match extent {
            Extent::At(moment) => {
                let (from, to) = edges(moment);
                if to - from > LEAST {
                    self.rectangle(from, to, colour, true);
                } else {
                    let middle = x(moment.middle()).min(RIGHT - LEAST / 2.0);
                    self.rectangle(middle - LEAST / 2.0, middle + LEAST / 2.0, colour, false);
                }
            }
            Extent::Since(begin) => {
                let (from, sure) = edges(begin);
                self.rectangle(from, sure, colour, true);
                self.rectangle(sure, RIGHT - BAR / 2.0, colour, false);
                let (x, top, half) = (RIGHT - BAR / 2.0, self.y - BAR / 2.0, BAR / 2.0);
                self.add(format_args!(
                    r#"<path d="M{x:.1} {top:.1}l{half:.1} {half:.1}l-{half:.1} {half:.1}z" fill="{colour}"/>"#
                ));
            }
            Extent::Span { begin, end } => {
                let ((from, sure), (surely, to)) = (edges(begin), edges(end));
                if sure > surely {
                    self.rectangle(from, to.max(from + LEAST), colour, true);
                } else {
                    self.rectangle(from, sure, colour, true);
                    self.rectangle(sure, surely.max(sure + LEAST), colour, false);
                    self.rectangle(surely, to, colour, true);
                }
            }
        }
    }

    fn rectangle(&mut self, from: f64, to: f64, colour: &str, is_uncertain: bool) {
        let (width, top) = (to - from, self.y - BAR / 2.0);
        if width < 0.05 {
            return;
        }
        let fill = if is_uncertain { format!("url(#{})", hatch(colour)) } else { colour.to_owned() };
        self.add(format_args!(
            r#"<rect x="{from:.1}" y="{top:.1}" width="{width:.1}" height="{BAR}" fill="{fill}"/>"#
        ));
    }

    fn legend(&mut self, trace: &Trace) {
        let y = self.y + 8.0;
        let mut x = MARGIN;
        for certainty in CERTAINTIES {
            if trace.steps.iter().any(|step| step.certainty == certainty) {
                self.letter(x, y, certainty, colour(Tone::Known(certainty)));
                self.text(x + 14.0, y, "", words::certainty(certainty));
                x += 96.0;
            }
        }
        let top = y - 10.0;
        let fill = hatch(colour(Tone::Known(Certainty::Observed)));
        self.add(format_args!(
            r#"<rect x="{x:.1}" y="{top:.1}" width="24" height="{BAR}" fill="url(#{fill})"/>"#
        ));
        self.text(x + 32.0, y, "", "uncertain");
        self.y += ROW * 1.5;
    }

    fn verdicts(&mut self, trace: &Trace) {
        for verdict in &trace.verdicts {
            let colour = match verdict.sign {
                Sign::Good => "#2da44e",
                Sign::Bad => colour(Tone::Bad),
                Sign::Note => "#737b86",
            };
            let (y, sign) = (self.y + 8.0, verdicts::sign(verdict.sign));
            self.add(format_args!(
                r#"<text x="{MARGIN}" y="{y:.1}" style="fill:{colour};font-weight:700">{sign}</text>"#
            ));
            for line in verdicts::fitted(&escape(&verdict.text), Some(LINE)) {
                let y = self.y + 8.0;
                self.text(MARGIN + 18.0, y, "", &line);
                self.y += ROW - 2.0;
            }
        }
    }

    fn document(&self, trace: &Trace) -> String {
        let height = self.y + MARGIN / 2.0;
        let title = xml(&format!("{} of pod {}/{}", words::phase(trace.phase), trace.namespace, trace.pod));
        let tones = CERTAINTIES.map(Tone::Known).into_iter().chain([Tone::Bad]);
        let hatches: String = tones.map(|tone| pattern(colour(tone))).collect();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
             <defs>{hatches}</defs>\n{}</svg>\n",
            self.body
        )
    }
}

fn at(position: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * position
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A few hundred.
fn whole(number: f64) -> usize {
    number as usize
}

#[allow(clippy::cast_precision_loss)] // A few hundred.
fn float(number: usize) -> f64 {
    number as f64
}

fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Known(Certainty::Observed) => "#3b82d6",
        Tone::Known(Certainty::Inferred) => "#c98a1b",
        Tone::Known(Certainty::Computed) => "#9a6dd7",
        Tone::Bad => "#dc4c4c",
    }
}

/// The name of a colour's hatching.
fn hatch(colour: &str) -> String {
    format!("hatch-{}", colour.trim_start_matches('#'))
}

fn pattern(colour: &str) -> String {
    let name = hatch(colour);
    format!(
        r#"<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="{colour}" fill-opacity=".22"/><rect width="2.5" height="6" fill="{colour}" fill-opacity=".75"/></pattern>"#
    )
}

/// Text as XML holds it: control characters, which it can't hold, as `\u{1b}`.
fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in escape(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => safe.extend(character.escape_unicode()),
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn look() {
        for (name, trace) in [
            ("start", sample::start()),
            ("shutdown", sample::shutdown()),
            ("under", sample::under_way()),
            ("quick", sample::quick()),
            ("single", sample::single()),
            ("hostile", sample::hostile()),
        ] {
            std::fs::write(format!("/tmp/rv/{name}.svg"), svg(&trace)).unwrap();
        }
    }
}
