// Command push measures how long people wait for the real binary, as they see it
// from outside:
//
//	push    from the start of `git push` until the first line of the job's log
//	        has arrived at a reader, and the steps on the way
//	start   from the start of the program on an empty folder until /readyz says
//	        that it serves
//	memory  what is resident after a while of idleness, before and after the work
//
// The medians of several tries count. It ends with a line per goal, where a
// ratio above 1 is better than the goal:
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
	binary string
	pushes int
	starts int
	idle   time.Duration
}

// The goals.
const (
	pushGoal   = 500 * time.Millisecond
	startGoal  = time.Second
	memoryGoal = 80 << 20
)

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/dasier", "the program to measure")
	flag.IntVar(&o.pushes, "pushes", 15, "pushes; their median counts")
	flag.IntVar(&o.starts, "starts", 5, "starts on an empty folder; their median counts")
	flag.DurationVar(&o.idle, "idle", 10*time.Second, "how long to idle before memory is read")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := measureAll(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/push:", err)
		os.Exit(1)
	}
}

func measureAll(ctx context.Context, o options) (err error) {
	folder, err := os.MkdirTemp("", "dasier-bench-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	start, err := measureStarts(ctx, o, folder)
	if err != nil {
		return err
	}
	waits, fresh, used, err := measureWork(ctx, o, folder)
	if err != nil {
		return err
	}
	fmt.Printf("memory  %.1f MB resident after %s of idleness when new, %.1f MB after %d pushes\n\n", megabytes(fresh), o.idle, megabytes(used), o.pushes)
	ratio("push_to_first_line", "500ms-goal", float64(pushGoal)/float64(waits))
	ratio("start_on_empty_folder", "1s-goal", float64(startGoal)/float64(start))
	ratio("idle_memory", "80MB-goal", float64(memoryGoal)/float64(max(fresh, used)))
	return nil
}

func ratio(name, goal string, x float64) {
	fmt.Printf("RATIO %s vs %s %.2f goal 1\n", name, goal, x)
}

func measureStarts(ctx context.Context, o options, folder string) (time.Duration, error) {
	var took []time.Duration
	for i := range o.starts {
		s, err := live.Start(ctx, o.binary, fmt.Sprintf("%s/start%d", folder, i))
		if err != nil {
			return 0, err
		}
		took = append(took, s.Took)
		if err := s.Stop(); err != nil {
			return 0, err
		}
	}
	fmt.Printf("start   %s on an empty folder (%s)\n", round(median(took)), span(took))
	return median(took), nil
}

// measureWork answers the median of the wait for a job's first line, and the
// resident bytes before and after all the pushes.
func measureWork(ctx context.Context, o options, folder string) (wait time.Duration, fresh, used int64, err error) {
	s, err := live.Start(ctx, o.binary, folder+"/data")
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	if err := pause(ctx, o.idle); err != nil {
		return 0, 0, 0, err
	}
	if fresh, err = s.Resident(); err != nil {
		return 0, 0, 0, err
	}
	p, err := newPusher(ctx, s, folder)
	if err != nil {
		return 0, 0, 0, err
	}
	if _, err := p.push(ctx); err != nil { // the first fills caches and is not counted
		return 0, 0, 0, err
	}
	var all []steps
	for range o.pushes {
		taken, err := p.push(ctx)
		if err != nil {
			return 0, 0, 0, err
		}
		all = append(all, taken)
	}
	wait = tell(all)
	if err := pause(ctx, o.idle); err != nil {
		return 0, 0, 0, err
	}
	used, err = s.Resident()
	return wait, fresh, used, err
}

// steps are the moments of a push, counted from its start.
type steps struct {
	pushed  time.Duration // git push has ended
	created time.Duration // the job is there
	running time.Duration // the runner has it
	line    time.Duration // a reader has the first line of its log
	script  time.Duration // a reader has the first line that its script printed
}

// tell prints the median of every step and answers that of the first line.
func tell(all []steps) time.Duration {
	column := func(name string, of func(steps) time.Duration) time.Duration {
		var values []time.Duration
		for _, s := range all {
			values = append(values, of(s))
		}
		fmt.Printf("push    %7s  %s (%s)\n", round(median(values)), name, span(values))
		return median(values)
	}
	fmt.Printf("push    medians of %d pushes, from the start of git push:\n", len(all))
	column("git push has ended", func(s steps) time.Duration { return s.pushed })
	column("the job is made", func(s steps) time.Duration { return s.created })
	column("a runner has the job", func(s steps) time.Duration { return s.running })
	first := column("first line of the job's log at a reader", func(s steps) time.Duration { return s.line })
	column("first line of the job's script at a reader", func(s steps) time.Duration { return s.script })
	return first
}

func median(values []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func span(values []time.Duration) string {
	return fmt.Sprintf("%s to %s", round(slices.Min(values)), round(slices.Max(values)))
}

func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

func megabytes(n int64) float64 { return float64(n) / (1 << 20) }

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
