package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"dasier/app"
	"dasier/examples"
)

// story plays what a team does, through the doors that a team uses, and tells
// each step with its duration.
type story struct {
	out      io.Writer
	began    time.Time
	stepped  time.Time
	current  string
	password string

	api     *client
	clone   string // the data scientist's working copy
	remote  string // with the token, for git only
	told    map[int64]bool
	answer  prediction
	example map[string]any
}

const demoUser = "ada"

// step ends the step before with its duration and begins the next.
func (s *story) step(format string, args ...any) {
	s.done()
	s.current, s.stepped = fmt.Sprintf(format, args...), time.Now()
	fmt.Fprintf(s.out, "%-66s", s.current)
}

func (s *story) done() {
	if s.current != "" && !s.stepped.IsZero() {
		fmt.Fprintf(s.out, "%6.2f s\n", time.Since(s.stepped).Seconds())
		s.stepped = time.Time{}
	}
}

func (s *story) play(ctx context.Context, server *app.Server) error {
	for _, part := range []func(context.Context, *app.Server) error{
		s.setUp, s.createProject, s.push, s.watchDevelopment, s.mergeToProduction, s.askForPrice,
	} {
		if err := part(ctx, server); err != nil {
			fmt.Fprintln(s.out)
			return err
		}
	}
	s.done()
	s.tell(server)
	return os.RemoveAll(filepath.Dir(s.clone))
}

// setUp makes the first administrator through the one-time link, as a browser
// would, and a token for git.
func (s *story) setUp(ctx context.Context, server *app.Server) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	s.api = &client{server: server.URL(), project: url.PathEscape("house-prices/model"), cookies: jar}
	if err := s.awaitReady(ctx); err != nil {
		return err
	}
	s.step("make the first administrator through the one-time link")
	link, err := url.Parse(server.SetupLink())
	if err != nil {
		return err
	}
	in := map[string]any{
		"token": link.Query().Get("token"), "username": demoUser, "name": "Ada Lovelace", "email": "ada@example.com", "password": s.password,
	}
	if err := s.api.call(ctx, "POST", "/api/v1/setup", in, nil); err != nil {
		return err
	}
	var token struct {
		Token string `json:"token"`
	}
	in = map[string]any{"name": "demo", "scopes": []string{"api", "write_repository"}, "expires_at": time.Now().Add(24 * time.Hour).UTC()}
	if err := s.api.call(ctx, "POST", "/api/v1/me/tokens", in, &token); err != nil {
		return err
	}
	address, err := url.Parse(server.URL() + "/house-prices/model.git")
	if err != nil {
		return err
	}
	address.User = url.UserPassword(demoUser, token.Token)
	s.remote = address.String()
	return nil
}

func (s *story) awaitReady(ctx context.Context) error {
	for {
		response, err := s.api.send(ctx, "GET", "/readyz", "", nil)
		if err == nil {
			return response.Body.Close()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (s *story) createProject(ctx context.Context, _ *app.Server) error {
	s.step("create the project house-prices/model")
	in := map[string]any{"namespace": "house-prices", "name": "model", "description": "What a house in Ames, Iowa, sells for", "default_branch": "development"}
	if err := s.api.call(ctx, "POST", "/api/v1/projects", in, nil); err != nil {
		return err
	}
	// Clients ask without signing in, so the production endpoint is public.
	return s.api.call(ctx, "PATCH", s.api.projectPath("/environments/production"), map[string]any{"public": true}, nil)
}

// push makes the example a repository of its own and pushes it with git: first
// an empty beginning that both branches share, then the work on development.
func (s *story) push(ctx context.Context, _ *app.Server) error {
	s.step("push examples/house-prices/model with git")
	folder, err := os.MkdirTemp("", "dasier-demo-clone-")
	if err != nil {
		return err
	}
	s.clone = filepath.Join(folder, "model")
	files, err := examples.HousePrices()
	if err != nil {
		return err
	}
	if err := s.git(ctx, folder, "init", "--quiet", "--initial-branch=development", s.clone); err != nil {
		return err
	}
	if err := s.git(ctx, s.clone, "commit", "--quiet", "--allow-empty", "--message=Begin"); err != nil {
		return err
	}
	if err := s.git(ctx, s.clone, "push", "--quiet", s.remote, "development", "development:production"); err != nil {
		return err
	}
	// From here on, production takes nothing but merges.
	rule := map[string]any{"push_role": "none", "merge_role": "maintainer"}
	if err := s.api.call(ctx, "PUT", s.api.projectPath("/protected-branches/production"), rule, nil); err != nil {
		return err
	}
	if err := os.CopyFS(s.clone, files); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"add", "--all"},
		{"commit", "--quiet", "--message=Learn house prices from the Ames sales"},
		{"push", "--quiet", s.remote, "development"},
	} {
		if err := s.git(ctx, s.clone, args...); err != nil {
			return err
		}
	}
	return nil
}

// git runs the real git client, undisturbed by this machine's settings.
func (s *story) git(ctx context.Context, folder string, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", args...) // #nosec G204 -- the arguments are ours
	cmd.Dir = folder
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada Lovelace", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada Lovelace", "GIT_COMMITTER_EMAIL=ada@example.com")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		text := strings.ReplaceAll(said.String(), s.remote, "the server")
		return fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(text))
	}
	return nil
}

func (s *story) watchDevelopment(ctx context.Context, _ *app.Server) error {
	s.step("pipeline on development: check, explore, train, register, deploy")
	return s.watch(ctx, "development")
}

func (s *story) mergeToProduction(ctx context.Context, _ *app.Server) error {
	s.step("merge development into production")
	in := map[string]any{"source": "development", "target": "production", "message": "Release the first house-price model"}
	if err := s.api.call(ctx, "POST", s.api.projectPath("/merges"), in, nil); err != nil {
		return err
	}
	s.step("pipeline on production: deploy the same version, ask it")
	return s.watch(ctx, "production")
}

// watch waits for the branch's newest pipeline and tells each job.
func (s *story) watch(ctx context.Context, branch string) error {
	type job struct {
		ID       int64    `json:"id"`
		Name     string   `json:"name"`
		Status   string   `json:"status"`
		Duration *float64 `json:"duration"`
	}
	var found struct {
		Items []struct {
			ID int64 `json:"id"`
		} `json:"items"`
	}
	var pipeline struct {
		ID     int64  `json:"id"`
		Status string `json:"status"`
		Error  string `json:"error"`
		Jobs   []job  `json:"jobs"`
	}
	s.told = map[int64]bool{}
	for {
		if err := s.api.call(ctx, "GET", s.api.projectPath("/pipelines?ref=%s&per_page=1", branch), nil, &found); err != nil {
			return err
		}
		if len(found.Items) > 0 {
			if err := s.api.call(ctx, "GET", s.api.projectPath("/pipelines/%d", found.Items[0].ID), nil, &pipeline); err != nil {
				return err
			}
		}
		for _, j := range pipeline.Jobs {
			over := j.Status == "success" || j.Status == "failed" || j.Status == "canceled"
			if over && !s.told[j.ID] && j.Duration != nil {
				s.told[j.ID] = true
				fmt.Fprintf(s.out, "\n    %-60s%8.2f s", j.Name+": "+j.Status, *j.Duration)
			}
		}
		switch pipeline.Status {
		case "success":
			fmt.Fprintf(s.out, "\n%-66s", "  the pipeline succeeded")
			return nil
		case "failed", "canceled", "skipped":
			for _, j := range pipeline.Jobs {
				if j.Status == "failed" {
					s.showLog(ctx, j.ID, j.Name)
				}
			}
			return fmt.Errorf("the pipeline is %s. %s", pipeline.Status, pipeline.Error)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// showLog prints the end of a failed job's log: the reason should not have to
// be looked for.
func (s *story) showLog(ctx context.Context, job int64, name string) {
	var log struct {
		Text string `json:"text"`
	}
	if err := s.api.call(ctx, "GET", s.api.projectPath("/jobs/%d/log", job), nil, &log); err != nil {
		fmt.Fprintf(s.out, "\nthe log of %s cannot be read: %v\n", name, err)
		return
	}
	lines := strings.Split(strings.TrimSpace(log.Text), "\n")
	fmt.Fprintf(s.out, "\n--- the end of the log of %s\n%s\n---\n", name, strings.Join(lines[max(0, len(lines)-30):], "\n"))
}

func (s *story) askForPrice(ctx context.Context, _ *app.Server) error {
	s.step("ask for a price, as a client")
	files, err := examples.HousePrices()
	if err != nil {
		return err
	}
	text, err := fs.ReadFile(files, "checks/known-houses.json")
	if err != nil {
		return err
	}
	var known smokeCases
	if err := json.Unmarshal(text, &known); err != nil {
		return err
	}
	s.example = known.Cases[0].Inputs
	stranger := &client{server: s.api.server}
	if err := stranger.call(ctx, "POST", "/api/v1/endpoints/house-prices.model.production/predict?explain=true", s.example, &s.answer); err != nil {
		return err
	}
	if s.answer.Interval == nil || s.answer.Reasons == nil {
		return errors.New("the answer has no interval or no reasons")
	}
	return nil
}

// tell prints the answer and where to go on.
func (s *story) tell(server *app.Server) {
	a, u := s.answer, server.URL()
	fmt.Fprintf(s.out, "\nThe whole way took %.1f s.\n\n", time.Since(s.began).Seconds())
	fmt.Fprintf(s.out, "A house in %v, built %v, %v square feet:\n", s.example["Neighborhood"], s.example["Year_Built"], s.example["Gr_Liv_Area"])
	fmt.Fprintf(s.out, "    %.0f %s, between %.0f and %.0f nine times out of ten (%s version %d)\n", a.Prediction, a.Unit, a.Interval.Low, a.Interval.High, a.Model, a.Version)
	reasons := a.Reasons.Contributions
	sort.SliceStable(reasons, func(i, j int) bool { return magnitude(reasons[i].Effect) > magnitude(reasons[j].Effect) })
	for _, r := range reasons[:min(4, len(reasons))] {
		direction := "raises"
		if r.Effect < 0 {
			direction = "lowers"
		}
		fmt.Fprintf(s.out, "    %s = %v %s it\n", r.Input, r.Value, direction)
	}
	fmt.Fprintf(s.out, `
The clients' page   %[1]s/estimate/house-prices.model.production
The console         %[1]s   (sign in as %[2]s with the password %[3]s)
The API             %[1]s/api/v1/openapi.json

    curl -s '%[1]s/api/v1/endpoints/house-prices.model.production/predict?explain=true' \
      -H 'Content-Type: application/json' -d '{"Gr_Liv_Area": 1500, "Neighborhood": "North_Ames", "Year_Built": 1970}'
`, u, demoUser, s.password)
}

func magnitude(x float64) float64 { return max(x, -x) }
