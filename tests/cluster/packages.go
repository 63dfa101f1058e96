package main

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const busybox = "/bin/busybox"

// requirements are what the node needs of the machine, and the Debian package that has it.
var requirements = []struct {
	debianPackage string
	present       func() bool
}{
	{"containerd", func() bool { return findProgram("containerd") != "" && findProgram("ctr") != "" }},
	{"runc", func() bool { return findProgram("runc") != "" }},
	{"containernetworking-plugins", func() bool { return cniFolder() != "" }},
	{"iptables", func() bool { return findProgram("iptables") != "" }},
	{"busybox-static", func() bool { return isStatic(busybox) }},
}

func missingPackages() []string {
	var missing []string
	for _, requirement := range requirements {
		if !requirement.present() {
			missing = append(missing, requirement.debianPackage)
		}
	}
	return missing
}

// findProgram looks where the components will look; it is empty if there is none.
func findProgram(name string) string {
	for _, folder := range filepath.SplitList(searchPath) {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// isStatic tells whether a program runs without any library, as it must in an image of its own.
func isStatic(program string) bool {
	file, err := elf.Open(program)
	if err != nil {
		return false
	}
	defer file.Close()
	return !slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
}

// installPackages installs what is missing where there is apt, and else says what to install.
func (c *cluster) installPackages(ctx context.Context, missing []string) error {
	apt := findProgram("apt-get")
	if apt == "" {
		return fmt.Errorf("the node needs the programs of these Debian packages, and there is no apt-get to install them: %s",
			strings.Join(missing, " "))
	}
	log, err := os.Create(c.logFile("packages"))
	if err != nil {
		return err
	}
	defer log.Close()
	install := append([]string{"install", "--yes", "--no-install-recommends"}, missing...)
	for _, args := range [][]string{{"update"}, install} {
		command := exec.CommandContext(ctx, apt, args...)
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		command.Stdout, command.Stderr = log, log
		if err := command.Run(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, c.logTail("packages"))
		}
	}
	if still := missingPackages(); len(still) > 0 {
		return fmt.Errorf("installed, but without the programs the node needs: %s", strings.Join(still, " "))
	}
	return nil
}
