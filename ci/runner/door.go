package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
)

// door lets the containers of one job reach the server when it listens on this
// machine's loopback address alone: in a container that address is another. It
// listens in the job's own network and leads nowhere else.
type door struct {
	listener net.Listener
	server   string // host:port
	from, to string // origins: as the server is called here, and in the network
	serving  sync.WaitGroup
	stopping context.Context
	stop     context.CancelFunc
}

// openDoor opens one where it is needed; nil is no door.
func openDoor(ctx context.Context, gateway, base string) (*door, error) {
	address, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("reading the server's address: %w", err)
	}
	if ip := net.ParseIP(address.Hostname()); address.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, nil
	}
	port := address.Port()
	if port == "" {
		port = map[string]string{"https": "443"}[address.Scheme]
		if port == "" {
			port = "80"
		}
	}
	d := &door{server: net.JoinHostPort(address.Hostname(), port), from: address.Scheme + "://" + address.Host}
	if d.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(gateway, "0")); err != nil {
		return nil, fmt.Errorf("making the server reachable for the job's containers: %w", err)
	}
	d.to = address.Scheme + "://" + d.listener.Addr().String()
	d.stopping, d.stop = context.WithCancel(context.Background())
	d.serving.Go(d.serve)
	return d, nil
}

// translate puts the server's address in the network in place of the one here.
func (d *door) translate(value string) string {
	if d == nil {
		return value
	}
	value = strings.ReplaceAll(value, d.from, d.to)
	// The same server by its other name.
	if port, ok := strings.CutPrefix(d.from, "http://127.0.0.1:"); ok {
		return strings.ReplaceAll(value, "http://localhost:"+port, d.to)
	}
	if port, ok := strings.CutPrefix(d.from, "http://localhost:"); ok {
		return strings.ReplaceAll(value, "http://127.0.0.1:"+port, d.to)
	}
	return value
}

func (d *door) serve() {
	for {
		connection, err := d.listener.Accept()
		if err != nil {
			return // closed
		}
		d.serving.Go(func() { d.pass(connection) })
	}
}

// pass joins a connection with one to the server, until both sides have ended.
func (d *door) pass(inside net.Conn) {
	outside, err := (&net.Dialer{}).DialContext(d.stopping, "tcp", d.server)
	if err != nil {
		_ = inside.Close() // the client sees that nobody is there
		return
	}
	// With the job everything ends.
	ended := context.AfterFunc(d.stopping, func() { _ = errors.Join(inside.Close(), outside.Close()) })
	defer ended()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{inside, outside}, {outside, inside}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1]) // either side may hang up at any time
			if half, ok := way[0].(*net.TCPConn); ok {
				_ = half.CloseWrite()
			}
		})
	}
	both.Wait()
	_ = errors.Join(inside.Close(), outside.Close()) // both have said all
}

func (d *door) close() {
	d.stop()
	_ = d.listener.Close() // nothing is lost
	d.serving.Wait()
}
