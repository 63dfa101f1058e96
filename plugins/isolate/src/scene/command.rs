//! Commands that are run in a container to learn something: they change nothing, and end soon.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use drover::cluster::{Cluster, ClusterError, Said};
use drover::model::object::ObjectRef;
use tokio::time::{Instant, timeout_at};

/// How long such a command may take.
const LIMIT: Duration = Duration::from_secs(30);

/// How much of a complaint is read.
const MOST_OF_COMPLAINT: usize = 1024;

/// What hinders one who wants to know something of a container, or to keep it.
#[derive(Debug)]
pub enum Hindrance {
    Cluster(ClusterError),
    Disk(io::Error),
    Late,
}

impl From<ClusterError> for Hindrance {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(error)
    }
}

impl From<io::Error> for Hindrance {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl fmt::Display for Hindrance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster(error) => error.fmt(formatter),
            Self::Disk(error) => write!(formatter, "it can't be written: {error}"),
            Self::Late => write!(formatter, "the command did not end within {}s", LIMIT.as_secs()),
        }
    }
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    pub code: i32,
    /// What it wrote to stderr.
    pub complaint: String,
}

impl Ending {
    /// Why what it wrote may not be all.
    pub fn flaw(self) -> Option<String> {
        let Self { code, complaint } = self;
        (code != 0).then(|| format!("exit code {code}: {}", complaint.trim()))
    }
}

/// Runs a command and pours out what it writes to stdout.
pub async fn pour(
    cluster: &Cluster,
    pod: &ObjectRef,
    container: &str,
    command: &[&str],
    into: &mut impl Write,
) -> Result<Ending, Hindrance> {
    let deadline = Instant::now() + LIMIT;
    let command: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
    let mut process = cluster.exec(pod, container, &command).await?;
    let mut complaint = Bounded::new(MOST_OF_COMPLAINT);
    loop {
        let said = timeout_at(deadline, process.next()).await;
        match said.map_err(|_| Hindrance::Late)?? {
            Said::Stdout(bytes) => into.write_all(&bytes)?,
            Said::Stderr(bytes) => complaint.write_all(&bytes)?,
            Said::Ended(code) => return Ok(Ending { code, complaint: complaint.into_text() }),
        }
    }
}

/// The end of what was written, as much as there is room for.
#[derive(Debug, Default)]
pub struct Bounded {
    bytes: Vec<u8>,
    most: usize,
    /// Whether something before that was lost.
    pub is_cut: bool,
}

impl Bounded {
    /// Room for so many bytes.
    pub fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), most, is_cut: false }
    }

    fn trim(&mut self) {
        let surplus = self.bytes.len().saturating_sub(self.most);
        self.bytes.drain(..surplus);
    }

    /// What was kept; what is no text is replaced.
    pub fn into_text(mut self) -> String {
        self.trim();
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        self.is_cut |= self.bytes.len() > self.most;
        // Not at each write: that would move all of it each time.
        if self.bytes.len() > 2 * self.most {
            self.trim();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_too_long_the_end_is_kept() {
        let mut kept = Bounded::new(4);
        kept.write_all(b"ab").unwrap();
        assert!(!kept.is_cut);
        for more in ["cde", "fghijklmnop", "q"] {
            kept.write_all(more.as_bytes()).unwrap();
            assert!(kept.is_cut);
        }
        assert_eq!(kept.into_text(), "nopq");
    }

    #[test]
    fn a_command_that_failed_says_so() {
        let ending = |code| Ending { code, complaint: "cat: no such file\n".to_owned() };
        assert_eq!(ending(0).flaw(), None);
        assert_eq!(ending(1).flaw(), Some("exit code 1: cat: no such file".to_owned()));
    }
}
