package main

import (
	"context"
	"fmt"
	"os/exec"

	"github.com/pelletier/go-toml/v2"
)

const containerdNamespace = "k8s.io"

// writeContainerdConfig keeps everything containerd writes inside the cluster's folder. Version 2 of
// the format is read by containerd 1.6 and, converted, by 2.x.
func (c *cluster) writeContainerdConfig() error {
	type table = map[string]any
	content, err := toml.Marshal(table{
		"version": 2,
		"root":    c.path("containerd", "root"),
		"state":   c.path("containerd", "state"),
		"grpc":    table{"address": c.containerdSocket()},
		"plugins": table{
			"io.containerd.internal.v1.opt": table{"path": c.path("containerd", "opt")},
			"io.containerd.grpc.v1.cri": table{
				"sandbox_image": pauseImage,
				// Lowering the score needs CAP_SYS_RESOURCE, which many containers and
				// virtual machines lack; without this no sandbox would start there.
				"restrict_oom_score_adj": true,
				// Else every sandbox leaves a busy file in the host's /run/netns.
				"netns_mounts_under_state_dir": true,
				"cni":                          table{"bin_dir": cniFolder(), "conf_dir": c.path("cni", "conf")},
				"containerd": table{"runtimes": table{"runc": table{
					"runtime_type": "io.containerd.runc.v2",
				}}},
			},
		},
	})
	if err != nil {
		return err
	}
	return writeFile(c.path("containerd.toml"), content)
}

func (c *cluster) containerdComponent() component {
	return component{name: containerd, program: findProgram("containerd"), args: []string{"--config", c.path("containerd.toml")}}
}

// ctr runs containerd's own client.
func (c *cluster) ctr(ctx context.Context, args ...string) error {
	args = append([]string{"--address", c.containerdSocket(), "--namespace", containerdNamespace}, args...)
	output, err := exec.CommandContext(ctx, findProgram("ctr"), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ctr %v: %w: %s", args, err, output)
	}
	return nil
}
