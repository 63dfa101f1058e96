package main

import (
	"context"
	"os"
	"path/filepath"
)

// replaceOthers takes down the clusters of other sources and removes their folders: there is one
// cluster per machine, and their binaries would pile up.
func (c *cluster) replaceOthers(ctx context.Context) error {
	homes, err := filepath.Glob(filepath.Join(filepath.Dir(c.home), "cluster-*"))
	if err != nil {
		return err
	}
	for _, home := range homes {
		if home == c.home || !isBuilt(home) {
			continue
		}
		if err := clusterIn(home, c.controlPlaneOnly).replace(ctx); err != nil {
			return err
		}
	}
	if c.controlPlaneOnly {
		return nil
	}
	// A node may also run from another user's cache.
	folders, err := otherNodes(c.folder)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if err := clusterIn(filepath.Dir(folder), false).replace(ctx); err != nil {
			return err
		}
	}
	return nil
}

// isBuilt is false while the launcher still builds there.
func isBuilt(home string) bool {
	_, err := os.Stat(filepath.Join(home, "bin"))
	return err == nil
}

// replace removes a cluster, with its home unless the other flavour still lives there.
func (c *cluster) replace(ctx context.Context) error {
	other := clusterIn(c.home, !c.controlPlaneOnly)
	return phase("replace "+c.folder, func() error {
		if err := c.down(ctx); err != nil {
			return err
		}
		if other.hasFolder() {
			return nil
		}
		return removeFolder(c.home)
	})
}

// otherNodes are the folders of all nodes that run on this machine, except the given one.
func otherNodes(folder string) ([]string, error) {
	marked, err := markedProcesses()
	if err != nil {
		return nil, err
	}
	var others []string
	for other := range marked {
		if other != folder && filepath.Base(other) == nodeFolder {
			others = append(others, other)
		}
	}
	return others, nil
}
