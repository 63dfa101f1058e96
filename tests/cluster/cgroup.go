package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cgroupRoot holds the cgroups of all pods. Of its own, because a kubelet destroys the pod cgroups
// it does not know.
const cgroupRoot = "/drover"

const cgroupMount = "/sys/fs/cgroup"

func unifiedCgroups() bool {
	var stat unix.Statfs_t
	return unix.Statfs(cgroupMount, &stat) == nil && stat.Type == unix.CGROUP2_SUPER_MAGIC
}

// cgroupHierarchies are the mount points of the hierarchies: one with cgroup v2, one for each
// controller with v1.
func cgroupHierarchies() ([]string, error) {
	if unifiedCgroups() {
		return []string{cgroupMount}, nil
	}
	files, err := filepath.Glob(filepath.Join(cgroupMount, "*", "cgroup.procs"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no cgroups below %s", cgroupMount)
	}
	hierarchies := make([]string, len(files))
	for i, file := range files {
		hierarchies[i] = filepath.Dir(file)
	}
	return hierarchies, nil
}

func createCgroups() error {
	hierarchies, err := cgroupHierarchies()
	if err != nil {
		return err
	}
	for _, hierarchy := range hierarchies {
		root := filepath.Join(hierarchy, cgroupRoot)
		if err := os.MkdirAll(root, 0o755); err != nil {
			return err
		}
		if err := copyCpuset(hierarchy, root); err != nil {
			return err
		}
	}
	if unifiedCgroups() {
		return enableControllers(cgroupMount, filepath.Join(cgroupMount, cgroupRoot))
	}
	return nil
}

// copyCpuset gives a new cpuset of cgroup v1 the processors of its parent: it starts with none, and
// nothing can run in it.
func copyCpuset(parent, child string) error {
	if filepath.Base(parent) != "cpuset" {
		return nil
	}
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
		value, err := os.ReadFile(filepath.Join(parent, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(child, name), value, 0); err != nil {
			return err
		}
	}
	return nil
}

// enableControllers hands the controllers of cgroup v2 down, from the outermost group on.
func enableControllers(groups ...string) error {
	for _, group := range groups {
		controllers, err := os.ReadFile(filepath.Join(group, "cgroup.controllers"))
		if err != nil {
			return err
		}
		for controller := range strings.FieldsSeq(string(controllers)) {
			err := os.WriteFile(filepath.Join(group, "cgroup.subtree_control"), []byte("+"+controller), 0)
			if err != nil {
				return fmt.Errorf("enable the %s controller: %w", controller, err)
			}
		}
	}
	return nil
}

// deleteCgroups kills what still runs in the pods' cgroups and removes them.
func deleteCgroups(ctx context.Context) error {
	roots, err := cgroupRoots()
	if err != nil {
		return err
	}
	if err := killAll(ctx, "cgroup "+cgroupRoot, func() ([]*os.Process, error) { return processesBelow(roots) }); err != nil {
		return err
	}
	for _, root := range roots {
		if err := removeGroup(ctx, root); err != nil {
			return err
		}
	}
	return nil
}

// cgroupRoots are the folders of our root group that exist.
func cgroupRoots() ([]string, error) {
	hierarchies, err := cgroupHierarchies()
	if err != nil {
		return nil, err
	}
	var roots []string
	for _, hierarchy := range hierarchies {
		root := filepath.Join(hierarchy, cgroupRoot)
		if _, err := os.Stat(root); err == nil {
			roots = append(roots, root)
		}
	}
	return roots, nil
}

func processesBelow(roots []string) ([]*os.Process, error) {
	var processes []*os.Process
	for _, root := range roots {
		groups, err := groupsBelow(root)
		if err != nil {
			return nil, err
		}
		for _, group := range groups {
			pids, _ := os.ReadFile(filepath.Join(group, "cgroup.procs"))
			for field := range strings.FieldsSeq(string(pids)) {
				pid, err := strconv.Atoi(field)
				if err != nil {
					return nil, err
				}
				// As with the marked processes: looked at again through the handle.
				if p, err := os.FindProcess(pid); err == nil && inCgroupRoot(pid) {
					processes = append(processes, p)
				}
			}
		}
	}
	return processes, nil
}

func inCgroupRoot(pid int) bool {
	groups, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cgroup"))
	return strings.Contains(string(groups), ":"+cgroupRoot+"/")
}

// removeGroup removes a group and those below it. The kernel lets go of a group a moment after its
// last process.
func removeGroup(ctx context.Context, root string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	groups, err := groupsBelow(root)
	if err != nil {
		return err
	}
	for _, group := range slices.Backward(groups) {
		for {
			err := unix.Rmdir(group)
			if err == nil || errors.Is(err, unix.ENOENT) {
				break
			}
			if !errors.Is(err, unix.EBUSY) || pause(ctx, 10*time.Millisecond) != nil {
				return &fs.PathError{Op: "remove cgroup", Path: group, Err: err}
			}
		}
	}
	return nil
}

// groupsBelow lists a group and all below it, parents first.
func groupsBelow(root string) ([]string, error) {
	var groups []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && entry.IsDir() {
			groups = append(groups, path)
		}
		return err
	})
	return groups, err
}
