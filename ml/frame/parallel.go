package frame

import (
	"runtime"
	"sync"
)

// parser takes one chunk after another apart. What it made of a chunk is used
// before it gets the next.
type parser interface{ parse(c *chunk) }

// inOrder has the chunks of a text parsed by as many goroutines as there are
// processors and joins what they made in the order of the text, so that nothing
// depends on their number. The first error of join ends it.
func inOrder[P parser](next feed, newParser func() P, join func(P) error) error {
	type job struct {
		chunk  chunk
		parser P
		ready  chan struct{}
	}
	workers := runtime.GOMAXPROCS(0)
	ahead := 2 * workers // chunks in memory: each channel holds them all
	idle, work, order := make(chan *job, ahead), make(chan *job, ahead), make(chan *job, ahead)
	for range ahead {
		idle <- &job{parser: newParser(), ready: make(chan struct{}, 1)}
	}
	stop := make(chan struct{})
	var wait sync.WaitGroup
	var unread error
	wait.Go(func() {
		defer close(work)
		defer close(order)
		for {
			var j *job
			select {
			case <-stop:
				return
			case j = <-idle:
			}
			more, err := next(&j.chunk)
			if unread = err; err != nil || !more {
				return
			}
			order <- j
			work <- j
		}
	})
	for range workers {
		wait.Go(func() {
			for j := range work {
				j.parser.parse(&j.chunk)
				j.ready <- struct{}{}
			}
		})
	}
	var failed error
	for j := range order {
		<-j.ready
		if failed == nil {
			if failed = join(j.parser); failed != nil {
				close(stop)
			}
		}
		idle <- j
	}
	wait.Wait()
	if failed != nil {
		return failed
	}
	return unread
}
