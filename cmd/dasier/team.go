package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"dasier/app"
	"dasier/examples"
)

// person is one of the team, with a browser and a git client of their own.
type person struct {
	username, name, does string

	api   *client // signed in as they are
	token string  // for git
}

// The team. Ada sets the server up and authorises; the others build.
var team = []*person{
	{username: "ada", name: "Ada Lovelace", does: "DevOps: sets up, authorises what reaches production"},
	{username: "sam", name: "Sam Sealy", does: "data scientist: the model"},
	{username: "ben", name: "Ben Banneker", does: "back-end developer: the API"},
	{username: "fay", name: "Fay Moreau", does: "front-end developer: the app"},
}

const demoUser = "ada"

// undertaking is one of the team's three projects.
type undertaking struct {
	name    string // "model"
	about   string
	owner   string // who builds it
	message string // of the first commit
	title   string // of the merge request
	clone   string // the owner's working copy

	number  int // of the merge request
	head    string
	address string // of its production environment, when it has one
}

func (u *undertaking) path() string { return "house-prices/" + u.name }

// below is an address of the API below the project.
func (u *undertaking) below(format string, args ...any) string {
	return "/api/v1/projects/" + url.PathEscape(u.path()) + fmt.Sprintf(format, args...)
}

func undertakings() []*undertaking {
	return []*undertaking{
		{
			name: "model", owner: "sam", about: "What a house in Ames, Iowa, sells for",
			message: "Learn house prices from the Ames sales", title: "Release the first house-price model",
		},
		{
			name: "api", owner: "ben", about: "Prices with the firm's rules and the sales that compare",
			message: "Answer with a price, its range and the sales that compare", title: "Release the price service",
		},
		{
			name: "app", owner: "fay", about: "The page on which people learn what their house is worth",
			message: "Ask for a house, show its price", title: "Release the app",
		},
	}
}

func (s *story) as(username string) *person {
	for _, p := range s.people {
		if p.username == username {
			return p
		}
	}
	panic("the demo's team has no " + username)
}

// setUp makes the first administrator through the one-time link, as a browser
// would.
func (s *story) setUp(ctx context.Context, server *app.Server) error {
	for _, p := range team {
		jar, err := cookiejar.New(nil)
		if err != nil {
			return err
		}
		s.people = append(s.people, &person{username: p.username, name: p.name, does: p.does, api: &client{server: server.URL(), cookies: jar}})
	}
	ada := s.as(demoUser)
	if err := s.awaitReady(ctx, ada.api); err != nil {
		return err
	}
	s.step("ada makes herself the first administrator through the one-time link")
	link, err := url.Parse(server.SetupLink())
	if err != nil {
		return err
	}
	in := map[string]any{
		"token": link.Query().Get("token"), "username": ada.username, "name": ada.name, "email": ada.username + "@example.com", "password": s.password,
	}
	return ada.api.call(ctx, http.MethodPost, "/api/v1/setup", in, nil)
}

func (s *story) awaitReady(ctx context.Context, api *client) error {
	for {
		response, err := api.send(ctx, http.MethodGet, "/readyz", "", nil)
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

// gather makes everybody's account, and a token for their git.
func (s *story) gather(ctx context.Context, _ *app.Server) error {
	s.step("accounts for sam (data), ben (back-end) and fay (front-end)")
	ada := s.as(demoUser)
	for _, p := range s.people {
		if p != ada {
			in := map[string]any{"username": p.username, "name": p.name, "email": p.username + "@example.com", "password": s.password}
			if err := ada.api.call(ctx, http.MethodPost, "/api/v1/users", in, nil); err != nil {
				return err
			}
			in = map[string]any{"login": p.username, "password": s.password}
			if err := p.api.call(ctx, http.MethodPost, "/api/v1/session", in, nil); err != nil {
				return err
			}
		}
		var token struct {
			Token string `json:"token"`
		}
		in := map[string]any{"name": "demo", "scopes": []string{"write_repository"}, "expires_at": time.Now().Add(24 * time.Hour).UTC()}
		if err := p.api.call(ctx, http.MethodPost, "/api/v1/me/tokens", in, &token); err != nil {
			return err
		}
		p.token = token.Token
	}
	return nil
}

// found makes the group and its projects. In each, its developer may push to
// development; production takes nothing but merges that ada approved.
func (s *story) found(ctx context.Context, _ *app.Server) error {
	s.step("the group house-prices with its projects model, api and app")
	ada := s.as(demoUser).api
	group := map[string]any{"path": "house-prices", "name": "House prices", "description": "What a house in Ames is worth"}
	if err := ada.call(ctx, http.MethodPost, "/api/v1/groups", group, nil); err != nil {
		return err
	}
	for _, p := range s.people {
		if p.username == demoUser {
			continue
		}
		if err := ada.call(ctx, http.MethodPut, "/api/v1/groups/house-prices/members/"+p.username, map[string]any{"role": "reporter"}, nil); err != nil {
			return err
		}
	}
	for _, u := range s.projects {
		in := map[string]any{"namespace": "house-prices", "name": u.name, "description": u.about, "default_branch": "development"}
		if err := ada.call(ctx, http.MethodPost, "/api/v1/projects", in, nil); err != nil {
			return err
		}
		if err := ada.call(ctx, http.MethodPut, u.below("/members/%s", u.owner), map[string]any{"role": "developer"}, nil); err != nil {
			return err
		}
		// Both branches begin at the same empty commit.
		if err := s.begin(ctx, u); err != nil {
			return err
		}
		development := map[string]any{"push_role": "developer", "merge_role": "developer"}
		if err := ada.call(ctx, http.MethodPut, u.below("/protected-branches/development"), development, nil); err != nil {
			return err
		}
		production := map[string]any{
			"push_role": "none", "merge_role": "maintainer", "approvals": 1, "approval_role": "maintainer", "require_pipeline": true, "require_resolved": true,
		}
		if err := ada.call(ctx, http.MethodPut, u.below("/protected-branches/production"), production, nil); err != nil {
			return err
		}
	}
	return s.connect(ctx)
}

// connect gives the API a token of the model's project, and opens the app to
// everybody.
func (s *story) connect(ctx context.Context) error {
	ada := s.as(demoUser).api
	model, api, front := s.projects[0], s.projects[1], s.projects[2]
	var token struct {
		Token string `json:"token"`
	}
	in := map[string]any{"name": "price service", "role": "guest", "scopes": []string{"predict"}, "expires_at": time.Now().Add(90 * 24 * time.Hour).UTC()}
	if err := ada.call(ctx, http.MethodPost, model.below("/tokens"), in, &token); err != nil {
		return err
	}
	variable := map[string]any{"value": token.Token, "masked": true, "hidden": true, "protected": true, "description": "lets the service ask the model"}
	if err := ada.call(ctx, http.MethodPut, api.below("/variables/MODEL_TOKEN"), variable, nil); err != nil {
		return err
	}
	for _, environment := range []string{"development", "staging", "production"} {
		// Staging is tried with the model that production has: its own comes
		// and goes with each release.
		of := map[string]string{"staging": "production"}[environment]
		if of == "" {
			of = environment
		}
		variable := map[string]any{"value": ada.server + "/api/v1/endpoints/house-prices.model." + of, "description": "where the model answers"}
		if err := ada.call(ctx, http.MethodPut, api.below("/variables/MODEL_URL?environment=%s", environment), variable, nil); err != nil {
			return err
		}
	}
	for _, u := range []*undertaking{model, front} {
		if err := ada.call(ctx, http.MethodPatch, u.below("/environments/production"), map[string]any{"public": true}, nil); err != nil {
			return err
		}
	}
	return nil
}

// begin makes the project's working copy and its two branches.
func (s *story) begin(ctx context.Context, u *undertaking) error {
	u.clone = filepath.Join(s.folder, u.name)
	ada := s.as(demoUser)
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=development", u.clone},
		{"-C", u.clone, "commit", "--quiet", "--allow-empty", "--message=Begin"},
		{"-C", u.clone, "push", "--quiet", s.remote(ada, u), "development", "development:production"},
	} {
		if _, err := s.git(ctx, ada, args...); err != nil {
			return err
		}
	}
	return nil
}

// work is what each of the three developers does: write, commit, push.
func (s *story) work(ctx context.Context, _ *app.Server) error {
	s.step("sam, ben and fay push their work to development with git")
	for _, u := range s.projects {
		if err := examples.WriteHousePrices(u.clone, u.name); err != nil {
			return err
		}
		owner := s.as(u.owner)
		for _, args := range [][]string{
			{"-C", u.clone, "add", "--all"},
			{"-C", u.clone, "commit", "--quiet", "--message=" + u.message},
			{"-C", u.clone, "push", "--quiet", s.remote(owner, u), "development"},
		} {
			if _, err := s.git(ctx, owner, args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// remote is the project's address for a person's git, token included.
func (s *story) remote(p *person, u *undertaking) string {
	address, err := url.Parse(p.api.server + "/" + u.path() + ".git")
	if err != nil {
		panic(err) // the server's own address
	}
	address.User = url.UserPassword(p.username, p.token)
	return address.String()
}

// errGit is a git command that failed; what it said comes with it.
var errGit = errors.New("git failed")

// git runs the real git client as a person, undisturbed by this machine's
// settings, and answers what it said.
func (s *story) git(ctx context.Context, p *person, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...) // #nosec G204 -- the arguments are ours
	cmd.Dir = s.folder
	email := p.username + "@example.com"
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME="+p.name, "GIT_AUTHOR_EMAIL="+email, "GIT_COMMITTER_NAME="+p.name, "GIT_COMMITTER_EMAIL="+email)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	text := strings.TrimSpace(strings.ReplaceAll(said.String(), p.token, "TOKEN"))
	if err != nil {
		return text, fmt.Errorf("%w: git %s: %w: %s", errGit, strings.Join(args, " "), err, text)
	}
	return text, nil
}
