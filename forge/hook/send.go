package hook

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Notify keeps the payload as a message for each of the project's hooks that
// wants to be told. source is the outbox event that it was made of: telling it
// again adds nothing. It is for the server itself.
func (s *Service) Notify(ctx context.Context, source int64, id project.ID, p Payload) error {
	hooks, err := s.store.List(ctx, id)
	if err != nil {
		return err
	}
	wanted := slices.DeleteFunc(hooks, func(h Hook) bool { return !h.Active || !slices.Contains(h.Events, p.Event()) })
	if len(wanted) == 0 {
		return nil
	}
	body, err := bodyOf(p)
	if err != nil {
		return err
	}
	messages := make([]Message, len(wanted))
	for i, h := range wanted {
		messages[i] = Message{Hook: h.ID, Source: source, Event: p.Event(), UUID: s.eventUUID(source), Body: body, Due: s.now()}
	}
	if err := s.store.Enqueue(ctx, messages, maxMessages); err != nil {
		return err
	}
	s.poke()
	return nil
}

// Wants tells whether any hook of the project would be told of the event, for
// callers to whom a payload is dear.
func (s *Service) Wants(ctx context.Context, id project.ID, e Event) (bool, error) {
	hooks, err := s.store.List(ctx, id)
	return slices.ContainsFunc(hooks, func(h Hook) bool { return h.Active && slices.Contains(h.Events, e) }), err
}

func (s *Service) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

const (
	// lease is how long a message is out of the others' sight while it is sent:
	// longer than a Sender takes.
	lease = 90 * time.Second
	// look is how often what is due is looked for without being told: it may have
	// become due, or another process may have added it.
	look = 2 * time.Second
)

// Run sends what is due until ctx ends, and then waits for what is under way.
func (s *Service) Run(ctx context.Context) error {
	var group errgroup.Group
	group.SetLimit(s.cfg.Senders)
	var turn sync.Mutex // guards busy
	busy := map[ID]bool{}
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for ctx.Err() == nil {
		turn.Lock()
		m, h, err := s.claim(ctx, busy)
		if err == nil {
			busy[h.ID] = true
		}
		turn.Unlock()
		if err == nil {
			group.Go(func() error { // waits while all senders are busy
				// What was begun is finished, within the sender's own limit.
				if err := s.send(context.WithoutCancel(ctx), &h, m); err != nil {
					s.cfg.Log.ErrorContext(ctx, "telling a webhook failed; it will be tried again", "hook", h.ID, "project", h.Project, "error", err)
				}
				turn.Lock()
				delete(busy, h.ID)
				turn.Unlock()
				s.poke()
				return nil
			})
			continue
		}
		if !fault.Is(err, fault.Missing) && ctx.Err() == nil {
			s.cfg.Log.ErrorContext(ctx, "looking for what webhooks are to be told failed; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-ticker.C:
		}
	}
	return group.Wait()
}

func (s *Service) claim(ctx context.Context, busy map[ID]bool) (Message, Hook, error) {
	taken := make([]ID, 0, len(busy))
	for id := range busy {
		taken = append(taken, id)
	}
	now := s.now()
	return s.store.Claim(ctx, now, now.Add(lease), taken)
}

// send makes one attempt and keeps what came of it.
func (s *Service) send(ctx context.Context, h *Hook, m Message) error {
	d, err := s.attempt(ctx, h, &m)
	if err != nil {
		return err
	}
	var next time.Time
	if d.again() && d.Attempt < attempts {
		next = s.now().Add(pauses[d.Attempt-1])
	}
	return s.store.Finish(ctx, m, d, next, kept, func(h *Hook) []event.Event {
		if d.Failed() && next.IsZero() {
			return h.fail(&d)
		}
		if !d.Failed() {
			h.Failures = 0
		}
		return nil
	})
}

// fail counts a message that was given up, and switches a hook off that lost too
// many in a row.
func (h *Hook) fail(d *Delivery) []event.Event {
	h.Failures++
	if h.Failures < disableAt || !h.Active {
		return nil
	}
	before := sketchOf(h)
	h.Active = false
	h.Disabled = fault.Errorf(fault.Unavailable, "switched off after %d messages in a row that were not taken; the last: %s", h.Failures, d.Error).Error()
	act := auth.System("webhooks").Act("webhook.disabled", int64(h.Project), about(h))
	act.Before, act.After, act.Reason = before, sketchOf(h), h.Disabled
	return []event.Event{act}
}

// attempt sends a message once. What the receiver did is in the delivery; an
// error means that the message could not even be made.
func (s *Service) attempt(ctx context.Context, h *Hook, m *Message) (Delivery, error) {
	secret, err := s.secret(h)
	if err != nil {
		return Delivery{}, err
	}
	start := s.now()
	d := Delivery{Hook: h.ID, Event: m.Event, UUID: m.UUID, Attempt: m.Attempt + 1, At: start}
	d.Request = Text{headers(h, m, secret, s.cfg.URL, start), m.Body}
	answer, err := s.sender.Send(ctx, h.URL, d.Request.Headers, m.Body)
	d.Duration = max(0, s.now().Sub(start))
	d.Status, d.Response = answer.Status, Text{answer.Headers, clip(answer.Body, keptBody)}
	d.Error = explain(d.Status, err)
	d.Request.Body = clip(m.Body, keptBody)
	d.Request.Headers = withoutSecrets(d.Request.Headers)
	return d, nil
}

// explain says in a sentence why a message was not taken; "" when it was.
func explain(status int, err error) string {
	switch {
	case fault.Is(err, fault.Denied):
		return refused + fault.Message(err)
	case errors.Is(err, context.Canceled):
		return "the server was stopped"
	case err != nil:
		return err.Error()
	case status >= 300 && status < 400:
		return "answered with a redirect, which is not followed: set the address that it leads to"
	case status < 200 || status > 299:
		return "answered with status " + itoa(status)
	}
	return ""
}

// withoutSecrets is what is kept of a request's headers: the log is shown.
func withoutSecrets(all map[string]string) map[string]string {
	shown := make(map[string]string, len(all))
	for name, value := range all {
		if name == "X-Gitlab-Token" || name == "X-Dasier-Signature" {
			value = "[hidden]"
		}
		shown[name] = value
	}
	return shown
}
