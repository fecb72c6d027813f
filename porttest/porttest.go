// Package porttest gives tests a port of this machine that is theirs until they
// end. One that was found free and let go of may be taken by another program, or
// by any connection that goes out, before the test's server listens there or
// while it is away.
//
// It does not know what listens.
package porttest

import (
	"fmt"
	"syscall"
	"testing"
)

// Hold gives an address, 127.0.0.1 and a port, that until the test's end nobody
// gets who does not ask for it by its number. A server may listen there, stop, and
// listen there again; while none does, connections are refused.
//
// It holds the port with a socket that is bound and does not listen. The system
// gives such a port to nobody who takes any, and to others only if both allow to
// share it (SO_REUSEADDR, socket(7)), as servers in Go do; two cannot listen.
func Hold(t testing.TB) string {
	t.Helper()
	address, release, err := hold()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return address
}

func hold() (address string, release func(), err error) {
	syscall.ForkLock.RLock()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(socket)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return "", nil, fmt.Errorf("making a socket: %w", err)
	}
	release = func() { _ = syscall.Close(socket) } // nothing was sent that could be lost
	if err = syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		release()
		return "", nil, fmt.Errorf("taking a port: %w", err)
	}
	// Only now: sharing from the beginning, it could get what another holds.
	if err = syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		release()
		return "", nil, fmt.Errorf("sharing a port: %w", err)
	}
	at, err := syscall.Getsockname(socket)
	if err != nil {
		release()
		return "", nil, fmt.Errorf("finding the port: %w", err)
	}
	inet, ok := at.(*syscall.SockaddrInet4)
	if !ok {
		release()
		return "", nil, fmt.Errorf("the port has the address %T", at)
	}
	return fmt.Sprintf("127.0.0.1:%d", inet.Port), release, nil
}
