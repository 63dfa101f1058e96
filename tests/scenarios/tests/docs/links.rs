//! Links between the files of the repository lead somewhere.

use std::path::Path;
use std::process::Command;

use crate::repository::{path, read};

#[test]
fn every_link_to_a_file_leads_to_one() {
    let listed =
        Command::new("git").args(["ls-files", "*.md"]).current_dir(path("")).output().expect("git runs");
    let listed = String::from_utf8(listed.stdout).expect("plain names");
    assert!(
        listed.lines().any(|file| file == "README.md"),
        "the files of the repository are known: {listed:?}"
    );
    for file in listed.lines() {
        let folder = path(file).parent().expect("a file lies in a folder").to_owned();
        let text = read(file);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let is_elsewhere = target.contains("://") || target.is_empty();
            assert!(is_elsewhere || folder.join(Path::new(target)).exists(), "{file}: {target} is not there");
        }
    }
}
