package tree

import (
	"math"

	"dasier/ml/learn"
	"dasier/ml/predict"
)

// plan is what all trees of a fit share. It does not change.
type plan struct {
	columns []column
	rows    int
	y       []float64 // the number, or the place of the class
	weights []float64 // nil: 1 each
	classes int       // 0: y is a number
	loss    Criterion

	draw     int // columns that a node looks at
	depth    int
	minRows  int
	minSplit int
	minGain  float64
	random   bool     // cuts are drawn, not searched
	local    int      // rows of a node from which on columns are sorted lists
	alone    bool     // one tree: the processors work inside it
	pairs    bool     // nodes of two rows need no search
	rare     *rare    // columns that are counted by rows; nil: none
	ids      []uint16 // the place of the ids among the lists of a local space
	scans    bool     // lists are scanned for squares
	inner    bool     // nodes that are split have a value as well, for pruning
}

// deepest bounds trees: what package forest takes.
const deepest = 499

// narrowLevels is up to how many codes a column is counted where it could be
// sorted: counting costs a gather a row, a list a pass and a division. Lists are
// scanned and divided at a lower price where their cuts are weighed by squares.
const (
	narrowLevels = 64
	fewLevels    = 8
)

// fits is how many bytes the lists of a local space have: a quarter of what a
// core's second cache holds, for nodes above are counted at a lower price.
const fits = 128 << 10

// localRows is for how many rows the lists of all columns fit.
func localRows(columns []column, random bool, out *rare) int {
	bytes := 1
	for k := range columns {
		if out.has(k) {
			continue
		}
		if random || columns[k].counted {
			bytes += 2
		} else {
			bytes += 6
		}
	}
	return min(max(fits/bytes, 1024), 1<<16)
}

// cell is what a row, or several, add to a node: the weight times the target in
// steps, and the weight in steps with the number of rows below it, so that both are
// one addition. Of classes a row's sum is its class.
type cell struct{ sum, weight int64 }

const (
	rowBits  = 26 // below a weight: the number of rows
	mostRows = 1 << 25
)

func (c cell) rows() int         { return int(c.weight & (1<<rowBits - 1)) }
func (c cell) total() float64    { return float64(c.weight >> rowBits) }
func (c cell) plus(d cell) cell  { return cell{c.sum + d.sum, c.weight + d.weight} }
func (c cell) minus(d cell) cell { return cell{c.sum - d.sum, c.weight - d.weight} }

// steps is how targets and weights are measured: whole numbers of steps.
type steps struct {
	mid    float64 // of targets, which are measured from there
	target float64 // steps a unit: a power of two
	weight float64 // steps a unit: a power of two, 1 where weights are whole
	round  bool    // targets are whole steps before they are weighted
	// What a row has for its weight is between them, in steps.
	low, high float64
}

// weightSteps is the finest step of the weights of a tree's rows that leaves room.
func weightSteps(sum float64, whole bool) float64 {
	if whole && sum < 1<<37 {
		return 1
	}
	_, e := math.Frexp(sum)
	return math.Ldexp(1, 36-e)
}

// measure chooses the finest step of targets between two bounds, for rows of so
// much weight (in steps), such that no sum needs more than so many bits.
func (s *steps) measure(least, most, weight float64, bits int) {
	s.round = s.weight == 1 && weight < 1<<22
	_, e := math.Frexp(max(most-least, math.SmallestNonzeroFloat64))
	_, f := math.Frexp(weight)
	k := min(bits-f-e, 1000)
	s.target = math.Ldexp(1, k)
	s.mid = least/2 + most/2
	if rounded := math.RoundToEven(s.mid*s.target) / s.target; !math.IsInf(rounded, 0) && !math.IsNaN(rounded) {
		s.mid = rounded
	}
	s.low, s.high = (least-s.mid)*s.target-1, (most-s.mid)*s.target+1
}

// of is a row's cell. Where weights are whole a row of weight 2 must be what two
// rows are, unless they are so great that whole steps would be coarse.
func (s *steps) of(y float64, weight int64) cell {
	q := (y - s.mid) * s.target
	if s.round {
		q = math.RoundToEven(q)
	}
	return cell{int64(math.RoundToEven(q * float64(weight))), weight<<rowBits + 1}
}

// mean is the mean target of a node.
func (s *steps) mean(c cell) float64 { return s.mid + float64(c.sum)/c.total()/s.target }

func newPlan(columns []column, target *learn.Target) *plan {
	p := &plan{columns: columns, rows: len(target.Y), y: target.Y, weights: target.Weights}
	if target.Task == predict.TaskMulticlass {
		p.classes = len(target.Classes)
	}
	p.ids = []uint16{uint16(len(columns))} //nolint:gosec // a spec has fewer features
	return p
}
