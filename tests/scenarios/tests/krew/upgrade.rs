//! From one version to the next.

use harness::Namespace;
use semver::Version;

use crate::home::Home;
use crate::index::{Index, workspace};

#[test]
fn an_older_version_is_upgraded_to_the_newest() {
    // Given somebody who installed a version before this one
    let namespace = Namespace::new("krew-upgrade");
    let index = Index::new();
    let mut workspace = workspace();
    index.release_script(&mut workspace, Version::new(0, 0, 1));
    let home = Home::with_index(&namespace, index.repository.path());
    home.kubectl(["krew", "install", "drover/isolate"]).success();
    assert_eq!(home.kubectl(["isolate", "--version"]).success().stdout, "0.0.1\n");

    // When this one is released, and they upgrade
    index.release_this_repository(&workspace);
    home.kubectl(["krew", "upgrade"]).success();

    // Then they have it, and it alone
    let version = home.kubectl(["isolate", "--version"]).success().stdout;
    assert_eq!(version, format!("kubectl isolate {}\n", workspace.version));
    assert_eq!(
        home.installed(),
        ["bin/kubectl-isolate", "receipts/isolate.yaml", "store/isolate"].map(str::to_owned).into()
    );
}
