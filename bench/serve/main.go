// Command serve measures predictions over HTTP beside other servers, side by
// side in one run. One request is one row of JSON. The models:
//
//	house    a ridge of the example's recipe, 66 inputs, on dasier serve
//	linear   scikit-learn's scaler and least squares, 8 inputs, on dasier serve
//	trees    scikit-learn's histogram gradient boosting, 100 trees, 8 inputs, on
//	         dasier serve
//	example  the example's own model, 1,000 trees of 66 inputs, on the server that
//	         played the demo, which does much more than predict; it has no goal
//
// The peers of each, which answer with the same pickle or ONNX model:
//
//	bare      a net/http server that decodes the same JSON with the same parser
//	          and answers a constant: what no model server in Go can beat by much
//	flask     Flask's own server
//	gunicorn  the same with two workers of four threads that keep connections
//	fastapi   FastAPI on uvicorn with uvloop and httptools
//	node      Node's HTTP server with ONNX Runtime in the process
//
// The load is wrk's, at 1, 8 and 64 connections. Servers take turns (ours, bare,
// a peer, ours, bare, the next), so that what else the machine does hits all of
// them alike; a ratio is the median over the turns of ours beside the one that
// ran next to it. It ends with a line per ratio, above 1 where ours is better:
//
//	RATIO <case> vs <peer> <x> goal <y>
//
// Ours and the bare server tell the time of the processor per request as well,
// user and system: it says what a request costs whatever else the machine does.
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
)

// options of a run.
type options struct {
	example string // folder of the recipe and its data
	server  string // predict page of the server that played the demo
	process int    // of that server
	dasier  string // the program
	models  string // folder of the pickles and ONNX models
	table   string // California's housing
	python  string
	ort     string // folder of onnxruntime-node
	names   []string
	conns   []int
	rounds  int
	seconds int
	alone   bool // without the peers in other languages
}

func main() {
	var o options
	flag.StringVar(&o.example, "example", "examples/house-prices/model", "folder with model.yaml and its data")
	flag.StringVar(&o.server, "server", "", "predict address (http://host:port/api/v1/endpoints/NAME/predict) of the server that played the demo; empty: dasier serve with the example's model")
	flag.IntVar(&o.process, "process", 0, "the process of -server, to measure the time of its processor")
	flag.StringVar(&o.dasier, "dasier", "bin/dasier", "the program")
	flag.StringVar(&o.models, "models", "", "folder of california_linear and california_histgb100, as bench/predict/peers.py leaves them")
	flag.StringVar(&o.table, "table", "", "the CSV file that they were trained on")
	flag.StringVar(&o.python, "python", "/usr/bin/python3", "Python with the peers")
	flag.StringVar(&o.ort, "ort", "", "folder of the package onnxruntime-node")
	names := flag.String("cases", "house,linear,trees,example", "models to measure")
	conns := flag.String("conns", "1,8,64", "numbers of connections")
	flag.IntVar(&o.rounds, "rounds", 2, "rounds; in each, ours is measured beside every peer")
	flag.IntVar(&o.seconds, "seconds", 2, "length of one measurement of a peer; ours and the bare server's are half as long, and four times as many")
	flag.BoolVar(&o.alone, "alone", false, "beside the bare server only")
	short := flag.Bool("short", false, "one round of one second: to see that all of it works")
	as := flag.String("as", "", "be a server: bare (for our own use)")
	flag.Parse()
	if *short {
		o.rounds, o.seconds = 1, 1
	}
	o.names = strings.Split(*names, ",")

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := parseConns(*conns, &o)
	switch {
	case err != nil:
	case *as == bare:
		err = beBare(ctx)
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
	script := filepath.Join(folder, "post.lua")
	if err := os.WriteFile(script, postScript, 0o600); err != nil {
		return fmt.Errorf("writing wrk's script: %w", err)
	}

	fmt.Printf("load average %s; %d rounds of %d s; wrk with one thread on the same processors\n\n", loadAverage(), o.rounds, o.seconds)
	fmt.Println("| model | server | connections | requests/s | p50 ms | p99 ms | processor µs |")
	fmt.Println("|---|---|---|---|---|---|---|")
	var ratios []string
	for _, name := range o.names {
		more, err := measure(ctx, o, name, folder, script)
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

// measure is one model on all servers.
func measure(ctx context.Context, o options, name, folder, script string) (ratios []string, err error) {
	prepare, ok := models[name]
	if !ok {
		return nil, errors.New("there is no such case: house, linear, trees and example there are")
	}
	m, err := prepare(ctx, o, filepath.Join(folder, name))
	if err != nil {
		return nil, err
	}
	servers, stop, err := startAll(ctx, o, m)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return nil, err
	}
	if err := checkAnswers(ctx, servers, m); err != nil {
		return nil, err
	}
	l := load{bodies: m.file, script: script}
	for _, s := range servers { // warm up
		if _, err := l.run(ctx, s, 8, 1); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	for _, conns := range o.conns {
		t, err := takeTurns(ctx, o, l, servers, conns)
		if err != nil {
			return nil, err
		}
		ratios = append(ratios, t.report(m, conns, servers)...)
	}
	return ratios, nil
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
