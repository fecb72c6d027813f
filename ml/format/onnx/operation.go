package onnx

import (
	"math"
	"sync"

	"dasier/fault"
	"dasier/ml/stage"
	"dasier/ml/tensor"
)

var _ stage.Operation = (*Operation)(nil)

// Operation is a graph as one operation on cells. A numeric cell in is its
// number, NaN when it is missing; a text is the place of its level, the number
// of levels when it is unknown and one more when it is missing. Cells out are
// the outputs' numbers one after the other; a classifier's label is the place of
// its class.
//
// It computes in an arena of the graph's own: Apply needs no work, and allocates
// nothing once its pool is warm, but for graphs with loops.
type Operation struct {
	machine *tensor.Machine
	inputs  []operand
	outputs []result
	in, out int
	pool    sync.Pool // of *batch
}

// operand is one of the graph's inputs: width cells from the first on.
type operand struct {
	shape []int
	width int
	texts []string // of a text: what the places stand for, with unknown and missing
}

// result is one of the graph's outputs: width cells.
type result struct {
	width   int
	byText  map[string]int // of a label: the places of classes
	byInt   map[int64]int
	oneHot  int // of a label: so many cells follow, 1 at its place
	isLabel bool
}

type batch struct{ in, out []tensor.Tensor }

// unknownText is what an unknown level is to the graph: no constant is this.
const unknownText = "\x00unknown"

func (o *Operation) newBatch() *batch {
	b := &batch{in: make([]tensor.Tensor, len(o.inputs)), out: make([]tensor.Tensor, len(o.outputs))}
	for i, port := range o.machine.Inputs() {
		from := &o.inputs[i]
		b.in[i] = blank(port.Type, from.shape, from.width)
	}
	return b
}

// blank is a tensor of zeros.
func blank(kind tensor.Type, shape []int, cells int) tensor.Tensor {
	t := tensor.Tensor{Type: kind, Shape: shape}
	switch kind {
	case tensor.Float:
		t.Float = make([]float32, cells)
	case tensor.Double:
		t.Double = make([]float64, cells)
	case tensor.Int64:
		t.Int64 = make([]int64, cells)
	case tensor.Int32:
		t.Int32 = make([]int32, cells)
	case tensor.Bool:
		t.Bool = make([]bool, cells)
	case tensor.Uint8:
		t.Uint8 = make([]uint8, cells)
	case tensor.String:
		t.String = make([]string, cells)
	case tensor.None:
	}
	return t
}

// Check says how many cells it gives.
func (o *Operation) Check(in int) (out int, err error) {
	if in != o.in {
		return 0, fault.Errorf(fault.Invalid, "the graph takes %d cells, not %d", o.in, in)
	}
	return o.out, nil
}

// Work is none: the graph has memory of its own.
func (o *Operation) Work(int) int { return 0 }

// Apply runs the graph on one row. A row that the graph refuses (a category that
// an encoder does not know and must) gets NaN in every cell.
func (o *Operation) Apply(in, out, _ []float64) {
	b, ok := o.pool.Get().(*batch)
	if !ok {
		b = o.newBatch()
	}
	defer o.pool.Put(b)
	for i := range o.inputs {
		o.inputs[i].fill(&b.in[i], in)
		in = in[o.inputs[i].width:]
	}
	if err := o.machine.Run(b.in, b.out); err != nil {
		for i := range out {
			out[i] = math.NaN()
		}
		return
	}
	for i := range o.outputs {
		r := &o.outputs[i]
		cells := r.width + r.oneHot
		r.read(&b.out[i], out[:cells])
		out = out[cells:]
	}
}

func (p *operand) fill(t *tensor.Tensor, in []float64) {
	for i, v := range in[:p.width] {
		switch t.Type {
		case tensor.Float:
			t.Float[i] = float32(v)
		case tensor.Double:
			t.Double[i] = v
		case tensor.Int64:
			t.Int64[i] = integer(v)
		case tensor.Int32:
			t.Int32[i] = int32(max(min(integer(v), math.MaxInt32), math.MinInt32)) //nolint:gosec // bounded here
		case tensor.Bool:
			t.Bool[i] = v != 0 && !math.IsNaN(v)
		case tensor.Uint8:
			t.Uint8[i] = uint8(max(min(integer(v), math.MaxUint8), 0)) //nolint:gosec // bounded here
		case tensor.String:
			t.String[i] = p.texts[max(0, min(int(integer(v)), len(p.texts)-1))]
		case tensor.None:
		}
	}
}

// integer cuts; what is missing or too large is the least integer, as a C cast
// has it on x86.
func integer(v float64) int64 {
	if !(v >= math.MinInt64 && v < -math.MinInt64) {
		return math.MinInt64
	}
	return int64(v)
}

func (r *result) read(t *tensor.Tensor, out []float64) {
	if r.isLabel {
		at, ok := r.place(t)
		clear(out)
		out[0] = float64(at)
		if !ok {
			out[0] = math.NaN()
		} else if r.oneHot > 0 {
			out[1+at] = 1
		}
		return
	}
	if t.Count() != len(out) {
		// A graph whose outputs have other lengths for other rows is no model of
		// rows.
		for i := range out {
			out[i] = math.NaN()
		}
		return
	}
	for i := range out {
		out[i] = cellOf(t, i)
	}
}

func (r *result) place(t *tensor.Tensor) (int, bool) {
	switch {
	case t.Type == tensor.String && len(t.String) == 1:
		at, ok := r.byText[t.String[0]]
		return at, ok
	case t.Type == tensor.Int64 && len(t.Int64) == 1:
		at, ok := r.byInt[t.Int64[0]]
		return at, ok
	default:
		return 0, false
	}
}

// cellOf is a numeric cell as a float64.
func cellOf(t *tensor.Tensor, i int) float64 {
	switch t.Type {
	case tensor.Float:
		return float64(t.Float[i])
	case tensor.Double:
		return t.Double[i]
	case tensor.Int64:
		return float64(t.Int64[i])
	case tensor.Int32:
		return float64(t.Int32[i])
	case tensor.Uint8:
		return float64(t.Uint8[i])
	case tensor.Bool:
		if t.Bool[i] {
			return 1
		}
		return 0
	default:
		return math.NaN()
	}
}
