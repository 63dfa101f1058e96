//! Where evidence is written: a folder, or a compressed archive of one. A file goes through it piece by piece, and
//! is never in memory as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use ring::digest::{Context, SHA256};
use tar::{Builder, Header};

use crate::scene::Destination;

/// Evidence is for who captured it: it may hold what the pod logged of its users.
const FILE_MODE: u32 = 0o600;

/// An archive that grows file by file. What was written stays readable however the program ends.
pub struct Archive(Form);

enum Form {
    Folder(PathBuf),
    TarGz {
        builder: Box<Builder<GzEncoder<File>>>,
        /// Where a file waits until its length is known, which an archive says first. Not a folder for temporary
        /// files: that may lie in memory.
        beside: PathBuf,
        /// When all was captured, in seconds since 1970.
        time: u64,
        /// A file broke off in its midst, above all since the disk is full: what came behind it could not be read.
        broken: bool,
    },
}

/// A file that is being written.
pub struct Part {
    path: String,
    file: File,
    digest: Context,
    bytes: u64,
}

/// What is in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its name.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Archive {
    /// Begins an archive where nothing is yet.
    pub fn create(destination: &Destination, time: u64) -> io::Result<Self> {
        Ok(Self(match destination {
            Destination::Folder(path) => {
                folders().recursive(true).create(path)?;
                Form::Folder(path.clone())
            }
            Destination::Archive(path) => {
                let beside = match path.parent() {
                    Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
                    _ => PathBuf::from("."),
                };
                let encoder = GzEncoder::new(new_file(path)?, Compression::fast());
                Form::TarGz { builder: Box::new(Builder::new(encoder)), beside, time, broken: false }
            }
        }))
    }

    /// Begins a file of that name, in which `/` separates folders.
    pub fn begin(&self, path: String) -> io::Result<Part> {
        let file = match &self.0 {
            Form::Folder(folder) => {
                let name = folder.join(&path);
                folders().recursive(true).create(name.parent().unwrap_or(folder))?;
                new_file(&name)?
            }
            Form::TarGz { broken: true, .. } => return Err(io::Error::other("the archive broke off before")),
            Form::TarGz { beside, .. } => tempfile::tempfile_in(beside)?,
        };
        Ok(Part { path, file, digest: Context::new(&SHA256), bytes: 0 })
    }

    /// Takes a file in once it is written.
    pub fn keep(&mut self, part: Part) -> io::Result<Kept> {
        let Part { path, mut file, digest, bytes } = part;
        file.flush()?;
        if let Form::TarGz { builder, time, broken, .. } = &mut self.0 {
            file.rewind()?;
            *broken = true;
            let mut header = Header::new_gnu();
            header.set_size(bytes);
            header.set_mode(FILE_MODE);
            header.set_mtime(*time);
            builder.append_data(&mut header, &path, &mut file)?;
            builder.get_mut().flush()?;
            *broken = false;
        }
        let digest = digest.finish();
        let sha256 = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Kept { path, bytes, sha256 })
    }

    /// Writes a file that is known as a whole.
    pub fn write(&mut self, path: String, content: &[u8]) -> io::Result<Kept> {
        let mut part = self.begin(path)?;
        part.write_all(content)?;
        self.keep(part)
    }

    /// Nothing more comes.
    pub fn finish(self) -> io::Result<()> {
        match self.0 {
            Form::Folder(_) => Ok(()),
            Form::TarGz { builder, .. } => builder.into_inner()?.finish()?.sync_all(),
        }
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.file.write(bytes)?;
        self.digest.update(&bytes[..length]);
        self.bytes += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Part {
    /// How much was written so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
    options.open(path)
}

fn folders() -> fs::DirBuilder {
    #[allow(unused_mut, reason = "only Unix has modes")]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    const SUM_OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn an_archive_and_a_folder_hold_the_same() {
        let place = tempfile::tempdir().unwrap();
        let [archive, folder] = ["web.tar.gz", "web"].map(|name| place.path().join(name));
        for destination in [Destination::Archive(archive.clone()), Destination::Folder(folder.clone())] {
            let mut kept = Archive::create(&destination, 7).unwrap();
            let mut part = kept.begin("web-1/logs/web.log".to_owned()).unwrap();
            part.write_all(b"a").unwrap();
            part.write_all(b"bc").unwrap();
            let expected =
                Kept { path: "web-1/logs/web.log".to_owned(), bytes: 3, sha256: SUM_OF_ABC.to_owned() };
            assert_eq!(kept.keep(part).unwrap(), expected);
            kept.write("web-1/pod.json".to_owned(), b"{}").unwrap();
            kept.finish().unwrap();
            let again =
                Archive::create(&destination, 7).and_then(|kept| kept.begin("web-1/pod.json".to_owned()));
            assert!(again.is_err(), "never over other evidence");
        }
        let mut unpacked = tar::Archive::new(GzDecoder::new(File::open(archive).unwrap()));
        for (entry, name) in unpacked.entries().unwrap().zip(["web-1/logs/web.log", "web-1/pod.json"]) {
            let (mut entry, mut content) = (entry.unwrap(), Vec::new());
            assert_eq!(entry.path().unwrap().to_str(), Some(name));
            entry.read_to_end(&mut content).unwrap();
            assert_eq!(content, fs::read(folder.join(name)).unwrap());
        }
    }

    #[test]
    fn what_was_kept_can_be_read_although_the_end_never_came() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("web.tgz");
        let mut cut = Archive::create(&Destination::Archive(path.clone()), 7).unwrap();
        cut.write("web-1/pod.json".to_owned(), b"{}").unwrap();
        let so_far = fs::read(&path).unwrap();
        let mut unpacked = tar::Archive::new(GzDecoder::new(so_far.as_slice()));
        let mut content = String::new();
        unpacked.entries().unwrap().next().unwrap().unwrap().read_to_string(&mut content).unwrap();
        assert_eq!(content, "{}");
    }
}
