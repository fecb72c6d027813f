package ci

import (
	"context"
	"crypto/rand"
	"strconv"
	"sync"
	"time"

	"dasier/forge/project"
)

// Change tells a live page what to load again.
type Change struct {
	Kind     string // "pipeline", "job" or "log"; others are announced
	Project  project.ID
	Pipeline PipelineID
	Job      JobID
	Status   Status
	Size     int64 // of the log, for the kind "log"
	Number   int   // of what is announced, in its project
}

// Subscription receives changes as they happen in this process.
type Subscription struct {
	// C has the changes. One that is not read in time pushes out the oldest:
	// readers load what is true now, so a lost change costs them nothing when
	// a later one comes.
	C    <-chan Change
	c    chan Change
	feed *feed
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	delete(s.feed.subscribers, s)
}

// subscriptionBuffer is how many changes a slow reader may be behind.
const subscriptionBuffer = 256

// feed tells the watchers of this process what changed. It is a hint, never the
// truth: in a house of several servers each feed tells of its own server's
// changes only, and readers fall back on looking again.
type feed struct {
	mu          sync.Mutex
	subscribers map[*Subscription]bool
	// boot and version name the state of the queue; queued is closed and made
	// anew when a job is queued.
	boot    string
	version int64
	queued  chan struct{}
}

func newFeed() *feed {
	return &feed{subscribers: map[*Subscription]bool{}, boot: rand.Text()[:8], queued: make(chan struct{})}
}

func (f *feed) publish(news ...Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	woken := false
	for _, change := range news {
		if change.Kind == "job" && change.Status == Pending && !woken {
			woken = true
			f.version++
			close(f.queued)
			f.queued = make(chan struct{})
		}
		for s := range f.subscribers {
			deliver(s.c, change)
		}
	}
}

// deliver never blocks: the feed's lock makes it the only sender, so that after
// one receive there is room.
func deliver(c chan Change, change Change) {
	select {
	case c <- change:
		return
	default:
	}
	select {
	case <-c:
	default:
	}
	c <- change
}

func (f *feed) queue() (version string, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.boot + "-" + strconv.FormatInt(f.version, 10), f.queued
}

// Subscribe starts receiving changes of all projects; the reader picks those
// that it may see.
func (s *Service) Subscribe() *Subscription {
	c := make(chan Change, subscriptionBuffer)
	sub := &Subscription{C: c, c: c, feed: s.feed}
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	s.feed.subscribers[sub] = true
	return sub
}

// Announce tells live pages of a change in another part of the server.
func (s *Service) Announce(c Change) { s.feed.publish(c) }

// QueueVersion names the state of the job queue as this process knows it.
func (s *Service) QueueVersion() string {
	version, _ := s.feed.queue()
	return version
}

// Wait returns when a job was queued since the given version of the queue, when
// limit has passed, or when ctx ends; at once when the version is not the
// current one.
func (s *Service) Wait(ctx context.Context, version string, limit time.Duration) {
	current, changed := s.feed.queue()
	if version != current {
		return
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// differences tells watchers what changed between two states.
func differences(before, after *State) []Change {
	var news []Change
	p := &after.Pipeline
	for i := range after.Jobs {
		j := &after.Jobs[i]
		if before != nil {
			if old := before.Job(j.ID); old != nil && old.Status == j.Status && old.Retried == j.Retried {
				continue
			}
		}
		news = append(news, Change{Kind: "job", Project: p.Project, Pipeline: p.ID, Job: j.ID, Status: j.Status})
	}
	if before == nil || before.Pipeline.Status != p.Status || len(news) > 0 {
		news = append(news, Change{Kind: "pipeline", Project: p.Project, Pipeline: p.ID, Status: p.Status})
	}
	return news
}
