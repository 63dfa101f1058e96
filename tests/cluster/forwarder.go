package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync"

	"github.com/spf13/cobra"
)

// listenerFD is where the forwarder finds its listening socket. A socket stays in the network
// namespace it was made in, so the socket is made outside and handed to a process that runs inside:
// neither side has to change namespaces while it serves.
const listenerFD = 3

func forwarderCommand() *cobra.Command {
	var target string
	command := &cobra.Command{
		Use:          forwarder,
		Short:        "Carry the connections of an inherited listening socket to an address",
		SilenceUsage: true,
		RunE: func(*cobra.Command, []string) error {
			listener, err := net.FileListener(os.NewFile(listenerFD, "listener"))
			if err != nil {
				return fmt.Errorf("file descriptor %d: %w", listenerFD, err)
			}
			return forward(listener, target)
		},
	}
	command.Flags().StringVar(&target, "target", "", "address to carry them to")
	return command
}

func forward(listener net.Listener, target string) error {
	for {
		client, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer client.Close()
			server, err := net.Dial("tcp", target)
			if err != nil {
				log.Print(err)
				return
			}
			defer server.Close()
			join(client.(*net.TCPConn), server.(*net.TCPConn))
		}()
	}
}

// join copies both ways until both sides have finished. One side may finish first and still read
// (kubectl exec and attach do), so its end is passed on rather than taken for the end of all.
func join(a, b *net.TCPConn) {
	var copying sync.WaitGroup
	carry := func(to, from *net.TCPConn) {
		if _, err := io.Copy(to, from); err != nil {
			to.Close()
			from.Close()
			return
		}
		to.CloseWrite()
	}
	copying.Go(func() { carry(a, b) })
	copying.Go(func() { carry(b, a) })
	copying.Wait()
}
