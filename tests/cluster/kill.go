package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// markedProcesses returns the folders of all running clusters this user may see, and the processes
// of each.
func markedProcesses() (map[string][]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	marked := map[string][]int{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if folder := markOf(pid); folder != "" {
			marked[folder] = append(marked[folder], pid)
		}
	}
	return marked, nil
}

// markOf is empty for processes that have none, have ended, or belong to another user.
func markOf(pid int) string {
	environment, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	for variable := range bytes.SplitSeq(environment, []byte{0}) {
		if folder, ok := bytes.CutPrefix(variable, []byte(folderVariable+"=")); ok {
			return string(folder)
		}
	}
	return ""
}

// killAll ends the processes that list names, again until it names none: one of them may have
// started another in between. Nothing here is worth an orderly shutdown, the data goes too.
func killAll(ctx context.Context, what string, list func() ([]*os.Process, error)) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		processes, err := list()
		if err != nil || len(processes) == 0 {
			return err
		}
		pids := make([]int, 0, len(processes))
		for _, p := range processes {
			pids = append(pids, p.Pid)
			p.Kill()
			p.Release()
		}
		if pause(ctx, 10*time.Millisecond) != nil {
			slices.Sort(pids)
			return fmt.Errorf("%s: processes %v did not end", what, pids)
		}
	}
}

// killMarked ends every process that carries the mark of the folder.
func killMarked(ctx context.Context, folder string) error {
	return killAll(ctx, folder, func() ([]*os.Process, error) {
		marked, err := markedProcesses()
		if err != nil {
			return nil, err
		}
		var processes []*os.Process
		for _, pid := range marked[folder] {
			// The handle stays with the process it was opened on: with the mark read once more
			// through it, a pid given away in between is never killed.
			p, err := os.FindProcess(pid)
			if err == nil && markOf(pid) == folder {
				processes = append(processes, p)
			}
		}
		return processes, nil
	})
}
