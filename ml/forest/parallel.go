package forest

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// inParallel does what there is to do for trees 0 to n-1, on all processors.
func inParallel(n int, do func(tree int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers < 2 {
		for k := range n {
			do(k)
		}
		return
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for k := int(next.Add(1)) - 1; k < n; k = int(next.Add(1)) - 1 {
				do(k)
			}
		})
	}
	group.Wait()
}
