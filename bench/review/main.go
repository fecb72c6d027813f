// Command review measures how long people wait for a large merge request to
// open: 500 changed files and 200 comments over five versions, pushed and
// written to the real binary. An opening is what its page asks for: the request,
// and when that is there the threads, the changes, the commits and the pipelines
// at once. Its time is that of the HTTP calls until the last byte of the last
// answer, without the browser's own.
//
// The median of several openings counts. The first after a start of the server
// is told apart: nothing is remembered then. It ends with a line per goal, where
// a ratio above 1 is better than the goal:
//
//	RATIO <case> vs <goal> <x> goal 1
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"

	"dasier/bench/live"
)

// options of a run.
type options struct {
	binary   string
	files    int
	comments int
	versions int
	openings int
	starts   int
}

const goal = 300 * time.Millisecond

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/dasier", "the program to measure")
	flag.IntVar(&o.files, "files", 500, "files that the request changes")
	flag.IntVar(&o.comments, "comments", 200, "comments at its lines")
	flag.IntVar(&o.versions, "versions", 5, "pushes to its branch")
	flag.IntVar(&o.openings, "openings", 15, "openings; their median counts")
	flag.IntVar(&o.starts, "starts", 5, "first openings after a start; their median counts")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := measure(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/review:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, o options) (err error) {
	folder, err := os.MkdirTemp("", "dasier-bench-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	s, err := live.Start(ctx, o.binary, folder+"/data", "--runner-jobs", "0")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	began := time.Now()
	r, err := prepare(ctx, s, folder, o)
	if err != nil {
		return err
	}
	fmt.Printf("review  %d files, %d comments, %d versions: made in %s\n", o.files, o.comments, o.versions, time.Since(began).Round(time.Second/10))
	if err := r.check(ctx, s, o); err != nil {
		return err
	}
	warm, err := openings(ctx, s, r, o.openings)
	if err != nil {
		return err
	}
	tell("opening", warm)
	var cold []opening
	for range o.starts {
		if err := s.Restart(ctx); err != nil {
			return err
		}
		first, err := openings(ctx, s, r, 1)
		if err != nil {
			return err
		}
		cold = append(cold, first...)
	}
	tell("first opening after a start", cold)
	fmt.Println()
	ratio("open-request", median(totals(warm)))
	ratio("open-request-first", median(totals(cold)))
	return nil
}

func ratio(name string, took time.Duration) {
	fmt.Printf("RATIO %s vs goal-300ms %.2f goal 1\n", name, float64(goal)/float64(took))
}

// opening is how long each call took, and all of them together.
type opening struct {
	total time.Duration
	calls []call
}

type call struct {
	name  string
	took  time.Duration
	bytes int
}

func openings(ctx context.Context, s *live.Server, r request, n int) ([]opening, error) {
	list := make([]opening, n)
	for i := range list {
		var err error
		if list[i], err = r.open(ctx, s); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func tell(what string, list []opening) {
	total := totals(list)
	fmt.Printf("review  %s: %s, the median of %d (%s to %s)\n", what, round(median(total)), len(list), round(slices.Min(total)), round(slices.Max(total)))
	for i, c := range list[0].calls {
		took := make([]time.Duration, len(list))
		for n := range list {
			took[n] = list[n].calls[i].took
		}
		fmt.Printf("review    %8s  %s, %d KB\n", round(median(took)), c.name, c.bytes>>10)
	}
}

func totals(list []opening) []time.Duration {
	all := make([]time.Duration, len(list))
	for i, o := range list {
		all[i] = o.total
	}
	return all
}

func median(values []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func round(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
