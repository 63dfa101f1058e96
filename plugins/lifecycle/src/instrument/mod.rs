//! Pure: exec hooks that write down themselves when they begin and end, with what exit code, and what they print.
//!
//! A hook's command is run by a shell, which appends stamps to the container's termination log: a file of the kubelet's
//! that any user may write to, in a read-only image too, and that comes back with the pod's status once the container has
//! ended (pkg/kubelet/kuberuntime/kuberuntime_container.go: `makeMounts`, `getTerminationMessage`). The standard output
//! of process 1 would not do: it is denied to who is not root, which breaks postStart (kubernetes#25766).

mod stamps;
mod wrap;

use std::fmt;

use serde::Serialize;

pub use stamps::{HookStamps, Stamps};
pub use wrap::{Shell, Unmeasured, instrumented, is_wrapped, unwrapped};

/// Begins each line that is ours in a termination log, and marks a command that we wrapped.
const MARK: &str = "drover";

/// Which hook of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Hook {
    PostStart,
    PreStop,
}

impl Hook {
    pub const BOTH: [Self; 2] = [Self::PostStart, Self::PreStop];

    /// Its field in a container's `lifecycle`.
    pub fn field(self) -> &'static str {
        match self {
            Self::PostStart => "postStart",
            Self::PreStop => "preStop",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.field())
    }
}
