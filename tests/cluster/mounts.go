package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
	"k8s.io/component-helpers/node/util/sysctl"
)

// The cluster's processes have a mount namespace of their own. What they mount (container file
// systems, the tmpfs of every token, …) is seen by nobody else and vanishes with the last of them,
// and the paths below are theirs alone.

// compiledInFolders are folders that containerd and the kubelet use whatever their configuration
// says, and that a containerd or kubelet of the host uses as well.
var compiledInFolders = []string{
	"/run/containerd",     // sockets of the shims, state of runc
	"/var/lib/cni",        // results of the network plugins
	"/var/lib/kubelet",    // the kubelet's plugin registries
	"/var/log/containers", // the kubelet's links to the logs
}

// kernelSettings are what the kubelet sets for the whole machine when it starts. It needs none of
// them, so it finds plain files in their place.
var kernelSettings = []string{
	sysctl.VMOvercommitMemory,
	sysctl.VMPanicOnOOM,
	sysctl.KernelPanic,
	sysctl.KernelPanicOnOops,
	sysctl.RootMaxKeys,
	sysctl.RootMaxBytes,
}

// unshareMounts moves the calling thread into a new mount namespace.
func (c *cluster) unshareMounts() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("new mount namespace: %w", err)
	}
	// Slave, not private: what the host unmounts must not stay busy because of us.
	if err := unix.Mount("", "/", "", unix.MS_SLAVE|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("detach from the host's mounts: %w", err)
	}
	for _, folder := range compiledInFolders {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		own := c.path("private", folder)
		if err := os.MkdirAll(own, 0o755); err != nil {
			return err
		}
		if err := bind(own, folder); err != nil {
			return err
		}
	}
	for _, setting := range kernelSettings {
		path := filepath.Join("/proc/sys", setting)
		value, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		own := c.path("private", path)
		if err := os.MkdirAll(filepath.Dir(own), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(own, value, 0o600); err != nil {
			return err
		}
		if err := bind(own, path); err != nil {
			return err
		}
	}
	return nil
}

func bind(source, target string) error {
	if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind %s to %s: %w", source, target, err)
	}
	return nil
}

// removeMountPoints removes those compiled-in folders that nothing else uses.
func removeMountPoints() {
	for _, folder := range compiledInFolders {
		removeIfEmpty(folder)
	}
}

// removeIfEmpty leaves a folder alone that holds anything, as it is then in use.
func removeIfEmpty(folder string) { _ = unix.Rmdir(folder) }

// removeFolder deletes a folder with its content, unless something is mounted below it: whatever
// that is, it is not ours to delete.
func removeFolder(folder string) error {
	mounts, err := mountinfo.GetMounts(mountinfo.PrefixFilter(folder))
	if err != nil {
		return err
	}
	if len(mounts) > 0 {
		points := make([]string, len(mounts))
		for i, mount := range mounts {
			points[i] = mount.Mountpoint
		}
		return fmt.Errorf("not removing %s: still mounted: %s", folder, strings.Join(points, ", "))
	}
	return os.RemoveAll(folder)
}
