package main

import (
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

//go:embed post.lua
var postScript []byte

// load is how wrk asks.
type load struct {
	bodies, script string
}

// measurement is one run of wrk.
type measurement struct {
	requests   int
	micros     int     // length of the run
	processor  float64 // microseconds of the processor that the server took; 0 when that is not known
	p50, p99   float64 // microseconds
	refused    int     // answers that were no success
	brokenOffs int     // connections that failed
}

func (l load) run(ctx context.Context, s server, conns, seconds int) (measurement, error) {
	u, err := url.Parse(s.url)
	if err != nil {
		return measurement{}, fmt.Errorf("address %q: %w", s.url, err)
	}
	before, err := processorTime(s.process)
	if err != nil {
		return measurement{}, err
	}
	cmd := exec.CommandContext(ctx, "wrk", "-t1", fmt.Sprintf("-c%d", conns), fmt.Sprintf("-d%ds", seconds), "--timeout", "10s", "-s", l.script, u.Scheme+"://"+u.Host) // #nosec G204 -- a benchmark of the caller's choosing
	cmd.Env = append(os.Environ(), "BODIES="+l.bodies, "REQUEST_PATH="+u.Path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return measurement{}, fmt.Errorf("wrk: %w: %s", err, out)
	}
	_, line, found := strings.Cut(string(out), "RESULT ")
	var m measurement
	if _, err := fmt.Sscan(line, &m.requests, &m.micros, &m.p50, &m.p99, &m.refused, &m.brokenOffs); !found || err != nil {
		return m, fmt.Errorf("reading what wrk says: %w: %s", err, out)
	}
	if m.refused > 0 || m.brokenOffs > 0 || m.requests == 0 {
		return m, fmt.Errorf("%s: of %d requests %d were refused and %d broke off", s.url, m.requests, m.refused, m.brokenOffs)
	}
	after, err := processorTime(s.process)
	m.processor = after - before
	return m, err
}

// processorTime is the time that the processor has spent on a process, in
// microseconds: user and system, as Linux counts it (proc(5), in ticks of 10 ms).
func processorTime(process int) (float64, error) {
	if process == 0 {
		return 0, nil
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		return 0, fmt.Errorf("reading the time of a process: %w", err)
	}
	_, line, _ := strings.Cut(string(text), ") ") // the name before may hold anything
	fields := strings.Fields(line)
	const user, system, tick = 11, 12, 10_000
	if len(fields) <= system {
		return 0, fmt.Errorf("reading the time of a process: %q", text)
	}
	sum := 0.0
	for _, field := range []string{fields[user], fields[system]} {
		ticks, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, fmt.Errorf("reading the time of a process: %w", err)
		}
		sum += ticks * tick
	}
	return sum, nil
}

func perSecond(m measurement) float64 { return float64(m.requests) / (float64(m.micros) / 1e6) }
func p50(m measurement) float64       { return m.p50 }
func p99(m measurement) float64       { return m.p99 }

// perRequest is the processor's time for a request, in microseconds.
func perRequest(m measurement) float64 { return m.processor / float64(m.requests) }

func median(all []measurement, of func(measurement) float64) float64 {
	values := make([]float64, len(all))
	for i, m := range all {
		values[i] = of(m)
	}
	return middle(values)
}

func middle(values []float64) float64 {
	slices.Sort(values)
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}
