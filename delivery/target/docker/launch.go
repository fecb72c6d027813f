package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"dasier/container"
	"dasier/fault"
)

// Ports that containers are published on: a port that is chosen here stays the
// container's when the engine starts it again, which one of the engine's choice
// would not. Below the range that Linux gives to outgoing connections.
const (
	firstPort = 20000
	lastPort  = 32000
	portTries = 20
)

// launch makes a new container of the plan and waits until it answers as it
// should. One that does not is removed.
func (t *Target) launch(ctx context.Context, p *plan) (*instance, error) {
	if err := p.image(ctx); err != nil {
		return nil, err
	}
	if err := t.engine.Network(ctx, t.network(), true, map[string]string{labelServer: t.cfg.Server}); err != nil {
		return nil, err
	}
	id, port, err := t.start(ctx, p)
	if fault.Is(err, fault.Missing) {
		// The image went with another endpoint's last container just then.
		if err = p.image(ctx); err == nil {
			id, port, err = t.start(ctx, p)
		}
	}
	if err != nil {
		return nil, err
	}
	next := p.instance(id, net.JoinHostPort(t.engine.Reach(), strconv.Itoa(port)), p.token)
	if err := t.awaitReady(ctx, p, next); err != nil {
		// ctx may be over, and the container must not stay.
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		return nil, errors.Join(err, t.engine.Remove(cleanup, id))
	}
	return next, nil
}

// start makes and starts the container on a port that is free.
func (t *Target) start(ctx context.Context, p *plan) (id string, port int, err error) {
	for range portTries {
		if port, err = randomPort(); err != nil {
			return "", 0, err
		}
		spec := p.spec
		spec.Publish, spec.Name = port, containerName(p)
		if id, err = t.engine.Create(ctx, &spec); err != nil {
			return "", 0, err
		}
		if len(p.files) > 0 {
			err = t.engine.Copy(ctx, id, "/", bytes.NewReader(p.files))
		}
		if err == nil {
			err = t.engine.Start(ctx, id)
		}
		if err == nil {
			return id, port, nil
		}
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		err = errors.Join(err, t.engine.Remove(cleanup, id))
		cancel()
		if !errors.Is(err, container.ErrPortTaken) {
			return "", 0, err
		}
	}
	return "", 0, fault.Errorf(fault.Unavailable, "no free port was found between %d and %d on %s", firstPort, lastPort, t.engine.Reach())
}

func randomPort() (int, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(lastPort-firstPort))
	if err != nil {
		return 0, fmt.Errorf("choosing a port: %w", err)
	}
	return firstPort + int(n.Int64()), nil
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

func containerName(p *plan) string {
	slug := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(p.placement.Endpoint), "-"), "-")
	return fmt.Sprintf("dasier-%s-%d-%s", slug[:min(len(slug), 80)], p.placement.Deployment, rand.Text()[:6])
}

// revive finds a container of an earlier time that is what the plan asks for:
// one that runs since before a restart, or one that was kept for going back.
// None is no error, and one that does not come up is removed.
func (t *Target) revive(ctx context.Context, p *plan) (*instance, error) {
	labels := t.labels(p.placement.Endpoint)
	labels[labelIdentity] = p.identity
	list, err := t.engine.List(ctx, labels)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		state, err := t.engine.Inspect(ctx, c.ID)
		if fault.Is(err, fault.Missing) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !p.matches(&state) {
			continue
		}
		found := p.instance(c.ID, net.JoinHostPort(t.engine.Reach(), strconv.Itoa(state.Publish)), tokenOf(&state))
		found.adopted = true
		if !state.Running {
			err = t.engine.Start(ctx, c.ID)
		}
		if err == nil {
			err = t.awaitReady(ctx, p, found)
		}
		if err == nil {
			return found, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		t.cfg.Log.InfoContext(ctx, "an earlier container does not come up, a new one is made", "endpoint", p.placement.Endpoint, "error", err)
		if err := t.engine.Remove(ctx, c.ID); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// How often a container that starts is asked whether it is ready, and how much
// of its log explains why it is not.
const (
	askFirst = 10 * time.Millisecond
	askMost  = 250 * time.Millisecond
	lastSaid = 20
)

// awaitReady waits until the container answers, and proves that it answers
// right.
func (t *Target) awaitReady(ctx context.Context, p *plan, next *instance) error {
	limited, cancel := context.WithTimeout(ctx, p.startWithin)
	defer cancel()
	for pause, tries := askFirst, 0; ; pause, tries = min(2*pause, askMost), tries+1 {
		answered := probe(limited, next.address, p.health)
		if answered == nil {
			if p.verify == nil {
				return nil
			}
			return p.verify(ctx, next)
		}
		if tries > 3 {
			if err := t.hasEnded(limited, next); err != nil && limited.Err() == nil {
				return err
			}
		}
		select {
		case <-time.After(pause):
		case <-limited.Done():
			if ctx.Err() != nil {
				return fmt.Errorf("waiting for %s: %w", p.placement.Endpoint, ctx.Err())
			}
			return t.notReady(ctx, next, "did not become ready within %s: GET %s %v", p.startWithin, p.health, answered)
		}
	}
}

// hasEnded is an error when the container's program has ended by itself.
func (t *Target) hasEnded(ctx context.Context, i *instance) error {
	state, err := t.engine.Inspect(ctx, i.id)
	switch {
	case err != nil:
		return err
	case state.Killed:
		return t.notReady(ctx, i, "was ended because it took more memory than it may")
	case !state.Running || state.Restarts > 0 && state.Code != 0:
		return t.notReady(ctx, i, "ended with status %d", state.Code)
	case state.Restarts > 2: // once started again, it has no status until it ends
		if code := t.nextStatus(ctx, i); code != 0 {
			return t.notReady(ctx, i, "ended with status %d", code)
		}
		return t.notReady(ctx, i, "ended %d times, with status 0", state.Restarts)
	}
	return nil
}

// endsAgain is how long a program that ended again and again may take until it
// does so the next time.
const endsAgain = 10 * time.Second

// nextStatus is the status that the program ends with the next time; 0 when it
// does not end soon.
func (t *Target) nextStatus(ctx context.Context, i *instance) int {
	ctx, cancel := context.WithTimeout(ctx, endsAgain)
	defer cancel()
	code, err := t.engine.Wait(ctx, i.id)
	if err != nil {
		return 0
	}
	return code
}

// notReady says what happened and what the program said last.
func (t *Target) notReady(ctx context.Context, i *instance, format string, args ...any) error {
	what := "the container " + fmt.Sprintf(format, args...)
	said, err := t.engine.LastWords(ctx, i.id, lastSaid)
	if err == nil && said != "" {
		return fault.Errorf(fault.Invalid, "%s; its log ends with:\n%s", what, said)
	}
	return fault.Errorf(fault.Invalid, "%s; its log is empty", what)
}

// asking makes no connection that stays: most are to containers that come or
// go.
var asking = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// probe asks a path once: nil is a status below 400.
func probe(ctx context.Context, address, path string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, http.NoBody)
	if err != nil {
		return fmt.Errorf("cannot be asked: %w", err)
	}
	answer, err := asking.Do(request)
	if err != nil {
		return errors.New("is not answered")
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return errors.New("is not answered to the end")
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("answers with status %d", answer.StatusCode)
	}
	return nil
}

// archive writes a tar of a few small files.
func archive(files ...tarFile) ([]byte, error) {
	var text bytes.Buffer
	w := tar.NewWriter(&text)
	for _, f := range files {
		if err := f.write(w); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("packing: %w", err)
	}
	return text.Bytes(), nil
}

// tarFile is a file in an archive; without a body it is a folder.
type tarFile struct {
	name string
	mode int64
	user int
	body []byte
	dir  bool
}

func (f tarFile) write(w *tar.Writer) error {
	header := &tar.Header{Name: f.name, Mode: f.mode, Uid: f.user, Gid: f.user, Size: int64(len(f.body)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
	if f.dir {
		header.Typeflag, header.Size = tar.TypeDir, 0
	}
	if err := w.WriteHeader(header); err != nil {
		return fmt.Errorf("packing %s: %w", f.name, err)
	}
	if _, err := w.Write(f.body); err != nil {
		return fmt.Errorf("packing %s: %w", f.name, err)
	}
	return nil
}
