package prep

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// blockRows is how many rows are computed at once: a block of the usual number of
// columns stays in the cache. Blocks do not depend on the number of processors.
const blockRows = 2048

// each calls do for 0 to n-1 on all processors and waits. The error is the first
// in order.
func each(n int, do func(k int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	work := func() {
		for {
			k := int(next.Add(1)) - 1
			if k >= n {
				return
			}
			errs[k] = do(k)
		}
	}
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) - 1 {
		wait.Go(work)
	}
	work()
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// blocks calls do for every block of rows.
func blocks(rows int, do func(first, end int) error) error {
	return each((rows+blockRows-1)/blockRows, func(k int) error {
		return do(k*blockRows, min((k+1)*blockRows, rows))
	})
}
