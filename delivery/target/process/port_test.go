package process

import (
	"fmt"
	"os"
	"testing"
)

// A program gets a port that the system gives to nobody else: neither to an
// outgoing connection nor to one who asks for any port, in the time until the
// program listens.
func TestPortsAreNotTheSystems(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		t.Fatal(err)
	}
	var first, last int
	if _, err := fmt.Sscan(string(text), &first, &last); err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for range 100 {
		port, err := freePort(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if port >= first && port <= last || port < 1024 {
			t.Errorf("the port %d is one of the system's", port)
		}
		seen[port] = true
	}
	if len(seen) < 50 {
		t.Errorf("%d ports in 100 turns: two programs would often get the same", len(seen))
	}
}
