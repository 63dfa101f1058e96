package main

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// networkName names the network namespace. Of its own, because kube-proxy deletes the Service chains
// it does not know: the host's iptables and any other Kubernetes there must stay untouched.
const networkName = "drover"

func networkPath() string { return filepath.Join("/run/netns", networkName) }

// createNetwork makes the namespace and moves the calling thread into it.
func createNetwork() error {
	namespace, err := netns.NewNamed(networkName)
	if err != nil {
		return err
	}
	defer namespace.Close()

	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(loopback); err != nil {
		return err
	}
	// The kubelet refuses a loopback address as the node's, and dummy devices are not everywhere:
	// the node's address is a second one of the loopback device.
	node := &netlink.Addr{IPNet: &net.IPNet{IP: net.ParseIP(nodeIP), Mask: net.CIDRMask(32, 32)}}
	if err := netlink.AddrReplace(loopback, node); err != nil {
		return err
	}
	// With no default route, packets to a Service would find no way out and never reach kube-proxy's rules.
	_, services, err := net.ParseCIDR(serviceCIDR)
	if err != nil {
		return err
	}
	return netlink.RouteReplace(&netlink.Route{LinkIndex: loopback.Attrs().Index, Dst: services, Scope: netlink.SCOPE_LINK})
}

// enterNetwork moves the calling thread into the namespace.
func enterNetwork() error {
	namespace, err := netns.GetFromName(networkName)
	if err != nil {
		return err
	}
	defer namespace.Close()
	return netns.Set(namespace)
}

// deleteNetwork removes the namespace; bridge, veth devices and iptables rules go with it.
func deleteNetwork() error {
	path := networkPath()
	// A killed up may have left the file without the mount.
	if err := unix.Unmount(path, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EINVAL) {
		return &fs.PathError{Op: "unmount", Path: path, Err: err}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	removeIfEmpty(filepath.Dir(path))
	return nil
}
