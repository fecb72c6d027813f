package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// receiver is somebody else's server, which webhooks are sent to. It takes
// nothing that is not signed with its secret.
type receiver struct {
	secret   string
	server   *http.Server
	mu       sync.Mutex
	messages []string // event, a blank line, body
	refused  []string
}

// receiverScript starts a receiver of webhooks and puts its host and port into
// $RECEIVER. The script's end stops it.
func receiverScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 1, "receiver SECRET")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	r := &receiver{secret: args[0]}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: patience}
	stageOf(ts).receiver = r
	var served sync.WaitGroup
	served.Go(func() { _ = r.server.Serve(l) })
	ts.Defer(func() {
		_ = r.server.Close()
		served.Wait()
	})
	ts.Setenv("RECEIVER", l.Addr().String())
}

// ServeHTTP checks the signature as docs/use/webhooks.md tells receivers to.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at, sum, _ := strings.Cut(strings.TrimPrefix(request.Header.Get("X-Dasier-Signature"), "t="), ",sha256=")
	mac := hmac.New(sha256.New, []byte(r.secret))
	fmt.Fprintf(mac, "%s.%s", at, body)
	signature, err := hex.DecodeString(sum)
	if err != nil || !hmac.Equal(signature, mac.Sum(nil)) || request.Header.Get("X-Gitlab-Token") != r.secret {
		r.refused = append(r.refused, fmt.Sprintf("%v\n%s", request.Header, body))
		http.Error(w, "not signed", http.StatusForbidden)
		return
	}
	r.messages = append(r.messages, request.Header.Get("X-Gitlab-Event")+"\n\n"+string(bytes.TrimSpace(body)))
}

// receivedScript waits for a message of an event whose JSON matches all
// that is looked for, and makes it the answer that get reads.
func receivedScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) < 2 || stageOf(ts).receiver == nil, "received EVENT REGEXP... (after receiver)")
	r := stageOf(ts).receiver
	eventually(ts, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, m := range r.messages {
			if event, body, _ := strings.Cut(m, "\n\n"); event == args[0] && !slices.ContainsFunc(args[1:], func(want string) bool { return !matches(ts, want, body) }) {
				stageOf(ts).answer = body
				fmt.Fprintln(ts.Stdout(), body)
				return true
			}
		}
		return false
	}, func() string {
		r.mu.Lock()
		defer r.mu.Unlock()
		return fmt.Sprintf("no message %q with %q\ncame: %s\nrefused: %s", args[0], args[1:], strings.Join(r.messages, "\n"), strings.Join(r.refused, "\n"))
	})
}

func matches(ts *testscript.TestScript, pattern, text string) bool {
	found, err := regexp.MatchString(pattern, text)
	ts.Check(err)
	return found
}
