package hook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/hook"
	"dasier/forge/hook/deliver"
	"dasier/forge/project"
	"dasier/seal"
	"dasier/store"
	"dasier/store/storetest"
)

// lab is hooks over a real store and a real receiver.
type lab struct {
	*hook.Service
	t        *testing.T
	data     *store.Store
	key      *seal.Key
	id       project.ID
	of       hook.Project
	owner    auth.Actor
	address  string // of the receiver
	allowed  string
	mutex    sync.Mutex
	requests []*http.Request // what came in
	bodies   []string
	status   int // what is answered
	now      time.Time
}

func newLab(t *testing.T) *lab {
	t.Helper()
	ctx := t.Context()
	l := &lab{t: t, status: 200, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	var err error
	l.data, err = store.Open(ctx, storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, l.data.Close()) })
	projects := project.New(l.data.Project())
	ada, err := l.data.Auth().CreateUser(ctx, auth.User{Username: "ada", Email: "ada@example.org", CreatedAt: l.now}, "")
	must(t, err)
	l.owner = auth.Actor{User: ada.ID, Username: "ada", Via: auth.ViaSession}
	p, err := l.data.Project().Create(ctx, project.Project{Namespace: "lab", Name: "model", DefaultBranch: "main", CreatedAt: l.now}, ada.ID, created)
	must(t, err)
	l.id = p.ID
	l.of = hook.Project{ID: p.ID, Namespace: "lab", Name: "model", DefaultBranch: "main", Server: "https://forge.example"}
	receiver := httptest.NewServer(l)
	t.Cleanup(receiver.Close)
	l.address, l.allowed = receiver.URL, receiver.Listener.Addr().String()
	l.key, err = seal.New(bytes.Repeat([]byte{1}, 32))
	must(t, err)
	l.Service = hook.New(l.data.Hook(), projects, l.key, deliver.New(deliver.Config{Allowed: []string{l.allowed}}), hook.Config{URL: "https://forge.example", Now: l.clock})
	return l
}

func (l *lab) clock() time.Time {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.now
}

func (l *lab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.requests, l.bodies = append(l.requests, r), append(l.bodies, string(body))
	w.WriteHeader(l.status)
}

func (l *lab) seen() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return len(l.requests)
}

func (l *lab) set(status int, later time.Duration) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.status, l.now = status, l.now.Add(later)
}

func created(id project.ID) event.Event { return project.Created{Project: id} }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, err error, kind fault.Kind, says string) {
	t.Helper()
	if !fault.Is(err, kind) || !strings.Contains(err.Error(), says) {
		t.Errorf("%v; want %s with %q", err, kind, says)
	}
}

func (l *lab) add(secret string, events ...hook.Event) hook.Hook {
	l.t.Helper()
	h, err := l.Add(l.t.Context(), l.owner, hook.Hook{Project: l.id, Name: "chat", URL: l.address + "/in", Events: events, Active: true}, secret)
	must(l.t, err)
	return h
}

// sent runs the sender until nothing more is due.
func (l *lab) sent() {
	l.t.Helper()
	ctx, stop := context.WithCancel(l.t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		due, err := l.data.DB().NewSelect().TableExpr("hook_messages AS m").Join("JOIN hooks h ON h.id = m.hook_id").Where("NOT done AND h.active AND due_at <= ?", l.clock()).Count(ctx)
		must(l.t, err)
		// What is under way is due again when its lease ends.
		held, err := l.data.DB().NewSelect().Table("hook_messages").Where("NOT done AND due_at = ?", l.clock().Add(90*time.Second)).Count(ctx)
		must(l.t, err)
		if due == 0 && held == 0 {
			break
		}
		if time.Now().After(deadline) {
			l.t.Fatal("messages are not sent")
		}
	}
	stop()
	must(l.t, <-done)
}

func (l *lab) deliveries(h hook.ID) []hook.Delivery {
	l.t.Helper()
	list, _, err := l.Deliveries(l.t.Context(), l.owner, l.id, h, project.Page{Limit: 200})
	must(l.t, err)
	return list
}

func (l *lab) push() hook.Push {
	return hook.Push{Project: l.of, User: hook.Person{ID: 1, Username: "ada"}, Ref: "refs/heads/main", Before: strings.Repeat("a", 40), After: strings.Repeat("b", 40)}
}

// TestAMessageArrives as GitLab's receivers expect it, with what proves where it
// comes from, once however often it is told.
func TestAMessageArrives(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	h := l.add("s3cret", hook.PushEvent, hook.JobEvent)
	l.add("", hook.TagPushEvent)
	for range 3 {
		must(t, l.Notify(ctx, 7, l.id, l.push()))
	}
	l.sent()
	must(t, l.Notify(ctx, 7, l.id, l.push()))
	l.sent()
	if l.seen() != 1 {
		t.Fatalf("%d requests came in", l.seen())
	}
	header := l.requests[0].Header
	for name, want := range map[string]string{"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": "s3cret", "Content-Type": "application/json", "X-Gitlab-Instance": "https://forge.example"} {
		if got := header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if header.Get("X-Gitlab-Event-UUID") == "" || header.Get("Idempotency-Key") == "" || header.Get("Idempotency-Key") == header.Get("X-Gitlab-Event-UUID") {
		t.Errorf("the headers are %v", header)
	}
	at, sum, _ := strings.Cut(header.Get("X-Dasier-Signature"), ",sha256=")
	mac := hmac.New(sha256.New, []byte("s3cret"))
	_, _ = fmt.Fprintf(mac, "%s.%s", strings.TrimPrefix(at, "t="), l.bodies[0])
	if sum != hex.EncodeToString(mac.Sum(nil)) || at != fmt.Sprintf("t=%d", l.now.Unix()) {
		t.Errorf("the signature is %q", header.Get("X-Dasier-Signature"))
	}
	var body struct {
		Kind    string `json:"object_kind"`
		Ref     string
		Project struct {
			Path string `json:"path_with_namespace"`
			URL  string `json:"web_url"`
		}
	}
	must(t, json.Unmarshal([]byte(l.bodies[0]), &body))
	if body.Kind != "push" || body.Ref != "refs/heads/main" || body.Project.Path != "lab/model" || body.Project.URL != "https://forge.example/lab/model" {
		t.Errorf("it says %+v", body)
	}
	list := l.deliveries(h.ID)
	if len(list) != 1 || list[0].Status != 200 || list[0].Attempt != 1 || list[0].Error != "" {
		t.Fatalf("the log has %+v", list)
	}
	d, err := l.Delivery(ctx, l.owner, l.id, h.ID, list[0].ID)
	must(t, err)
	if d.Request.Body != l.bodies[0] || d.Request.Headers["X-Gitlab-Token"] != "[hidden]" || strings.Contains(fmt.Sprint(d), "s3cret") {
		t.Errorf("kept are %+v", d.Request)
	}
	again, err := l.Redeliver(ctx, l.owner, l.id, h.ID, d.ID)
	must(t, err)
	if again.Attempt != 2 || l.bodies[1] != l.bodies[0] || l.requests[1].Header.Get("Idempotency-Key") != header.Get("Idempotency-Key") {
		t.Errorf("sent again: %+v", again)
	}
}

// TestRetries: five attempts with growing pauses where a later one may fare
// better, and one where not.
func TestRetries(t *testing.T) {
	for status, attempts := range map[int]int{500: 5, 503: 5, 429: 5, 404: 1, 302: 1, 204: 1} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			l := newLab(t)
			h := l.add("", hook.PushEvent)
			l.set(status, 0)
			must(t, l.Notify(t.Context(), 1, l.id, l.push()))
			for range 7 {
				l.sent()
				l.set(status, time.Hour)
			}
			if l.seen() != attempts {
				t.Errorf("%d requests came in, want %d", l.seen(), attempts)
			}
			if last := l.deliveries(h.ID)[0]; last.Attempt != attempts || last.Failed() != (status != 204) || last.Failed() == (last.Error == "") {
				t.Errorf("the last attempt is %+v", last)
			}
		})
	}
	l := newLab(t)
	l.add("", hook.PushEvent)
	l.set(500, 0)
	must(t, l.Notify(t.Context(), 1, l.id, l.push()))
	l.sent()
	l.set(200, 5*time.Second)
	if l.sent(); l.seen() != 1 {
		t.Error("it was tried again too soon")
	}
	l.set(200, 10*time.Second)
	if l.sent(); l.seen() != 2 {
		t.Error("it was not tried again")
	}
	l.set(200, time.Hour)
	if l.sent(); l.seen() != 2 {
		t.Error("it was tried again when it had arrived")
	}
}

func TestAHookThatFailsIsSwitchedOff(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	h := l.add("", hook.PushEvent)
	fail := func(from, n int) {
		l.set(404, 0)
		for i := range n {
			must(t, l.Notify(ctx, int64(from+i), l.id, l.push()))
		}
		l.sent()
	}
	fail(1, 9)
	l.set(200, 0)
	must(t, l.Notify(ctx, 50, l.id, l.push()))
	l.sent()
	fail(100, 9)
	hooks, err := l.List(ctx, l.owner, l.id)
	must(t, err)
	if !hooks[0].Active || hooks[0].Failures != 9 || hooks[0].Last == nil || hooks[0].Last.Status != 404 {
		t.Errorf("after nine in a row: %+v", hooks[0])
	}
	fail(200, 2)
	hooks, err = l.List(ctx, l.owner, l.id)
	must(t, err)
	if hooks[0].Active || !strings.Contains(hooks[0].Disabled, "10 messages") || !strings.Contains(hooks[0].Disabled, "404") {
		t.Errorf("after ten: %+v", hooks[0])
	}
	events, err := l.data.Undelivered(ctx, 100)
	must(t, err)
	if last := events[len(events)-1]; last.Kind != "audit.act" || !strings.Contains(string(last.Payload), "webhook.disabled") {
		t.Errorf("the audit log is told %+v", last)
	}
	before := l.seen()
	fail(300, 1)
	if l.seen() != before {
		t.Error("a hook that is off was told")
	}
	on := true
	changed, err := l.Update(ctx, l.owner, l.id, h.ID, hook.Change{Active: &on})
	if must(t, err); !changed.Active || changed.Disabled != "" || changed.Failures != 0 {
		t.Errorf("switched on: %+v", changed)
	}
}

func TestTheLastHundredAreKept(t *testing.T) {
	l := newLab(t)
	h := l.add("", hook.PushEvent)
	for i := range 105 {
		must(t, l.Notify(t.Context(), int64(i+1), l.id, l.push()))
	}
	l.sent()
	if list := l.deliveries(h.ID); len(list) != 100 || l.seen() != 105 {
		t.Errorf("%d of %d are kept", len(list), l.seen())
	}
}

// TestASlowHookHoldsUpNobodyElse: the other's messages arrive while it hangs.
func TestASlowHookHoldsUpNobodyElse(t *testing.T) {
	l := newLab(t)
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(slow.Close)
	projects := project.New(l.data.Project())
	l.Service = hook.New(l.data.Hook(), projects, l.key, deliver.New(deliver.Config{AllowPrivate: true}), hook.Config{Senders: 2, Now: l.clock})
	_, err := l.Add(t.Context(), l.owner, hook.Hook{Project: l.id, URL: slow.URL, Events: []hook.Event{hook.PushEvent}, Active: true}, "")
	must(t, err)
	l.add("", hook.PushEvent)
	for i := range 5 {
		must(t, l.Notify(t.Context(), int64(i+1), l.id, l.push()))
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	for deadline := time.Now().Add(2 * time.Minute); l.seen() < 5; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of 5 arrived", l.seen())
		}
	}
	close(release)
	stop()
	must(t, <-done)
}

func TestHooksAreChecked(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	for url, says := range map[string]string{
		"ftp://example.org": "http", "": "http", "http://": "http", "https://user:pw@example.org/": "secret", "https://example.org/#x": "#", "http://127.0.0.1:1/": "inside",
		"http://[::ffff:10.0.0.1]/": "inside", "http://169.254.169.254/latest": "inside",
	} {
		_, err := l.Add(ctx, l.owner, hook.Hook{Project: l.id, URL: url, Events: []hook.Event{hook.PushEvent}}, "")
		expect(t, err, fault.Invalid, says)
	}
	good := hook.Hook{Project: l.id, URL: "https://example.org/a", Events: []hook.Event{hook.JobEvent, hook.PushEvent, hook.JobEvent}}
	bad := good
	bad.Events = []hook.Event{"pish"}
	_, err := l.Add(ctx, l.owner, bad, "")
	expect(t, err, fault.Invalid, `"pish"`)
	_, err = l.Add(ctx, l.owner, good, "two\r\nlines")
	expect(t, err, fault.Invalid, "ASCII")
	h, err := l.Add(ctx, l.owner, good, "s3cret")
	must(t, err)
	if len(h.Events) != 2 || h.Events[0] != hook.PushEvent || bytes.Contains(h.Secret, []byte("s3cret")) {
		t.Errorf("made %+v", h)
	}
	// The address of another host must not get the secret.
	thief := "https://thief.example/"
	_, err = l.Update(ctx, l.owner, l.id, h.ID, hook.Change{URL: &thief})
	expect(t, err, fault.Invalid, "another host")
	path, none := "https://example.org/b", ""
	changed, err := l.Update(ctx, l.owner, l.id, h.ID, hook.Change{URL: &path})
	if must(t, err); changed.URL != path || changed.Secret == nil {
		t.Errorf("moved: %+v", changed)
	}
	changed, err = l.Update(ctx, l.owner, l.id, h.ID, hook.Change{URL: &thief, Secret: &none})
	if must(t, err); changed.Secret != nil {
		t.Errorf("without a secret: %+v", changed)
	}
	outsider := auth.Actor{User: 99, Username: "eve", Via: auth.ViaSession}
	_, listing := l.List(ctx, outsider, l.id)
	_, _, reading := l.Deliveries(ctx, outsider, l.id, h.ID, project.Page{})
	for _, err := range []error{listing, reading, l.Remove(ctx, outsider, l.id, h.ID)} {
		expect(t, err, fault.Missing, "no project")
	}
	expect(t, l.Remove(ctx, l.owner, l.id, h.ID+1), fault.Missing, "no webhook")
	must(t, l.Remove(ctx, l.owner, l.id, h.ID))
	events, err := l.data.Undelivered(ctx, 100)
	must(t, err)
	for _, e := range events {
		if strings.Contains(string(e.Payload), "s3cret") || strings.Contains(string(e.Payload), "/a") {
			t.Errorf("the audit log is told %s", e.Payload)
		}
	}
}

// TestEverySampleIsSent, and rests below what is kept of it.
func TestEverySampleIsSent(t *testing.T) {
	l := newLab(t)
	h := l.add("", hook.PushEvent)
	for i, e := range hook.Events {
		d, err := l.Test(t.Context(), l.owner, l.of, h.ID, e)
		if must(t, err); d.Status != 200 || d.Event != e || len(l.bodies[i]) > 16<<10 {
			t.Errorf("%s: %+v", e, d)
		}
		var body map[string]any
		must(t, json.Unmarshal([]byte(l.bodies[i]), &body))
		if body["object_kind"] != map[hook.Event]any{hook.JobEvent: "build"}[e] && body["object_kind"] != string(e) || body["project"] == nil {
			t.Errorf("%s says it is %v", e, body["object_kind"])
		}
	}
	_, err := l.Test(t.Context(), l.owner, l.of, h.ID, "nothing")
	expect(t, err, fault.Invalid, `"nothing"`)
	l.set(500, 0)
	if d, err := l.Test(t.Context(), l.owner, l.of, h.ID, hook.PushEvent); err != nil || d.Error == "" {
		t.Errorf("a test that fails: %+v, %v", d, err)
	}
	if hooks, err := l.List(t.Context(), l.owner, l.id); err != nil || hooks[0].Failures != 0 {
		t.Errorf("tests count: %+v, %v", hooks, err)
	}
	large := l.push()
	for range 50 {
		large.Commits = append(large.Commits, hook.Commit{SHA: strings.Repeat("c", 40), Message: strings.Repeat("é", 5000)})
	}
	must(t, l.Notify(t.Context(), 1, l.id, large))
	l.set(200, 0)
	l.sent()
	if n := len(l.bodies[len(l.bodies)-1]); n > 64<<10 || n < 10<<10 {
		t.Errorf("a large push is told in %d bytes", n)
	}
}
