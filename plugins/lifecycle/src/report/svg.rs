//! The waterfall as a picture, for a page, light or dark.

mod paint;

use std::fmt::Write;

use drover::print::escape;

use self::paint::{STYLE, colour, hatch, pattern, sign_colour, xml};
use super::figure::{Figure, Figures};
use super::label::{Label, shortened};
use super::numbers::Numbers;
use super::scale::Scale;
use super::verdicts;
use super::waterfall::summary;
use super::words::{self, CERTAINTIES, Tone};
use crate::trace::{Certainty, Extent, Moment, Step, Trace};

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
/// The same of the heading.
const HEAD: usize = 84;
/// A character of a number, and how many the axis has room for.
const CHARACTER: f64 = 8.0;
const AXIS: usize = 67;

/// A picture without scripts or anything to load.
pub fn svg(trace: &Trace) -> String {
    let mut picture = Picture { scale: Scale::of(trace), y: TOP, hatched: false, body: String::new() };
    picture.head(trace);
    picture.axis(trace.steps.len());
    let figures = Figures::of(picture.scale);
    let begins: Vec<Figure> = trace.steps.iter().map(|step| figures.begin(step)).collect();
    let numbers = Numbers::of("", begins.iter());
    for (step, begin) in trace.steps.iter().zip(&begins) {
        picture.row(step, &numbers.cell(begin).text(false), figures.took(step));
    }
    picture.legend(trace);
    picture.verdicts(trace);
    picture.document(trace)
}

struct Picture {
    scale: Scale,
    /// The middle of the next row.
    y: f64,
    /// Whether anything is.
    hatched: bool,
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
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        self.add(format_args!(r#"<text x="{x:.1}" y="{y:.1}"{class}>{text}</text>"#));
    }

    fn head(&mut self, trace: &Trace) {
        let pod = shortened(&escape(&format!("{}/{}", trace.namespace, trace.object)), HEAD);
        self.text(MARGIN, 32.0, "head", &pod);
        let summary = shortened(&escape(&summary(trace)), LINE);
        self.text(MARGIN, 52.0, "", &summary);
    }

    fn axis(&mut self, rows: usize) {
        let bottom = TOP + ROW * float(rows) - ROW / 2.0;
        for tick in self.scale.ticks(AXIS, 3) {
            let x = at(tick.position);
            let (from, to) = (TOP - ROW / 2.0, bottom);
            self.add(format_args!(r#"<path d="M{x:.1} {from:.1}V{to:.1}" class="tick"/>"#));
            if !tick.label.is_empty() {
                self.text(x, TOP - 18.0, "number", &tick.label);
            }
        }
    }

    fn row(&mut self, step: &Step, begin: &str, took: Option<Figure>) {
        let base = self.y + 4.0;
        let label = Label::of(step).fitted(NAME);
        let colour = colour(Tone::of(step));
        let told = format!("{}: {}", words::certainty(step.certainty), escape(&step.evidence));
        self.add(format_args!("<g><title>{}</title>", xml(&told)));
        self.letter(MARGIN, base, step.certainty, colour);
        self.text(MARGIN + 18.0, base, "", &label.text());
        // Spaces that XML keeps.
        self.text(TIMES, base, "number", &begin.trim_end().replace(' ', "\u{a0}"));
        self.bar(&step.extent, colour);
        if let Some(took) = took {
            self.took(&step.extent, &took.text());
        }
        self.add(format_args!("</g>"));
        self.y += ROW;
    }

    fn letter(&mut self, x: f64, y: f64, certainty: Certainty, colour: &str) {
        let letter: String = words::certainty(certainty).chars().take(1).collect();
        self.add(format_args!(
            r#"<text x="{x:.1}" y="{y:.1}" class="number" style="fill:{colour};font-weight:700">{letter}</text>"#
        ));
    }

    /// How long it took: behind the bar, or before it where there is no room.
    fn took(&mut self, extent: &Extent, took: &str) {
        let x = |time| at(self.scale.position(time));
        let begin = x(extent.begin().earliest) - CHARACTER;
        let end = extent.end().map_or(RIGHT, |end| x(end.latest)) + CHARACTER;
        let (width, base) = (float(took.chars().count()) * CHARACTER, self.y + 4.0);
        if end + width < RIGHT {
            self.text(end, base, "number", took);
        } else if begin - width > LEFT {
            self.text(begin, base, "number left", took);
        }
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
        self.hatched |= is_uncertain;
        let fill = if is_uncertain { format!("url(#{})", hatch(colour)) } else { colour.to_owned() };
        self.add(format_args!(
            r#"<rect x="{from:.1}" y="{top:.1}" width="{width:.1}" height="{BAR}" fill="{fill}"/>"#
        ));
    }

    fn legend(&mut self, trace: &Trace) {
        let y = self.y + 12.0;
        let mut x = MARGIN;
        for certainty in CERTAINTIES {
            if trace.steps.iter().any(|step| step.certainty == certainty) {
                self.letter(x, y, certainty, colour(Tone::Known(certainty)));
                self.text(x + 14.0, y, "", words::certainty(certainty));
                x += 96.0;
            }
        }
        if self.hatched {
            let (top, fill) = (y - 10.0, hatch(colour(Tone::Known(Certainty::Observed))));
            self.add(format_args!(
                r#"<rect x="{x:.1}" y="{top:.1}" width="24" height="{BAR}" fill="url(#{fill})"/>"#
            ));
            self.text(x + 32.0, y, "", "uncertain");
        }
        self.y += ROW * 2.0;
    }

    fn verdicts(&mut self, trace: &Trace) {
        for verdict in &trace.verdicts {
            let colour = sign_colour(verdict.sign);
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
        let title =
            xml(&format!("{} of {} in {}", words::course(trace.course), trace.object, trace.namespace));
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

#[allow(clippy::cast_precision_loss)] // A few hundred.
fn float(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, about, at, span};
    use crate::trace::{Course, What};

    /// The bars of a picture: where each begins, how wide it is, and whether it is hatched.
    fn bars(picture: &str) -> Vec<(f64, f64, bool)> {
        let number = |bar: &str, name: &str| {
            let (_, value) = bar.split_once(&format!("{name}=\"")).unwrap();
            value.split_once('"').unwrap().0.parse().unwrap()
        };
        let bars = picture.lines().filter(|line| line.starts_with("<rect"));
        bars.map(|bar| (number(bar, " x"), number(bar, " width"), bar.contains("url(#"))).collect()
    }

    #[test]
    fn bars_are_where_the_axis_says() {
        let steps =
            vec![span(What::Pull, at(0), at(5_000)), span(What::Init, at(5_000), about(9_000, 1_000))];
        let picture = svg(&sample::trace(Course::Start, steps));
        let legend = (120.0, 24.0, true);
        let expected = [(400.0, 268.0, false), (668.0, 160.8, false), (828.8, 107.2, true), legend];
        assert_eq!(bars(&picture), expected);
    }

    #[test]
    fn the_shortest_step_can_be_seen() {
        let traces = [sample::quick(), sample::single(), sample::start(), sample::shutdown()];
        for trace in traces {
            let picture = svg(&trace);
            let rows = picture.split("<g>").skip(1).map(|row| row.split("</g>").next().unwrap());
            for row in rows {
                let widest = bars(row).into_iter().map(|(_, width, _)| width).fold(0.0, f64::max);
                assert!(widest >= LEAST, "{row}");
            }
        }
    }

    #[test]
    fn what_is_under_way_ends_in_an_arrow_at_the_right() {
        assert!(svg(&sample::under_way()).contains(r#"<path d="M930.0 126.0l6.0 6.0l-6.0 6.0z""#));
    }

    #[test]
    fn nothing_of_a_cluster_is_markup() {
        let picture = svg(&sample::hostile());
        assert!(!picture.contains("<b>") && picture.contains("\\u{1b}[2J"), "{picture}");
        assert!(!picture.chars().any(|character| character.is_control() && character != '\n'), "{picture}");
        assert!(picture.lines().all(|line| line.len() < 2_500), "{picture}");
    }
}
