package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"
)

func execCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "exec -- COMMAND [ARGUMENT...]",
		Short: "Run a command inside the cluster's network, where pods and Services are reachable",
		Args:  cobra.MinimumNArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return execInside(args) },
	}
	command.Flags().SetInterspersed(false)
	return command
}

// execInside replaces this program by the command, which so has its streams, signals and exit code.
// It enters the network namespace alone: "ip netns exec" would mount another /sys as well.
func execInside(args []string) error {
	program, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	// execve keeps the namespaces of the thread that calls it.
	runtime.LockOSThread()
	err = enterNetwork()
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("the cluster does not run: start it with cluster up")
	}
	if err != nil {
		return fmt.Errorf("enter the cluster's network: %w", err)
	}
	return syscall.Exec(program, args, os.Environ())
}
