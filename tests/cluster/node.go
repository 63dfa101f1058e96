package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	componentbaseconfig "k8s.io/component-base/config/v1alpha1"
	proxyconfig "k8s.io/kube-proxy/config/v1alpha1"
	kubeletconfig "k8s.io/kubelet/config/v1beta1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"
)

func (c *cluster) kubeletComponent() component {
	return component{name: kubelet, program: c.binary(), args: []string{
		kubelet,
		"--config=" + c.componentConfig(kubelet),
		"--kubeconfig=" + c.componentKubeconfig(kubelet),
		"--hostname-override=" + nodeName,
		"--node-ip=" + nodeIP,
		"--root-dir=" + c.path("kubelet"),
		"--cert-dir=" + c.path("kubelet", "pki"),
	}}
}

func (c *cluster) writeKubeletConfig() error {
	return c.writeComponentConfig(kubelet, kubeletconfig.KubeletConfiguration{
		TypeMeta: metav1.TypeMeta{
			APIVersion: kubeletconfig.SchemeGroupVersion.String(),
			Kind:       "KubeletConfiguration",
		},
		Address:                  nodeIP,
		ContainerRuntimeEndpoint: "unix://" + c.containerdSocket(),
		PodLogsDir:               c.path("pods"),
		VolumePluginDir:          c.path("volume-plugins"),
		ResolverConfig:           ptr.To(c.resolverConfig()),
		// There is no DNS, but without an address for it every pod gets a warning event.
		ClusterDNS:    []string{dnsServiceIP},
		ClusterDomain: "cluster.local",

		// Reachable from inside the network namespace alone.
		Authentication: kubeletconfig.KubeletAuthentication{
			Anonymous: kubeletconfig.KubeletAnonymousAuthentication{Enabled: ptr.To(true)},
			Webhook:   kubeletconfig.KubeletWebhookAuthentication{Enabled: ptr.To(false)},
		},
		Authorization: kubeletconfig.KubeletAuthorization{Mode: kubeletconfig.KubeletAuthorizationModeAlwaysAllow},

		CgroupRoot:     cgroupRoot,
		CgroupDriver:   "cgroupfs",
		FailCgroupV1:   ptr.To(false),
		FailSwapOn:     ptr.To(false),
		OOMScoreAdj:    ptr.To[int32](0), // a lower one needs CAP_SYS_RESOURCE
		MaxPods:        250,
		KubeAPIQPS:     ptr.To[int32](clientQPS),
		KubeAPIBurst:   clientBurst,
		EventBurst:     clientBurst,
		EventRecordQPS: ptr.To[int32](clientQPS),

		// Somebody's full disk or busy machine must not evict the pods of a test. An empty list
		// would be left out of the file and mean the default, hence "none".
		EnforceNodeAllocatable:        []string{"none"},
		LocalStorageCapacityIsolation: ptr.To(false),
		EvictionHard: map[string]string{
			"memory.available":  "50Mi",
			"nodefs.available":  "1%",
			"imagefs.available": "1%",
		},
		// Images can't be pulled again, so none is collected.
		ImageGCHighThresholdPercent: ptr.To[int32](100),
	})
}

// resolverConfig is a resolv.conf without a server: the pods have nobody to ask.
func (c *cluster) resolverConfig() string { return c.path("config", "resolv.conf") }

func (c *cluster) writeResolverConfig() error {
	return writeFile(c.resolverConfig(), []byte("options ndots:1\n"))
}

func (c *cluster) proxyComponent() component {
	return component{name: kubeProxy, program: c.binary(), args: []string{
		kubeProxy,
		"--config=" + c.componentConfig(kubeProxy),
	}}
}

func (c *cluster) writeProxyConfig() error {
	return c.writeComponentConfig(kubeProxy, proxyconfig.KubeProxyConfiguration{
		TypeMeta: metav1.TypeMeta{
			APIVersion: proxyconfig.SchemeGroupVersion.String(),
			Kind:       "KubeProxyConfiguration",
		},
		ClientConnection: componentbaseconfig.ClientConnectionConfiguration{
			Kubeconfig: c.componentKubeconfig(kubeProxy),
		},
		HostnameOverride: nodeName,
		Mode:             "iptables",
		ClusterCIDR:      podCIDR,
		OOMScoreAdj:      ptr.To[int32](0),
		// The size of the connection table belongs to the whole machine.
		Conntrack: proxyconfig.KubeProxyConntrackConfiguration{MaxPerCore: ptr.To[int32](0)},
	})
}

func (c *cluster) componentConfig(component string) string {
	return c.path("config", component+".yaml")
}

func (c *cluster) writeComponentConfig(component string, config any) error {
	content, err := yaml.Marshal(config)
	if err != nil {
		return err
	}
	return writeFile(c.componentConfig(component), content)
}
