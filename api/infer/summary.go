package infer

import (
	"dasier/api/infer/wire"
)

// summary is what the tallies of an endpoint's version hold together.
type summary struct {
	pending                         int64
	rows, refused, canceled, queued uint64
	last                            int64
	failed                          wire.Duration
	ways                            [protocols]struct {
		succeeded wire.Duration
		duration  totals
	}
	stages    [stages]totals
	explained totals
}

// sum adds the tallies up. Requests go on meanwhile: what it says of them is true
// of about now.
func (e *endpointMeters) sum() *summary {
	s := &summary{queued: e.queued.Load()}
	parts := []*tally{{}} // so that there are histograms, be they empty
	for k := range e.tallies {
		if t := e.tallies[k].Load(); t != nil {
			parts = append(parts, t)
		}
	}
	for _, t := range parts {
		s.pending += t.pending.Load()
		s.rows += t.rows.Load()
		s.refused += t.refused.Load()
		s.canceled += t.canceled.Load()
		s.last = max(s.last, t.last.Load())
		t.failed.addTo(&s.failed)
		for p := range t.ways {
			if w := t.ways[p].Load(); w != nil {
				w.succeeded.addTo(&s.ways[p].succeeded)
				s.ways[p].duration.add(&w.duration)
			}
		}
		for k := range t.stages {
			s.stages[k].add(&t.stages[k])
		}
		s.explained.add(&t.explained)
	}
	return s
}

func (c *counted) addTo(d *wire.Duration) {
	d.Count += c.n.Load()
	d.Ns += c.ns.Load()
}

// succeeded is of all protocols.
func (s *summary) succeeded() (all wire.Duration) {
	for p := range s.ways {
		all.Count += s.ways[p].succeeded.Count
		all.Ns += s.ways[p].succeeded.Ns
	}
	return all
}
