package runner_test

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"dasier/ci"
	"dasier/ci/runner"
)

// moody is a server that gives one job without a repository, and answers as the
// protocol allows and the real one seldom does.
type moody struct {
	mu sync.Mutex
	// job is handed out once.
	job string
	// patch and put answer a call; nil lets it pass.
	patch func(call int, w http.ResponseWriter, r *http.Request) bool
	put   func(call int, state string, w http.ResponseWriter) bool

	log             []byte
	patches, finals int
	final           map[string]any
	done            chan struct{}
}

func (m *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/jobs/request"):
		if m.job == "" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, m.job)
		m.job = ""
	case r.Method == http.MethodPatch:
		m.patches++
		if m.patch != nil && m.patch(m.patches, w, r) {
			return
		}
		m.accept(w, r, body)
	case r.Method == http.MethodPut:
		var said map[string]any
		if json.Unmarshal(body, &said) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		state, _ := said["state"].(string)
		if state != "running" {
			m.finals++
		}
		if m.put != nil && m.put(m.finals, state, w) {
			return
		}
		// Whose answer came too late is told again.
		if state != "running" && m.final == nil {
			m.final = said
			close(m.done)
		}
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (m *moody) accept(w http.ResponseWriter, r *http.Request, body []byte) {
	var from, to int
	_, err := fmt.Sscanf(r.Header.Get("Content-Range"), "%d-%d", &from, &to)
	if err != nil || to-from+1 != len(body) || from != len(m.log) {
		w.Header().Set("Range", fmt.Sprintf("0-%d", len(m.log)))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return
	}
	m.log = append(m.log, body...)
	w.WriteHeader(http.StatusAccepted)
}

const noRepository = `{"id":1,"token":"t0ken-t0ken","git_info":{"sha":"0000000000000000"},"variables":[{"key":"GIT_STRATEGY","value":"none"}],` +
	`"steps":[{"name":"script","script":[%q]}],"features":{"trace_sections":true,"failure_reasons":[%s]}}`

func TestMoodyServers(t *testing.T) {
	for name, c := range map[string]struct {
		script, reasons string
		patch           func(call int, w http.ResponseWriter, r *http.Request) bool
		put             func(call int, state string, w http.ResponseWriter) bool
		state, reason   string
		// parted: the server does not have the whole log, and knows.
		parted bool
	}{
		"friendly": {script: "echo hello", state: "success"},
		"loses answers": {
			script: "seq 1 1000", state: "success",
			patch: func(call int, _ http.ResponseWriter, _ *http.Request) bool {
				if call == 1 {
					panic(http.ErrAbortHandler)
				}
				return false
			},
			put: func(call int, state string, _ http.ResponseWriter) bool {
				if state != "running" && call < 3 {
					panic(http.ErrAbortHandler)
				}
				return false
			},
		},
		"is broken for a while": {
			script: "seq 1 1000; exit 9", state: "failed", reason: "script_failure",
			patch: func(call int, w http.ResponseWriter, _ *http.Request) bool {
				if call < 3 {
					w.WriteHeader(http.StatusBadGateway)
				}
				return call < 3
			},
			put: func(call int, state string, w http.ResponseWriter) bool {
				if state != "running" && call < 3 {
					w.WriteHeader(http.StatusServiceUnavailable)
					return true
				}
				return false
			},
		},
		"is not done yet": {script: "true", state: "success", put: func(call int, state string, w http.ResponseWriter) bool {
			if state != "running" && call < 3 {
				w.WriteHeader(http.StatusAccepted)
				return true
			}
			return false
		}},
		"wants the log again": {script: "echo hello", state: "success", put: func(call int, state string, w http.ResponseWriter) bool {
			if state != "running" && call == 1 {
				w.WriteHeader(http.StatusPreconditionFailed)
				return true
			}
			return false
		}},
		"stops the job": {
			script: "sleep 1000", state: "failed", reason: "unknown_failure", parted: true,
			patch: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
				w.Header().Set("Job-Status", "canceled")
				w.WriteHeader(http.StatusForbidden)
				return true
			},
		},
		"stops the job and knows why": {
			script: "sleep 1000", reasons: `"job_canceled"`, state: "failed", reason: "job_canceled",
			patch: func(call int, w http.ResponseWriter, _ *http.Request) bool {
				w.Header().Set("Job-Status", "canceling")
				return false
			},
		},
		"claims a longer log": {
			script: "echo hello", state: "success", parted: true,
			patch: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
				w.Header().Set("Range", "0-99999999")
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return true
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &moody{job: fmt.Sprintf(noRepository, c.script, c.reasons), patch: c.patch, put: c.put, done: make(chan struct{})}
			web := httptest.NewServer(m)
			t.Cleanup(web.Close)
			s := &server{t: t, address: strings.TrimPrefix(web.URL, "http://")}
			stop := s.start(runner.Config{})
			<-m.done
			stop()
			m.mu.Lock()
			defer m.mu.Unlock()
			reason, _ := m.final["failure_reason"].(string)
			if m.final["state"] != c.state || reason != c.reason {
				t.Errorf("the job ended %v, %q; want %s, %q", m.final["state"], reason, c.state, c.reason)
			}
			if got := fmt.Sprintf("crc32:%08x", crc32.ChecksumIEEE(m.log)); !c.parted && got != m.final["checksum"] {
				t.Errorf("the log's checksum is %s, the runner's word %v", got, m.final["checksum"])
			}
		})
	}
}

func TestAJobThatWasTakenBackIsNotRun(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "it-ran")
	m := &moody{job: fmt.Sprintf(noRepository, "touch "+trace, ""), done: make(chan struct{})}
	refused := make(chan struct{})
	again := 0
	m.put = func(_ int, _ string, w http.ResponseWriter) bool {
		if again++; again == 1 {
			w.WriteHeader(http.StatusForbidden)
			close(refused)
			return true
		}
		t.Errorf("the runner goes on with the job")
		return true
	}
	web := httptest.NewServer(m)
	t.Cleanup(web.Close)
	s := &server{t: t, address: strings.TrimPrefix(web.URL, "http://")}
	stop := s.start(runner.Config{})
	<-refused
	stop()
	if _, err := os.Stat(trace); !os.IsNotExist(err) {
		t.Errorf("the script ran: %v", err)
	}
}

// TestLeftoversOfAKilledRunner: a runner that begins puts away the processes and
// folders of one that was killed.
func TestLeftoversOfAKilledRunner(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "12", "home"), 0o750))
	must(t, os.WriteFile(filepath.Join(dir, "12", "home", "file"), nil, 0o600))
	must(t, os.Chmod(filepath.Join(dir, "12", "home"), 0o500)) // #nosec G302 -- as package caches do
	must(t, os.MkdirAll(filepath.Join(dir, "keep"), 0o750))
	left := exec.CommandContext(t.Context(), "sleep", "1000")
	left.Env = []string{"PATH=" + os.Getenv("PATH"), "DASIER_JOB=" + filepath.Join(dir, "12")}
	must(t, left.Start())
	s := newServer(t, ci.Config{})
	s.start(runner.Config{Dir: dir})
	if err := left.Wait(); err == nil || !strings.Contains(err.Error(), "terminated") {
		t.Errorf("the process ended with %v", err)
	}
	s.ended(s.pipeline("job:\n  script: ['true']\n", nil), ci.Success, "", 0)
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, entry := range entries {
		if entry.Name() == "12" {
			t.Error("the folder is still there")
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "keep")); err != nil {
		t.Errorf("what is no job's was removed: %v", err)
	}
}
