package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// searchPath has the folders of iptables, mount and the like, whatever PATH up was called with.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// folderVariable marks every process of a cluster with the cluster's folder. Children inherit it
// (containerd's shims outlive their parent), so that down finds all of them, those included that a
// killed up had no time to write down, and never takes a stranger's process for one of ours.
const folderVariable = "DROVER_CLUSTER_FOLDER"

// process identifies a running process: a pid alone may have been given to another one since.
type process struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
	// StartTicks is when the kernel started it, in clock ticks since boot.
	StartTicks uint64    `json:"startTicks"`
	Started    time.Time `json:"started"`
}

// component says how to start one process of a cluster.
type component struct {
	name    string
	program string
	args    []string
	// listener, if any, is inherited as file descriptor 3.
	listener *os.File
}

// start runs a component detached from the caller, its output going to its own log.
func (c *cluster) start(spec component) (process, error) {
	log, err := os.OpenFile(c.logFile(spec.name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return process{}, err
	}
	defer log.Close()

	command := exec.Command(spec.program, spec.args...)
	command.Env = []string{"PATH=" + searchPath, folderVariable + "=" + c.folder}
	command.Dir = c.folder
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if spec.listener != nil {
		command.ExtraFiles = []*os.File{spec.listener}
	}
	if err := command.Start(); err != nil {
		return process{}, fmt.Errorf("start %s: %w", spec.name, err)
	}
	stat, err := readStat(command.Process.Pid)
	if err != nil {
		return process{}, fmt.Errorf("start %s: %w", spec.name, err)
	}
	// Nobody waits for it, as it is to outlive this process.
	defer command.Process.Release()
	return process{Name: spec.name, PID: command.Process.Pid, StartTicks: stat.startTicks, Started: time.Now()}, nil
}

func (p process) alive() bool {
	stat, err := readStat(p.PID)
	return err == nil && stat.startTicks == p.StartTicks && stat.state != zombie
}

type procStat struct {
	state      string
	startTicks uint64
}

const zombie = "Z"

func readStat(pid int) (procStat, error) {
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return procStat{}, err
	}
	return parseStat(string(content))
}

// parseStat reads fields 3 (state) and 22 (starttime) of proc_pid_stat(5). The second field is the
// program's name in parentheses and may itself contain spaces and parentheses.
func parseStat(content string) (procStat, error) {
	fields := strings.Fields(content[strings.LastIndex(content, ")")+1:])
	if len(fields) < 20 {
		return procStat{}, fmt.Errorf("unexpected process status %q", content)
	}
	startTicks, err := strconv.ParseUint(fields[19], 10, 64)
	return procStat{state: fields[0], startTicks: startTicks}, err
}
