package main

import (
	"context"
	"os"
	"strings"
)

// launch is one run of up, from nothing to a ready cluster.
type launch struct {
	*cluster
	state *state
	// inside is where the processes are started.
	inside *sandbox
}

func (c *cluster) bringUp(ctx context.Context) error {
	l := &launch{cluster: c}
	if err := l.prepare(ctx); err != nil {
		return err
	}
	if err := phase("namespaces and cgroups", l.enterNamespaces); err != nil {
		return err
	}
	defer l.inside.close()
	return l.startComponents(ctx)
}

// prepare writes everything the processes read.
func (l *launch) prepare(ctx context.Context) error {
	for _, folder := range []string{l.logs(), l.path("config")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
	}
	if !l.controlPlaneOnly {
		if missing := missingPackages(); len(missing) > 0 {
			name := "install the Debian packages " + strings.Join(missing, " ")
			if err := phase(name, func() error { return l.installPackages(ctx, missing) }); err != nil {
				return err
			}
		}
	}
	return phase("credentials and configuration", func() (err error) {
		if l.state, err = l.loadState(); err != nil {
			return err
		}
		if err := l.writeCredentials(l.state); err != nil {
			return err
		}
		return l.writeConfigs()
	})
}

func (l *launch) writeConfigs() error {
	writers := []func() error{l.writeSchedulerConfig}
	if !l.controlPlaneOnly {
		writers = append(writers, l.writeContainerdConfig, l.writeNetworkConfig,
			l.writeResolverConfig, l.writeKubeletConfig, l.writeProxyConfig)
	}
	for _, write := range writers {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

func (l *launch) enterNamespaces() (err error) {
	l.inside, err = newSandbox(func() error {
		if l.controlPlaneOnly {
			return nil
		}
		if err := createCgroups(); err != nil {
			return err
		}
		if err := createNetwork(); err != nil {
			return err
		}
		return l.unshareMounts()
	})
	return err
}

// run starts a component inside and writes it down.
func (l *launch) run(spec component) error {
	return l.inside.do(func() error {
		started, err := l.start(spec)
		if err != nil {
			return err
		}
		l.state.Processes = append(l.state.Processes, started)
		return l.saveState(l.state)
	})
}
