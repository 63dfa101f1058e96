package main

import (
	"net"
	"net/url"
	"strconv"

	componentbaseconfig "k8s.io/component-base/config/v1alpha1"
	schedulerconfig "k8s.io/kube-scheduler/config/v1"
	"k8s.io/utils/ptr"
)

// The client limits of every component: by default they are low, to spare a shared API server, and
// tests that run in parallel would queue behind one another.
const (
	clientQPS   = 500
	clientBurst = 1000
)

// apiServerPort is where the API server listens: with a namespace of its own always on the same
// port, else directly on the one that clients use.
func (c *cluster) apiServerPort(s *state) int {
	if c.controlPlaneOnly {
		return s.APIPort
	}
	return insideAPIPort
}

func etcdURL(port int) string {
	address := url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	return address.String()
}

func (c *cluster) etcdComponent(etcdPort int) component {
	return component{name: etcd, program: c.binary(), args: []string{
		etcd,
		"--data-dir=" + c.path("etcd"),
		"--client-url=" + etcdURL(etcdPort),
	}}
}

func (c *cluster) apiServerComponent(etcdPort, port int) component {
	return component{name: apiServer, program: c.binary(), args: []string{
		apiServer,
		"--etcd-servers=" + etcdURL(etcdPort),
		"--bind-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(port),
		"--advertise-address=127.0.0.1",
		// A loopback address may not be the endpoint of the kubernetes Service, so it has none.
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=" + serviceCIDR,
		"--tls-cert-file=" + c.servingCertificate(),
		"--tls-private-key-file=" + c.servingKey(),
		"--token-auth-file=" + c.tokenFile(),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + c.serviceAccountKey(),
		"--service-account-signing-key-file=" + c.serviceAccountKey(),
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged",
		// The node's name is in no DNS: logs and exec must go to its address.
		"--kubelet-preferred-address-types=InternalIP",
		"--event-ttl=1h",
		"--profiling=false",
	}}
}

func (c *cluster) controllerManagerComponent() component {
	return component{name: controllerManager, program: c.binary(), args: []string{
		controllerManager,
		"--kubeconfig=" + c.componentKubeconfig(controllerManager),
		"--kube-api-qps=" + strconv.Itoa(clientQPS),
		"--kube-api-burst=" + strconv.Itoa(clientBurst),
		"--root-ca-file=" + c.servingCertificate(),
		"--service-account-private-key-file=" + c.serviceAccountKey(),
		"--use-service-account-credentials",
		"--flex-volume-plugin-dir=" + c.path("volume-plugins"),
		"--leader-elect=false",
		"--secure-port=0",
		"--profiling=false",
	}}
}

func (c *cluster) schedulerComponent() component {
	return component{name: kubeScheduler, program: c.binary(), args: []string{
		kubeScheduler,
		"--config=" + c.componentConfig(kubeScheduler),
		"--secure-port=0",
	}}
}

func (c *cluster) writeSchedulerConfig() error {
	config := schedulerconfig.KubeSchedulerConfiguration{
		LeaderElection: componentbaseconfig.LeaderElectionConfiguration{LeaderElect: ptr.To(false)},
		ClientConnection: componentbaseconfig.ClientConnectionConfiguration{
			Kubeconfig: c.componentKubeconfig(kubeScheduler),
			QPS:        clientQPS,
			Burst:      clientBurst,
		},
	}
	config.SetGroupVersionKind(schedulerconfig.SchemeGroupVersion.WithKind("KubeSchedulerConfiguration"))
	return c.writeComponentConfig(kubeScheduler, config)
}
