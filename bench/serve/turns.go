package main

import (
	"context"
	"fmt"
)

// turns is what was measured at one number of connections, by server. Ours and
// the bare server have run beside every peer.
type turns struct {
	all map[string][]measurement
	// beside is, for each measurement of a peer, ours that came just before.
	beside map[string][]measurement
}

func takeTurns(ctx context.Context, o options, l load, servers []server, conns int) (*turns, error) {
	t := &turns{all: map[string][]measurement{}, beside: map[string][]measurement{}}
	run := func(s server, seconds int) (measurement, error) {
		m, err := l.run(ctx, s, conns, seconds)
		if err != nil {
			return m, fmt.Errorf("%s at %d connections: %w", s.name, conns, err)
		}
		t.all[s.name] = append(t.all[s.name], m)
		return m, nil
	}
	for range o.rounds {
		for turn := range max(len(servers)-2, 1) {
			mine, err := run(servers[0], max(o.seconds/2, 1))
			if err != nil {
				return nil, err
			}
			for _, s := range append(servers[1:2:2], servers[min(2+turn, len(servers)):min(3+turn, len(servers))]...) {
				seconds := o.seconds
				if s.name == bare {
					seconds = max(o.seconds/2, 1)
				}
				if _, err := run(s, seconds); err != nil {
					return nil, err
				}
				t.beside[s.name] = append(t.beside[s.name], mine)
			}
		}
	}
	return t, nil
}

// report prints the table's rows, and gives the lines of the ratios.
func (t *turns) report(m *model, conns int, servers []server) (ratios []string) {
	for _, s := range servers {
		all := t.all[s.name]
		fmt.Printf("| %s | %s | %d | %.0f | %.3f | %.3f | %s |\n", m.name, s.name, conns, median(all, perSecond), median(all, p50)/1000, median(all, p99)/1000, cost(all))
	}
	if servers[0].process != 0 {
		ratios = append(ratios, fmt.Sprintf("RATIO %s-%d-processor vs bare %.2f goal %v", m.name, conns, 1/t.ratio(bare, perRequest), m.goal))
	}
	for _, s := range servers[1:] {
		goal := goals[s.name]
		if s.name == bare {
			goal.speed = m.goal
		}
		ratios = append(ratios,
			fmt.Sprintf("RATIO %s-%d vs %s %.2f goal %v", m.name, conns, s.name, t.ratio(s.name, perSecond), goal.speed),
			fmt.Sprintf("RATIO %s-%d-p99 vs %s %.2f goal %v", m.name, conns, s.name, 1/t.ratio(s.name, p99), goal.p99))
	}
	return ratios
}

// goals by peer: requests per second, ours over the peer's, and the 99th
// percentile of latency, the peer's over ours. The bare server's first is the
// model's.
var goals = map[string]struct{ speed, p99 float64 }{
	bare:     {p99: 0.5},
	flask:    {speed: 30, p99: 1},
	gunicorn: {speed: 1, p99: 1},
	fastapi:  {speed: 1, p99: 1},
	node:     {speed: 1, p99: 1},
}

// cost is the median of the processor's time per request; nothing where it is
// not measured.
func cost(all []measurement) string {
	if micros := median(all, perRequest); micros > 0 {
		return fmt.Sprintf("%.1f", micros)
	}
	return ""
}

// ratio is the median of ours over the peer's.
func (t *turns) ratio(peer string, of func(measurement) float64) float64 {
	theirs, ratios := t.all[peer], make([]float64, len(t.all[peer]))
	for i, mine := range t.beside[peer] {
		ratios[i] = of(mine) / of(theirs[i])
	}
	return middle(ratios)
}
