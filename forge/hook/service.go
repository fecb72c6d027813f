package hook

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Gate decides who may (project.Service).
type Gate interface {
	May(ctx context.Context, actor auth.Actor, id project.ID, p auth.Permission) error
}

// Vault seals secrets (seal.Key).
type Vault interface {
	Seal(owner string, plain []byte) []byte
	Open(owner string, sealed []byte) ([]byte, error)
}

// Sender sends requests (forge/hook/deliver).
type Sender interface {
	// Send posts a body and answers what came back. It follows no redirect, and
	// gives up after its time limit. fault.Denied for an address that it never
	// sends to; any other error means that no answer came, in words for the
	// hook's owner.
	Send(ctx context.Context, address string, headers map[string]string, body string) (Answer, error)
	// Refuses answers why it would not send to an address, as far as that can be
	// told without looking up its name; nil when it would.
	Refuses(address string) error
}

// Answer is a receiver's answer. Its body may be cut.
type Answer struct {
	Status int
	Text
}

// Config has the settings of the service; the zero value works for tests, a
// server sets URL.
type Config struct {
	// URL is where people reach the server, without a final slash. Default
	// http://127.0.0.1:8080.
	URL string
	// Senders is how many hooks are told at a time. Default 4.
	Senders int
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// Log is for what no caller can be told. Default slog.Default().
	Log *slog.Logger
}

// Service is the verbs of hooks.
type Service struct {
	store  Store
	gate   Gate
	vault  Vault
	sender Sender
	cfg    Config
	wake   chan struct{}
}

// New makes the service.
func New(store Store, gate Gate, vault Vault, sender Sender, cfg Config) *Service {
	if cfg.URL == "" {
		cfg.URL = "http://127.0.0.1:8080"
	}
	cfg.URL = strings.TrimSuffix(cfg.URL, "/")
	if cfg.Senders <= 0 {
		cfg.Senders = 4
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Service{store, gate, vault, sender, cfg, make(chan struct{}, 1)}
}

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Microsecond) }

// List gives the project's hooks.
func (s *Service) List(ctx context.Context, actor auth.Actor, id project.ID) ([]Hook, error) {
	if err := s.gate.May(ctx, actor, id, auth.ManageHooks); err != nil {
		return nil, err
	}
	return s.store.List(ctx, id)
}

// Add makes a hook. An empty secret is none.
func (s *Service) Add(ctx context.Context, actor auth.Actor, h Hook, secret string) (Hook, error) {
	if err := s.gate.May(ctx, actor, h.Project, auth.ManageHooks); err != nil {
		return Hook{}, err
	}
	if err := s.check(&h, secret); err != nil {
		return Hook{}, err
	}
	known, err := s.store.List(ctx, h.Project)
	if err != nil {
		return Hook{}, err
	}
	if len(known) >= maxHooks {
		return Hook{}, fault.Errorf(fault.Limited, "the project has %d webhooks already: remove one first", len(known))
	}
	h.Created, h.Version, h.Failures, h.Disabled = s.now(), 1, 0, ""
	if h.Secret = nil; secret != "" {
		h.Secret = s.vault.Seal(label(&h), []byte(secret))
	}
	act := actor.Act("webhook.added", int64(h.Project), about(&h))
	act.After = sketchOf(&h)
	return s.store.Add(ctx, h, act)
}

func (s *Service) check(h *Hook, secret string) error {
	if err := h.check(); err != nil {
		return err
	}
	if err := checkSecret(secret); err != nil {
		return err
	}
	return s.sender.Refuses(h.URL)
}

// Change is what is to be otherwise with a hook; nil fields stay.
type Change struct {
	Name, URL, Secret *string // an empty secret removes it
	Events            []Event
	Active            *bool
}

// Update changes a hook. Switching it on forgets that it failed.
func (s *Service) Update(ctx context.Context, actor auth.Actor, id project.ID, hook ID, c Change) (Hook, error) {
	h, err := s.load(ctx, actor, id, hook)
	if err != nil {
		return Hook{}, err
	}
	before := sketchOf(&h)
	secret, err := s.secret(&h)
	if err != nil {
		return Hook{}, err
	}
	if c.Secret != nil {
		secret = *c.Secret
	} else if c.URL != nil && secret != "" && !sameHost(*c.URL, h.URL) {
		// Whoever may change the address must not learn the secret by it.
		return Hook{}, fault.Errorf(fault.Invalid, "the secret was given for %s and would be sent to another host: give a secret together with the new address", hostOf(h.URL)).At("secret")
	}
	if c.apply(&h); h.Active {
		h.Failures, h.Disabled = 0, ""
	}
	if err := s.check(&h, secret); err != nil {
		return Hook{}, err
	}
	if h.Secret = nil; secret != "" {
		h.Secret = s.vault.Seal(label(&h), []byte(secret))
	}
	act := actor.Act("webhook.changed", int64(id), about(&h))
	after := sketchOf(&h)
	after.SecretChanged = c.Secret != nil
	act.Before, act.After = before, after
	if err := s.store.Update(ctx, h, act); err != nil {
		return Hook{}, err
	}
	s.poke()
	return s.store.Hook(ctx, id, hook)
}

func (c *Change) apply(h *Hook) {
	if c.Name != nil {
		h.Name = *c.Name
	}
	if c.URL != nil {
		h.URL = *c.URL
	}
	if c.Events != nil {
		h.Events = c.Events
	}
	if c.Active != nil {
		h.Active = *c.Active
	}
}

// Remove removes a hook.
func (s *Service) Remove(ctx context.Context, actor auth.Actor, id project.ID, hook ID) error {
	h, err := s.load(ctx, actor, id, hook)
	if err != nil {
		return err
	}
	act := actor.Act("webhook.removed", int64(id), about(&h))
	act.Before = sketchOf(&h)
	return s.store.Remove(ctx, id, hook, act)
}

// Deliveries lists a hook's attempts, youngest first, without their texts.
func (s *Service) Deliveries(ctx context.Context, actor auth.Actor, id project.ID, hook ID, page project.Page) ([]Delivery, int, error) {
	if _, err := s.load(ctx, actor, id, hook); err != nil {
		return nil, 0, err
	}
	if page.Limit <= 0 {
		page.Limit = 50
	}
	return s.store.Deliveries(ctx, hook, page)
}

// Delivery gives one attempt with its texts.
func (s *Service) Delivery(ctx context.Context, actor auth.Actor, id project.ID, hook ID, delivery DeliveryID) (Delivery, error) {
	if _, err := s.load(ctx, actor, id, hook); err != nil {
		return Delivery{}, err
	}
	return s.store.Delivery(ctx, hook, delivery)
}

// Test sends a made-up message of the event at once and answers how it went. It
// does not count as a failure.
func (s *Service) Test(ctx context.Context, actor auth.Actor, p Project, hook ID, event Event) (Delivery, error) {
	h, err := s.load(ctx, actor, p.ID, hook)
	if err != nil {
		return Delivery{}, err
	}
	sample, err := Sample(event, p, Person{ID: actor.User, Username: actor.Username, Name: actor.Username})
	if err != nil {
		return Delivery{}, err
	}
	body, err := bodyOf(sample)
	if err != nil {
		return Delivery{}, err
	}
	m := Message{Hook: hook, Event: event, Body: body, UUID: uuid(fmt.Sprintf("%s test %d %d", s.cfg.URL, hook, s.now().UnixNano()))}
	return s.sendNow(ctx, &h, &m)
}

// Redeliver sends the message of an attempt again, at once.
func (s *Service) Redeliver(ctx context.Context, actor auth.Actor, id project.ID, hook ID, delivery DeliveryID) (Delivery, error) {
	h, err := s.load(ctx, actor, id, hook)
	if err != nil {
		return Delivery{}, err
	}
	d, err := s.store.Delivery(ctx, hook, delivery)
	if err != nil {
		return Delivery{}, err
	}
	if len(d.Request.Body) >= keptBody {
		return Delivery{}, fault.Errorf(fault.Conflict, "the message was longer than the %d bytes that are kept of it: it cannot be sent again", keptBody)
	}
	return s.sendNow(ctx, &h, &Message{Hook: hook, Event: d.Event, UUID: d.UUID, Body: d.Request.Body, Attempt: d.Attempt})
}

// sendNow sends one message while someone waits for it.
func (s *Service) sendNow(ctx context.Context, h *Hook, m *Message) (Delivery, error) {
	d, err := s.attempt(ctx, h, m)
	if err != nil {
		return Delivery{}, err
	}
	return s.store.Log(ctx, d, kept)
}

// load finds a hook for someone who manages hooks.
func (s *Service) load(ctx context.Context, actor auth.Actor, id project.ID, hook ID) (Hook, error) {
	if err := s.gate.May(ctx, actor, id, auth.ManageHooks); err != nil {
		return Hook{}, err
	}
	return s.store.Hook(ctx, id, hook)
}

func (s *Service) secret(h *Hook) (string, error) {
	if h.Secret == nil {
		return "", nil
	}
	plain, err := s.vault.Open(label(h), h.Secret)
	return string(plain), err
}

// sketch is what the audit log says of a hook: never its secret, and of its
// address only the host, because many receivers keep a secret in the path.
type sketch struct {
	Name          string  `json:"name"`
	Host          string  `json:"host"`
	Events        []Event `json:"events"`
	Active        bool    `json:"active"`
	HasSecret     bool    `json:"has_secret"`
	SecretChanged bool    `json:"secret_changed,omitempty"`
}

func sketchOf(h *Hook) sketch {
	return sketch{h.Name, hostOf(h.URL), h.Events, h.Active, h.Secret != nil, false}
}

func about(h *Hook) string {
	if h.Name != "" {
		return h.Name + " (" + hostOf(h.URL) + ")"
	}
	return hostOf(h.URL)
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

func sameHost(a, b string) bool {
	u, err := url.Parse(a)
	v, other := url.Parse(b)
	return err == nil && other == nil && u.Scheme == v.Scheme && u.Host == v.Host
}
