//! Making things readable: escaping, stages, tables, ages, JSON and YAML.

mod colour;
mod count;
mod escape;
mod line;
mod quoted;
mod stage;
mod structured;
mod table;
mod time;

pub use colour::Colour;
pub use count::counted;
pub use escape::escape;
pub use line::Line;
pub use quoted::quoted;
pub use stage::{Stage, StageState};
pub use structured::{Structured, write_structured};
pub use table::table;
pub use time::{age, seconds, typed_duration};
