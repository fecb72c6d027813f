package porttest_test

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"dasier/porttest"
)

func TestAHeldPortIsListenedToAgainAndAgain(t *testing.T) {
	address := porttest.Hold(t)
	seen := map[string]bool{address: true}
	for range 20 {
		other := porttest.Hold(t)
		if seen[other] {
			t.Fatalf("%s is given twice", other)
		}
		seen[other] = true
	}
	for range 3 {
		if c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("nobody listens, and the connection is %v, %v", c, err)
		}
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address); err == nil {
			t.Errorf("two listen at %s: %v", address, second.Close())
		}
		connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		// The server's end first: it stays for a while (TIME_WAIT).
		if err := errors.Join(accepted.Close(), connection.Close(), listener.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
