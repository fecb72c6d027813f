// Command serve measures predictions per second over HTTP, side by side in one
// run:
//
//	dasier   our handlers with the example's model, trained at the start
//	bare     a net/http server that decodes the same JSON with the same parser
//	         and answers a constant: what no model server in Go can beat by much
//	flask    a scikit-learn pipeline trained on the same file, behind Flask
//
// One request is one row. The load is wrk's, at 1, 8 and 64 connections. Servers
// take turns within each round, so that what else the machine does hits all of
// them alike; the medians of the rounds count. It ends with a line per ratio:
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
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// options of a run.
type options struct {
	example string // folder of the recipe and its data
	server  string // address of a running server's predict page; empty: our own
	python  string
	rounds  int
	seconds int
	conns   []int
}

func main() {
	var o options
	flag.StringVar(&o.example, "example", "examples/house-prices/model", "folder with model.yaml and its data")
	flag.StringVar(&o.server, "server", "", "measure this predict address (http://host:port/api/v1/endpoints/NAME/predict) instead of a server of our own")
	flag.StringVar(&o.python, "python", "/usr/bin/python3", "Python with flask, pandas and scikit-learn")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; medians count")
	flag.IntVar(&o.seconds, "seconds", 3, "length of one measurement")
	conns := flag.String("conns", "1,8,64", "numbers of connections")
	as := flag.String("as", "", "be a server: dasier or bare (for our own use)")
	pkg := flag.String("package", "", "model package (for our own use)")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := parseConns(*conns, &o)
	switch {
	case err != nil:
	case *as != "":
		err = beServer(ctx, *as, *pkg)
	default:
		err = measureAll(ctx, o)
	}
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "bench/serve:", err)
		os.Exit(1)
	}
}

func parseConns(text string, o *options) error {
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return fmt.Errorf("-conns %q: expected numbers such as 1,8,64", text)
		}
		o.conns = append(o.conns, n)
	}
	return nil
}

func measureAll(ctx context.Context, o options) (err error) {
	folder, err := os.MkdirTemp("", "dasier-bench-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	fmt.Println("training the example's model")
	m, err := learn(ctx, o.example, filepath.Join(folder, "package"))
	if err != nil {
		return err
	}
	bodies := filepath.Join(folder, "bodies.jsonl")
	rows, err := writeBodies(m, bodies)
	if err != nil {
		return err
	}
	load := load{bodies: bodies, script: filepath.Join(folder, "post.lua"), seconds: o.seconds}
	if err := os.WriteFile(load.script, postScript, 0o600); err != nil {
		return fmt.Errorf("writing wrk's script: %w", err)
	}
	peers, stop, err := startAll(ctx, o, m, folder)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return err
	}
	if err := checkAnswers(ctx, peers, m, rows); err != nil {
		return err
	}
	fmt.Printf("one row of %d inputs per request; %d rounds of %d s each, medians; wrk with one thread\n\n",
		len(m.program.Inputs()), o.rounds, o.seconds)
	results, err := takeTurns(ctx, o, load, peers)
	if err != nil {
		return err
	}
	report(o, results)
	return nil
}

// takeTurns measures every server at every number of connections, in rounds.
func takeTurns(ctx context.Context, o options, l load, peers []peer) (map[string]map[int][]measurement, error) {
	results := map[string]map[int][]measurement{}
	for _, p := range peers {
		results[p.name] = map[int][]measurement{}
		if _, err := l.run(ctx, p.url, 8, 1); err != nil { // warm up
			return nil, err
		}
	}
	for range o.rounds {
		for _, conns := range o.conns {
			for _, p := range peers {
				m, err := l.run(ctx, p.url, conns, l.seconds)
				if err != nil {
					return nil, fmt.Errorf("%s at %d connections: %w", p.name, conns, err)
				}
				results[p.name][conns] = append(results[p.name][conns], m)
			}
		}
	}
	return results, nil
}

// report prints the table and the ratios.
func report(o options, results map[string]map[int][]measurement) {
	fmt.Printf("%-8s %6s %12s %10s %10s\n", "server", "conns", "requests/s", "p50 ms", "p99 ms")
	for _, name := range []string{ours, bare, flask} {
		for _, conns := range o.conns {
			m := results[name][conns]
			fmt.Printf("%-8s %6d %12.0f %10.3f %10.3f\n", name, conns, median(m, perSecond), median(m, p50)/1000, median(m, p99)/1000)
		}
	}
	fmt.Println()
	for _, goal := range []struct {
		peer string
		goal float64
	}{{bare, 0.7}, {flask, 20}} {
		for _, conns := range o.conns {
			ratio := median(results[ours][conns], perSecond) / median(results[goal.peer][conns], perSecond)
			fmt.Printf("RATIO predict-%d vs %s %.2f goal %v\n", conns, goal.peer, ratio, goal.goal)
		}
	}
}

// patience is how long a server may take to start; Flask's imports are slow.
const patience = 60 * time.Second
