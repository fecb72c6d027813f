package deploy

import (
	"sync"

	"dasier/forge/project"
)

// Change tells a live page that a deployment is worth loading again.
type Change struct {
	Project     project.ID
	Environment string
	Deployment  ID
	State       State
}

// Subscription receives changes as they happen in this process.
type Subscription struct {
	// C has the changes. One that is not read in time is lost: readers load what
	// is true now, and look again from time to time.
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

// feed is a hint for the watchers of this process, never the truth.
type feed struct {
	mu          sync.Mutex
	subscribers map[*Subscription]bool
}

// Subscribe starts receiving changes of all projects; the reader picks those
// that it may see.
func (s *Service) Subscribe() *Subscription {
	c := make(chan Change, 64)
	sub := &Subscription{C: c, c: c, feed: &s.feed}
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	if s.feed.subscribers == nil {
		s.feed.subscribers = map[*Subscription]bool{}
	}
	s.feed.subscribers[sub] = true
	return sub
}

func (s *Service) tellWatchers(d Deployment) {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	for sub := range s.feed.subscribers {
		select {
		case sub.c <- Change{d.Project, d.EnvironmentName, d.ID, d.State}:
		default:
		}
	}
}
