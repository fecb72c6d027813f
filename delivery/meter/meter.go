package meter

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"dasier/fault"
	"dasier/forge/auth"
)

const (
	// saveEvery is how often counts go to the store.
	saveEvery = 5 * time.Second
	// keptDays is how long the store keeps them.
	keptDays = 400
	// idle is how long a token's bucket is kept after its last request; by then
	// it is full again.
	idle = time.Hour
)

// Config is what may be left at its zero value.
type Config struct {
	Now func() time.Time // default time.Now
	Log *slog.Logger     // default slog.Default
}

// Meter counts. Its methods are safe for any number of goroutines.
type Meter struct {
	store Store
	now   func() time.Time
	log   *slog.Logger

	mu      sync.Mutex
	day     string            // that the counts are of
	number  int64             // of that day, since 1970; -1 before the first
	clients map[int64]*client // by token
	unsaved map[string]map[int64]int64
}

// client is what is known of one token.
type client struct {
	bucket  *rate.Limiter
	loaded  bool
	used    int64 // today
	touched time.Time
}

// New makes a meter. Nothing is saved until Run.
func New(store Store, cfg Config) *Meter {
	m := &Meter{store: store, now: cfg.Now, log: cfg.Log, number: -1, clients: map[int64]*client{}, unsaved: map[string]map[int64]int64{}}
	if m.now == nil {
		m.now = time.Now
	}
	if m.log == nil {
		m.log = slog.Default()
	}
	return m
}

// Exceeded is a refusal that says when to come again.
type Exceeded struct {
	error

	After time.Duration
}

// Unwrap gives the fault.
func (e *Exceeded) Unwrap() error { return e.error }

// RetryAfter is how long the client should wait.
func (e *Exceeded) RetryAfter() time.Duration { return e.After }

// Take asks for one request of a token. The error is Exceeded when a limit is
// used up.
func (m *Meter) Take(ctx context.Context, token int64, limits auth.Limits) error {
	if limits.PerSecond == 0 && limits.PerDay == 0 {
		return nil
	}
	now := m.now().UTC()
	c, err := m.client(ctx, token, limits, now)
	if err != nil {
		return err
	}
	m.mu.Lock()
	used := c.used
	m.mu.Unlock()
	if limits.PerDay > 0 && used >= limits.PerDay {
		tomorrow := now.Truncate(24 * time.Hour).Add(24 * time.Hour)
		return &Exceeded{fault.Errorf(fault.Limited, "this token's %d predictions of today are used up: it gets more from 00:00 UTC", limits.PerDay), tomorrow.Sub(now)}
	}
	if limits.PerSecond > 0 && !c.bucket.AllowN(now, 1) {
		wait := time.Duration(float64(time.Second) * max(0, 1-c.bucket.TokensAt(now)) / limits.PerSecond)
		return &Exceeded{fault.Errorf(fault.Limited, "this token may send %g requests per second: send fewer", limits.PerSecond), wait}
	}
	return nil
}

// Used counts predictions that were answered.
func (m *Meter) Used(token, predictions int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(m.now().UTC())
	if c, ok := m.clients[token]; ok {
		c.used += predictions
	}
	today := m.unsaved[m.day]
	if today == nil {
		today = map[int64]int64{}
		m.unsaved[m.day] = today
	}
	today[token] += predictions
}

// Today is what tokens used since midnight (UTC).
func (m *Meter) Today(ctx context.Context, tokens []int64) (map[int64]int64, error) {
	day := m.now().UTC().Format(time.DateOnly)
	used, err := m.store.Usage(ctx, day, tokens)
	if err != nil {
		return nil, fmt.Errorf("reading what tokens used: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, token := range tokens {
		if n := m.unsaved[day][token]; n > 0 {
			used[token] += n
		}
	}
	return used, nil
}

// client finds or makes what is known of a token, as its limits are now.
func (m *Meter) client(ctx context.Context, token int64, limits auth.Limits, now time.Time) (*client, error) {
	m.mu.Lock()
	m.turn(now)
	c := m.clients[token]
	if c == nil {
		c = &client{bucket: rate.NewLimiter(rate.Limit(limits.PerSecond), burst(limits.PerSecond))}
		m.clients[token] = c
	}
	c.touched = now
	if c.bucket.Limit() != rate.Limit(limits.PerSecond) {
		c.bucket.SetLimitAt(now, rate.Limit(limits.PerSecond))
		c.bucket.SetBurstAt(now, burst(limits.PerSecond))
	}
	loaded, day := c.loaded, m.day
	m.mu.Unlock()
	if loaded || limits.PerDay == 0 {
		return c, nil
	}
	used, err := m.store.Usage(ctx, day, []int64{token})
	if err != nil {
		return nil, fmt.Errorf("reading what a token used: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !c.loaded && m.day == day {
		c.used, c.loaded = used[token]+m.unsaved[day][token], true
	}
	return c, nil
}

// burst is how many requests may come at once.
func burst(perSecond float64) int { return int(math.Ceil(max(2*perSecond, 1))) }

// turn begins a new day. The caller holds the lock.
func (m *Meter) turn(now time.Time) {
	const day = 24 * 60 * 60
	number := now.Unix() / day
	if number == m.number {
		return // without making the text, which costs more than all the rest
	}
	m.day, m.number = now.Format(time.DateOnly), number
	for _, c := range m.clients {
		c.used, c.loaded = 0, true
	}
}

// Run saves counts until ctx ends, and once more then.
func (m *Meter) Run(ctx context.Context) error {
	ticks := time.NewTicker(saveEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return m.save(context.WithoutCancel(ctx))
		case <-ticks.C:
			if err := m.save(ctx); err != nil && ctx.Err() == nil {
				m.log.ErrorContext(ctx, "what tokens used could not be saved: it is tried again", "err", err)
			}
		}
	}
}

// save takes what is unsaved to the store, and puts it back when that fails.
func (m *Meter) save(ctx context.Context) error {
	now := m.now().UTC()
	m.mu.Lock()
	m.turn(now)
	today, unsaved := m.day, m.unsaved
	m.unsaved = map[string]map[int64]int64{}
	for token, c := range m.clients {
		if now.Sub(c.touched) > idle {
			delete(m.clients, token)
		}
	}
	m.mu.Unlock()
	for day, used := range unsaved {
		if err := m.store.AddUsage(ctx, day, used); err != nil {
			m.putBack(unsaved)
			return fmt.Errorf("saving what tokens used: %w", err)
		}
		delete(unsaved, day)
		if day != today {
			if err := m.store.ForgetUsage(ctx, now.AddDate(0, 0, -keptDays).Format(time.DateOnly)); err != nil {
				return fmt.Errorf("forgetting what tokens used long ago: %w", err)
			}
		}
	}
	return nil
}

func (m *Meter) putBack(unsaved map[string]map[int64]int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for day, used := range unsaved {
		if m.unsaved[day] == nil {
			m.unsaved[day] = map[int64]int64{}
		}
		for token, n := range used {
			m.unsaved[day][token] += n
		}
	}
}
