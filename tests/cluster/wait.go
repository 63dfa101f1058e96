package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// pause sleeps, and ends early with an error when the context does.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// pollInterval is short beside the seconds that the components take.
const pollInterval = 50 * time.Millisecond

// poll asks ready again until it returns nil; when the context ends first, it returns ready's reason.
func poll(ctx context.Context, ready func(context.Context) error) error {
	for {
		reason := ready(ctx)
		if reason == nil || pause(ctx, pollInterval) != nil {
			return reason
		}
	}
}

// waitFor polls ready. It gives up at the limit, and at once if the component it depends on ends.
func (l *launch) waitFor(ctx context.Context, component string, limit time.Duration, ready func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ended := false
	reason := poll(limited, func(ctx context.Context) error {
		reason := ready(ctx)
		if p, _ := l.state.process(component); reason != nil && !p.alive() {
			ended = true
			cancel()
		}
		return reason
	})
	switch {
	case reason == nil:
		return nil
	case ended:
		return fmt.Errorf("%s ended\n%s", component, l.logTail(component))
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		return fmt.Errorf("%s is not ready after %s: %w\n%s", component, limit, reason, l.logTail(component))
	}
}

const tailLines = 10

// logTail is the name of a component's log and its last lines, for error messages.
func (c *cluster) logTail(name string) string {
	content, err := os.ReadFile(c.logFile(name))
	if err != nil {
		return err.Error()
	}
	var tail strings.Builder
	fmt.Fprintf(&tail, "%s ends with:", c.logFile(name))
	lines := bytes.Split(bytes.TrimSpace(content), []byte("\n"))
	for _, line := range lines[max(0, len(lines)-tailLines):] {
		fmt.Fprintf(&tail, "\n  %s", line)
	}
	return tail.String()
}
