package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/component-base/version"
)

func upCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "up",
		Short: "Start the cluster, or repair it, and wait until it is ready",
		Long: `Start the cluster and wait until it is ready. If it runs already, up only makes sure of that; if
it is broken or half started, up says why, takes it down and starts it anew on the same port.
A running cluster of other sources is replaced.

The node needs root and a few Debian packages, which up installs where there is apt.`,
		Args: cobra.NoArgs,
	}
	selected := flavourFlag(command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		c, err := selected()
		if err != nil {
			return err
		}
		return c.up(command.Context())
	}
	return command
}

// patience is how long a cluster whose processes are all alive may take to answer before it is
// declared broken: the machine may be busy with somebody's tests.
const patience = 30 * time.Second

func (c *cluster) up(ctx context.Context) error {
	if !c.controlPlaneOnly && os.Geteuid() != 0 {
		return errors.New("a node needs root: use sudo, or up --control-plane for a cluster without a node")
	}
	if err := c.checkPathLength(); err != nil {
		return err
	}
	unlock, err := c.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()

	if err := c.replaceOthers(ctx); err != nil {
		return err
	}
	started := time.Now()
	report, err := c.observe(ctx, patience)
	if err != nil {
		return err
	}
	switch report.State {
	case running:
		fmt.Fprintf(os.Stderr, "Kubernetes %s is running at %s\n", report.Version, report.Server)
		return nil
	case broken:
		fmt.Fprintf(os.Stderr, "the cluster is broken (%s): starting it anew\n", report.reasons())
	}
	// Even where nothing seems to be left: somebody may have removed the folder of a running one.
	if err := c.stop(ctx); err != nil {
		return err
	}
	if err := c.bringUp(ctx); err != nil {
		if ctx.Err() != nil {
			return errors.New("interrupted; the next up cleans up and starts anew")
		}
		return err
	}
	fmt.Fprintf(os.Stderr, "%7.2fs  Kubernetes %s is ready\n", time.Since(started).Seconds(), version.Get().GitVersion)
	return nil
}
