package serve

import (
	"fmt"
	"reflect"

	"dasier/fault"
	"dasier/ml/predict"
)

// bytesOf is what a value takes of the memory with all that it points to, each
// thing once. It follows unexported fields too: a compiled model is theirs.
func bytesOf(value any) int64 {
	s := sizing{seen: map[memory]bool{}}
	s.below(reflect.ValueOf(value))
	return s.total
}

// scratchOf is what the row of a program takes, without the program.
func scratchOf(program *predict.Program) int64 {
	v := reflect.ValueOf(program)
	s := sizing{seen: map[memory]bool{{v.Pointer(), v.Type()}: true}}
	s.below(reflect.ValueOf(program.NewRow()))
	return s.total
}

type sizing struct {
	seen  map[memory]bool
	total int64
}

// memory is what a value of a type points to. A list and a pointer to its first
// element have one address, and the list is more.
type memory struct {
	at uintptr
	by reflect.Type
}

// first tells whether what v points to is met for the first time.
func (s *sizing) first(v reflect.Value) bool {
	m := memory{v.Pointer(), v.Type()}
	if m.at == 0 || s.seen[m] {
		return false
	}
	s.seen[m] = true
	return true
}

// below adds what v points to, and not v itself.
func (s *sizing) below(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if s.first(v) {
			s.total += int64(v.Type().Elem().Size()) //nolint:gosec // no type is that large
			s.below(v.Elem())
		}
	case reflect.Interface:
		if !v.IsNil() {
			s.total += int64(v.Elem().Type().Size()) //nolint:gosec // as above
			s.below(v.Elem())
		}
	case reflect.String:
		s.total += int64(v.Len())
	case reflect.Slice:
		if v.Cap() == 0 || !s.first(v) {
			return
		}
		s.total += int64(v.Cap()) * int64(v.Type().Elem().Size()) //nolint:gosec // as above
		if points(v.Type().Elem()) {
			for i := range v.Len() {
				s.below(v.Index(i))
			}
		}
	case reflect.Array:
		for i := 0; i < v.Len() && points(v.Type().Elem()); i++ {
			s.below(v.Index(i))
		}
	case reflect.Map:
		s.mapping(v)
	case reflect.Struct:
		for _, field := range v.Fields() {
			s.below(field)
		}
	}
}

// mapping counts a map's slots as three quarters full, with a byte of control
// each.
func (s *sizing) mapping(v reflect.Value) {
	if v.IsNil() || !s.first(v) {
		return
	}
	slot := int64(v.Type().Key().Size()+v.Type().Elem().Size()) + 1 //nolint:gosec // as above
	s.total += slot * int64(v.Len()) * 4 / 3
	if !points(v.Type().Key()) && !points(v.Type().Elem()) {
		return
	}
	for each := v.MapRange(); each.Next(); {
		s.below(each.Key())
		s.below(each.Value())
	}
}

// points tells whether values of a type can point to more memory.
func points(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.String, reflect.Slice, reflect.Map:
		return true
	case reflect.Array:
		return points(t.Elem())
	case reflect.Struct:
		for field := range t.Fields() {
			if points(field.Type) {
				return true
			}
		}
	}
	return false
}

// Limit bounds the memory of all loaded models together; 0 is no bound. It is
// about what is loaded from then on: nothing is unloaded, as each endpoint
// answers somebody.
func (e *Engine) Limit(bytes int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.most = bytes
}

// Memory is what the loaded models take, and the bound; 0 is none.
func (e *Engine) Memory() (taken, most int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.taken(""), e.most
}

// taken is the memory of all models but one endpoint's. Endpoints of one model
// that was loaded twice have it twice. It needs the lock.
func (e *Engine) taken(but string) (sum int64) {
	for name, endpoint := range *e.table.Load() {
		if name != but {
			sum += endpoint.model.memory
		}
	}
	return sum
}

// room is what a new version of an endpoint may take; 0 is any number of bytes.
func (e *Engine) room(name string) int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.most == 0 {
		return 0
	}
	return max(e.most-e.taken(name), 1)
}

// overweight is a model for which there is no room.
type overweight struct {
	bytes   int64 // that it takes
	reading int64 // or, of one that was not read: more than that for reading it
}

func (o *overweight) Error() string { return "there is no room for the model" }

// refuse says why a model that was not read to its end is not loaded.
func (e *Engine) refuse(name string, meta *Meta, heavy *overweight) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if heavy.reading > 0 {
		return Unread(meta, heavy.reading, e.taken(name), e.most)
	}
	return tooLarge(meta, mebibytes(heavy.bytes)+" of memory", e.taken(name), e.most)
}

// Unread is the refusal of a model that was not read, because that alone takes
// more than so many bytes; others take some of the most that all may.
func Unread(meta *Meta, reading, taken, most int64) error {
	return tooLarge(meta, "more than "+mebibytes(reading)+" of memory to be read", taken, most)
}

// tooLarge says what a model takes, what others do, and what the bound on all is.
func tooLarge(meta *Meta, what string, taken, most int64) error {
	return fault.Errorf(fault.Limited, "model %s version %d takes %s, and the other models of this server take %s of the %s that max_model_memory allows: stop an environment that nobody asks, deploy a smaller model, or start the server with a larger --max-model-memory",
		meta.Model, meta.Version, what, mebibytes(taken), mebibytes(most))
}

// fits needs the lock. The version that is replaced counts no more, though both
// are in memory until its last request was answered.
func (e *Engine) fits(endpoint *Endpoint) error {
	if e.most == 0 {
		return nil
	}
	taken, needs := e.taken(endpoint.Name), endpoint.model.memory
	if taken+needs <= e.most {
		return nil
	}
	return tooLarge(&endpoint.Meta, mebibytes(needs)+" of memory", taken, e.most)
}

// mebibytes is a size for people.
func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
