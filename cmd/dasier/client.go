package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// client speaks to a server's console API.
type client struct {
	server  string // without a final slash
	token   string
	project string // path element: number, or encoded path
	cookies http.CookieJar
}

// connection adds the flags that say which server and project a command means,
// and answers how to connect. In a CI job all of them are known.
func connection(cmd *cobra.Command) func() (*client, error) {
	server := cmd.Flags().String("server", "", "server's address (default: $DASIER_SERVER, or the job's own); the token is read from $DASIER_TOKEN")
	project := cmd.Flags().String("project", "", "project's number or path (default: $DASIER_PROJECT, or the job's own)")
	return func() (*client, error) {
		c := &client{
			server:  first(*server, os.Getenv("DASIER_SERVER"), os.Getenv("CI_SERVER_URL")),
			token:   first(os.Getenv("DASIER_TOKEN"), os.Getenv("CI_JOB_TOKEN")),
			project: url.PathEscape(first(*project, os.Getenv("DASIER_PROJECT"), os.Getenv("CI_PROJECT_ID"))),
		}
		c.server = strings.TrimRight(c.server, "/")
		switch {
		case c.server == "":
			return nil, errors.New("which server? Give --server or set DASIER_SERVER")
		case c.token == "":
			return nil, errors.New("no token: set DASIER_TOKEN to a personal access token (in a job it is there by itself)")
		case c.project == "":
			return nil, errors.New("which project? Give --project namespace/name or set DASIER_PROJECT")
		}
		return c, nil
	}
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// inJob tells whether this process runs in a CI job.
func inJob() bool { return os.Getenv("CI_JOB_TOKEN") != "" && os.Getenv("CI_PROJECT_ID") != "" }

// projectPath is an address below the command's project.
func (c *client) projectPath(format string, args ...any) string {
	return "/api/v1/projects/" + c.project + fmt.Sprintf(format, args...)
}

// call sends in as JSON and reads the answer into out; either may be nil.
func (c *client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encoding the request: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	response, err := c.send(ctx, method, path, "application/json", body)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(out); err != nil {
		return fmt.Errorf("%s %s: the answer is no JSON: %w", method, path, err)
	}
	return nil
}

// send does one request. An answer that is not a success becomes an error with
// the server's sentence.
func (c *client) send(ctx context.Context, method, path, mediaType string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.server+path, body)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	if body != nil {
		request.Header.Set("Content-Type", mediaType)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	request.Header.Set("User-Agent", "dasier/"+version)
	response, err := (&http.Client{Timeout: 10 * time.Minute, Jar: c.cookies}).Do(request)
	if err != nil {
		return nil, fmt.Errorf("the server %s cannot be reached: %w", c.server, err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		defer func() { _ = response.Body.Close() }()
		return nil, refusal(response)
	}
	return response, nil
}

// apiError is a refusal of the server.
type apiError struct {
	status int
	detail string
	fields []fieldProblem
}

type fieldProblem struct {
	Message  string `json:"message"`
	Location string `json:"location"`
}

func (e *apiError) Error() string {
	lines := []string{e.detail}
	for _, f := range e.fields {
		said := f.Location + ": " + f.Message
		if f.Message != e.detail && !strings.Contains(e.detail, said) {
			lines = append(lines, "  "+said)
		}
	}
	return strings.Join(lines, "\n")
}

func refusal(response *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	var problem struct {
		Detail string         `json:"detail"`
		Errors []fieldProblem `json:"errors"`
	}
	if json.Unmarshal(text, &problem) != nil || problem.Detail == "" {
		problem.Detail = fmt.Sprintf("the server answered %s: %.200s", response.Status, bytes.TrimSpace(text))
	}
	return &apiError{response.StatusCode, problem.Detail, problem.Errors}
}
