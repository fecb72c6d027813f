package auth

import (
	"net/netip"
	"sync"
	"time"

	"dasier/fault"
)

// guesses limits how often a sign-in may fail, per key (a login, an address).
// Each key has a bucket of burst failures that refills one at a time; a
// success empties the login's record. Counting failures only, people who sign
// in rightly are never held up by their own work.
type guesses struct {
	mu      sync.Mutex // protects the fields below
	failed  map[string]*bucket
	burst   float64
	refill  time.Duration // for one failure
	maxKeys int
}

type bucket struct {
	count float64 // failures not yet refilled
	at    time.Time
}

func newGuesses() *guesses {
	return &guesses{failed: map[string]*bucket{}, burst: 10, refill: 30 * time.Second, maxKeys: 100_000}
}

// check refuses when one of the keys has no guess left.
func (g *guesses) check(now time.Time, keys ...string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, key := range keys {
		b, ok := g.failed[key]
		if !ok {
			continue
		}
		if left := b.decay(now, g.refill); left > g.burst-1 {
			wait := time.Duration((left - g.burst + 1) * float64(g.refill)).Round(time.Second)
			return fault.Errorf(fault.Limited, "too many failed sign-ins: try again in %s", max(wait, time.Second))
		}
	}
	return nil
}

// fail counts a failure against every key.
func (g *guesses) fail(now time.Time, keys ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.failed) > g.maxKeys {
		g.forget(now)
	}
	for _, key := range keys {
		b, ok := g.failed[key]
		if !ok {
			b = &bucket{at: now}
			g.failed[key] = b
		}
		b.count = b.decay(now, g.refill) + 1
		b.at = now
	}
}

func (g *guesses) succeed(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.failed, key)
}

// forget drops the keys that have refilled; if an attack from very many
// addresses leaves too many, all go: memory is bounded before fairness.
func (g *guesses) forget(now time.Time) {
	for key, b := range g.failed {
		if b.decay(now, g.refill) == 0 {
			delete(g.failed, key)
		}
	}
	if len(g.failed) > g.maxKeys {
		clear(g.failed)
	}
}

func (b *bucket) decay(now time.Time, refill time.Duration) float64 {
	return max(0, b.count-float64(now.Sub(b.at))/float64(refill))
}

// network is what guesses from an address are counted against: the address, and
// of IPv6 the /64, which is what one customer has to choose addresses from.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}

// lines keeps the audit log from hearing the same thing over and over.
type lines struct {
	mu   sync.Mutex // protects said
	said map[string]time.Time
}

// mostLines bounds the memory; what is forgotten is said again.
const mostLines = 10_000

func newLines() *lines { return &lines{said: map[string]time.Time{}} }

// due tells whether the line is to be said now: at most once in every.
func (l *lines) due(now time.Time, every time.Duration, line string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last, ok := l.said[line]; ok && now.Sub(last) < every {
		return false
	}
	if len(l.said) >= mostLines {
		clear(l.said)
	}
	l.said[line] = now
	return true
}
