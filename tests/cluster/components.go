package main

import (
	"context"

	"github.com/spf13/cobra"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserverapp "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanagerapp "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxyapp "k8s.io/kubernetes/cmd/kube-proxy/app"
	schedulerapp "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubeletapp "k8s.io/kubernetes/cmd/kubelet/app"
)

// The processes of a cluster, by the names Kubernetes gives them. containerd is Debian's, all others
// are this binary.
const (
	etcd              = "etcd"
	apiServer         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	kubeScheduler     = "kube-scheduler"
	containerd        = "containerd"
	kubelet           = "kubelet"
	kubeProxy         = "kube-proxy"
	forwarder         = "forwarder"
)

// componentCommands are the first arguments that turn this binary into a component.
var componentCommands = map[string]func() *cobra.Command{
	etcd:              etcdCommand,
	apiServer:         apiserverapp.NewAPIServerCommand,
	controllerManager: controllermanagerapp.NewControllerManagerCommand,
	kubeScheduler:     func() *cobra.Command { return schedulerapp.NewSchedulerCommand() },
	kubelet:           kubeletCommand(kubeletapp.NewKubeletCommand),
	kubeProxy:         proxyapp.NewProxyCommand,
	forwarder:         forwarderCommand,
}

// kubeletCommand takes the constructor of either signature: Kubernetes 1.33's has no context.
func kubeletCommand(constructor any) func() *cobra.Command {
	if constructor, ok := constructor.(func() *cobra.Command); ok {
		return constructor
	}
	return func() *cobra.Command {
		return constructor.(func(context.Context) *cobra.Command)(context.Background())
	}
}
