package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
)

// state is what a running cluster is known by. It is written after every step of up, so that a
// killed up leaves nothing unknown.
type state struct {
	// APIPort is the API server's port on the host. A repair keeps it, so that a kubeconfig
	// somebody holds stays valid.
	APIPort int `json:"apiPort"`
	// Tokens of the API server's users, by name.
	Tokens    map[string]string `json:"tokens,omitempty"`
	Processes []process         `json:"processes,omitempty"`
}

func (s *state) process(name string) (process, bool) {
	i := slices.IndexFunc(s.Processes, func(p process) bool { return p.Name == name })
	if i < 0 {
		return process{}, false
	}
	return s.Processes[i], true
}

// loadState returns an empty state when none was written.
func (c *cluster) loadState() (*state, error) {
	s := &state{}
	content, err := os.ReadFile(c.path("state.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	return s, json.Unmarshal(content, s)
}

func (c *cluster) saveState(s *state) error {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(c.path("state.json"), content)
}

// writeFile replaces a file at once, so that no reader and no crash ever meets half of it.
func writeFile(path string, content []byte) error {
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, content, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
