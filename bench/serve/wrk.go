package main

import (
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
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
	p50, p99   float64 // microseconds
	refused    int     // answers that were no success
	brokenOffs int     // connections that failed
}

func (l load) run(ctx context.Context, address string, conns, seconds int) (measurement, error) {
	u, err := url.Parse(address)
	if err != nil {
		return measurement{}, fmt.Errorf("address %q: %w", address, err)
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
		return m, fmt.Errorf("%s: of %d requests %d were refused and %d broke off", address, m.requests, m.refused, m.brokenOffs)
	}
	return m, nil
}

func perSecond(m measurement) float64 { return float64(m.requests) / (float64(m.micros) / 1e6) }
func p50(m measurement) float64       { return m.p50 }
func p99(m measurement) float64       { return m.p99 }

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
