//! The kernel's table of TCP sockets, as `cat /proc/net/tcp /proc/net/tcp6` shows it.

use std::net::IpAddr;

use procfs_core::net::{TcpNetEntries, TcpState};
use procfs_core::{ExplicitSystemInfo, FromBufReadSI};

/// A connection that is established.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// The pod's own port.
    pub port: u16,
    /// Whom it is with.
    pub peer: IpAddr,
}

/// How the head of each table begins; the lines below begin with a number.
const HEAD: &str = "sl";

/// Only the order of bytes matters here. Nodes write an address as it lies in their memory: all architectures that
/// Kubernetes is released for begin with the lowest byte, but for s390x.
const NODE: ExplicitSystemInfo =
    ExplicitSystemInfo { boot_time_secs: 0, ticks_per_second: 100, page_size: 4096, is_little_endian: true };

/// The established connections of one or more tables.
///
/// # Errors
/// When there is no table, or a line is none of it: better nothing than half of it.
pub fn established(tables: &str) -> Result<Vec<Socket>, String> {
    let is_head = |line: &&str| line.split_whitespace().next() == Some(HEAD);
    if !tables.lines().any(|line| is_head(&line)) {
        return Err("that is no table of sockets".to_owned());
    }
    // The library skips the first line, whatever it is.
    let lines: Vec<&str> = [HEAD].into_iter().chain(tables.lines().filter(|line| !is_head(line))).collect();
    let entries = TcpNetEntries::from_buf_read(lines.join("\n").as_bytes(), &NODE)
        .map_err(|error| format!("the table of sockets can't be read: {error}"))?;
    let established = entries.0.into_iter().filter(|entry| entry.state == TcpState::Established);
    let socket = |entry: procfs_core::net::TcpNetEntry| Socket {
        port: entry.local_address.port(),
        // A socket for both families writes an IPv4 peer as `::ffff:192.0.2.7`.
        peer: entry.remote_address.ip().to_canonical(),
    };
    Ok(established.map(socket).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADS: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

    fn line(local: &str, remote: &str, state: &str) -> String {
        format!(
            "   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 20 4 30 10 -1"
        )
    }

    #[test]
    fn established_connections_of_both_families_are_read() {
        let four = line("0A0012C6:1F90", "070200C0:D431", "01");
        let listens = line("00000000:1F90", "00000000:0000", "0A");
        let mapped =
            line("0000000000000000FFFF00000A0012C6:1F90", "0000000000000000FFFF0000080200C0:D431", "01");
        let six =
            line("B80D0120000000000000000001000000:0050", "B80D0120000000000000000002000000:D431", "01");
        let tables = [HEADS, &listens, &four, HEADS, &mapped, &six, ""].join("\n");
        let found = established(&tables).unwrap();
        let found: Vec<_> = found.iter().map(|socket| format!("{} {}", socket.port, socket.peer)).collect();
        assert_eq!(found, ["8080 192.0.2.7", "8080 192.0.2.8", "80 2001:db8::2"]);
        assert_eq!(established(HEADS), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_table_is_not_taken_for_an_empty_one() {
        for garbage in ["", "\n", "cat: can't open '/proc/net/tcp'", "<html>"] {
            assert!(established(garbage).is_err(), "{garbage:?}");
        }
    }

    #[test]
    fn garbage_is_harmless() {
        let whole = [HEADS, &line("0A0012C6:1F90", "070200C0:D431", "01"), ""].join("\n");
        // Cut off anywhere, and with any byte anywhere replaced by any other kind of byte.
        for end in 0..whole.len() {
            let _ = established(&whole[..end]);
            for strange in ["\0", "\n", " ", ":", "F", "g", "-", "é", "\u{1b}", "99999999999999999999"] {
                let mut broken = whole.clone();
                broken.replace_range(end..=end, strange);
                let _ = established(&broken);
            }
        }
        // And bytes that only look random, the same ones in each run.
        let mut seed: u64 = 1;
        for length in 0..2_000 {
            let bytes: Vec<u8> = (0..length % 200)
                .map(|_| {
                    seed =
                        seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (seed >> 33) as u8
                })
                .collect();
            let _ = established(&format!("{HEADS}\n{}", String::from_utf8_lossy(&bytes)));
        }
        for line in
            ["   0: 0A0012C6:1F90", "a b c d e f g h i j k l", "   0: é0A0012C6:1F90 070200C0:D431 01 0:0"]
        {
            assert!(established(&format!("{HEADS}\n{line}\n")).is_err(), "{line:?}");
        }
    }
}
