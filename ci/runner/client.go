package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// client speaks the runner protocol. It tries everything once: who calls knows
// for how long trying again makes sense.
type client struct {
	base     string // the server's address with /api/v4
	token    string // the runner's
	systemID string
	http     *http.Client
	self     introduction
}

// Limits of one call. The long poll is held by the server for about 50 s.
const (
	pollLimit  = 2 * time.Minute
	callLimit  = 30 * time.Second
	replyLimit = 16 << 20
)

func newClient(address, token string, cfg Config) *client {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: 2*cfg.Jobs + 1,
		IdleConnTimeout:     time.Minute,
		TLSHandshakeTimeout: 10 * time.Second,
	}
	executor, able := "shell", abilities
	if cfg.Engine != nil {
		executor, able = "docker", maps.Clone(abilities)
		able["image"], able["services"] = true, true
	}
	return &client{
		base: strings.TrimSuffix(address, "/") + "/api/v4", token: token, systemID: cfg.systemID,
		http: &http.Client{Transport: transport},
		self: introduction{
			Name: "dasier", Version: cfg.Version, Platform: runtime.GOOS, Architecture: runtime.GOARCH,
			Executor: executor, Shell: "bash", Features: able,
		},
	}
}

// refusal is an answer other than the one hoped for.
type refusal struct {
	status  int
	message string
}

// Error is the status and what the server said.
func (r *refusal) Error() string {
	if r.message == "" {
		return "the server answered " + strconv.Itoa(r.status) + " " + http.StatusText(r.status)
	}
	return "the server answered: " + r.message
}

// statusOf is the status of a refusal, 0 when there was no answer at all.
func statusOf(err error) int {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.status
	}
	return 0
}

// passing tells whether trying again may help: the server was away, busy or
// broken.
func passing(err error) bool {
	if _, ours := errors.AsType[*jobError](err); ours {
		return false
	}
	status := statusOf(err)
	return status == 0 || status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

// reply is a whole answer.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// refused makes an error of the reply.
func (r *reply) refused() *refusal {
	var said struct {
		Message any `json:"message"`
	}
	text := ""
	if json.Unmarshal(r.body, &said) == nil && said.Message != nil {
		text = fmt.Sprint(said.Message)
	}
	return &refusal{r.status, text}
}

func (c *client) call(ctx context.Context, method, path string, header map[string]string, body io.Reader) (*reply, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	request.Header.Set("User-Agent", "dasier runner "+c.self.Version)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, replyLimit))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	return &reply{response.StatusCode, response.Header, text}, nil
}

func (c *client) callJSON(ctx context.Context, method, path string, header map[string]string, body any) (*reply, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("writing the request: %w", err)
	}
	header["Content-Type"], header["Accept"] = "application/json", "application/json"
	return c.call(ctx, method, path, header, bytes.NewReader(text))
}

// request asks for a job; it may be held for a while. The answer without a job
// is nil and the state of the queue, to be sent the next time.
func (c *client) request(ctx context.Context, lastUpdate string) (*job, string, error) {
	ctx, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	r, err := c.callJSON(ctx, http.MethodPost, "/jobs/request", map[string]string{"Runner-Token": c.token},
		requestBody{Info: c.self, Token: c.token, SystemID: c.systemID, LastUpdate: lastUpdate})
	if err != nil {
		return nil, lastUpdate, err
	}
	if seen := r.header.Get("X-GitLab-Last-Update"); seen != "" {
		lastUpdate = seen
	}
	switch r.status {
	case http.StatusCreated:
		taken := new(job)
		if err := json.Unmarshal(r.body, taken); err != nil {
			return nil, lastUpdate, fmt.Errorf("reading the job: %w", err)
		}
		return taken, lastUpdate, nil
	case http.StatusNoContent:
		return nil, lastUpdate, nil
	default:
		return nil, lastUpdate, r.refused()
	}
}

// word is what the server lets a runner know in passing.
type word struct {
	status   string        // the job's; empty when it was not said
	interval time.Duration // how often to send; 0 when it was not said
}

func wordOf(r *reply) word {
	w := word{status: r.header.Get("Job-Status")}
	if n, err := strconv.Atoi(r.header.Get("X-GitLab-Trace-Update-Interval")); err == nil && n > 0 {
		w.interval = min(time.Duration(n)*time.Second, 15*time.Minute)
	}
	return w
}

// update tells the state of a job. Statuses 200 and 202 are no errors; which it
// was is answered.
func (c *client) update(ctx context.Context, j *job, u updateBody) (int, word, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	u.Info, u.Token = c.self, j.Token
	r, err := c.callJSON(ctx, http.MethodPut, "/jobs/"+strconv.FormatInt(j.ID, 10), map[string]string{"Job-Token": j.Token}, u)
	if err != nil {
		return 0, word{}, err
	}
	if r.status != http.StatusOK && r.status != http.StatusAccepted {
		return r.status, wordOf(r), r.refused()
	}
	return r.status, wordOf(r), nil
}

// patch sends the piece of a log that begins at an offset, and answers where the
// next one begins.
func (c *client) patch(ctx context.Context, j *job, at int64, piece []byte) (int64, word, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	end := at + int64(len(piece))
	r, err := c.call(ctx, http.MethodPatch, "/jobs/"+strconv.FormatInt(j.ID, 10)+"/trace", map[string]string{
		"Job-Token": j.Token, "Content-Type": "text/plain",
		"Content-Range": strconv.FormatInt(at, 10) + "-" + strconv.FormatInt(end-1, 10),
	}, bytes.NewReader(piece))
	if err != nil {
		return at, word{}, err
	}
	switch r.status {
	case http.StatusAccepted:
		return end, wordOf(r), nil
	case http.StatusRequestedRangeNotSatisfiable:
		_, stored, _ := strings.Cut(r.header.Get("Range"), "-")
		size, err := strconv.ParseInt(stored, 10, 64)
		if err != nil || size < 0 {
			return at, wordOf(r), fmt.Errorf("the server refused a piece of log and did not say where it is: Range %q", r.header.Get("Range"))
		}
		return size, wordOf(r), nil
	default:
		return at, wordOf(r), r.refused()
	}
}
