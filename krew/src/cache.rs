//! Programs that are made once on a machine: built or installed the first time they are needed.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use drover::cli::Failure;

/// The folder of this name in Drover's cache, beside the test cluster's programs. It is filled by `make` if it is not
/// there. Several processes may ask at once: one makes it, the others wait.
///
/// # Errors
/// Those of `make`, or when the cache can't be written.
pub fn folder(name: &str, make: impl FnOnce(&Path) -> Result<(), Failure>) -> Result<PathBuf, Failure> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(env::home_dir()?.join(".cache")));
    let cache = cache.ok_or_else(|| Failure::new("there is no home folder"))?.join("drover");
    once(&cache, name, make)
}

fn once(
    cache: &Path,
    name: &str,
    make: impl FnOnce(&Path) -> Result<(), Failure>,
) -> Result<PathBuf, Failure> {
    let folder = cache.join(name);
    if folder.exists() {
        return Ok(folder);
    }
    fs::create_dir_all(cache)?;
    let lock = File::create(cache.join(format!("{name}.lock")))?;
    lock.lock()?;
    if !folder.exists() {
        // Made aside and then renamed, so that half of it is never taken for the whole.
        let aside = tempfile::Builder::new().prefix(name).tempdir_in(cache)?;
        make(aside.path())?;
        fs::rename(aside.keep(), &folder)?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once() {
        let cache = tempfile::tempdir().unwrap();
        let make = |folder: &Path| Ok(fs::write(folder.join("program"), "1")?);
        let folder = once(cache.path(), "tool", make).unwrap();
        assert!(folder.join("program").exists());
        once(cache.path(), "tool", |_| panic!("it is there")).unwrap();
    }

    #[test]
    fn what_failed_is_made_anew() {
        let cache = tempfile::tempdir().unwrap();
        once(cache.path(), "tool", |_| Err(Failure::new("no network"))).unwrap_err();
        assert!(!cache.path().join("tool").exists());
        once(cache.path(), "tool", |_| Ok(())).unwrap();
    }
}
