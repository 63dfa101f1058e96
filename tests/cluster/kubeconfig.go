package main

import (
	"os"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const contextName = "drover"

// writeKubeconfigs writes the administrator's kubeconfig, for outside, and one for each component.
func (c *cluster) writeKubeconfigs(s *state) error {
	if err := c.writeKubeconfig(s, admin, c.kubeconfig(), serverURL(s.APIPort)); err != nil {
		return err
	}
	inside := serverURL(c.apiServerPort(s))
	for component, account := range map[string]account{
		controllerManager: controllerManagerAccount,
		kubeScheduler:     schedulerAccount,
		kubelet:           kubeletAccount,
		kubeProxy:         proxyAccount,
	} {
		if err := c.writeKubeconfig(s, account, c.componentKubeconfig(component), inside); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) componentKubeconfig(component string) string {
	return c.path("config", component+".kubeconfig")
}

// writeKubeconfig embeds the certificate: the file works wherever somebody copies it.
func (c *cluster) writeKubeconfig(s *state, account account, path, server string) error {
	authority, err := os.ReadFile(c.servingCertificate())
	if err != nil {
		return err
	}
	config := clientcmdapi.NewConfig()
	config.Clusters[contextName] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: authority}
	config.AuthInfos[account.name] = &clientcmdapi.AuthInfo{Token: s.Tokens[account.name]}
	config.Contexts[contextName] = &clientcmdapi.Context{Cluster: contextName, AuthInfo: account.name}
	config.CurrentContext = contextName
	content, err := clientcmd.Write(*config)
	if err != nil {
		return err
	}
	return writeFile(path, content)
}

// client talks to the API server as everybody outside does.
func (c *cluster) client() (*kubernetes.Clientset, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.kubeconfig())
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(config)
}
