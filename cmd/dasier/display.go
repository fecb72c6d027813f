package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8/cwriter"

	"dasier/model/train"
)

// display shows what a training is at: live on a terminal, in plain lines
// elsewhere.
type display struct {
	out   io.Writer
	live  *live // nil: plain lines
	clock func() time.Time

	mu    sync.Mutex // Protects what follows.
	state progressState
}

// progressState is what is known of a training so far.
type progressState struct {
	stage       string
	plan        *train.Plan
	done, total int
	best        string
	bestScore   float64
	rows        []*progressRow
	searching   time.Time // since when
	at          time.Time // since when the stage runs
}

// progressRow is a candidate on its way.
type progressRow struct {
	name        string
	done, folds int
	mean        float64
	step, steps int
	running     int
	failed      string
}

// newDisplay shows a training on out. A terminal gets a live display, unless it
// says that it cannot move its cursor (TERM=dumb). NO_COLOR takes the colours
// away: https://no-color.org.
func newDisplay(out io.Writer) *display {
	d := &display{out: out, clock: time.Now, state: progressState{bestScore: math.NaN()}}
	file, ok := out.(*os.File)
	terminal := ok && cwriter.IsTerminal(int(file.Fd())) //nolint:gosec // a descriptor is small
	if inPlace, colour := abilities(terminal, os.Getenv); inPlace {
		d.live = newLive(file, colour)
	}
	return d
}

// abilities are what the display may do where it is shown.
func abilities(terminal bool, getenv func(string) string) (inPlace, colour bool) {
	inPlace = terminal && getenv("TERM") != "dumb"
	return inPlace, inPlace && getenv("NO_COLOR") == ""
}

// run shows work until it is through.
func (d *display) run(work func(watch func(train.Event)) error) error {
	if d.live == nil {
		return work(d.watch)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				d.draw()
			}
		}
	}()
	err := work(d.watch)
	close(stop)
	<-stopped
	d.live.clear()
	return err
}

func (d *display) draw() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live.draw(&d.state, d.clock())
}

// watch takes in an event.
func (d *display) watch(e train.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.state
	if e.Stage != s.stage {
		s.stage, s.at = e.Stage, d.clock()
		if d.live == nil {
			fmt.Fprintf(d.out, "%s\n", stageTitles[e.Stage])
		}
	}
	s.done, s.total = e.Done, e.Total
	if e.Plan != nil {
		s.plan, s.searching = e.Plan, d.clock()
	}
	if e.Fit != nil {
		s.take(*e.Fit)
		if row := s.row(e.Fit.Candidate); d.live == nil {
			d.tell(*e.Fit, row)
		}
	}
}

var stageTitles = map[string]string{
	train.StageRead:     "reading the data",
	train.StageSearch:   "comparing the candidates",
	train.StageFit:      "fitting the chosen one to all training rows",
	train.StageEvaluate: "judging it on the held-out rows",
	train.StageExplain:  "finding out what it does",
	train.StageProfile:  "describing the training rows",
}

// tell prints a line for a candidate that is through, or failed.
func (d *display) tell(f train.Fit, row *progressRow) {
	switch {
	case f.Failed != "" && row.failed == "":
		row.failed = f.Failed
		fmt.Fprintf(d.out, "  %s: failed %s\n", f.Candidate, f.Failed)
	case f.Scored && row.done == row.folds:
		best := ""
		if f.Best == f.Candidate {
			best = ", the best so far"
		}
		fmt.Fprintf(d.out, "  %s: %s %s over %d folds (%d of %d fits done)%s\n",
			f.Candidate, d.state.plan.Metric, d.state.plan.Figure(f.Mean), row.folds, d.state.done, d.state.total, best)
	}
}

// row is a candidate's, which may be new.
func (s *progressState) row(name string) *progressRow {
	for _, r := range s.rows {
		if r.name == name {
			return r
		}
	}
	r := &progressRow{name: name, mean: math.NaN()}
	s.rows = append(s.rows, r)
	return r
}

// take notes what happened to a candidate.
func (s *progressState) take(f train.Fit) {
	row := s.row(f.Candidate)
	row.folds = f.Folds
	s.best, s.bestScore = f.Best, f.BestScore
	switch {
	case f.Scored:
		row.done++
		row.running, row.mean, row.step, row.steps = row.running-1, f.Mean, 0, 0
	case f.Failed != "":
		row.done++
		row.running--
	case f.Steps > 0:
		row.step, row.steps = f.Step, f.Steps
	default:
		row.running++
		if row.done == row.folds { // a later round, on more rows
			row.done, row.mean = 0, math.NaN()
		}
	}
}

// known lists what a training that was stopped found out, the best first.
func (d *display) known() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var text strings.Builder
	for _, r := range d.state.ordered() {
		if r.done == r.folds && !math.IsNaN(r.mean) {
			fmt.Fprintf(&text, "  %s: %s %s over %d folds\n", r.name, d.state.plan.Metric, d.state.plan.Figure(r.mean), r.folds)
		}
	}
	return text.String()
}
