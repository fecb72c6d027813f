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
// for its counters and pools.
type Endpoint struct {
	Name string
	Meta
	model  *model
	counts *counts
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
	pool       sync.Pool // of *Scratch: rows belong to one program
}

func newEndpoint(name string, meta Meta, m *model) *Endpoint {
	return &Endpoint{Name: name, Meta: meta, model: m, counts: &counts{}}
}

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

// Rows is how many rows this endpoint has answered since the server started,
// over all versions; refused, how many it found wrong.
func (e *Endpoint) Rows() (answered, refused uint64) {
	return e.counts.rows.Load(), e.counts.refused.Load()
}
