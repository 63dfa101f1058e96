//! The steps for Perfetto.
use crate::trace::Trace;
pub fn chrome_trace(_trace: &Trace) -> serde_json::Value {
    serde_json::Value::Null
}
