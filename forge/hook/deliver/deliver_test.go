package deliver_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dasier/fault"
	"dasier/forge/hook"
	"dasier/forge/hook/deliver"
)

// receiver answers what its path asks for and counts what reaches it.
func receiver(t *testing.T) (address string, asked *atomic.Int32) {
	t.Helper()
	asked = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/taken", http.StatusTemporaryRedirect)
		case "/slow":
			// The server notices that the caller is gone only once it has read all.
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		case "/large":
			_, _ = w.Write([]byte(strings.Repeat("x", 1<<20)))
		case "/binary":
			_, _ = w.Write([]byte("\xff\x00\xfe"))
		default:
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Seen", r.Header.Get("X-Gitlab-Event"))
			w.WriteHeader(http.StatusAccepted)
			_, _ = w.Write(append([]byte(r.Method+" "), body...))
		}
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), asked
}

func TestSend(t *testing.T) {
	address, asked := receiver(t)
	s := deliver.New(deliver.Config{Allowed: []string{address}, Timeout: 2 * time.Minute})
	a, err := s.Send(t.Context(), "http://"+address+"/taken", map[string]string{"X-Gitlab-Event": "Push Hook"}, `{"a":1}`)
	if err != nil || a.Status != 202 || a.Body != `POST {"a":1}` || a.Headers["X-Seen"] != "Push Hook" {
		t.Errorf("answered %+v, %v", a, err)
	}
	before := asked.Load()
	if a, err := s.Send(t.Context(), "http://"+address+"/redirect", nil, ""); err != nil || a.Status != 307 || asked.Load() != before+1 {
		t.Errorf("a redirect was followed: %+v, %v", a, err)
	}
	if a, err := s.Send(t.Context(), "http://"+address+"/large", nil, ""); err != nil || len(a.Body) != 64<<10 {
		t.Errorf("of a large answer %d bytes are kept, %v", len(a.Body), err)
	}
	if a, err := s.Send(t.Context(), "http://"+address+"/binary", nil, ""); err != nil || a.Body != "\uFFFD\uFFFD\uFFFD" {
		t.Errorf("a binary answer is %q, %v", a.Body, err)
	}
	hasty := deliver.New(deliver.Config{Allowed: []string{address}, Timeout: 200 * time.Millisecond}) // for what never answers
	if _, err := hasty.Send(t.Context(), "http://"+address+"/slow", nil, ""); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "in time") {
		t.Errorf("a slow receiver: %v", err)
	}
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	s = deliver.New(deliver.Config{AllowPrivate: true})
	if _, err := s.Send(t.Context(), "http://"+closed+"/path-with-a-secret", nil, ""); !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody there: %v", err)
	}
}

// TestNothingInsideIsReached, in whatever spelling its address comes, nor by a
// name that means it: "localhost" stands for what a name server of the
// attacker's could answer at the second question.
func TestNothingInsideIsReached(t *testing.T) {
	address, asked := receiver(t)
	_, port, _ := net.SplitHostPort(address)
	s := deliver.New(deliver.Config{Allowed: []string{"example.org:80", "127.0.0.1:1"}})
	for _, host := range []string{
		"127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST.", "a.localhost", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
		"[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]", "[2002:7f00:1::]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "224.0.0.1", "[ff02::1]", "100.64.0.1",
		"2130706433", "0x7f.1", "127.1", // as resolvers of C read them
	} {
		_, err := s.Send(t.Context(), "http://"+host+":"+port+"/taken", nil, "{}")
		if err == nil {
			t.Errorf("%s was sent to", host)
		}
		if strings.Trim(host, "0123456789xf.") == "" && strings.Count(host, ".") < 3 {
			continue // a name to Go, of which nothing need be known
		}
		if refused := s.Refuses("http://" + host + ":" + port + "/taken"); !fault.Is(refused, fault.Invalid) || !strings.Contains(refused.Error(), "webhooks_allow_private") {
			t.Errorf("%s may be saved: %v", host, refused)
		}
	}
	if _, err := s.Send(t.Context(), "http://localhost:"+port+"/taken", nil, ""); !fault.Is(err, fault.Denied) {
		t.Errorf("a name that means this machine: %v", err)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d requests came in", n)
	}
	for _, open := range []string{"https://example.com/x", "http://93.184.216.34", "http://[2606:4700::1]:8080/"} {
		if err := s.Refuses(open); err != nil {
			t.Errorf("%s: %v", open, err)
		}
	}
}

func TestInside(t *testing.T) {
	for text, want := range map[string]bool{
		"127.0.0.1": true, "8.8.8.8": false, "172.15.255.255": false, "172.32.0.0": false, "169.254.169.254": true, "255.255.255.255": true, "0.1.2.3": true,
		"::ffff:8.8.8.8": false, "::ffff:10.1.1.1": true, "64:ff9b::808:808": false, "64:ff9b::a00:1": true, "2002:808:808::1": false, "2002:c0a8:101::1": true,
		"::ffff:0:10.0.0.1": true, "fe80::1%eth0": true, "2606:4700::1": false, "::8.8.8.8": false, "::10.0.0.1": true, "2001:0:1::1": true,
	} {
		if got := hook.Inside(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s inside: %v", text, got)
		}
	}
	if !hook.Inside(netip.Addr{}) {
		t.Error("no address is outside")
	}
}
