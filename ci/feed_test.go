package ci

import (
	"testing"
	"time"
)

func TestFeedDropsTheOldest(t *testing.T) {
	s := &Service{feed: newFeed()}
	sub := s.Subscribe()
	for n := range subscriptionBuffer + 10 {
		s.feed.publish(Change{Kind: "job", Job: JobID(n)})
	}
	if first := <-sub.C; first.Job != 10 {
		t.Errorf("the oldest change that is left is of job %d, want 10", first.Job)
	}
	sub.Close()
	s.feed.publish(Change{Kind: "job", Job: -1})
	for range subscriptionBuffer - 1 {
		if c := <-sub.C; c.Job == -1 {
			t.Error("a closed subscription still receives")
		}
	}
}

func TestWaitEndsWhenAJobIsQueued(t *testing.T) {
	s := &Service{feed: newFeed()}
	version := s.QueueVersion()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Wait(t.Context(), version, time.Hour)
	}()
	s.feed.publish(Change{Kind: "job", Status: Running})
	if s.QueueVersion() != version {
		t.Error("a job that starts changes the queue's version")
	}
	s.feed.publish(Change{Kind: "job", Status: Pending})
	<-done
	if s.QueueVersion() == version {
		t.Error("a queued job changes the queue's version")
	}
	s.Wait(t.Context(), version, time.Hour) // an old version: returns at once
}
