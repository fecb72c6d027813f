package runner

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// sourceAttempts is how often fetching is tried: the server may be starting anew
// just then.
const sourceAttempts = 3

// getSources fetches the job's commit into the project's folder.
func (b *build) getSources(ctx context.Context) error {
	if strategy := b.environment.get("GIT_STRATEGY"); strategy == "none" || strategy == "empty" || b.job.Git.URL == "" {
		b.journal.line("", "Skipping the repository: GIT_STRATEGY is %s", orText(strategy, "not set, and there is no address"))
		return nil
	}
	remote, err := newRemote(b.job)
	if err != nil {
		return err
	}
	if err := b.signInGit(remote); err != nil {
		return err
	}
	attempts := sourceAttempts
	if n, err := strconv.Atoi(b.environment.get("GET_SOURCES_ATTEMPTS")); err == nil {
		attempts = max(1, min(n, 10))
	}
	pause := backoff{first: 500 * time.Millisecond, most: 5 * time.Second}
	for {
		err := b.fetch(ctx, remote)
		attempts--
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if attempts <= 0 || !pause.wait(ctx) {
			// Not the job's doing, so not a script's failure: worth a retry.
			return fmt.Errorf("the repository could not be fetched: %s", err.Error())
		}
		b.journal.line(yellow, "Fetching failed (%v), trying again", err)
	}
	return b.checkout(ctx, remote)
}

// remote is a repository's address without the secret that came in it.
type remote struct {
	address string
	host    string // scheme://host, for which the secret holds
	user    string
	secret  string
}

func newRemote(j *job) (*remote, error) {
	parsed, err := url.Parse(j.Git.URL)
	if err != nil {
		return nil, errors.New("the repository's address cannot be read") // the cause would show the token
	}
	r := &remote{user: parsed.User.Username()}
	r.secret, _ = parsed.User.Password()
	parsed.User = nil
	r.address = parsed.String()
	r.host = parsed.Scheme + "://" + parsed.Host
	return r, nil
}

// header signs requests in. Sending it at once spares the request that would
// only ask who is there.
func (r *remote) header() string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(r.user+":"+r.secret))
}

// signInGit lets git in the job's own scripts use the remote: it asks for the
// password by a line of shell that reads the token from the environment, so that
// no file and no `git remote -v` has it.
func (b *build) signInGit(r *remote) error {
	if r.secret == "" {
		return nil
	}
	text := credentialSetting(r.host, r.user)
	if b.runner.cfg.Engine != nil {
		// In a container another user may look at the repository.
		text += "[safe]\n\tdirectory = *\n"
	}
	if err := b.folder.write(filepath.Join(b.folder.home, ".gitconfig"), text); err != nil {
		return fmt.Errorf("writing git's settings: %w", err)
	}
	return nil
}

// credentialSetting makes git ask a line of shell for the password.
func credentialSetting(host, user string) string {
	return fmt.Sprintf("[credential %q]\n\tusername = %q\n\thelper = \"!f() { test \\\"$1\\\" = get && echo \\\"password=$CI_JOB_TOKEN\\\"; }; f\"\n", host, user)
}

// git runs git in the project's folder, away from the settings of this machine
// and of the job, with the remote's secret in its environment.
func (b *build) git(ctx context.Context, r *remote, args ...string) error {
	settings := map[string]string{
		"safe.directory": "*", "advice.detachedHead": "false", "core.hooksPath": os.DevNull, "gc.auto": "0", "maintenance.auto": "false",
		"protocol.version": "2", "fetch.recurseSubmodules": "false",
	}
	if r.secret != "" {
		settings["http."+r.host+"/.extraHeader"] = r.header()
		// The header would follow a redirect to wherever it leads.
		settings["http.followRedirects"] = "false"
	}
	environment := []string{
		"PATH=" + b.environment.get("PATH"), "HOME=" + b.folder.home, "TMPDIR=" + b.folder.temporary, markVariable + "=" + b.folder.root,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_CONFIG_COUNT=" + strconv.Itoa(len(settings)),
	}
	for _, name := range []string{"GIT_SSL_NO_VERIFY", "GIT_TRACE", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"} {
		if value := b.environment.get(name); value != "" {
			environment = append(environment, name+"="+value)
		}
	}
	i := 0
	for key, value := range settings {
		n := strconv.Itoa(i)
		environment = append(environment, "GIT_CONFIG_KEY_"+n+"="+key, "GIT_CONFIG_VALUE_"+n+"="+value)
		i++
	}
	err := b.executor.run(ctx, append([]string{"git"}, args...), b.folder.project, environment)
	if exit, ok := errors.AsType[*exitError](err); ok {
		return fmt.Errorf("git %s ended with status %d", args[0], exit.code)
	}
	return err
}

// fetch makes a repository with what the job asked for. It may be called again
// after it failed.
func (b *build) fetch(ctx context.Context, r *remote) error {
	git := &b.job.Git
	if git.Depth > 0 {
		b.journal.line(green, "Fetching changes with git depth set to %d...", git.Depth)
	} else {
		b.journal.line(green, "Fetching changes...")
	}
	format := orText(git.ObjectFormat, "sha1")
	if err := b.git(ctx, r, "init", "-q", "--template=", "--initial-branch=main", "--object-format="+format); err != nil {
		return err
	}
	if err := b.git(ctx, r, "config", "remote.origin.url", r.address); err != nil {
		return err
	}
	args := []string{"fetch", "-q", "--prune", "--no-write-fetch-head"}
	if git.Depth > 0 {
		args = append(args, "--depth", strconv.Itoa(git.Depth))
	}
	args = append(args, "origin")
	return b.git(ctx, r, append(args, git.Refspecs...)...)
}

func (b *build) checkout(ctx context.Context, r *remote) error {
	git := &b.job.Git
	if err := b.git(ctx, r, "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"); err != nil {
		return err
	}
	if b.environment.get("GIT_CHECKOUT") == "false" {
		b.journal.line("", "Skipping the checkout: GIT_CHECKOUT is false")
		return nil
	}
	b.journal.line(green, "Checking out %s as detached HEAD (ref is %s)...", git.SHA[:min(8, len(git.SHA))], git.Ref)
	if err := b.git(ctx, r, "checkout", "-f", "-q", git.SHA); err != nil {
		return err
	}
	if strategy := b.environment.get("GIT_SUBMODULE_STRATEGY"); strategy != "" && strategy != "none" {
		b.journal.line(yellow, "WARNING: GIT_SUBMODULE_STRATEGY is %s: this runner does not fetch submodules", strategy)
	}
	return nil
}

// orText is the first of two that is not empty.
func orText(text, otherwise string) string {
	if strings.TrimSpace(text) == "" {
		return otherwise
	}
	return text
}
