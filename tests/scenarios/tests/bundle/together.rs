//! Two at once come to one end.

use std::collections::BTreeMap;

use crate::versions::{bundled, change, stored};

#[test]
fn snapshots_at_once_all_end_well_and_all_versions_are_whole() {
    let namespace = bundled("bundle-together");
    for round in 2..5 {
        change(&namespace, round);

        let running: Vec<_> =
            (0..4).map(|_| namespace.command(["bundle", "snapshot", "shop"]).start()).collect();

        // One records it, and the others find it recorded.
        let mut said: BTreeMap<String, usize> = BTreeMap::new();
        for finished in running.into_iter().map(|one| one.finish().success()) {
            *said.entry(finished.stdout.split(':').next().expect("a line").trim().to_owned()).or_default() +=
                1;
        }
        let recorded = format!("bundle.drover.dev/shop version {round} recorded");
        assert_eq!(said.get(&recorded), Some(&1), "{said:?}");
        let unchanged = format!("bundle.drover.dev/shop unchanged since version {round}");
        assert_eq!(said.get(&unchanged), Some(&3), "{said:?}");
    }
    let left = stored(&namespace);
    assert_eq!((left.names().len(), left.unneeded()), (4, vec![]));
}

#[test]
fn snapshots_and_prunes_at_once_lose_nothing() {
    let namespace = bundled("bundle-snapshot-prune");
    for round in 2..6 {
        // Between two states, so that chunks are dropped and needed again.
        change(&namespace, round % 2);
        let prune = namespace.command(["bundle", "prune", "shop", "--keep=1"]).start();
        let snapshot = namespace.command(["bundle", "snapshot", "shop"]).start();
        prune.finish().success();
        snapshot.finish().success();

        let versions = stored(&namespace).versions();
        let newest = versions.values().max_by_key(|version| version.summary["version"].to_string());
        let mode = &newest.expect("one stays").objects["configmaps/settings"]["data"]["mode"];
        assert_eq!(*mode, (round % 2).to_string());
    }
}

#[test]
fn a_snapshot_of_a_bundle_that_is_being_deleted_says_so_and_leaves_nothing_half() {
    let namespace = bundled("bundle-snapshot-delete");
    for round in 2..6 {
        change(&namespace, round);
        let delete = namespace.command(["bundle", "delete", "shop", "--yes"]).start();
        let snapshot = namespace.command(["bundle", "snapshot", "shop"]).start();
        delete.finish().success();
        let snapshot = snapshot.finish();

        if snapshot.code != 0 {
            let said = snapshot.stderr;
            assert!(said.contains("was deleted meanwhile") || said.contains("does not exist"), "{said}");
        }
        // What came after the deletion's last look is whole, and goes by the command that was suggested.
        stored(&namespace).names();
        if stored(&namespace).secrets() > 0 {
            namespace.kubectl(["bundle", "delete", "shop", "--yes"]).success();
        }
        assert_eq!(stored(&namespace).secrets(), 0);
        namespace.kubectl(["bundle", "create", "svc/web", "--name=shop"]).success();
    }
}
