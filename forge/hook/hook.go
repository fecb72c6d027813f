package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"dasier/fault"
	"dasier/forge/project"
)

// ID names a hook.
type ID int64

// DeliveryID names one attempt to send a message.
type DeliveryID int64

// Event is a kind of what hooks can be told of.
type Event string

// The events.
const (
	PushEvent       Event = "push"
	TagPushEvent    Event = "tag_push"
	MergeEvent      Event = "merge_request"
	NoteEvent       Event = "note"
	PipelineEvent   Event = "pipeline"
	JobEvent        Event = "job"
	DeploymentEvent Event = "deployment"
	ReleaseEvent    Event = "release" // a model version was registered
)

// Events are all of them, in reading order.
var Events = []Event{PushEvent, TagPushEvent, MergeEvent, NoteEvent, PipelineEvent, JobEvent, DeploymentEvent, ReleaseEvent}

// titles are the events' names in the header X-Gitlab-Event.
var titles = map[Event]string{
	PushEvent: "Push Hook", TagPushEvent: "Tag Push Hook", MergeEvent: "Merge Request Hook", NoteEvent: "Note Hook",
	PipelineEvent: "Pipeline Hook", JobEvent: "Job Hook", DeploymentEvent: "Deployment Hook", ReleaseEvent: "Release Hook",
}

// Hook is an address that wants to be told.
type Hook struct {
	ID       ID
	Project  project.ID
	Name     string
	URL      string
	Events   []Event
	Active   bool
	Secret   []byte // sealed; nil: none
	Failures int    // messages in a row that were given up
	Disabled string // why the server switched it off; "" when it did not
	Created  time.Time
	Version  int
	// Last is the latest delivery, without its texts; only lists have it.
	Last *Delivery
}

// Message is what one hook is to be told.
type Message struct {
	ID      int64
	Hook    ID
	Source  int64 // the outbox event that it was made of
	Event   Event
	UUID    string // the event's, the same for all hooks
	Body    string
	Attempt int // how many there were
	Due     time.Time
}

// Delivery is one attempt to send a message.
type Delivery struct {
	ID       DeliveryID
	Hook     ID
	Event    Event
	UUID     string
	Attempt  int // from 1
	At       time.Time
	Duration time.Duration
	Status   int    // 0: no answer
	Error    string // why it failed; "" when it did not
	Request  Text
	Response Text
}

// Text is a request or an answer.
type Text struct {
	Headers map[string]string
	Body    string
}

// Failed tells whether the receiver did not take the message.
func (d *Delivery) Failed() bool { return d.Status < 200 || d.Status > 299 }

// again tells whether a later attempt may fare better.
func (d *Delivery) again() bool {
	return d.Status == 0 && d.Error != "" && !strings.HasPrefix(d.Error, refused) || d.Status >= 500 || d.Status == 408 || d.Status == 429
}

// refused begins the reason of what no later attempt mends: see Sender.
const refused = "not sent: "

const (
	attempts    = 5  // of one message
	disableAt   = 10 // messages given up in a row
	kept        = 100
	keptBody    = 64 << 10
	maxURL      = 2048
	maxSecret   = 1024
	maxName     = 255
	maxHooks    = 50 // of one project
	maxMessages = 1000
)

// pauses are between the attempts.
var pauses = [attempts - 1]time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute}

// check refuses what cannot be a hook.
func (h *Hook) check() error {
	u, err := url.Parse(h.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || len(h.URL) > maxURL:
		return fault.Errorf(fault.Invalid, "the address must be http://host/... or https://host/..., with at most %d characters", maxURL).At("url")
	case u.User != nil:
		return fault.Errorf(fault.Invalid, "the address holds a user name or password, which everyone who sees the hook would see: use the secret").At("url")
	case u.Fragment != "":
		return fault.Errorf(fault.Invalid, "the address has a part after #, which is never sent").At("url")
	case utf8.RuneCountInString(h.Name) > maxName:
		return fault.Errorf(fault.Invalid, "the name is too long: at most %d characters", maxName).At("name")
	case len(h.Events) == 0:
		return fault.Errorf(fault.Invalid, "choose at least one event: %s", join(Events)).At("events")
	}
	for _, e := range h.Events {
		if !slices.Contains(Events, e) {
			return fault.Errorf(fault.Invalid, "there is no event %q: expected %s", e, join(Events)).At("events")
		}
	}
	h.Events = slices.Clone(h.Events)
	slices.SortFunc(h.Events, func(a, b Event) int { return slices.Index(Events, a) - slices.Index(Events, b) })
	h.Events = slices.Compact(h.Events)
	return nil
}

func join(events []Event) string {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = string(e)
	}
	return strings.Join(names, ", ")
}

// checkSecret refuses what no header carries.
func checkSecret(secret string) error {
	bad := func(r rune) bool { return r < ' ' || r > '~' }
	if len(secret) > maxSecret || strings.ContainsFunc(secret, bad) {
		return fault.Errorf(fault.Invalid, "the secret must be at most %d printable ASCII characters: it is sent in a header", maxSecret).At("secret")
	}
	return nil
}

// label is what a hook's secret is sealed to.
func label(h *Hook) string { return fmt.Sprintf("webhook project %d %s", h.Project, h.URL) }

// headers are what a message is sent with. Of the two that prove where it comes
// from, X-Gitlab-Token is what GitLab's receivers compare; the signature is over
// time and body, so that nobody who saw one request can make another, nor send
// the same one much later.
func headers(h *Hook, m *Message, secret, server string, now time.Time) map[string]string {
	list := map[string]string{
		"Content-Type": "application/json", "User-Agent": "Dasier", "X-Gitlab-Instance": server,
		"X-Gitlab-Event": titles[m.Event], "X-Gitlab-Event-UUID": m.UUID, "X-Gitlab-Webhook-UUID": uuid(fmt.Sprintf("%s hook %d", server, h.ID)),
		"Idempotency-Key": uuid(fmt.Sprintf("%s hook %d", m.UUID, h.ID)),
	}
	if secret != "" {
		at := strconv.FormatInt(now.Unix(), 10)
		list["X-Gitlab-Token"] = secret
		list["X-Dasier-Signature"] = "t=" + at + ",sha256=" + signature(secret, at, m.Body)
	}
	return list
}

// signature is HMAC-SHA256 over "<seconds>.<body>", in hexadecimal digits.
func signature(secret, at, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(at + "." + body)) // never fails (hash.Hash)
	return hex.EncodeToString(mac.Sum(nil))
}

// uuid makes a UUID of a name: the same for the same (RFC 9562, section 5.8).
func uuid(name string) string {
	sum := sha256.Sum256([]byte(name))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// clip cuts a text at a whole character.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	return strings.ToValidUTF8(text[:limit], "")
}
