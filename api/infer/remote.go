package infer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"

	"dasier/delivery/serve"
	"dasier/fault"
)

// Remote is an endpoint whose model answers in another process: a handler of
// this package that asks for the token and knows the endpoint by the same name.
type Remote struct {
	serve.Meta
	Address string // host:port
	Token   string
	// Problem is why the process cannot be asked just now; nil when it can.
	Problem error
	// Release is called once, when the process may be stopped as far as this
	// request is concerned.
	Release func()
}

func (r *Remote) release() {
	if r.Release != nil {
		r.Release()
	}
}

// rowsHeader is how a remote process tells how many rows it has answered.
const rowsHeader = "Dasier-Rows"

// route answers with the process that has the endpoint.
func (h *Handler) route(here http.HandlerFunc, there func(http.ResponseWriter, *http.Request, *Remote)) http.HandlerFunc {
	if h.cfg.Remote == nil {
		return here
	}
	return func(w http.ResponseWriter, r *http.Request) {
		remote, ok := h.cfg.Remote(chi.URLParam(r, "endpoint"))
		if !ok {
			here(w, r)
			return
		}
		defer remote.release()
		there(w, r, &remote)
	}
}

// passed is a question that is no prediction: it is passed on and not counted.
func (h *Handler) passed(here http.HandlerFunc, p protocol, refuse func(http.ResponseWriter, *http.Request, error) int) http.HandlerFunc {
	return h.route(here, func(w http.ResponseWriter, r *http.Request, remote *Remote) {
		h.pass(w, r, remote, chi.URLParam(r, "endpoint"), p, refuse)
	})
}

// pass passes a request on and its answer back. Only requests for predictions
// are counted, as they are here.
func (h *Handler) pass(w http.ResponseWriter, r *http.Request, remote *Remote, name string, p protocol, refused func(http.ResponseWriter, *http.Request, error) int) {
	c := h.newCall()
	defer h.letGo(c)
	c.begin(h.cfg.RemoteTimeout)
	var met *endpointMeters
	status, rows := 0, 0
	predicts := purpose(r.Method == http.MethodPost)
	client, err := h.admit(predicts, w.Header(), r, name, &remote.Meta)
	if err == nil || isLimit(err) {
		met = h.meters.of(name, remote.Version)
		met.enter(c)
		defer met.leave(c)
	}
	if err == nil {
		defer c.leave()
		status, rows, err = h.exchange(w, r, remote, c, name, predicts)
		c.lap(computing)
	}
	if err != nil {
		status, rows = refused(w, r, err), 0
	}
	if predicts {
		h.charge(client, rows)
		h.meters.observe(met, p, status, rows, c)
	}
}

// exchange sends the request and copies the answer. After an error nothing was
// written. A request for predictions waits for a place between its body and the
// process, and gives it back when the answer begins.
func (h *Handler) exchange(w http.ResponseWriter, r *http.Request, remote *Remote, c *call, name string, predicts purpose) (status, rows int, err error) {
	body, err := h.whole(w, r, c)
	if err == nil && predicts && remote.Problem == nil {
		err = h.enterRemote(r.Context(), c, name)
	}
	if err != nil {
		return 0, 0, err
	}
	answer, end, err := h.send(w, r, remote, r.URL.EscapedPath(), body) //nolint:bodyclose // end closes it
	c.leave()
	if err != nil {
		return 0, 0, err
	}
	defer end()
	header := w.Header()
	for _, name := range []string{"Content-Type", "Content-Length", "Cache-Control", "Inference-Header-Content-Length", "Retry-After"} {
		if values := answer.Header[name]; len(values) > 0 {
			header[name] = values
		}
	}
	rows, _ = strconv.Atoi(answer.Header.Get(rowsHeader)) // an answer without rows does not tell any
	w.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(w, answer.Body); err != nil {
		panic(http.ErrAbortHandler) // cut the answer rather than end it as if it were whole
	}
	return answer.StatusCode, rows, nil
}

// passedHeaders are what of a request's header the model's process needs. Who
// asks, it does not learn.
var passedHeaders = []string{"Content-Type", "Content-Encoding", "Accept", "Inference-Header-Content-Length"}

// send sends a request to the remote process; end is called when the answer
// was read.
func (h *Handler) send(w http.ResponseWriter, r *http.Request, remote *Remote, path string, body []byte) (answer *http.Response, end func(), err error) {
	if remote.Problem != nil {
		return nil, nil, remote.Problem
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.cfg.RemoteTimeout)
	request, err := http.NewRequestWithContext(ctx, r.Method, "http://"+remote.Address+path, bytes.NewReader(body)) // #nosec G704 -- the address is the target's, only the path is the client's
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("passing a request on: %w", err)
	}
	request.URL.RawQuery = r.URL.RawQuery
	for _, name := range passedHeaders {
		if values := r.Header[name]; len(values) > 0 {
			request.Header[name] = values
		}
	}
	request.Header.Set("Authorization", "Bearer "+remote.Token)
	// A prediction changes nothing: it may be asked again when a connection that
	// was kept turns out to be closed. A nil value is not sent.
	request.Header["X-Idempotency-Key"] = nil
	answer, err = h.passing.Do(request) //nolint:bodyclose,gosec // end closes it; the address is the target's
	if err == nil && answer.StatusCode == http.StatusUnauthorized {
		err = errors.Join(errors.New("it does not know this server's token"), answer.Body.Close())
	}
	if err != nil {
		cancel()
		if r.Context().Err() != nil {
			return nil, nil, fault.Errorf(fault.Unavailable, "the request was given up")
		}
		h.cfg.Log.WarnContext(r.Context(), "the process of an endpoint does not answer", "address", remote.Address, "error", err)
		w.Header().Set("Retry-After", "1")
		return nil, nil, fault.Errorf(fault.Unavailable, "the model of this endpoint does not answer at the moment: its process is starting again, or has failed")
	}
	return answer, func() {
		_ = answer.Body.Close() // it was read, or the client is gone
		cancel()
	}, nil
}

// whole reads the request's body as it is, so that it can be sent twice.
func (h *Handler) whole(w http.ResponseWriter, r *http.Request, c *call) ([]byte, error) {
	if r.Body == nil || r.Method == http.MethodGet {
		return nil, nil
	}
	err := h.fill(w, r, c, r.Body, r.ContentLength)
	return c.body, err
}

// describeRemote answers what the process says of its model, with what this
// server knows better: the process was started once, and settings change.
func (h *Handler) describeRemote(w http.ResponseWriter, r *http.Request, remote *Remote) {
	if _, err := h.admit(knowing, w.Header(), r, chi.URLParam(r, "endpoint"), &remote.Meta); err != nil {
		h.writeProblem(w, r, err)
		return
	}
	text, err := h.remoteInfo(w, r, remote)
	if err != nil {
		h.writeProblem(w, r, err)
		return
	}
	sum := sha256.Sum256(text)
	h.writeInfo(w, r, text, `"`+hex.EncodeToString(sum[:12])+`"`)
}

func (h *Handler) remoteInfo(w http.ResponseWriter, r *http.Request, remote *Remote) ([]byte, error) {
	answer, end, err := h.send(w, r, remote, "/api/v1/endpoints/"+url.PathEscape(chi.URLParam(r, "endpoint")), nil) //nolint:bodyclose // end closes it
	if err != nil {
		return nil, err
	}
	defer end()
	const most = 16 << 20
	text, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err != nil || answer.StatusCode != http.StatusOK {
		return nil, fault.Errorf(fault.Unavailable, "the model of this endpoint does not say what it is (status %d)", answer.StatusCode)
	}
	var info endpointInfo
	if err := json.Unmarshal(text, &info); err != nil {
		return nil, fmt.Errorf("reading what an endpoint is: %w", err)
	}
	info.Environment, info.Public, info.Model, info.Version = remote.Environment, remote.Public, remote.Model, remote.Version
	info.DeployedAt = remote.DeployedAt.UTC().Format(timeForm)
	if text, err = json.Marshal(info); err != nil {
		return nil, fmt.Errorf("writing what an endpoint is: %w", err)
	}
	return append(text, '\n'), nil
}
