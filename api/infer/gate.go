package infer

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"dasier/delivery/serve"
	"dasier/fault"
)

// gate bounds how many requests are worked on at once. Those beyond the bound
// wait in a line that is short in both ways: how many stand in it, and for how
// long. Who finds it full, or has waited, is refused: an answer that comes when
// nobody waits for it any more is work that takes others' time.
//
// One number counts those that run and those that wait, so that a request that
// need not wait costs two additions. Who leaves while others wait hands the
// place over through places. With R running, W waiting and T places on their
// way from one to the other, R + T is the smaller of the count and most;
// therefore places never holds more than most, and who gives up may do so only
// while more than most are counted: otherwise a place is on its way to it.
type gate struct {
	most, line int64
	wait       time.Duration
	count      atomic.Int64
	places     chan struct{}
}

func newGate(most, line int, wait time.Duration) *gate {
	return &gate{most: int64(most), line: int64(line), wait: wait, places: make(chan struct{}, most)}
}

// enter takes a place, if need be after waiting; false is a refusal.
func (g *gate) enter(ctx context.Context) bool {
	n := g.count.Add(1)
	if n <= g.most {
		return true
	}
	if n > g.most+g.line {
		return !g.giveUp()
	}
	patience := time.NewTimer(g.wait)
	defer patience.Stop()
	select {
	case <-g.places:
		return true
	case <-patience.C:
	case <-ctx.Done():
	}
	return !g.giveUp()
}

// giveUp leaves the line; false when a place was on its way, and is taken now.
func (g *gate) giveUp() bool {
	for {
		n := g.count.Load()
		if n <= g.most {
			<-g.places
			return false
		}
		if g.count.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

// again takes a place for a request that had one before. It is not refused: it
// is half answered.
func (g *gate) again() {
	if g.count.Add(1) > g.most {
		<-g.places
	}
}

func (g *gate) leave() {
	if g.count.Add(-1) >= g.most {
		g.places <- struct{}{}
	}
}

// largeBody is from how many bytes on a request passes the gate of the large
// ones: a few of them, which take as long as thousands of others, must not
// keep those waiting.
const largeBody = 64 << 10

// gates are a handler's. Requests are bounded by the bytes of their bodies,
// because the rows are known only after the work of parsing.
type gates struct {
	small, large *gate
}

// longer is how many times as long large requests wait.
const longer = 8

func newGates(c *Config) gates {
	// Large requests wait longer: whoever sends thousands of rows at once is a
	// program that wants them all.
	const lines = 4
	return gates{
		small: newGate(c.MaxRunning, c.MaxRunning, c.MaxWait),
		large: newGate(c.MaxLarge, lines*c.MaxLarge, longer*c.MaxWait),
	}
}

// The places per processor. A small request is done in microseconds, and is
// bounded where models are slow; more large ones than a few per processor only
// hold memory while they share it.
const (
	smallPlaces = 64
	largePlaces = 4
)

// gateOf is the gate before one model, whose rows take long or much memory; nil
// is before most models, whose rows take microseconds. A few requests to a slow
// model would otherwise take all places, and the processors, from the fast ones.
// As many are let in as a processor computes a row for within a turn, and as
// have room.
func gateOf(e *serve.Endpoint, cfg *Config) *gate {
	pace, scratch := e.Cost()
	most := placesOf(pace, scratch, runtime.GOMAXPROCS(0))
	if most >= cfg.MaxRunning {
		return nil
	}
	return newGate(most, most, max(cfg.MaxWait, 10*pace))
}

// placesOf is how many requests for rows of a cost are computed at once.
func placesOf(pace time.Duration, scratch int64, processors int) int {
	const turn, room = 20 * time.Millisecond, 256 << 20
	byTime := processors * int(max(turn/max(pace, 1), 1))
	return min(byTime, int(max(room/max(scratch, 1), 1)))
}

func places(perProcessor int) int { return perProcessor * runtime.GOMAXPROCS(0) }

// shed is the refusal of a request for which there was no place.
type shed struct{ error }

// RetryAfter is how long the client should wait.
func (shed) RetryAfter() time.Duration { return time.Second }

// Unwrap gives the fault.
func (s shed) Unwrap() error { return s.error }

// enter takes a place for a request whose body was read; before, it would let
// clients with slow lines take all places.
func (h *Handler) enter(ctx context.Context, c *call, size int) error {
	g := h.gates.small
	if size > largeBody {
		g = h.gates.large
	}
	if c.own != nil {
		if err := c.enter(ctx, c.own, &c.ownGate, "this model takes its time for a row, and computes as many as it can: ask again in a second"); err != nil {
			return err
		}
	}
	err := c.enter(ctx, g, &c.gate, "the server computes as many predictions as it can: ask again in a second")
	if err != nil {
		c.leave()
	}
	return err
}

// remoteGate is the gate before a remote endpoint's process.
func (h *Handler) remoteGate(endpoint string) *gate {
	if g, ok := h.remotes.Load(endpoint); ok {
		return g.(*gate) //nolint:forcetypeassert // nothing else is stored
	}
	g, _ := h.remotes.LoadOrStore(endpoint, newGate(h.cfg.MaxRemote, h.cfg.MaxRemote, h.cfg.MaxWait))
	return g.(*gate) //nolint:forcetypeassert // nothing else is stored
}

// enterRemote takes a place for a request to a remote endpoint.
func (h *Handler) enterRemote(ctx context.Context, c *call, endpoint string) error {
	return c.enter(ctx, h.remoteGate(endpoint), &c.gate, "the model of this endpoint has as many requests as it can answer: ask again in a second")
}

// enter passes a gate, and keeps in passed that it did.
func (c *call) enter(ctx context.Context, g *gate, passed **gate, refusal string) error {
	if n := g.count.Load(); n < g.most { // the usual case needs no clock
		if g.enter(ctx) {
			*passed = g
			return nil
		}
	} else {
		from := c.now()
		entered := g.enter(ctx)
		c.lapped = c.now()
		c.queued += c.lapped - from
		if entered {
			*passed = g
			return nil
		}
	}
	if ctx.Err() != nil {
		return c.overdue(ctx)
	}
	c.shed = true
	return shed{fault.Errorf(fault.Unavailable, "%s", refusal)}
}

// leave gives the places back, if there are any.
func (c *call) leave() {
	for _, g := range [...]*gate{c.gate, c.ownGate} {
		if g != nil {
			g.leave()
		}
	}
	c.gate, c.ownGate = nil, nil
}

// pause gives the place back while do waits for a client's line.
func (c *call) pause(do func() error) error {
	own, g := c.ownGate, c.gate
	c.leave()
	err := do()
	if err != nil {
		return err
	}
	if own != nil { // in the order of enter: no one waits in a circle
		own.again()
		c.ownGate = own
	}
	if g != nil {
		g.again()
		c.gate = g
	}
	return nil
}
