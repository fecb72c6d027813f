package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"dasier/fault"
)

// maxRedirects is how often an address may lead on to another.
const maxRedirects = 5

// download writes what is at an HTTP address to the file. What breaks off is
// continued where it broke off, if the server says that it is still the same.
func (f *Fetcher) download(ctx context.Context, place *place, file *File) error {
	d := &download{place: place, file: file, limit: f.cfg.MaxBytes, patience: f.cfg.Patience}
	d.client = &http.Client{Transport: f.cfg.Transport, CheckRedirect: follow}
	pause := f.cfg.Pause
	for tries := 1; ; tries++ {
		before := d.written
		again, err := d.try(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fault.Errorf(fault.Unavailable, "%s: stopped before it was fetched", place.shown)
		}
		if !again {
			return err
		}
		if d.written > before {
			tries, pause = 0, f.cfg.Pause
		}
		if tries >= f.cfg.Tries {
			return err
		}
		select {
		case <-ctx.Done():
			return fault.Errorf(fault.Unavailable, "%s: stopped before it was fetched", place.shown)
		case <-time.After(pause):
			pause *= 2
		}
	}
}

// follow lets an address lead on, but not from https to http, where anyone on
// the way could answer.
func follow(next *http.Request, before []*http.Request) error {
	if len(before) > maxRedirects {
		return fault.Errorf(fault.Invalid, "the address leads on more than %d times", maxRedirects)
	}
	if before[len(before)-1].URL.Scheme == "https" && next.URL.Scheme != "https" {
		return fault.Errorf(fault.Invalid, "the address leads from https to %s: give the final address", next.URL.Scheme)
	}
	return nil
}

type download struct {
	client   *http.Client
	place    *place
	file     *File
	limit    int64
	patience time.Duration
	written  int64
	version  string // an ETag or date that is the same while the data are
}

// try fetches what is left; whether another try may help.
func (d *download) try(ctx context.Context) (again bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(d.patience, cancel)
	defer silence.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.place.url.String(), nil)
	if err != nil {
		return false, fault.Errorf(fault.Invalid, "%s cannot be asked for", d.place.shown)
	}
	// Transparent compression would make the bytes, and so the digest, the
	// transport's rather than the file's.
	request.Header.Set("Accept-Encoding", "identity")
	if d.written > 0 && d.version != "" {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.written))
		request.Header.Set("If-Range", d.version)
	}
	response, err := d.client.Do(request)
	if err != nil {
		return d.failed(err)
	}
	defer func() { _ = response.Body.Close() }() // read to its end, or given up
	if again, err := d.judge(response); err != nil {
		return again, err
	}
	body := &patient{r: response.Body, timer: silence, patience: d.patience}
	n, err := io.Copy(d.file, io.LimitReader(body, d.limit-d.written+1))
	d.written += n
	switch {
	case d.written > d.limit:
		return false, fault.Errorf(fault.Limited, "%s has more than %d bytes", d.place.shown, d.limit)
	case err != nil:
		return d.failed(err)
	case response.ContentLength >= 0 && n < response.ContentLength:
		return true, fault.Errorf(fault.Unavailable, "%s ended after %d bytes, before its end", d.place.shown, d.written)
	}
	return false, nil
}

// judge looks at the answer's head, and begins anew where the server does.
func (d *download) judge(response *http.Response) (again bool, err error) {
	status := response.StatusCode
	switch {
	case status == http.StatusPartialContent && d.written > 0 &&
		strings.HasPrefix(response.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", d.written)):
		return false, nil
	case status == http.StatusOK:
		if d.version = response.Header.Get("ETag"); d.version == "" || strings.HasPrefix(d.version, "W/") {
			d.version = response.Header.Get("Last-Modified")
		}
		if response.ContentLength > d.limit {
			return false, fault.Errorf(fault.Limited, "%s has more than %d bytes", d.place.shown, d.limit)
		}
		d.written = 0
		if err := d.file.Truncate(0); err != nil {
			return false, fmt.Errorf("fetching anew: %w", err)
		}
		return false, d.file.rewind()
	case status == http.StatusNotFound, status == http.StatusGone:
		return false, fault.Errorf(fault.Missing, "there is nothing at %s (%s)", d.place.shown, response.Status)
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return false, fault.Errorf(fault.Denied, "%s may not be read (%s): give a user and password as ${NAME} in the address", d.place.shown, response.Status)
	case status == http.StatusTooManyRequests, status >= 500:
		return true, fault.Errorf(fault.Unavailable, "%s cannot be had now (%s): try again later", d.place.shown, response.Status)
	}
	d.version = "" // a strange answer to a continuation: begin anew
	return d.written > 0, fault.Errorf(fault.Invalid, "%s answers %s, which is no file", d.place.shown, response.Status)
}

// failed says what went wrong without the address, which may hold a secret.
func (d *download) failed(err error) (bool, error) {
	if known, ok := errors.AsType[*fault.Error](err); ok {
		return false, fault.Errorf(known.Kind, "%s: %s", d.place.shown, known.Message)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if errors.Is(err, context.Canceled) {
		return true, fault.Errorf(fault.Unavailable, "%s says nothing any more after %d bytes", d.place.shown, d.written)
	}
	return true, fault.Errorf(fault.Unavailable, "%s cannot be fetched: %s", d.place.shown, err.Error())
}

// patient puts the end of patience off while something comes.
type patient struct {
	r        io.Reader
	timer    *time.Timer
	patience time.Duration
}

func (p *patient) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if n > 0 {
		p.timer.Reset(p.patience)
	}
	return n, err
}
