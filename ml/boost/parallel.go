package boost

import (
	"context"
	"sync"
	"sync/atomic"
)

// parallel does tasks 0 to n-1, each once, on as many goroutines as there are
// workers, this one among them, and waits for all. A worker's number tells it
// what memory is its own. Which worker does a task is chance: results must not
// depend on it. It stops between tasks when the context ends.
func parallel(ctx context.Context, workers, n int, do func(worker, task int)) error {
	workers = min(workers, n)
	var next atomic.Int64
	work := func(worker int) {
		for ctx.Err() == nil {
			task := int(next.Add(1)) - 1
			if task >= n {
				return
			}
			do(worker, task)
		}
	}
	var others sync.WaitGroup
	for worker := 1; worker < workers; worker++ {
		others.Go(func() { work(worker) })
	}
	work(0)
	others.Wait()
	return ctx.Err()
}
