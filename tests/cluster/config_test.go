package main

import (
	"os"
	"testing"

	kubeletconfig "k8s.io/kubelet/config/v1beta1"
	"sigs.k8s.io/yaml"
)

// Kubernetes' types leave empty lists out of the file, and what is left out takes its default.
func TestKubeletConfigKeepsItsEmptyLists(t *testing.T) {
	c := clusterIn(t.TempDir(), false)
	if err := os.MkdirAll(c.path("config"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := c.writeKubeletConfig(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(c.componentConfig(kubelet))
	if err != nil {
		t.Fatal(err)
	}
	var config kubeletconfig.KubeletConfiguration
	if err := yaml.UnmarshalStrict(content, &config); err != nil {
		t.Fatal(err)
	}
	if len(config.EnforceNodeAllocatable) != 1 || config.EnforceNodeAllocatable[0] != "none" {
		t.Errorf("enforceNodeAllocatable is %q", config.EnforceNodeAllocatable)
	}
}

func TestQuoteForShells(t *testing.T) {
	if got, want := quote("/it's here"), `'/it'\''s here'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
