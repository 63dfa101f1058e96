//! Results on disk, so that a matrix that was stopped goes on where it was.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::outcome::Outcome;
use crate::verb::Verb;

/// One line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    /// Of the plugin: results of another binary say nothing about this one.
    plugin: u64,
    cell: Cell,
    outcome: Outcome,
}

/// What is known of one verb.
pub struct Results {
    file: File,
    plugin: u64,
    known: BTreeMap<String, (Cell, Outcome)>,
}

impl Results {
    /// Those of the present plugin, or none when all is to be run again. The plugin must have been built.
    pub fn open(verb: Verb, again: bool) -> Self {
        let program = env::current_exe().expect("a running program knows its own path");
        let [binaries, target] = [2, 3].map(|level| {
            program.ancestors().nth(level).expect("Cargo puts examples three folders below the target folder")
        });
        let plugin = hash(&binaries.join(verb.program()));
        let path: PathBuf = target.join("faults").join(format!("{}.jsonl", verb.name()));
        fs::create_dir_all(target.join("faults")).expect("a folder can be created in the target folder");
        let text = if again { String::new() } else { fs::read_to_string(&path).unwrap_or_default() };
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
        let known = lines
            .filter(|line| line.plugin == plugin)
            .map(|line| (line.cell.to_string(), (line.cell, line.outcome)))
            .collect();
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .append(!again)
            .truncate(again)
            .open(&path)
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        Self { file, plugin, known }
    }

    pub fn contain(&self, cell: &Cell) -> bool {
        self.known.contains_key(&cell.to_string())
    }

    pub fn add(&mut self, cell: Cell, outcome: Outcome) {
        let line = Line { plugin: self.plugin, cell, outcome };
        let text = serde_json::to_string(&line).expect("a result is plain data");
        writeln!(self.file, "{text}").expect("the results can be written");
        self.known.insert(line.cell.to_string(), (line.cell, line.outcome));
    }

    pub fn get(&self, cell: &Cell) -> Option<&Outcome> {
        self.known.get(&cell.to_string()).map(|(_, outcome)| outcome)
    }
}

/// Only compared with what this same program wrote.
fn hash(binary: &Path) -> u64 {
    let bytes = fs::read(binary).unwrap_or_else(|error| panic!("cannot read {}: {error}", binary.display()));
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
