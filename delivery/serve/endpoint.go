package serve

import (
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"dasier/forge/project"
	"dasier/ml/predict"
)

// Meta says what serves at an endpoint.
type Meta struct {
	Project     project.ID
	Environment string
	Model       string
	Version     int
	Digest      string // of the package
	Deployment  int64
	DeployedAt  time.Time
	Public      bool // everyone may ask
}

// Endpoint is one model version answering under one name. It is immutable but
// for its counters and pools, and what a face keeps with it.
type Endpoint struct {
	Name string
	Meta
	model  *model
	counts *counts
	kept   atomic.Value // of what a face has prepared
}

// counts are of the endpoint's name, over all versions since the start.
type counts struct {
	rows, refused atomic.Uint64
}

// model is a verified package in memory.
type model struct {
	program    *predict.Program
	example    json.RawMessage // a real row; nil when the package has none
	importance []float64       // per input, shares of 1
	page       Page
	memory     int64 // bytes
	scratch    int64 // bytes that a row needs to be computed
	pace       time.Duration
	pool       sync.Pool // of *Scratch: rows belong to one program
}

func newEndpoint(name string, meta Meta, m *model) *Endpoint {
	return &Endpoint{Name: name, Meta: meta, model: m, counts: &counts{}}
}

// Keep stores what a face has prepared for this version's answers. It lives as
// long as the version serves, so that a face needs no table of its own. Only one
// type may be kept.
func (e *Endpoint) Keep(prepared any) { e.kept.Store(prepared) }

// Kept is what was kept last; nil when that is nothing.
func (e *Endpoint) Kept() any { return e.kept.Load() }

// Program is the compiled model.
func (e *Endpoint) Program() *predict.Program { return e.model.program }

// Example is a real row of the training data as a JSON object; nil when the
// package has none.
func (e *Endpoint) Example() json.RawMessage { return e.model.example }

// Page is what the recipe says of the page for clients.
type Page struct {
	Title string   // "House prices in Ames"; the model's name when it has none
	Form  []string // inputs to ask for first, in order; none: by importance
}

// Page tells how the page for clients presents the model.
func (e *Endpoint) Page() Page {
	page := e.model.page
	if page.Title == "" {
		page.Title = e.Model
	}
	return page
}

// Importance is each input's share of what moves the predictions; nil when it
// is not known.
func (e *Endpoint) Importance() []float64 { return e.model.importance }

// Memory is what the model takes, in bytes: about, as nobody knows what the
// allocator rounds up.
func (e *Endpoint) Memory() int64 { return e.model.memory }

// Cost is what a row takes: time, and memory while it is computed.
func (e *Endpoint) Cost() (pace time.Duration, scratch int64) {
	return e.model.pace, e.model.scratch
}

// Rows is how many rows this endpoint has answered since the server started,
// over all versions; refused, how many it found wrong.
func (e *Endpoint) Rows() (answered, refused uint64) {
	return e.counts.rows.Load(), e.counts.refused.Load()
}
