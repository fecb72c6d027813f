// Command eda measures looking at a table for the first time, side by side in
// one run: reading a CSV file of numbers, statistics of every column, and the
// correlations of every two.
//
//	dasier  frame.Open, profile.New and profile.Correlate: besides what pandas
//	        tells, the digest, duplicates, distinct values and histograms
//	pandas  read_csv, describe and corr (pandas_eda.py)
//
// Every measurement is a process of its own, and the two take turns, so that
// what else the machine does hits both alike; medians of the rounds count. Both
// must tell the same means, medians and correlations. It ends with a line per
// ratio, pandas's time or memory over ours:
//
//	RATIO <case> vs pandas <x> goal <y>
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"slices"
)

// seen is what a process tells.
type seen struct {
	Read         float64     `json:"read"` // seconds
	Profile      float64     `json:"profile"`
	Correlations float64     `json:"correlations"`
	Peak         float64     `json:"peak"` // MB
	Means        []float64   `json:"means"`
	Medians      []float64   `json:"medians"`
	Matrix       [][]float64 `json:"matrix"`
}

func (s *seen) total() float64 { return s.Read + s.Profile + s.Correlations }

func main() {
	csv := flag.String("csv", "", "the file")
	python := flag.String("python", "/usr/bin/python3", "Python with pandas")
	peer := flag.String("peer", "bench/eda/pandas_eda.py", "the peer's script")
	rounds := flag.Int("rounds", 5, "rounds; medians count")
	child := flag.Bool("child", false, "look at the file in this process")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if *child {
		err = look(*csv)
	} else {
		err = measure(ctx, *csv, *python, *peer, *rounds)
	}
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "bench/eda:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, csv, python, peer string, rounds int) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	var ours, theirs []*seen
	for round := range rounds {
		their, err := run(ctx, python, peer, csv)
		if err != nil {
			return err
		}
		our, err := run(ctx, self, "-child", "-csv", csv)
		if err != nil {
			return err
		}
		if round == 0 {
			if err := compare(our, their); err != nil {
				return err
			}
		}
		ours, theirs = append(ours, our), append(theirs, their)
		fmt.Printf("round %d: dasier %.2f + %.2f + %.2f = %.2f s, %.0f MB; pandas %.2f + %.2f + %.2f = %.2f s, %.0f MB\n", round+1,
			our.Read, our.Profile, our.Correlations, our.total(), our.Peak, their.Read, their.Profile, their.Correlations, their.total(), their.Peak)
	}
	for _, line := range []struct {
		name string
		goal float64
		of   func(*seen) float64
	}{
		{"eda", 4, (*seen).total},
		{"eda-memory", 2, func(s *seen) float64 { return s.Peak }},
		{"eda-read", 4, func(s *seen) float64 { return s.Read }},
		{"eda-profile", 1, func(s *seen) float64 { return s.Profile }},
		{"eda-correlations", 4, func(s *seen) float64 { return s.Correlations }},
	} {
		fmt.Printf("RATIO %s vs pandas %.2f goal %g\n", line.name, median(theirs, line.of)/median(ours, line.of), line.goal)
	}
	return nil
}

func run(ctx context.Context, program string, args ...string) (*seen, error) {
	command := exec.CommandContext(ctx, program, args...) //nolint:gosec // the caller's own programs
	command.Stderr = os.Stderr
	text, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("running %s: %w", program, err)
	}
	var s seen
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("reading what %s says: %w", program, err)
	}
	return &s, nil
}

// compare holds what both tell to six digits.
func compare(a, b *seen) error {
	near := func(what string, x, y []float64) error {
		if len(x) != len(y) {
			return fmt.Errorf("%d %s and %d", len(x), what, len(y))
		}
		for i := range x {
			if math.Abs(x[i]-y[i]) > 1e-5*max(1, math.Abs(y[i])) {
				return fmt.Errorf("%s %d: %v, pandas says %v", what, i, x[i], y[i])
			}
		}
		return nil
	}
	err := errors.Join(near("means", a.Means, b.Means), near("medians", a.Medians, b.Medians))
	for i := range min(len(a.Matrix), len(b.Matrix)) {
		err = errors.Join(err, near("correlations", a.Matrix[i], b.Matrix[i]))
	}
	return err
}

func median(all []*seen, of func(*seen) float64) float64 {
	values := make([]float64, len(all))
	for i, s := range all {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
