//! How old a Linux may be that a program still runs on.

use std::fmt;

use drover::cli::Failure;
use object::Endianness;
use object::elf::FileHeader64;
use object::read::elf::FileHeader;

/// A version of glibc, by major and minor number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glibc(pub u32, pub u32);

impl Glibc {
    /// The oldest that a released program runs on: that of RHEL 7, from 2012.
    pub const FLOOR: Self = Self(2, 17);

    /// The newest version that a Linux program needs a symbol of; none when the program is static.
    ///
    /// # Errors
    /// When it is no 64-bit ELF file.
    pub fn needed_by(program: &[u8]) -> Result<Option<Self>, Failure> {
        newest(program).map_err(|error| Failure::new(format!("no program for Linux: {error}")))
    }

    fn parse(symbol_version: &str) -> Option<Self> {
        // A third number, as in GLIBC_2.2.5, is of the last century.
        let mut numbers = symbol_version.strip_prefix("GLIBC_")?.split('.').map(str::parse);
        Some(Self(numbers.next()?.ok()?, numbers.next()?.ok()?))
    }
}

fn newest(program: &[u8]) -> object::read::Result<Option<Glibc>> {
    let header = FileHeader64::<Endianness>::parse(program)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, program)?;
    let Some((mut libraries, strings)) = sections.gnu_verneed(endian, program)? else { return Ok(None) };
    let strings = sections.strings(endian, program, strings)?;
    let mut newest = None;
    while let Some((_, mut versions)) = libraries.next()? {
        while let Some(version) = versions.next()? {
            let name = String::from_utf8_lossy(version.name(endian, strings)?);
            newest = newest.max(Glibc::parse(&name));
        }
    }
    Ok(newest)
}

impl fmt::Display for Glibc {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "glibc {}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(Glibc::parse("GLIBC_2.9") < Glibc::parse("GLIBC_2.17"));
        assert_eq!(Glibc::parse("GLIBC_2.2.5"), Some(Glibc(2, 2)));
        assert_eq!(Glibc::parse("GCC_3.0"), None);
    }

    #[test]
    fn what_is_no_program_is_told() {
        assert!(Glibc::needed_by(b"#!/bin/sh\n").unwrap_err().message.starts_with("no program for Linux: "));
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn this_very_test_needs_a_glibc() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(Glibc::needed_by(&own).unwrap().unwrap() >= Glibc(2, 2));
    }
}
