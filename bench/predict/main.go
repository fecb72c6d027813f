// Command predict measures predictions in one process on one thread, side by
// side in one run:
//
//	dasier       the program that our readers make of the very files of the peers
//	sklearn      scikit-learn's predict, of models that are its own
//	xgboost      XGBoost's inplace_predict, of models that are its own
//	onnxruntime  ONNX Runtime through its C interface, of the same model as ONNX
//
// Models are trained once (peers.py) and kept in a folder. Every program predicts
// the same rows of float32 numbers, in calls of 1, 1,024 and 100,000 rows; first
// all answers are compared. Programs take turns within each round, so that what
// else the machine does hits all of them alike; medians of the rounds count. It
// ends with a line per ratio, above 1 where ours is faster or smaller:
//
//	RATIO <case> vs <peer> <x> goal <y>
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
)

// options of a run.
type options struct {
	folder  string // of the trained models
	names   []string
	python  string
	ort     string // the program of bench/predict/ort
	library string // ONNX Runtime's
	rounds  int
	seconds float64 // of one measurement
}

func main() {
	var o options
	flag.StringVar(&o.folder, "folder", "", "where peers.py has left the models")
	names := flag.String("models", "", "their names")
	flag.StringVar(&o.python, "python", "/usr/bin/python3", "Python with scikit-learn and xgboost")
	flag.StringVar(&o.ort, "ort", "", "the program of bench/predict/ort")
	flag.StringVar(&o.library, "library", "", "ONNX Runtime's library")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds; medians count")
	flag.Float64Var(&o.seconds, "seconds", 0.3, "length of one measurement, one call at least")
	flag.Parse()
	o.names = strings.Split(*names, ",")

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	runtime.GOMAXPROCS(1)
	err := measureAll(ctx, o)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "bench/predict:", err)
		os.Exit(1)
	}
}

// batches are the rows of a call, with the goal for each against those peers
// for which there is one.
var batches = []struct {
	rows  int
	goals map[string]float64
}{
	{1, map[string]float64{onnxruntime: 5}},
	{1024, map[string]float64{onnxruntime: 1.5, xgboost: 1.5}},
	{100_000, map[string]float64{onnxruntime: 1.5, xgboost: 1.5}},
}

// The peers.
const (
	sklearn     = "sklearn"
	xgboost     = "xgboost"
	onnxruntime = "onnxruntime"
)

func measureAll(ctx context.Context, o options) error {
	var ratios []string
	fmt.Printf("load average %s; one thread each; medians of %d rounds\n\n", loadAverage(), o.rounds)
	fmt.Println("| model | program | 1 row, µs | rows/s, calls of 1,024 | rows/s, calls of 100,000 | memory MB | largest difference |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, name := range o.names {
		more, err := measure(ctx, o, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		ratios = append(ratios, more...)
	}
	fmt.Println()
	for _, line := range ratios {
		fmt.Println(line)
	}
	return nil
}

// program is one that predicts, and measures itself.
type program interface {
	// time is the median seconds of a call with so many rows, measured so long.
	time(batch int, seconds float64) (float64, error)
	// about is the largest difference to the expected answers, and megabytes.
	about() (difference, megabytes float64)
}

// measure is one model in all programs.
func measure(ctx context.Context, o options, name string) (ratios []string, err error) {
	mine, err := load(o.folder, name)
	if err != nil {
		return nil, err
	}
	source := sklearn
	if strings.Contains(name, "_xgb") {
		source = xgboost
	}
	order, programs := []string{"dasier", source, onnxruntime}, map[string]program{"dasier": mine}
	for peer, command := range map[string][]string{
		source:      {o.python, "bench/predict/peers.py", "serve", o.folder, name},
		onnxruntime: {o.ort, o.library, o.folder, name},
	} {
		p, err := start(ctx, command)
		if err != nil {
			return nil, fmt.Errorf("starting %s: %w", peer, err)
		}
		defer func() { err = errors.Join(err, p.stop()) }()
		programs[peer] = p
	}
	if difference, _ := mine.about(); difference > 1e-6 {
		return nil, fmt.Errorf("our answers differ from the expected ones by %g", difference)
	}

	times := map[string][]float64{} // of each program, per batch
	for _, batch := range batches {
		rounds := map[string][]float64{}
		for range o.rounds {
			for _, who := range order {
				seconds, err := programs[who].time(batch.rows, o.seconds)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", who, err)
				}
				rounds[who] = append(rounds[who], seconds)
			}
		}
		for _, who := range order {
			times[who] = append(times[who], median(rounds[who]))
			if who == "dasier" {
				continue
			}
			// Of the same round, which had the same neighbours.
			quotients := make([]float64, o.rounds)
			for k := range quotients {
				quotients[k] = rounds[who][k] / rounds["dasier"][k]
			}
			line := fmt.Sprintf("RATIO %s/%d vs %s %.2f", name, batch.rows, who, median(quotients))
			if goal, ok := batch.goals[who]; ok {
				line += fmt.Sprintf(" goal %g", goal)
			}
			ratios = append(ratios, line)
		}
	}
	for _, who := range order {
		difference, megabytes := programs[who].about()
		t := times[who]
		fmt.Printf("| %s | %s | %.2f | %s | %s | %.0f | %.1e |\n", name, who, t[0]*1e6, thousands(1024/t[1]), thousands(100_000/t[2]), megabytes, difference)
	}
	if strings.Contains(name, "_forest") {
		_, megabytes := mine.about()
		ratios = append(ratios,
			fmt.Sprintf("RATIO %s/memory vs its pickle of %.0f MB %.2f goal 3", name, mine.file, mine.file/megabytes),
			fmt.Sprintf("RATIO %s/loading in %.2f s vs a second %.2f goal 1", name, mine.loading.Seconds(), 1/mine.loading.Seconds()))
	}
	return ratios, nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// thousands writes a number with its thousands apart.
func thousands(v float64) string {
	digits := fmt.Sprintf("%.0f", v)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}
