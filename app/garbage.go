package app

import (
	"os"
	"runtime"
	"runtime/debug"
)

// lateGarbage makes the collector wait until there is some garbage, and the
// function that it gives ends that. The runtime collects when the heap has
// doubled. That of a small model is a few MiB, which requests fill many times a
// second: a tenth of the processor's time would go into looking for what is not
// garbage. Memory that nothing ever touches counts as heap and takes none.
//
// Whoever sets GOGC or GOMEMLIMIT decides for themselves.
func lateGarbage() (end func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	const untouched = 16 << 20
	ballast := make([]byte, untouched)
	return func() { runtime.KeepAlive(ballast) }
}

// giveBack gives the system the memory back that only the start has needed, such
// as what a model was read with. The collector waits, so that a server with little
// to do would keep it for minutes.
func giveBack() { debug.FreeOSMemory() }
