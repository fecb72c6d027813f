// Package deliver sends webhooks' messages over HTTP.
//
// It is the Sender of forge/hook. People who may make webhooks choose where the
// server sends requests to; so it never sends to the server's own machine and
// networks, unless they are allowed. The address is looked at when the
// connection is made, after its name was looked up: a name that means another
// address a moment later (DNS rebinding) gains nothing. It follows no redirect,
// uses no proxy and no connection twice.
package deliver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"dasier/fault"
	"dasier/forge/hook"
)

// Config has the settings; the zero value allows nothing inside.
type Config struct {
	// AllowPrivate lets messages go to every address.
	AllowPrivate bool
	// Allowed lists host:port pairs, as they stand in addresses, that messages may
	// go to whatever they mean.
	Allowed []string
	// Timeout bounds a request with its answer. Default 10 seconds.
	Timeout time.Duration
}

// Sender is the hook.Sender of this package.
type Sender struct {
	cfg    Config
	client *http.Client
}

// answerLimit is how much of an answer is read.
const answerLimit = 64 << 10

// New makes a sender.
func New(cfg Config) *Sender {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	s := &Sender{cfg: cfg}
	s.client = &http.Client{
		Timeout:       cfg.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, DialContext: s.dial, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: cfg.Timeout,
		},
	}
	return s
}

// dial connects to where a message may go. The check runs for each address that
// the name means, just before it is connected to.
func (s *Sender) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: s.cfg.Timeout}
	if !s.allowed(address) {
		dialer.Control = func(_, resolved string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(resolved)
			if err != nil || hook.Inside(at.Addr()) {
				return refusal(address)
			}
			return nil
		}
	}
	return dialer.DialContext(ctx, network, address)
}

// allowed tells whether host:port may mean any address.
func (s *Sender) allowed(hostport string) bool {
	same := func(entry string) bool { return strings.EqualFold(entry, hostport) }
	return s.cfg.AllowPrivate || slices.ContainsFunc(s.cfg.Allowed, same)
}

func refusal(hostport string) error {
	return fault.Errorf(fault.Denied, "%s is an address inside the server's own network: an administrator can allow it (setting webhooks_allow_private)", hostport)
}

// Refuses implements hook.Sender.
func (s *Sender) Refuses(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return fault.Errorf(fault.Invalid, "the address cannot be read").At("url")
	}
	hostport := hostPort(u)
	if s.allowed(hostport) {
		return nil
	}
	name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	at, err := netip.ParseAddr(name)
	if err == nil && hook.Inside(at) || name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return fault.Errorf(fault.Invalid, "%s", refusal(hostport).Error()).At("url")
	}
	return nil
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// Send implements hook.Sender.
func (s *Sender) Send(ctx context.Context, address string, headers map[string]string, body string) (hook.Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader([]byte(body)))
	if err != nil {
		return hook.Answer{}, fault.Errorf(fault.Denied, "the address cannot be read")
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return hook.Answer{}, explain(err)
	}
	answer := hook.Answer{Status: response.StatusCode, Text: hook.Text{Headers: map[string]string{}}}
	for name, values := range response.Header {
		answer.Headers[name] = strings.ToValidUTF8(strings.Join(values, ", "), "\uFFFD")
	}
	// What the receiver says of itself is for people; that it broke off does not
	// change what its status said.
	text, _ := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	_ = response.Body.Close()
	answer.Body = strings.ReplaceAll(strings.ToValidUTF8(string(text), "\uFFFD"), "\x00", "\uFFFD")
	return answer, nil
}

// explain makes a sentence of why there was no answer.
func explain(err error) error {
	if refused, ok := errors.AsType[*fault.Error](err); ok {
		return refused
	}
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, context.DeadlineExceeded), os.IsTimeout(err):
		return fault.Errorf(fault.Unavailable, "no answer in time")
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok { // the address is in it, which may hold a secret
		err = wrapped.Err
	}
	return fault.Errorf(fault.Unavailable, "no answer: %s", strings.ToValidUTF8(err.Error(), ""))
}
