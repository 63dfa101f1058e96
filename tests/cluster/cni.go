package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

const bridgeName = "drover0"

// cniFolders are where the container network plugins lie: Debian's package, and upstream's releases.
var cniFolders = []string{"/usr/lib/cni", "/opt/cni/bin"}

// cniFolder is empty if no folder has all the plugins we use.
func cniFolder() string {
	for _, folder := range cniFolders {
		complete := true
		for _, plugin := range []string{"bridge", "host-local", "loopback", "portmap"} {
			if _, err := os.Stat(filepath.Join(folder, plugin)); err != nil {
				complete = false
			}
		}
		if complete {
			return folder
		}
	}
	return ""
}

// The network configuration list of the CNI specification, as far as the plugins used here need it.
type (
	networkList struct {
		CNIVersion string `json:"cniVersion"`
		Name       string `json:"name"`
		Plugins    []any  `json:"plugins"`
	}
	bridgePlugin struct {
		Type        string        `json:"type"`
		Bridge      string        `json:"bridge"`
		IsGateway   bool          `json:"isGateway"`
		IPMasq      bool          `json:"ipMasq"`
		HairpinMode bool          `json:"hairpinMode"`
		IPAM        hostLocalIPAM `json:"ipam"`
	}
	hostLocalIPAM struct {
		Type    string      `json:"type"`
		Ranges  [][]ipRange `json:"ranges"`
		Routes  []ipRoute   `json:"routes"`
		DataDir string      `json:"dataDir"`
	}
	ipRange struct {
		Subnet string `json:"subnet"`
	}
	ipRoute struct {
		Destination string `json:"dst"`
	}
	portmapPlugin struct {
		Type         string          `json:"type"`
		Capabilities map[string]bool `json:"capabilities"`
	}
)

func (c *cluster) writeNetworkConfig() error {
	content, err := json.MarshalIndent(networkList{
		CNIVersion: "0.4.0",
		Name:       "drover",
		Plugins: []any{
			bridgePlugin{
				Type:        "bridge",
				Bridge:      bridgeName,
				IsGateway:   true,
				IPMasq:      false, // there is nowhere to go from here
				HairpinMode: true,  // a pod may reach itself through its Service
				IPAM: hostLocalIPAM{
					Type:    "host-local",
					Ranges:  [][]ipRange{{{Subnet: podCIDR}}},
					Routes:  []ipRoute{{Destination: "0.0.0.0/0"}},
					DataDir: c.path("cni", "addresses"),
				},
			},
			portmapPlugin{Type: "portmap", Capabilities: map[string]bool{"portMappings": true}},
		},
	}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.path("cni", "conf"), 0o700); err != nil {
		return err
	}
	if err := writeFile(c.path("cni", "conf", "10-drover.conflist"), content); err != nil {
		return fmt.Errorf("pod network: %w", err)
	}
	return nil
}
