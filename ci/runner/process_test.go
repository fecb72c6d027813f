package runner

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// busy is a log that takes its first piece only after a pause.
type busy struct {
	said  bytes.Buffer
	pause time.Duration
}

func (b *busy) Write(p []byte) (int, error) {
	time.Sleep(b.pause)
	b.pause = 0
	return b.said.Write(p)
}

// TestTheLastWordsOfAScript are in its log, however busy the machine is when the
// script ends.
func TestTheLastWordsOfAScript(t *testing.T) {
	t.Parallel() // it waits and does nothing
	// Once the rest was given up after two seconds.
	log := &busy{pause: 2500 * time.Millisecond}
	p := &process{mark: t.TempDir(), output: log}
	err := p.run(t.Context(), []string{"sh", "-c", "echo begun; sleep 0.2; seq 1 5000"}, p.mark, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	if text := log.said.String(); !strings.HasPrefix(text, "begun\n1\n2\n") || !strings.HasSuffix(text, "\n4999\n5000\n") {
		t.Errorf("the log has %d bytes and ends %q", len(text), text[max(0, len(text)-20):])
	}
}
