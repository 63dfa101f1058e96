package main

import (
	"bytes"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// account is a user of the API server: the administrator, or a component.
type account struct {
	name   string
	groups []string
}

var (
	admin                    = account{"admin", []string{user.SystemPrivilegedGroup}}
	controllerManagerAccount = account{user.KubeControllerManager, nil}
	schedulerAccount         = account{user.KubeScheduler, nil}
	kubeletAccount           = account{"system:node:" + nodeName, []string{user.NodesGroup}}
	proxyAccount             = account{user.KubeProxy, nil}

	accounts = []account{admin, controllerManagerAccount, schedulerAccount, kubeletAccount, proxyAccount}
)

func (c *cluster) tokenFile() string          { return c.path("pki", "tokens.csv") }
func (c *cluster) serviceAccountKey() string  { return c.path("pki", "service-account.key") }
func (c *cluster) servingCertificate() string { return c.path("pki", "apiserver.crt") }
func (c *cluster) servingKey() string         { return c.path("pki", "apiserver.key") }

// writeCredentials makes keys, certificate and tokens, except where a cluster under repair has them:
// whoever holds its kubeconfig or a service account token goes on unharmed.
func (c *cluster) writeCredentials(s *state) error {
	if err := os.MkdirAll(c.path("pki"), 0o700); err != nil {
		return err
	}
	if _, _, err := keyutil.LoadOrGenerateKeyFile(c.serviceAccountKey()); err != nil {
		return err
	}
	if err := c.writeServingCertificate(); err != nil {
		return err
	}
	return c.writeTokens(s)
}

// writeServingCertificate makes the API server's certificate, which is also the authority that the
// kubeconfigs trust.
func (c *cluster) writeServingCertificate() error {
	if _, err := os.Stat(c.servingCertificate()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	ips := []net.IP{net.ParseIP(nodeIP), net.ParseIP(apiServiceIP)}
	names := []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"}
	certificate, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", ips, names)
	if err != nil {
		return err
	}
	if err := writeFile(c.servingKey(), key); err != nil {
		return err
	}
	return writeFile(c.servingCertificate(), certificate)
}

// writeTokens writes the API server's file of static tokens: token, name, uid, groups.
func (c *cluster) writeTokens(s *state) error {
	if s.Tokens == nil {
		s.Tokens = map[string]string{}
	}
	var content bytes.Buffer
	writer := csv.NewWriter(&content)
	for i, account := range accounts {
		if s.Tokens[account.name] == "" {
			s.Tokens[account.name] = rand.Text()
		}
		record := []string{s.Tokens[account.name], account.name, strconv.Itoa(i + 1), strings.Join(account.groups, ",")}
		if err := writer.Write(record); err != nil {
			return err
		}
	}
	writer.Flush()
	if err := writer.Error(); err != nil {
		return err
	}
	return writeFile(c.tokenFile(), content.Bytes())
}
