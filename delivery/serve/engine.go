package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"dasier/fault"
)

// Engine is the routing table of one server process: endpoint name to model
// version.
type Engine struct {
	// table is replaced as a whole and never written to, so that a request
	// reads it with one atomic load.
	table atomic.Pointer[map[string]*Endpoint]
	mu    sync.Mutex // one writer at a time
	most  int64      // bytes of all models; 0 is any number
}

// New makes an engine without endpoints.
func New() *Engine {
	e := &Engine{}
	e.table.Store(&map[string]*Endpoint{})
	return e
}

// Endpoint finds an endpoint by name.
func (e *Engine) Endpoint(name string) (*Endpoint, bool) {
	endpoint, ok := (*e.table.Load())[name]
	return endpoint, ok
}

// EndpointBytes is Endpoint for bytes, without copying them.
func (e *Engine) EndpointBytes(name []byte) (*Endpoint, bool) {
	endpoint, ok := (*e.table.Load())[string(name)]
	return endpoint, ok
}

// Endpoints lists all endpoints by name.
func (e *Engine) Endpoints() []*Endpoint {
	list := slices.Collect(maps.Values(*e.table.Load()))
	slices.SortFunc(list, func(a, b *Endpoint) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Load verifies the package and makes the endpoint answer with it. Requests
// that run keep the version they began with. When the endpoint already serves
// this digest, only what meta says about it changes.
func (e *Engine) Load(ctx context.Context, name string, pkg fs.FS, meta Meta) error {
	if name == "" {
		return fault.Errorf(fault.Invalid, "an endpoint needs a name")
	}
	if e.relabel(name, meta) {
		return nil
	}
	// Reading and replaying takes a while: other endpoints need not wait.
	m, err := readModel(pkg, e.room(name))
	if heavy, ok := errors.AsType[*overweight](err); ok {
		return e.refuse(name, &meta, heavy)
	}
	if err != nil {
		return fmt.Errorf("endpoint %s: %w", name, err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("loading endpoint %s: %w", name, err)
	}
	return e.put(newEndpoint(name, meta, m))
}

// relabel puts new meta on the version that serves, if it is the same one.
func (e *Engine) relabel(name string, meta Meta) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	old, ok := e.Endpoint(name)
	if !ok || meta.Digest == "" || old.Digest != meta.Digest {
		return false
	}
	if old.Meta != meta {
		e.swap(newEndpoint(name, meta, old.model))
	}
	return true
}

func (e *Engine) put(endpoint *Endpoint) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.fits(endpoint); err != nil {
		return err
	}
	e.swap(endpoint)
	return nil
}

// swap needs the lock. The counters of an endpoint live as long as its name.
func (e *Engine) swap(endpoint *Endpoint) {
	if old, ok := e.Endpoint(endpoint.Name); ok {
		endpoint.counts = old.counts
	}
	table := maps.Clone(*e.table.Load())
	table[endpoint.Name] = endpoint
	e.table.Store(&table)
}

// Remove makes an endpoint answer no more, and tells whether it was there.
func (e *Engine) Remove(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.Endpoint(name); !ok {
		return false
	}
	table := maps.Clone(*e.table.Load())
	delete(table, name)
	e.table.Store(&table)
	return true
}
