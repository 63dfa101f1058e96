//! Archives that are the same bytes whenever and wherever they are made of the same files.

use std::io;

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

/// 1 January 2000: some programs take an older time for a mistake.
const TIME: u64 = 946_684_800;

/// One file of an archive.
pub struct File {
    pub name: String,
    pub contents: Vec<u8>,
    pub is_executable: bool,
}

/// A `.tar.gz` of these files, sorted by name: no time, owner or mode of this machine is in it.
///
/// # Errors
/// When a name does not fit into an archive.
pub fn tar_gz(mut files: Vec<File>) -> io::Result<Vec<u8>> {
    files.sort_by(|one, other| one.name.cmp(&other.name));
    // The header of gzip has neither a name nor a time unless told.
    let mut archive = Builder::new(GzBuilder::new().write(Vec::new(), Compression::best()));
    for File { name, contents, is_executable } in files {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(contents.len() as u64);
        header.set_mode(if is_executable { 0o755 } else { 0o644 });
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(TIME);
        archive.append_data(&mut header, name, contents.as_slice())?;
    }
    archive.into_inner()?.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use tar::Archive;

    use super::*;

    fn file(name: &str, is_executable: bool) -> File {
        File { name: name.into(), contents: name.as_bytes().to_vec(), is_executable }
    }

    #[test]
    fn the_order_of_the_files_does_not_matter() {
        let one = tar_gz(vec![file("kubectl-isolate", true), file("LICENSE", false)]).unwrap();
        let other = tar_gz(vec![file("LICENSE", false), file("kubectl-isolate", true)]).unwrap();
        assert_eq!(one, other);
    }

    #[test]
    fn what_was_put_in_comes_out() {
        let bytes = tar_gz(vec![file("kubectl-isolate", true), file("LICENSE", false)]).unwrap();
        let mut archive = Archive::new(GzDecoder::new(bytes.as_slice()));
        let mut found = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut contents = String::new();
            entry.read_to_string(&mut contents).unwrap();
            found.push((contents, entry.header().mode().unwrap(), entry.header().mtime().unwrap()));
        }
        assert_eq!(found, [("LICENSE".into(), 0o644, TIME), ("kubectl-isolate".into(), 0o755, TIME)]);
    }
}
