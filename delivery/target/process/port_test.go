package process

import (
	"fmt"
	"os"
	"testing"
)

// A program gets a port that no other program of the server has, and that the system
// gives to nobody else: neither to an outgoing connection nor to one who asks for any
// port, in the time until the program listens. A machine that is set to give all
// ports to them has none to spare.
func TestPortsAreNobodyElses(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		t.Fatal(err)
	}
	var first, last int
	if _, err := fmt.Sscan(string(text), &first, &last); err != nil {
		t.Fatal(err)
	}
	var p ports
	seen := map[int]bool{}
	for range 1000 { // of 12,000: some would be the same
		port, err := p.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if first >= lastPort && port >= first && port <= last || port < 1024 {
			t.Errorf("the port %d is one of the system's", port)
		}
		if seen[port] {
			t.Errorf("the port %d was given twice", port)
		}
		seen[port] = true
	}
	for port := range seen {
		p.giveBack(port)
	}
	if len(p.given) != 0 {
		t.Errorf("%d ports are still given", len(p.given))
	}
}
