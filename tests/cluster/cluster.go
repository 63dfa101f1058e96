package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// Addresses inside the cluster's network namespace. Pods and Services have RFC 2544 benchmarking
// addresses and the node an RFC 5737 documentation one: no real network uses them, and nothing
// leaves the machine.
const (
	podCIDR      = "198.18.0.0/16"
	serviceCIDR  = "198.19.0.0/16"
	apiServiceIP = "198.19.0.1"
	dnsServiceIP = "198.19.0.10"
	nodeIP       = "192.0.2.1"
	nodeName     = "node-1"

	insideAPIPort  = 6443
	insideEtcdPort = 2379
)

// A cluster is one Kubernetes and the folder that holds everything it writes.
type cluster struct {
	// home holds the binaries and the folders of both flavours. Its name contains the key of the
	// sources, so that another version of the sources is another cluster.
	home string
	// folder is the state of this flavour: configuration, credentials, logs, data.
	folder           string
	controlPlaneOnly bool
}

// openCluster finds the cluster's home from where this binary lies: home/bin/cluster.
func openCluster(controlPlaneOnly bool) (*cluster, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return clusterIn(filepath.Dir(filepath.Dir(executable)), controlPlaneOnly), nil
}

const (
	nodeFolder         = "node"
	controlPlaneFolder = "control-plane"
)

func clusterIn(home string, controlPlaneOnly bool) *cluster {
	folder := filepath.Join(home, nodeFolder)
	if controlPlaneOnly {
		folder = filepath.Join(home, controlPlaneFolder)
	}
	return &cluster{home: home, folder: folder, controlPlaneOnly: controlPlaneOnly}
}

func (c *cluster) path(elements ...string) string {
	return filepath.Join(append([]string{c.folder}, elements...)...)
}

func (c *cluster) bin() string                { return filepath.Join(c.home, "bin") }
func (c *cluster) binary() string             { return filepath.Join(c.bin(), "cluster") }
func (c *cluster) kubectl() string            { return filepath.Join(c.bin(), "kubectl") }
func (c *cluster) kubeconfig() string         { return c.path("kubeconfig") }
func (c *cluster) logs() string               { return c.path("log") }
func (c *cluster) logFile(name string) string { return c.path("log", name+".log") }
func (c *cluster) containerdSocket() string   { return c.path("containerd.sock") }

func (c *cluster) hasFolder() bool {
	_, err := os.Stat(c.folder)
	return err == nil
}

// flag is the command-line flag that selects this flavour, for messages that name a command.
func (c *cluster) flag() string {
	if c.controlPlaneOnly {
		return " --control-plane"
	}
	return ""
}

// components names the cluster's processes in the order in which they start.
func (c *cluster) components() []string {
	if c.controlPlaneOnly {
		return []string{etcd, apiServer, controllerManager, kubeScheduler}
	}
	return []string{etcd, apiServer, forwarder, containerd, controllerManager, kubeScheduler, kubelet, kubeProxy}
}

func serverURL(port int) string {
	return "https://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// maxSocketPath is the longest path Linux takes for a Unix socket.
const maxSocketPath = 107

// checkPathLength refuses a folder in which a component could not make its sockets: they would
// report no more than "invalid argument".
func (c *cluster) checkPathLength() error {
	longest := c.path("kubelet", "pod-resources", "kubelet.sock")
	if excess := len(longest) - maxSocketPath; excess > 0 {
		return fmt.Errorf("%s is %d characters too long for a Unix socket; set XDG_CACHE_HOME to a shorter path", longest, excess)
	}
	return nil
}
