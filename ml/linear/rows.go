package linear

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/prep"
)

// block is how many rows are computed at a time: so many that a call of a kernel
// is worth its overhead, so few that the columns of a block stay in the nearest
// cache. chunk is how many a goroutine takes at a time: sums over a chunk are
// added in the order of the rows, so that no bit depends on the processors.
const (
	block = 128
	chunk = 16 * block
)

// rows is the features of a table as the fits of this package pass over them:
// numbers are computed from the frame's columns a block at a time, indicators of
// a category stay the codes they are. The design as a matrix is never there.
//
// Features are reordered: numbers first, then indicators. All vectors and
// matrices of this package's solvers are in this order; restore undoes it.
type rows struct {
	reader  *prep.Reader
	n       int
	order   []int // features in this package's order
	dense   int   // how many of them are numbers
	shift   []float64
	plain   []number
	groups  []group
	weights []float64 // nil: 1 each
	total   float64   // of the weights
	every   int       // only every so many blocks are looked at
}

// number is a column that needs nothing but scaling; there are no values of
// others.
type number struct {
	values                  frame.Numbers
	impute, center, inverse float64
}

// group is the indicators of one category, of which at most one is 1 in a row.
type group struct {
	codes []int32
	place []int32 // by code+1: the feature that is 1, in this package's order; -1: none is
}

func newRows(reader *prep.Reader, target learn.Target) *rows {
	x := &rows{reader: reader, n: reader.Rows(), every: 1, weights: target.Weights, total: float64(reader.Rows())}
	if x.weights != nil {
		x.total = 0
		for _, w := range x.weights {
			x.total += w
		}
	}
	var indicators []int
	for j := range reader.Cols() {
		if _, ok := reader.Indicator(j); ok {
			indicators = append(indicators, j)
		} else {
			x.order = append(x.order, j)
		}
	}
	x.dense = len(x.order)
	for _, j := range indicators {
		x.addIndicator(j)
	}
	x.centre()
	x.plain = make([]number, x.dense)
	for at, j := range x.order[:x.dense] {
		if values, impute, center, scale, ok := reader.Plain(j); ok {
			x.plain[at] = number{values: values, impute: impute, center: center + x.shift[at]*scale, inverse: 1 / scale}
		}
	}
	return x
}

func (x *rows) addIndicator(j int) {
	indicator, _ := x.reader.Indicator(j)
	at := int32(len(x.order)) //nolint:gosec // features are at most 500,000
	x.order = append(x.order, j)
	var g *group
	if last := len(x.groups) - 1; last >= 0 && &x.groups[last].codes[0] == &indicator.Codes[0] {
		g = &x.groups[last]
	} else {
		highest := int32(-1)
		for _, code := range indicator.Codes {
			highest = max(highest, code)
		}
		place := make([]int32, highest+2)
		for k := range place {
			place[k] = -1
		}
		x.groups = append(x.groups, group{codes: indicator.Codes, place: place})
		g = &x.groups[len(x.groups)-1]
	}
	if indicator.Missing {
		g.place[0] = at
	}
	if level := int(indicator.Level); level >= 0 && level+1 < len(g.place) {
		g.place[level+1] = at
	}
}

// centre finds a point near the mean of each number from which squares are
// taken, so that they keep their digits: 0 for those that the preparation has
// centred.
func (x *rows) centre() {
	x.shift = make([]float64, x.dense)
	var buffer [block]float64
	for at, j := range x.order[:x.dense] {
		if x.reader.Scaled(j) {
			continue
		}
		sum := 0.0
		for first := 0; first < x.n; first += block {
			part := buffer[:min(block, x.n-first)]
			x.reader.Read(j, first, part)
			for _, v := range part {
				sum += v / float64(x.n)
			}
		}
		x.shift[at] = sum
	}
}

// sample is every so many blocks of the rows.
func (x *rows) sample(every int) *rows {
	part := *x
	part.every, part.total = every, 0
	for first := 0; first < x.n; first += block {
		for i := first; !part.skips(first) && i < min(first+block, x.n); i++ {
			part.total += weight(x.weights, i)
		}
	}
	return &part
}

// skips tells whether a block is left out.
func (x *rows) skips(first int) bool { return first/block%x.every != 0 }

func (x *rows) cols() int { return len(x.order) }

// panel is the numbers of a block of rows, column after column.
type panel struct {
	columns [][block]float64
	rows    int
}

// load computes the numbers of a block; rows past the end are 0.
func (x *rows) load(to *panel, first int) {
	to.rows = min(block, x.n-first)
	for at, j := range x.order[:x.dense] {
		column := &to.columns[at]
		if own := &x.plain[at]; own.values.Len() > 0 {
			part := column[:to.rows]
			scale(part, own.values.Block(first, first+to.rows, part), own.impute, own.center, own.inverse)
			clear(column[to.rows:])
			continue
		}
		x.reader.Read(j, first, column[:to.rows])
		if shift := x.shift[at]; shift != 0 {
			for i := range column[:to.rows] {
				column[i] -= shift
			}
		}
		clear(column[to.rows:])
	}
}

// restore gives values of features back in the order of the features.
func (x *rows) restore(values []float64) []float64 {
	restored := make([]float64, len(x.order))
	for at, j := range x.order {
		restored[j] = values[at]
	}
	return restored
}

// bias is the intercept of a model whose features are counted from their shifts.
func (x *rows) bias(intercept float64, weights []float64) float64 {
	for at, shift := range x.shift {
		intercept -= weights[at] * shift
	}
	return intercept
}

// matrix is the whole design, in the order of the features.
func (x *rows) matrix() *prep.Matrix {
	m := &prep.Matrix{Rows: x.n, Cols: x.cols(), Data: make([]float64, x.n*x.cols())}
	var buffer [block]float64
	for j := range m.Cols {
		for first := 0; first < x.n; first += block {
			part := buffer[:min(block, x.n-first)]
			x.reader.Read(j, first, part)
			for i, v := range part {
				m.Data[(first+i)*m.Cols+j] = v
			}
		}
	}
	return m
}

// inOrder computes the chunks of a pass over rows on all processors and adds
// what they give in the order of the rows. The sums are made by one worker each
// and cleared by add.
func inOrder[S any](ctx context.Context, n, size int, sum func() S, work func(sum S, first, last int), add func(S)) error {
	chunks := (n + size - 1) / size
	workers := min(runtime.GOMAXPROCS(0), chunks)
	var next atomic.Int64
	var turn struct {
		sync.Mutex
		sync.Cond
		at int
	}
	turn.L = &turn.Mutex
	worker := func() {
		own := sum()
		for {
			at := int(next.Add(1)) - 1
			if at >= chunks {
				return
			}
			if ctx.Err() == nil { // otherwise only pass the turn on
				work(own, at*size, min((at+1)*size, n))
			}
			turn.Lock()
			for turn.at != at {
				turn.Wait()
			}
			add(own)
			turn.at++
			turn.Unlock()
			turn.Broadcast()
		}
	}
	if workers == 1 {
		worker()
		return ctx.Err()
	}
	var all sync.WaitGroup
	for range workers {
		all.Go(worker)
	}
	all.Wait()
	return ctx.Err()
}

// flat tells whether a spread is nothing but the rounding of a mean.
func flat(square, n, mean float64) bool {
	return math.Sqrt(square) <= 8*epsilon*math.Sqrt(n)*math.Abs(mean)
}
