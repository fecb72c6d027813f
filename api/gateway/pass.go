package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"syscall"
	"time"

	"dasier/delivery/deploy"
	"dasier/fault"
)

const (
	// triesFor is how long a request waits for a service that is down for a
	// moment (a start after a crash), when nothing of it was sent yet.
	triesFor = 2 * time.Second
	tryEvery = 50 * time.Millisecond
)

// pass sends a request on to the service of a route, with the given path.
func (g *Gateway) pass(w http.ResponseWriter, r *http.Request, route deploy.Route, path string) {
	backend, err := g.hold(r.Context(), route.Endpoint)
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	// The backend is let go when the request is answered: the proxy below
	// returns after the last byte, and for WebSockets after the connection.
	defer func() { backend.Release() }()
	proxy := &httputil.ReverseProxy{
		Transport: roundTripper(func(out *http.Request) (*http.Response, error) { return g.send(out, route.Endpoint, &backend) }),
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = "http", backend.Address
			p.Out.URL.Path = path
			if r.URL.RawPath == "" {
				p.Out.URL.RawPath = ""
			}
			p.Out.Host = p.In.Host
			p.SetXForwarded()
			if g.secure {
				p.Out.Header.Set("X-Forwarded-Proto", "https")
			}
			p.Out.Header.Del("X-Real-Ip") // a client may have made it up
		},
		FlushInterval: -1, // streams arrive as they are written
		ModifyResponse: func(response *http.Response) error {
			tidy(response.Header, g.secure)
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) { g.failed(w, r, err) },
	}
	proxy.ServeHTTP(w, r)
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// hold finds the backend, and waits a little for one that is down for now.
func (g *Gateway) hold(ctx context.Context, endpoint string) (deploy.Backend, error) {
	for deadline := time.Now().Add(triesFor); ; {
		backend, err := g.routes.Backend(endpoint)
		if err == nil || !fault.Is(err, fault.Unavailable) || time.Now().After(deadline) {
			return backend, err
		}
		select {
		case <-time.After(tryEvery):
		case <-ctx.Done():
			return backend, err
		}
	}
}

// send asks the backend. A connection that was refused has carried nothing, so
// the request is sent again, to whatever serves then; so is one without a body
// that is safe to repeat and whose connection broke before an answer.
func (g *Gateway) send(out *http.Request, endpoint string, backend *deploy.Backend) (*http.Response, error) {
	if out.Body != nil && out.Body != http.NoBody {
		// The transport closes the body of a request that it could not send; the
		// server closes it in the end.
		out.Body = io.NopCloser(out.Body)
	}
	for deadline := time.Now().Add(triesFor); ; {
		response, err := g.transport.RoundTrip(out)
		if err == nil || out.Context().Err() != nil || time.Now().After(deadline) || !repeatable(out, err) {
			return response, err
		}
		next, holdErr := g.hold(out.Context(), endpoint)
		if holdErr != nil {
			return nil, errors.Join(holdErr, err)
		}
		backend.Release()
		*backend = next
		out = out.Clone(out.Context())
		out.URL.Host = next.Address
		select {
		case <-time.After(tryEvery):
		case <-out.Context().Done():
		}
	}
}

func repeatable(out *http.Request, err error) bool {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return true
	}
	if _, refused := errors.AsType[*http.MaxBytesError](err); refused {
		return false
	}
	safe := out.Method == http.MethodGet || out.Method == http.MethodHead
	broke := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	return safe && broke && (out.Body == nil || out.Body == http.NoBody) && out.Header.Get("Upgrade") == ""
}

// failed answers for a service that did not.
func (g *Gateway) failed(w http.ResponseWriter, r *http.Request, err error) {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		g.refuse(w, r, fault.Errorf(fault.Limited, "the request's body has more than %d MiB", g.cfg.BodyLimit>>20))
		return
	}
	if r.Context().Err() != nil {
		return // nobody is there to read it
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		g.cfg.Log.WarnContext(r.Context(), "a service took too long", "host", r.Host, "error", err)
		g.refuse(w, r, fault.Errorf(fault.Unavailable, "the service took too long to answer"))
		return
	}
	if fault.KindOf(err) == fault.Internal {
		g.cfg.Log.WarnContext(r.Context(), "a service did not answer", "host", r.Host, "error", err)
		err = fault.Errorf(fault.Unavailable, "the service did not answer")
	}
	g.refuse(w, r, err)
}

// tidy takes out of an answer what a program has no business with: our cookies,
// and cookies for more than its own host. What it says of security stays; where
// it says nothing, the defaults hold.
func tidy(header http.Header, secure bool) {
	if cookies := header["Set-Cookie"]; len(cookies) > 0 {
		header.Del("Set-Cookie")
		for _, cookie := range cookies {
			if !ourCookie(cookie) {
				header.Add("Set-Cookie", withoutDomain(cookie))
			}
		}
	}
	// It would clear the cookies of all hosts around, the console's too.
	header.Del("Clear-Site-Data")
	protect(header, secure)
}

func withoutDomain(cookie string) string {
	var kept []string
	for part := range strings.SplitSeq(cookie, ";") {
		name, _, _ := strings.Cut(part, "=")
		if len(kept) > 0 && strings.EqualFold(strings.TrimSpace(name), "Domain") {
			continue
		}
		kept = append(kept, part)
	}
	return strings.Join(kept, ";")
}

// protect sets the headers that keep a browser safe where nobody set them.
func protect(header http.Header, secure bool) {
	for name, value := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "X-Frame-Options": "SAMEORIGIN",
	} {
		if len(header[name]) == 0 {
			header.Set(name, value)
		}
	}
	if secure && len(header["Strict-Transport-Security"]) == 0 {
		header.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
