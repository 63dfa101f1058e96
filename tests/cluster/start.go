package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"
)

// Most of these take two or three seconds on two cores.
const (
	apiServerLimit   = 90 * time.Second
	containerdLimit  = 30 * time.Second
	controllersLimit = 60 * time.Second
	nodeLimit        = 90 * time.Second
)

// startComponents starts them in the order in which they need one another, and waits for each phase.
func (l *launch) startComponents(ctx context.Context) error {
	if err := l.startAPIServer(); err != nil {
		return err
	}
	if !l.controlPlaneOnly {
		// While the API server starts, which takes longer.
		if err := phase("containerd and images", func() error { return l.startContainerd(ctx) }); err != nil {
			return err
		}
	}
	client, err := l.client()
	if err != nil {
		return err
	}
	await := func(name, component string, limit time.Duration, ready func(context.Context) error) error {
		return phase(name, func() error { return l.waitFor(ctx, component, limit, ready) })
	}
	if err := await("API server", apiServer, apiServerLimit, apiServerReady(client)); err != nil {
		return err
	}
	clients := []component{l.controllerManagerComponent(), l.schedulerComponent()}
	if !l.controlPlaneOnly {
		clients = append(clients, l.kubeletComponent(), l.proxyComponent())
	}
	for _, spec := range clients {
		if err := l.run(spec); err != nil {
			return err
		}
	}
	if err := await("controllers", controllerManager, controllersLimit, controllersReady(client)); err != nil {
		return err
	}
	if l.controlPlaneOnly {
		return nil
	}
	return await("node", kubelet, nodeLimit, nodeReady(client))
}

// startAPIServer starts it with its database and the way to it, without waiting.
func (l *launch) startAPIServer() error {
	listener, err := listenOnHost(l.state.APIPort)
	if err != nil {
		return err
	}
	defer listener.Close()
	l.state.APIPort = listener.Addr().(*net.TCPAddr).Port
	if err := l.saveState(l.state); err != nil {
		return err
	}
	if err := l.writeKubeconfigs(l.state); err != nil {
		return err
	}

	etcdPort, err := l.etcdPort()
	if err != nil {
		return err
	}
	if err := l.run(l.etcdComponent(etcdPort)); err != nil {
		return err
	}
	if l.controlPlaneOnly {
		// The port was only reserved: the API server listens on it itself.
		listener.Close()
	} else if err := l.startForwarder(listener); err != nil {
		return err
	}
	return l.run(l.apiServerComponent(etcdPort, l.apiServerPort(l.state)))
}

func (l *launch) startForwarder(listener *net.TCPListener) error {
	socket, err := listener.File()
	if err != nil {
		return err
	}
	defer socket.Close()
	return l.run(component{
		name:     forwarder,
		program:  l.binary(),
		args:     []string{forwarder, fmt.Sprintf("--target=127.0.0.1:%d", insideAPIPort)},
		listener: socket,
	})
}

func (l *launch) etcdPort() (int, error) {
	if !l.controlPlaneOnly {
		return insideEtcdPort, nil
	}
	listener, err := listenOnHost(0)
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// listenOnHost listens on the given loopback port, or on any if it is 0 or taken by now.
func listenOnHost(port int) (*net.TCPListener, error) {
	loopback := net.IPv4(127, 0, 0, 1)
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: loopback, Port: port})
	if err != nil && port != 0 {
		fmt.Fprintf(os.Stderr, "port %d is taken: the API server moves, and older kubeconfigs with it\n", port)
		return net.ListenTCP("tcp4", &net.TCPAddr{IP: loopback})
	}
	return listener, err
}

func (l *launch) startContainerd(ctx context.Context) error {
	if err := l.run(l.containerdComponent()); err != nil {
		return err
	}
	serves := func(ctx context.Context) error { return l.ctr(ctx, "version") }
	if err := l.waitFor(ctx, containerd, containerdLimit, serves); err != nil {
		return err
	}
	return l.importImages(ctx)
}
