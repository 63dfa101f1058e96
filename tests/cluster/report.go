package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"k8s.io/component-base/version"
)

// health is the state of a cluster or of one component.
type health string

const (
	running health = "running"
	stopped health = "stopped"
	broken  health = "broken"
)

// report is what status shows.
type report struct {
	State            health            `json:"state"`
	Version          string            `json:"version"`
	Server           string            `json:"server,omitempty"`
	Kubeconfig       string            `json:"kubeconfig,omitempty"`
	Kubectl          string            `json:"kubectl"`
	NetworkNamespace string            `json:"networkNamespace,omitempty"`
	Logs             string            `json:"logs,omitempty"`
	Components       []componentReport `json:"components"`
}

type componentReport struct {
	Name   string    `json:"name"`
	State  health    `json:"state"`
	PID    int       `json:"pid,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	Log    string    `json:"log"`
	Reason string    `json:"reason,omitempty"`
}

// observe looks at the processes, then asks the API server for itself and for the node until both
// are well or the patience ends.
func (c *cluster) observe(ctx context.Context, patience time.Duration) (*report, error) {
	r := &report{State: stopped, Version: version.Get().GitVersion, Kubectl: c.kubectl()}
	if !c.hasFolder() {
		return r, nil
	}
	state, err := c.loadState()
	if err != nil {
		return nil, err
	}
	r.State = running
	r.Server, r.Kubeconfig, r.Logs = serverURL(state.APIPort), c.kubeconfig(), c.logs()
	if !c.controlPlaneOnly {
		r.NetworkNamespace = networkPath()
	}
	for _, name := range c.components() {
		p, started := state.process(name)
		component := componentReport{Name: name, State: running, PID: p.PID, Since: p.Started, Log: c.logFile(name)}
		switch {
		case !started:
			component.fail("was not started")
		case !p.alive():
			component.fail("has ended")
		}
		r.Components = append(r.Components, component)
	}
	if r.broken() {
		r.State = broken
		return r, nil
	}
	if err := c.probe(ctx, r, patience); err != nil {
		return nil, err
	}
	if r.broken() {
		r.State = broken
	}
	return r, nil
}

// probe asks the API server for itself and for the node.
func (c *cluster) probe(ctx context.Context, r *report, patience time.Duration) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := poll(ctx, apiServerReady(client)); err != nil {
		r.component(apiServer).fail(err.Error())
		return nil
	}
	if c.controlPlaneOnly {
		return nil
	}
	if err := poll(ctx, nodeReady(client)); err != nil {
		r.component(kubelet).fail(err.Error())
	}
	return nil
}

func (r *report) component(name string) *componentReport {
	i := slices.IndexFunc(r.Components, func(component componentReport) bool { return component.Name == name })
	return &r.Components[i]
}

func (c *componentReport) fail(reason string) {
	c.State, c.Reason = broken, reason
}

func (r *report) broken() bool {
	return slices.ContainsFunc(r.Components, func(component componentReport) bool { return component.State == broken })
}

// reasons says in one line what is broken.
func (r *report) reasons() string {
	var reasons []string
	for _, component := range r.Components {
		if component.Reason != "" {
			reasons = append(reasons, component.Name+": "+component.Reason)
		}
	}
	return strings.Join(reasons, "; ")
}
