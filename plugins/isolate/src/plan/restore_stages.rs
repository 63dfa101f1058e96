//! The way of a restore, in words.

use drover::model::selector::Labels;
use drover::print::Stage;

use crate::record::Victim;

/// How far a restore is: the stage that is under way.
pub enum Progress<'a> {
    /// Its labels are coming back, and its Services take note.
    TakesTraffic { labels: Labels },
    /// It serves; the victim is leaving.
    MakesRoom { services: Vec<&'a str> },
    /// The controller is adopting it.
    Rejoins,
    /// The victim serves what still reaches it, and is deleted then.
    Drains,
    /// All is as it was.
    Verified,
}

impl Progress<'_> {
    pub fn stages(&self, victim: Option<&Victim>) -> Vec<Stage> {
        let done = match self {
            Self::TakesTraffic { .. } => 0,
            Self::MakesRoom { .. } => 1,
            Self::Rejoins => 2,
            Self::Drains => 3,
            Self::Verified => 4,
        };
        let traffic = match self {
            Self::TakesTraffic { labels } => {
                format!("add {}", labels.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
            }
            Self::MakesRoom { services } if !services.is_empty() => {
                format!("ready in {}", services.join(", "))
            }
            _ => "as before".to_owned(),
        };
        let room = match victim {
            Some(victim) => format!("{} leaves traffic", victim.name),
            None => "no Ready pod has to go".to_owned(),
        };
        let drain = match victim {
            Some(victim) => format!("{} is deleted", victim.name),
            None => "nothing to drain".to_owned(),
        };
        let stages = [
            ("take traffic again", traffic),
            ("make room", room),
            ("rejoin its controller", "adopted, and no pod too many".to_owned()),
            ("drain", drain),
        ];
        Stage::in_order(stages.map(|(title, detail)| (title.to_owned(), detail)), done)
    }
}
