package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestParseStatSurvivesOddProgramNames(t *testing.T) {
	stat, err := parseStat("42 (a) b (c) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1000 1\n")
	if err != nil || stat != (procStat{state: "S", startTicks: 987654}) {
		t.Errorf("got %+v, error %v", stat, err)
	}
	if _, err := parseStat("42 (a) S 1"); err == nil {
		t.Error("a truncated status was accepted")
	}
}

func TestOnlyMarkedProcessesAreKilled(t *testing.T) {
	ours, theirs := startSleep(t), startSleep(t)

	marked, err := markedProcesses()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(marked[ours.cluster.folder], ours.process.PID) {
		t.Errorf("process %d is not among %v", ours.process.PID, marked)
	}
	if err := killMarked(t.Context(), ours.cluster.folder); err != nil {
		t.Fatal(err)
	}
	if ours.process.alive() {
		t.Error("our process lives")
	}
	if !theirs.process.alive() {
		t.Error("a process of another cluster was killed")
	}
}

func TestReusedPIDIsNotAlive(t *testing.T) {
	sleeping := startSleep(t).process
	sleeping.StartTicks++
	if sleeping.alive() {
		t.Error("a process that started at another time was taken for ours")
	}
}

type sleep struct {
	cluster *cluster
	process process
}

func startSleep(t *testing.T) sleep {
	t.Helper()
	c := clusterIn(filepath.Join(t.TempDir(), "cluster-test"), true)
	if err := os.MkdirAll(c.logs(), 0o700); err != nil {
		t.Fatal(err)
	}
	started, err := c.start(component{name: "sleep", program: "/bin/sleep", args: []string{"60"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { killMarked(t.Context(), c.folder) })
	return sleep{c, started}
}
