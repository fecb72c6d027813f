package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"dasier/bench/live"
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
	server *live.Server
	clone  *live.Clone
	count  int
}

func newPusher(ctx context.Context, s *live.Server, folder string) (*pusher, error) {
	clone, err := s.NewProject(ctx, "push", filepath.Join(folder, "clone"))
	if err != nil {
		return nil, err
	}
	return &pusher{server: s, clone: clone}, clone.Write(".gitlab-ci.yml", configuration)
}

// push commits, pushes, and returns when the job is over.
func (p *pusher) push(ctx context.Context) (steps, error) {
	p.count++
	if err := p.clone.Write("count", fmt.Sprintln(p.count)); err != nil {
		return steps{}, err
	}
	if err := p.clone.Commit(ctx, "Another one"); err != nil {
		return steps{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	changes, err := streamOf(ctx, p.server, "/events")
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
		err := p.clone.Push(ctx, "main")
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
	log, err := streamOf(ctx, p.server, fmt.Sprintf("/projects/bench%%2Fpush/jobs/%d/log/stream", job))
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

func streamOf(ctx context.Context, s *live.Server, path string) (*events, error) {
	response, err := s.Send(ctx, "GET", path, nil) //nolint:bodyclose // close closes it
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
