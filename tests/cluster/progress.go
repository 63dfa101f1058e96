package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"
)

// phase runs one step of up and prints a line with the time it took; at a terminal it says before
// what it is at.
func phase(name string, run func() error) error {
	if term.IsTerminal(int(os.Stderr.Fd())) {
		fmt.Fprintf(os.Stderr, "     …   %s\r", name)
	}
	started := time.Now()
	err := run()
	mark := ""
	if err != nil {
		mark = " failed"
	}
	fmt.Fprintf(os.Stderr, "%7.2fs  %s%s\n", time.Since(started).Seconds(), name, mark)
	return err
}
