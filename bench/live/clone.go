package live

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Clone is a work tree of a project of the server's.
type Clone struct {
	Folder string
	remote string
}

// NewProject makes the administrator ada, the project bench/name, and an empty
// work tree of it in folder.
func (s *Server) NewProject(ctx context.Context, name, folder string) (*Clone, error) {
	if _, err := s.admin(ctx, "a long password\n", "user", "create", "ada", "--email", "ada@example.com", "--admin"); err != nil {
		return nil, err
	}
	var err error
	if s.token, err = s.admin(ctx, "", "token", "create", "ada", "--name", "bench"); err != nil {
		return nil, err
	}
	if _, err := s.Call(ctx, "POST", "/projects", map[string]any{"namespace": "bench", "name": name, "default_branch": "main"}); err != nil {
		return nil, err
	}
	address, err := url.Parse(s.URL + "/bench/" + name + ".git")
	if err != nil {
		return nil, fmt.Errorf("making the remote's address: %w", err)
	}
	address.User = url.UserPassword("ada", s.token)
	c := &Clone{Folder: folder, remote: address.String()}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	_, err = c.Git(ctx, "init", "--quiet", "--initial-branch=main")
	return c, err
}

// Write writes a file of the work tree, and the folders above it.
func (c *Clone) Write(name, text string) error {
	path := filepath.Join(c.Folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// Commit commits everything.
func (c *Clone) Commit(ctx context.Context, message string) error {
	if _, err := c.Git(ctx, "add", "--all"); err != nil {
		return err
	}
	_, err := c.Git(ctx, "commit", "--quiet", "--message="+message)
	return err
}

// Push pushes a branch.
func (c *Clone) Push(ctx context.Context, branch string) error {
	_, err := c.Git(ctx, "push", "--quiet", c.remote, branch)
	return err
}

// Git runs git in the work tree, without the settings of whoever measures, and
// answers what it printed.
func (c *Clone) Git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...) //nolint:gosec // the arguments are ours
	cmd.Dir = c.Folder
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	said, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.ReplaceAll(string(said), c.remote, "the server"))
	}
	return strings.TrimSpace(string(said)), nil
}
