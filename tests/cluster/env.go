package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func envCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "env",
		Short: `Print what makes a shell use the cluster: eval "$(cluster env)"`,
		Args:  cobra.NoArgs,
	}
	selected := flavourFlag(command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		c, err := selected()
		if err != nil {
			return err
		}
		if err := c.requireRunning(command.Context()); err != nil {
			return err
		}
		// First in PATH, as a kubectl of the machine may be of another version.
		_, err = fmt.Fprintf(command.OutOrStdout(), "export KUBECONFIG=%s\nexport PATH=%s:\"$PATH\"\n",
			quote(c.kubeconfig()), quote(c.bin()))
		return err
	}
	return command
}

// quote makes a shell read a string as it is.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (c *cluster) requireRunning(ctx context.Context) error {
	report, err := c.observe(ctx, patience)
	if err != nil {
		return err
	}
	switch report.State {
	case running:
		return nil
	case broken:
		return fmt.Errorf("the cluster is broken (%s): cluster up%s repairs it", report.reasons(), c.flag())
	default:
		return errors.New("the cluster does not run: start it with cluster up" + c.flag())
	}
}
