package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"dasier/bench/live"
)

// configuration makes a pipeline of every push, with a job that waits for
// someone to play it: nothing runs beside the measurement.
const configuration = `check:
  script: [echo checked]
  rules:
    - when: manual
`

const (
	project = "/projects/bench%2Freview"
	number  = 1
	lines   = 120 // of a file
)

// request is the address of the merge request in the API.
type request string

// prepare makes the project, and the request with its versions and comments.
func prepare(ctx context.Context, s *live.Server, folder string, o options) (request, error) {
	w, err := newWork(ctx, s, folder, o.files)
	if err != nil {
		return "", err
	}
	r := request(fmt.Sprintf("%s/merge-requests/%d", project, number))
	for version := 1; version <= o.versions; version++ {
		head, err := w.change(ctx, version)
		if err != nil {
			return "", err
		}
		if version == 1 {
			if _, err := s.Call(ctx, "POST", project+"/merge-requests", map[string]any{"source": "topic", "target": "main", "title": "Change it all"}); err != nil {
				return "", err
			}
		}
		base, err := r.await(ctx, s, version, head)
		if err != nil {
			return "", err
		}
		share := o.comments*version/o.versions - o.comments*(version-1)/o.versions
		for i := range share {
			at := w.name((i*7 + version) % o.files)
			position := map[string]any{"base_sha": base, "head_sha": head, "old_path": at, "new_path": at, "old_line": 0, "new_line": version + 4}
			if _, err := s.Call(ctx, "POST", string(r)+"/threads", map[string]any{"body": fmt.Sprintf("Why *this*, in version %d?", version), "position": position}); err != nil {
				return "", err
			}
		}
	}
	return r, nil
}

// await waits until the push is a version, and gives the commit that it is
// compared with.
func (r request) await(ctx context.Context, s *live.Server, version int, head string) (string, error) {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		text, err := s.Call(ctx, "GET", string(r)+"/versions", nil)
		if err != nil {
			return "", err
		}
		var list struct {
			Items []struct {
				Head string `json:"head_sha"`
				Base string `json:"base_sha"`
			} `json:"items"`
		}
		if err := json.Unmarshal(text, &list); err != nil {
			return "", fmt.Errorf("reading versions: %w", err)
		}
		if n := len(list.Items); n == version && list.Items[n-1].Head == head {
			return list.Items[n-1].Base, nil
		}
	}
	return "", fmt.Errorf("push %d did not become a version", version)
}

// check ends a run that would measure something smaller.
func (r request) check(ctx context.Context, s *live.Server, o options) error {
	for path, want := range map[string]int{"/versions": o.versions, "/commits": o.versions, "/threads": o.comments, "/pipelines": o.versions} {
		text, err := s.Call(ctx, "GET", string(r)+path, nil)
		if err != nil {
			return err
		}
		var list struct {
			Items []json.RawMessage `json:"items"`
		}
		if err := json.Unmarshal(text, &list); err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		// The discussion also tells of pushes.
		if got := len(list.Items); got < want {
			return fmt.Errorf("%s has %d items, want %d", path, got, want)
		}
	}
	text, err := s.Call(ctx, "GET", string(r)+"/diff", nil)
	if err != nil {
		return err
	}
	var diff struct {
		Files []json.RawMessage `json:"files"`
	}
	if err := json.Unmarshal(text, &diff); err != nil {
		return fmt.Errorf("reading the changes: %w", err)
	}
	if len(diff.Files) != o.files {
		return fmt.Errorf("the changes have %d files, want %d", len(diff.Files), o.files)
	}
	return nil
}

// open asks for what the page asks for.
func (r request) open(ctx context.Context, s *live.Server) (opening, error) {
	began := time.Now()
	o := opening{calls: []call{{name: "the request"}, {name: "its threads"}, {name: "its changes"}, {name: "its commits"}, {name: "its pipelines"}}}
	ask := func(i int, path string) error {
		from := time.Now()
		text, err := s.Call(ctx, "GET", string(r)+path, nil)
		o.calls[i].took, o.calls[i].bytes = time.Since(from), len(text)
		return err
	}
	if err := ask(0, ""); err != nil {
		return o, err
	}
	paths := []string{"/threads", "/diff", "/commits", "/pipelines"}
	errs := make([]error, len(paths))
	var wait sync.WaitGroup
	for i, path := range paths {
		wait.Go(func() { errs[i] = ask(i+1, path) })
	}
	wait.Wait()
	o.total = time.Since(began)
	return o, errors.Join(errs...)
}

// work is a clone with the files that the request changes.
type work struct {
	*live.Clone
	files int
}

func newWork(ctx context.Context, s *live.Server, folder string, files int) (*work, error) {
	clone, err := s.NewProject(ctx, "review", filepath.Join(folder, "clone"))
	if err != nil {
		return nil, err
	}
	w := &work{clone, files}
	if err := w.Write(".gitlab-ci.yml", configuration); err != nil {
		return nil, err
	}
	for i := range files {
		var text strings.Builder
		for n := range lines {
			fmt.Fprintf(&text, "line %d of file %d says nothing in particular\n", n, i)
		}
		if err := w.Write(w.name(i), text.String()); err != nil {
			return nil, err
		}
	}
	if _, err := w.push(ctx, "main", "Begin"); err != nil {
		return nil, err
	}
	_, err = w.Git(ctx, "checkout", "--quiet", "-b", "topic")
	return w, err
}

func (w *work) name(i int) string { return fmt.Sprintf("dir%02d/file%03d.txt", i%20, i) }

// change makes a version: the first changes five lines of every file, the others
// put a line on top of a fifth of them, so that comments move with the code.
func (w *work) change(ctx context.Context, version int) (string, error) {
	for i := range w.files {
		if version > 1 && i%5 != version%5 {
			continue
		}
		text, err := os.ReadFile(filepath.Join(w.Folder, w.name(i))) //nolint:gosec // a file of ours
		if err != nil {
			return "", fmt.Errorf("reading a file: %w", err)
		}
		after := fmt.Sprintf("version %d\n%s", version, text)
		if version == 1 {
			for n := range 5 {
				after = strings.Replace(after, fmt.Sprintf("line %d of", n*20+3), fmt.Sprintf("row %d of", n), 1)
			}
		}
		if err := w.Write(w.name(i), after); err != nil {
			return "", err
		}
	}
	return w.push(ctx, "topic", fmt.Sprintf("Change it, version %d", version))
}

func (w *work) push(ctx context.Context, branch, message string) (string, error) {
	if err := w.Commit(ctx, message); err != nil {
		return "", err
	}
	if err := w.Push(ctx, branch); err != nil {
		return "", err
	}
	return w.Git(ctx, "rev-parse", "HEAD")
}
