// Command train measures learning, ours beside scikit-learn and XGBoost, side by
// side in one run: the same rows, the same folds, the same settings (ours.go and
// peers.py), on one thread and on two.
//
//	california  20,640 rows of 8 numbers: five folds
//	ames        2,930 houses of 79 columns, raw, with missing values: five folds.
//	            Peers see a number per level of each category; ours is measured on
//	            those, and besides on the categories as they are ("native")
//	million     1,000,000 rows of 28 numbers, judged on 100,000 others
//
// Every measurement is a process of its own, which times its fits alone, with the
// rows in memory. Programs take turns within each round, so that what else the
// machine does hits all of them alike; medians of the rounds count. Scores are the
// root mean squared error over the folds, of a choice the area under the curve.
// The run ends with a line per ratio, above 1 where ours is better, faster or
// smaller:
//
//	RATIO <case> vs <peer> <x> goal <y>
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
)

// options of a run.
type options struct {
	folder   string // of the tables
	python   string
	peers    string // peers.py
	data     []string
	learners []string
	threads  []string
	rounds   int
	child    string
}

func main() {
	var o options
	flag.StringVar(&o.folder, "folder", "", "where the tables are; the million rows are made there")
	flag.StringVar(&o.python, "python", "/usr/bin/python3", "Python with scikit-learn and xgboost")
	flag.StringVar(&o.peers, "peers", "bench/train/peers.py", "the peers' side")
	data := flag.String("data", "california,ames,million", "the tables")
	learners := flag.String("learners", strings.Join(allLearners, ","), "what to fit")
	threads := flag.String("threads", "1,2", "numbers of threads")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; medians count. What takes a minute is measured once")
	flag.StringVar(&o.child, "child", "", "measure DATA,LEARNER in this process and print a line of JSON")
	flag.Parse()
	o.data, o.learners, o.threads = strings.Split(*data, ","), strings.Split(*learners, ","), strings.Split(*threads, ",")

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/train:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.child != "" {
		data, learner, _ := strings.Cut(o.child, ",")
		return measureOurs(ctx, o.folder, data, learner)
	}
	if slices.Contains(o.data, "million") {
		if err := makeMillion(o.folder); err != nil {
			return fmt.Errorf("making the million rows: %w", err)
		}
	}
	var ratios []string
	for _, data := range o.data {
		for _, learner := range o.learners {
			for _, threads := range o.threads {
				if threads != "1" && !parallel(learner) {
					continue
				}
				found, err := compare(ctx, o, data, learner, threads)
				if err != nil {
					return err
				}
				ratios = append(ratios, found...)
			}
		}
	}
	fmt.Println()
	fmt.Println(strings.Join(ratios, "\n"))
	return nil
}

// measured is what one process did. Times are in seconds.
type measured struct {
	Fit   float64 `json:"fit"`             // on all rows
	Folds float64 `json:"folds,omitempty"` // the five fits of the folds
	Score float64 `json:"score"`
	Peak  float64 `json:"peak_mb"` // memory
}

// contestant is a program with what it did.
type contestant struct {
	name    string
	command []string
	rounds  []measured
}

// compare measures one learner on one table with so many threads.
func compare(ctx context.Context, o options, data, learner, threads string) ([]string, error) {
	list, err := contestants(o, data, learner, threads)
	if err != nil {
		return nil, err
	}
	for round := range o.rounds {
		for i := range list {
			c := &list[i]
			if round > 0 && c.rounds[0].Fit > 20 {
				continue // a minute or more with its folds: once is enough
			}
			m, err := measure(ctx, c.command, threads)
			if err != nil {
				return nil, fmt.Errorf("%s, %s on %s: %w", c.name, learner, data, err)
			}
			c.rounds = append(c.rounds, m)
		}
	}
	for _, c := range list {
		m := c.median()
		fmt.Printf("%-10s %-12s %s thread(s) %-13s fit %9.4f s  folds %9.4f s  score %-10.6g peak %5.0f MB  rounds %d\n",
			data, learner, threads, c.name, m.Fit, m.Folds, m.Score, m.Peak, len(c.rounds))
	}
	return ratios(list, data, learner, threads), nil
}

func contestants(o options, data, learner, threads string) ([]contestant, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ours := func(name, learner string) contestant {
		return contestant{name: name, command: []string{self, "-folder", o.folder, "-child", data + "," + learner}}
	}
	list := []contestant{ours("dasier", learner)}
	for _, peer := range peersOf(learner) {
		list = append(list, contestant{name: peer, command: []string{o.python, o.peers, data, learner, peer, threads, o.folder}})
	}
	if data == "ames" && native(learner) {
		list = append(list, ours("dasier native", learner+" native"))
	}
	return list, nil
}

func peersOf(learner string) []string {
	if strings.HasPrefix(learner, "boosting") {
		return []string{"scikit-learn", "xgboost"}
	}
	return []string{"scikit-learn"}
}

func native(learner string) bool {
	return strings.HasPrefix(learner, "boosting") || learner == "forest" || learner == "tree"
}

// parallel tells the learners whose peers use a second thread.
func parallel(learner string) bool {
	return strings.HasPrefix(learner, "boosting") || learner == "forest" || learner == "linear" || learner == "logistic"
}

func measure(ctx context.Context, command []string, threads string) (measured, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // the caller's own programs
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+threads, "OMP_NUM_THREADS="+threads, "OPENBLAS_NUM_THREADS="+threads)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return measured{}, err
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var m measured
	err = json.Unmarshal([]byte(lines[len(lines)-1]), &m)
	return m, err
}

func (c *contestant) median() measured {
	of := func(get func(measured) float64) float64 {
		values := make([]float64, len(c.rounds))
		for i, m := range c.rounds {
			values[i] = get(m)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return measured{
		Fit:   of(func(m measured) float64 { return m.Fit }),
		Folds: of(func(m measured) float64 { return m.Folds }),
		Score: of(func(m measured) float64 { return m.Score }),
		Peak:  of(func(m measured) float64 { return m.Peak }),
	}
}

// ratios sets ours beside every peer.
func ratios(list []contestant, data, learner, threads string) []string {
	var lines []string
	line := func(what, peer string, x, goal float64) {
		lines = append(lines, fmt.Sprintf("RATIO train %s %s %s thread(s) %s vs %s %.3g goal %s", data, learner, threads, what, peer, x, strconv.FormatFloat(goal, 'g', 5, 64)))
	}
	better := func(ours, theirs measured) float64 {
		if learner == "logistic" {
			return ours.Score / theirs.Score
		}
		return theirs.Score / ours.Score
	}
	var natives []contestant
	ours := list[0].median()
	for _, c := range list[1:] {
		if strings.HasPrefix(c.name, "dasier") {
			natives = append(natives, c)
		}
	}
	for _, c := range list[1:] {
		if strings.HasPrefix(c.name, "dasier") {
			continue
		}
		theirs := c.median()
		line("score", c.name, better(ours, theirs), 0.995)
		for _, n := range natives {
			goal := 0.995
			if strings.HasPrefix(learner, "boosting") {
				goal = 1
			}
			line("native score", c.name, better(n.median(), theirs), goal)
			line("native time", c.name, theirs.Folds/n.median().Folds, timeGoal(learner))
		}
		if data == "million" {
			line("time", c.name, theirs.Fit/ours.Fit, timeGoal(learner))
			line("memory", c.name, theirs.Peak/ours.Peak, 2)
			continue
		}
		line("time", c.name, theirs.Folds/ours.Folds, timeGoal(learner))
	}
	return lines
}

// timeGoal is how many times as fast as a peer we want to be.
func timeGoal(learner string) float64 {
	switch {
	case strings.HasPrefix(learner, "boosting"):
		return 1.25
	case learner == "forest":
		return 10
	case learner == "tree":
		return 1
	}
	return 2
}

var errNoLearner = errors.New("there is no such learner here")
