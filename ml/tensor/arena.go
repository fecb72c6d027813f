package tensor

import (
	"slices"

	"dasier/fault"
)

// slab hands out pieces of one long slice. A piece is not cleared.
type slab[T any] struct {
	cells []T
	used  int
	grown int // how often the slice was replaced by a longer one
}

func (s *slab[T]) take(n int) []T {
	if n > len(s.cells)-s.used {
		// The old slice lives on in the pieces that were given out.
		s.cells, s.used = make([]T, max(2*len(s.cells), n, 64)), 0
		s.grown++
	}
	piece := s.cells[s.used : s.used+n : s.used+n]
	s.used += n
	return piece
}

type mark struct{ used, grown int }

func (s *slab[T]) mark() mark { return mark{s.used, s.grown} }

// release takes back what was given out since the mark. If the slice was
// replaced since, all of the new one was given out since.
func (s *slab[T]) release(m mark) {
	if s.grown == m.grown {
		s.used = m.used
	} else {
		s.used = 0
	}
}

// reset takes everything back, and drops a slice that is too long to keep.
func (s *slab[T]) reset(size int) {
	s.used = 0
	if len(s.cells)*size > maxKept {
		s.cells = nil
	}
}

// run is what one execution needs: memory, and the account of work done.
type run struct {
	float  slab[float32]
	double slab[float64]
	int64s slab[int64]
	int32s slab[int32]
	bools  slab[bool]
	uint8s slab[uint8]
	texts  slab[string]
	dims   slab[int]
	live   int // bytes given out
	room   int // bytes allowed
	work   int
	most   int // work allowed
	main   *frame
	bodies []*frame // by program.body
}

type marks struct {
	float, double, int64s, int32s, bools, uint8s, texts, dims mark
	live                                                      int
}

func (r *run) mark() marks {
	return marks{
		r.float.mark(), r.double.mark(), r.int64s.mark(), r.int32s.mark(), r.bools.mark(), r.uint8s.mark(), r.texts.mark(), r.dims.mark(), r.live,
	}
}

func (r *run) release(m *marks) {
	r.float.release(m.float)
	r.double.release(m.double)
	r.int64s.release(m.int64s)
	r.int32s.release(m.int32s)
	r.bools.release(m.bools)
	r.uint8s.release(m.uint8s)
	r.texts.release(m.texts)
	r.dims.release(m.dims)
	r.live = m.live
}

func (r *run) reset() {
	r.float.reset(4)
	r.double.reset(8)
	r.int64s.reset(8)
	r.int32s.reset(4)
	r.bools.reset(1)
	r.uint8s.reset(1)
	clear(r.texts.cells[:r.texts.used]) // the texts of a request must not outlive it
	r.texts.reset(textBytes)
	r.dims.reset(8)
	r.live, r.work = 0, 0
}

// charge accounts for work before it is done.
func (r *run) charge(n int) error {
	if n < 0 || n > r.most-r.work {
		return fault.Errorf(fault.Limited, "the graph does too much: more than %d steps", r.most)
	}
	r.work += n
	return nil
}

// shape gives a piece for a shape.
func (r *run) shape(rank int) []int { return r.dims.take(rank) }

// make gives t cells of a type in a shape, which is copied. The cells hold
// anything: the caller writes all of them.
func (r *run) make(t *Tensor, kind Type, shape []int) error {
	n := count(shape)
	if n < 0 || len(shape) > maxRank {
		return fault.Errorf(fault.Limited, "a tensor of shape %v is too large", slices.Clone(shape)) // a clone, so that shape itself needs no heap
	}
	if n*kind.size() > r.room-r.live {
		return fault.Errorf(fault.Limited, "the graph needs more than %d MB of memory", r.room>>20)
	}
	if err := r.charge(n); err != nil {
		return err
	}
	r.live += n * kind.size()
	dims := r.dims.take(len(shape))
	copy(dims, shape)
	*t = Tensor{Type: kind, Shape: dims}
	switch kind {
	case Float:
		t.Float = r.float.take(n)
	case Double:
		t.Double = r.double.take(n)
	case Int64:
		t.Int64 = r.int64s.take(n)
	case Int32:
		t.Int32 = r.int32s.take(n)
	case Bool:
		t.Bool = r.bools.take(n)
	case Uint8:
		t.Uint8 = r.uint8s.take(n)
	case String:
		t.String = r.texts.take(n)
	case None:
	}
	return nil
}

// give is make for a type that is known here.
func give[T element](r *run, t *Tensor, shape []int) ([]T, error) {
	if err := r.make(t, typeOf[T](), shape); err != nil {
		return nil, err
	}
	return cells[T](t), nil
}

// scratch gives float64s that are no tensor's.
func (r *run) scratch(n int) ([]float64, error) {
	if n < 0 || n*8 > r.room-r.live {
		return nil, fault.Errorf(fault.Limited, "the graph needs more than %d MB of memory", r.room>>20)
	}
	r.live += n * 8
	return r.double.take(n), r.charge(n)
}
