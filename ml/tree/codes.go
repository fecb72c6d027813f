package tree

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/prep"
)

// Sizes of codes.
const (
	buckets  = 256   // of a histogram of a large node, with that of missing values
	mostCode = 65280 // codes of a number: buckets-1 times 256
)

// column is a feature as codes.
type column struct {
	name    string
	feature int32 // in the table, and so in the Spec
	codes   []uint16
	levels  int  // codes are below
	missing bool // whether a row has the code gap
	gap     uint16
	shift   uint8 // code>>shift is the bucket
	set     bool  // a category: codes have no order
	counted bool  // a histogram of single codes is better than a sorted list
	// Of a number: the least and the greatest value of each code; the same array
	// where each code is one value.
	low, high []float64
}

// narrow tells whether a column has few codes.
func (c *column) narrow() bool { return c.set || c.levels <= narrowLevels }

// width is how many buckets there are, with that of missing values.
func (c *column) width() int { return int(c.gap>>c.shift) + 1 }

// encode makes codes of every column, in an order that does not depend on that of
// the table: by a hash of the name.
func encode(t *prep.Table) ([]column, error) {
	columns := make([]column, len(t.Columns))
	for j := range t.Columns {
		v := &t.Columns[j]
		columns[j] = column{name: v.Name, feature: int32(j)} //nolint:gosec // a table has fewer columns
		if v.Codes != nil && v.Levels >= mostCode {
			return nil, fault.Errorf(fault.Invalid, "the column %q has %d different texts, trees take at most %d: group them, or leave the column out", v.Name, v.Levels, mostCode-1)
		}
	}
	inParallel(len(columns), func() func(int) {
		work := &ranking{}
		return func(j int) {
			c, v := &columns[j], &t.Columns[j]
			if v.Codes != nil {
				c.levelsOf(v)
			} else {
				c.ranksOf(v.Values, work)
			}
		}
	})
	slices.SortFunc(columns, func(a, b column) int {
		x, y := hash(a.name), hash(b.name)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return int(a.feature - b.feature)
	})
	return columns, nil
}

// levelsOf takes a category's codes.
func (c *column) levelsOf(v *prep.Variable) {
	c.set, c.levels, c.gap = true, v.Levels, uint16(v.Levels) //nolint:gosec // encode bounds them
	c.codes = make([]uint16, len(v.Codes))
	for i, code := range v.Codes {
		c.codes[i] = uint16(code) //nolint:gosec // encode bounds them
		if code < 0 || int(code) >= v.Levels {
			c.codes[i], c.missing = c.gap, true
		}
	}
}

// ranksOf ranks numbers.
func (c *column) ranksOf(values frame.Numbers, work *ranking) {
	c.codes = make([]uint16, values.Len())
	sorted := work.sort(values)
	// What is more than can be told apart is cut into runs of equal depth.
	deep := 1
	distinct := 0
	for i := range sorted {
		if i == 0 || sorted[i].key != sorted[i-1].key {
			distinct++
		}
	}
	if distinct > mostCode {
		deep = (len(sorted) + mostCode - 1) / mostCode
	}
	c.levels = min(distinct, mostCode)
	c.low, c.high = make([]float64, 0, c.levels), make([]float64, 0, c.levels)
	run := 0
	for i := range sorted {
		changes := i == 0 || sorted[i].key != sorted[i-1].key
		if changes && (i == 0 || run >= deep) {
			v := valueOf(sorted[i].key)
			c.low, c.high = append(c.low, v), append(c.high, v)
			run = 0
		}
		run++
		at := len(c.high) - 1
		if changes {
			c.high[at] = valueOf(sorted[i].key)
		}
		c.codes[sorted[i].row] = uint16(at) //nolint:gosec // at most mostCode runs
	}
	c.levels = len(c.low)
	if deep == 1 {
		c.high = c.low
	}
	for c.shift = 0; (c.levels-1)>>c.shift+1 >= buckets; c.shift++ {
	}
	c.gap = uint16(((c.levels-1)>>c.shift + 1) << c.shift) //nolint:gosec // at most 255<<8
	if len(sorted) < values.Len() {
		c.missing = true
		for i, v := range values.All() {
			if math.IsNaN(v) {
				c.codes[i] = c.gap
			}
		}
	}
}

// between is halfway from the last code that goes left to the first that goes
// right.
func (c *column) between(code, next uint16) float64 {
	if int(next) >= c.levels {
		return math.MaxFloat64 // what is present goes left
	}
	a, b := c.high[code], c.low[next]
	half := a + (b-a)/2
	if !(half < b) || half < a || math.IsInf(half, 0) { // neighbours, or too far apart
		half = a/2 + b/2
		if !(half < b) || half < a {
			return a
		}
	}
	return half
}

// greatest is the greatest code whose values are at most a threshold between
// code and next.
func (c *column) greatest(code, next uint16, threshold float64) uint16 {
	if int(next) >= c.levels {
		return uint16(c.levels - 1) //nolint:gosec // at most mostCode
	}
	least, most := int(code), int(next)
	for most-least > 1 {
		mid := (least + most) / 2
		if c.low[mid] <= threshold {
			least = mid
		} else {
			most = mid
		}
	}
	return uint16(least) //nolint:gosec // a code
}

// inParallel does jobs 0 to n-1 on all processors; each has a worker of its own.
func inParallel(n int, worker func() func(int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		group.Go(func() {
			do := worker()
			for {
				j := int(next.Add(1)) - 1
				if j >= n {
					return
				}
				do(j)
			}
		})
	}
	group.Wait()
}
