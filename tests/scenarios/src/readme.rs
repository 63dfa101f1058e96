//! What the READMEs of the plugins promise.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The minimal ClusterRole, as people copy it from a plugin's README.
pub fn cluster_role(plugin: &str) -> Value {
    let readme = format!("../../plugins/{plugin}/README.md");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(readme);
    let readme = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (_, rest) = readme.split_once("<!-- cluster-role -->").expect("the README marks its ClusterRole");
    let (block, _) =
        rest.split_once("<!-- /cluster-role -->").expect("the README marks the end of its ClusterRole");
    let yaml: Vec<&str> = block.lines().filter(|line| !line.starts_with("```")).collect();
    serde_saphyr::from_str(&yaml.join("\n")).expect("the README's ClusterRole is YAML")
}
