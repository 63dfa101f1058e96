package main

import (
	"fmt"
	"runtime"
)

// sandbox is one operating system thread that has entered the cluster's namespaces. Processes
// started from there are born inside, and this program's other threads stay outside.
type sandbox struct {
	calls chan func()
}

// newSandbox enters the namespaces on a new thread.
func newSandbox(enter func() error) (*sandbox, error) {
	s := &sandbox{calls: make(chan func())}
	go func() {
		// Never unlocked: the thread ends with the goroutine, as nothing else may run on it.
		runtime.LockOSThread()
		for call := range s.calls {
			call()
		}
	}()
	if err := s.do(enter); err != nil {
		s.close()
		return nil, fmt.Errorf("enter the cluster's namespaces: %w", err)
	}
	return s, nil
}

func (s *sandbox) do(call func() error) error {
	result := make(chan error)
	s.calls <- func() { result <- call() }
	return <-result
}

func (s *sandbox) close() { close(s.calls) }
