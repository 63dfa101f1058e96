package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
)

func downCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "down",
		Short: "Stop the cluster and remove every trace of it",
		Long: `Stop the cluster and remove every trace of it: processes, containers, mounts, the network
namespace, cgroups and all data. Only the built binaries stay, as building them takes minutes;
--purge removes those too, along with both flavours of the cluster.`,
		Args: cobra.NoArgs,
	}
	selected := flavourFlag(command)
	purge := command.Flags().Bool("purge", false, "remove both flavours of the cluster and the built binaries as well")
	command.RunE = func(command *cobra.Command, _ []string) error {
		c, err := selected()
		if err != nil {
			return err
		}
		unlock, err := c.lock(command.Context())
		if err != nil {
			return err
		}
		defer unlock()
		if *purge {
			return c.purge(command.Context())
		}
		return c.down(command.Context())
	}
	return command
}

// kept is what a repair goes on with, so that a kubeconfig somebody holds stays valid.
var kept = []string{"pki", "state.json"}

// stop ends all that runs and removes what it wrote, but for the cluster's identity.
func (c *cluster) stop(ctx context.Context) error {
	if err := c.endProcesses(ctx); err != nil {
		return err
	}
	entries, err := os.ReadDir(c.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !slices.Contains(kept, entry.Name()) {
			if err := removeFolder(c.path(entry.Name())); err != nil {
				return err
			}
		}
	}
	state, err := c.loadState()
	if err != nil {
		return err
	}
	state.Processes = nil
	return c.saveState(state)
}

// down also forgets the identity.
func (c *cluster) down(ctx context.Context) error {
	if err := c.endProcesses(ctx); err != nil {
		return err
	}
	return removeFolder(c.folder)
}

// endProcesses leaves nothing of the cluster but files.
func (c *cluster) endProcesses(ctx context.Context) error {
	if !c.controlPlaneOnly && os.Geteuid() != 0 {
		if c.hasFolder() {
			return errors.New("the node runs as root: use sudo")
		}
		return nil
	}
	if err := killMarked(ctx, c.folder); err != nil {
		return err
	}
	if c.controlPlaneOnly {
		return nil
	}
	return c.releaseMachine(ctx)
}

// releaseMachine removes what there is only one of per machine, unless it is somebody else's.
func (c *cluster) releaseMachine(ctx context.Context) error {
	others, err := otherNodes(c.folder)
	if err != nil || len(others) > 0 {
		return err
	}
	if err := deleteCgroups(ctx); err != nil {
		return err
	}
	if err := deleteNetwork(); err != nil {
		return err
	}
	removeMountPoints()
	return nil
}

// purge removes both flavours and the binaries.
func (c *cluster) purge(ctx context.Context) error {
	for _, controlPlaneOnly := range []bool{true, false} {
		if err := clusterIn(c.home, controlPlaneOnly).down(ctx); err != nil {
			return err
		}
	}
	if err := removeFolder(c.home); err != nil {
		return err
	}
	if err := os.Remove(c.lockFile()); err != nil {
		return err
	}
	removeIfEmpty(filepath.Dir(c.home))
	return nil
}
