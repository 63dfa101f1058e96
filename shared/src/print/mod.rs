//! Making things readable: escaping, tables, ages, JSON and YAML.

mod escape;
mod structured;
mod table;
mod time;

pub use escape::escape;
pub use structured::{Structured, write_structured};
pub use table::table;
pub use time::{age, seconds};
