package merge

import "sync"

// memo remembers answers about fixed commits, which never change. It holds a
// bounded number of them: when it is full it begins anew.
type memo[V any] struct {
	mu    sync.Mutex
	known map[string]V
}

const mostRemembered = 1024

// get answers from memory, or asks find and remembers. Two who ask at once may
// both find out: it costs time, and nothing else.
func (m *memo[V]) get(key string, find func() (V, error)) (V, error) {
	m.mu.Lock()
	v, ok := m.known[key]
	m.mu.Unlock()
	if ok {
		return v, nil
	}
	v, err := find()
	if err != nil {
		return v, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= mostRemembered {
		m.known = map[string]V{}
	}
	m.known[key] = v
	return v, nil
}
