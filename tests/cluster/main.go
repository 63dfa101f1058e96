// Command cluster is a real, one-node Kubernetes for tests. By its first argument it is one of the
// processes of that cluster (etcd, kube-apiserver, …) or the orchestrator that runs them (up, down, …).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	"k8s.io/component-base/version"
)

func main() {
	if len(os.Args) > 1 {
		if newCommand, ok := componentCommands[os.Args[1]]; ok {
			os.Args = os.Args[1:]
			os.Exit(cli.Run(newCommand()))
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := orchestrator().ExecuteContext(ctx); err != nil {
		if !errors.Is(err, errReported) {
			fmt.Fprintln(os.Stderr, "error:", err)
		}
		os.Exit(1)
	}
}

// errReported is the error of a command that has said everything in its output.
var errReported = errors.New("reported")

func orchestrator() *cobra.Command {
	root := &cobra.Command{
		Use:   "cluster",
		Short: "A real Kubernetes " + version.Get().GitVersion + " for tests, on this machine",
		Long: `A real Kubernetes for tests, on this machine: etcd, API server, controller manager, scheduler,
kubelet and kube-proxy from one binary, containers by containerd. It lives in a network namespace
and a cgroup root of its own. There is one cluster per machine, shared by all checkouts.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(upCommand(), downCommand(), statusCommand(), envCommand(), execCommand())
	return root
}

// flavourFlag adds --control-plane; the cluster it selects is known once the flags are parsed.
func flavourFlag(command *cobra.Command) func() (*cluster, error) {
	controlPlaneOnly := command.Flags().Bool("control-plane", false,
		"the cluster without a node: no containers, no root needed")
	return func() (*cluster, error) { return openCluster(*controlPlaneOnly) }
}
