package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const configuration = `# One job, as small as jobs are.
hello:
  script:
    - echo hello from the script
`

// scriptLine is what the job prints, at the beginning of a line: the log shows
// the command as well.
const scriptLine = "\nhello from the script"

// pusher pushes to a project of its own and watches what comes of it.
type pusher struct {
	server *server
	clone  string
	remote string
	count  int
}

func newPusher(ctx context.Context, s *server, folder string) (*pusher, error) {
	if _, err := s.admin(ctx, "a long password\n", "user", "create", "ada", "--email", "ada@example.com", "--admin"); err != nil {
		return nil, err
	}
	var err error
	if s.token, err = s.admin(ctx, "", "token", "create", "ada", "--name", "bench"); err != nil {
		return nil, err
	}
	response, err := s.send(ctx, "POST", "/projects", map[string]any{"namespace": "bench", "name": "push", "default_branch": "main"})
	if err != nil {
		return nil, err
	}
	if err := response.Body.Close(); err != nil {
		return nil, err
	}
	address, err := url.Parse(s.url + "/bench/push.git")
	if err != nil {
		return nil, err
	}
	address.User = url.UserPassword("ada", s.token)
	p := &pusher{server: s, clone: filepath.Join(folder, "clone"), remote: address.String()}
	if err := p.git(ctx, "init", "--quiet", "--initial-branch=main", p.clone); err != nil {
		return nil, err
	}
	return p, os.WriteFile(filepath.Join(p.clone, ".gitlab-ci.yml"), []byte(configuration), 0o600)
}

func (p *pusher) git(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", args...) //nolint:gosec // the arguments are ours
	if args[0] != "init" {
		cmd.Dir = p.clone
	}
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w: %s", args[0], err, strings.ReplaceAll(string(said), p.remote, "the server"))
	}
	return nil
}

// push commits, pushes, and returns when the job is over.
func (p *pusher) push(ctx context.Context) (steps, error) {
	p.count++
	if err := os.WriteFile(filepath.Join(p.clone, "count"), fmt.Appendln(nil, p.count), 0o600); err != nil {
		return steps{}, err
	}
	for _, args := range [][]string{{"add", "--all"}, {"commit", "--quiet", "--message=Another one"}} {
		if err := p.git(ctx, args...); err != nil {
			return steps{}, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	changes, err := p.server.events(ctx, "/events")
	if err != nil {
		return steps{}, err
	}
	defer changes.close()
	type end struct {
		at  time.Duration
		err error
	}
	began := time.Now()
	pushed := make(chan end, 1)
	go func() {
		err := p.git(ctx, "push", "--quiet", p.remote, "main")
		pushed <- end{time.Since(began), err}
	}()
	taken, watchErr := p.watch(ctx, changes, began)
	if watchErr != nil {
		cancel()
	}
	push := <-pushed
	taken.pushed = push.at
	return taken, errors.Join(push.err, watchErr)
}

// watch follows the job that a push makes, as the console's pages do.
func (p *pusher) watch(ctx context.Context, changes *events, began time.Time) (taken steps, err error) {
	var job int64
	for job == 0 || taken.running == 0 {
		var change struct {
			Job    int64  `json:"job_id"`
			Status string `json:"status"`
		}
		kind, err := changes.next(&change)
		if err != nil {
			return taken, err
		}
		if kind != "job" {
			continue
		}
		if job == 0 {
			job, taken.created = change.Job, time.Since(began)
		}
		if change.Job == job && change.Status == "running" {
			taken.running = time.Since(began)
		}
	}
	log, err := p.server.events(ctx, fmt.Sprintf("/projects/bench%%2Fpush/jobs/%d/log/stream", job))
	if err != nil {
		return taken, err
	}
	defer log.close()
	var text strings.Builder
	for {
		var part struct {
			Text   string `json:"text"`
			Status string `json:"status"`
		}
		kind, err := log.next(&part)
		if err != nil {
			return taken, err
		}
		text.WriteString(part.Text)
		if taken.line == 0 && strings.Contains(text.String(), "\n") {
			taken.line = time.Since(began)
		}
		if taken.script == 0 && strings.Contains(text.String(), scriptLine) {
			taken.script = time.Since(began)
		}
		if kind == "end" {
			if part.Status != "success" || taken.script == 0 {
				return taken, fmt.Errorf("the job is %s: %s", part.Status, text.String())
			}
			return taken, nil
		}
	}
}

// events reads a stream of server-sent events.
type events struct {
	lines *bufio.Scanner
	close func()
}

func (s *server) events(ctx context.Context, path string) (*events, error) {
	response, err := s.send(ctx, "GET", path, nil) //nolint:bodyclose // close closes it
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return &events{lines: lines, close: func() { _ = response.Body.Close() }}, nil
}

// next answers the kind of the next event and reads its data.
func (e *events) next(data any) (string, error) {
	kind := ""
	for e.lines.Scan() {
		line := e.lines.Text()
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			kind = name
		}
		if text, ok := strings.CutPrefix(line, "data: "); ok {
			return kind, json.Unmarshal([]byte(text), data)
		}
	}
	return "", errors.Join(errors.New("the stream of events ended"), e.lines.Err())
}
