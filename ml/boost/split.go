package boost

import (
	"context"
	"math"
)

// split is a way to divide a node.
type split struct {
	gain   float64 // loss that it saves, twice
	column int32
	ways   ways
	sums   sums // of the left side
}

// noise is what of a node's own savings a split must save to be no rounding error.
const noise = 1e-12

// view is a node as its columns are searched.
type view struct {
	*node
	parent float64 // twice the loss that the node's value saves
}

// best finds the node's best split among the columns that it may use; of equals
// the first column's. It tells whether there is one.
func (g *grower) best(ctx context.Context, n *node, draw draw) (bool, error) {
	candidates := g.candidates(n, draw)
	v := view{node: n, parent: g.saves(n.sums, n.lower, n.upper, g.L2)}
	least := g.MinGain + noise*v.parent
	workers := 1
	if len(candidates) > 1 {
		workers = min(g.workers, 1+g.length/8192)
	}
	err := parallel(ctx, workers, len(candidates), func(_, k int) {
		j := candidates[k]
		g.found[j] = split{column: j, gain: least}
		if c := &g.columns[j]; c.category() {
			g.searchLevels(&v, c, &g.found[j])
		} else {
			g.searchBins(&v, c, &g.found[j])
		}
	})
	n.best.gain = least
	for _, j := range candidates {
		if g.found[j].gain > n.best.gain {
			n.best = g.found[j]
		}
	}
	if n.best.gain <= least {
		return false, err
	}
	if c := &g.columns[n.best.column]; !c.category() {
		missingLeft := n.best.ways.members
		if g.cell(n.cells, c, c.bins).rows == 0 { // nothing was missing here: with the larger side
			missingLeft = 2*n.best.sums.rows > n.sums.rows
		}
		n.best.open(c.bins, missingLeft)
	}
	return true, err
}

// candidates are the columns that a node may be split by, ascending.
func (g *grower) candidates(n *node, chance draw) []int32 {
	seen := g.some
	if seen == nil {
		seen = g.limits.columns
	}
	seen = chance.at(n.node, seen, g.ColumnsAtNode)
	return g.limits.allowed(n.sets, seen)
}

// searchBins tries every threshold of a number, missing values on either side.
func (g *grower) searchBins(v *view, c *column, found *split) {
	missing := g.cell(v.cells, c, c.bins)
	if missing.rows == 0 && g.numbers == 1 && c.sign == 0 && g.L1 == 0 && v.lower == -mostTarget && v.upper == mostTarget {
		g.scan(v, c, found)
		return
	}
	var left sums
	for b := range c.bins - 1 {
		here := g.cell(v.cells, c, b)
		if here.rows == 0 {
			continue
		}
		left = left.plus(here)
		g.try(v, c, left, b, false, found)
	}
	if missing.rows == 0 {
		return
	}
	g.try(v, c, v.sums.less(missing), c.bins-1, false, found)
	// From above, as scikit-learn does: of thresholds that divide the rows alike,
	// the highest.
	var right sums
	for b := c.bins - 2; b >= 0; b-- {
		here := g.cell(v.cells, c, b+1)
		if here.rows == 0 {
			continue
		}
		right = right.plus(here)
		g.try(v, c, v.sums.less(right), b, true, found)
	}
}

// scan is searchBins where nothing is missing, second derivatives are 1 and values
// have no bounds.
func (g *grower) scan(v *view, c *column, found *split) {
	shift, least := g.grid.shift&63, int64(max(float64(g.MinRows), math.Ceil(g.MinHessian)))
	mask := int64(1)<<shift - 1
	all, rows := float64(v.sums.first), v.sums.rows
	count := float64(rows)
	cells := v.cells[c.first : c.first+c.bins-1]
	most := (found.gain + v.parent) / (g.grid.unit * g.grid.unit)
	at, sum, atSum := -1, int64(0), int64(0)
	for b, cell := range cells {
		if cell == 0 {
			continue
		}
		sum += cell
		n := sum & mask
		if n < least {
			continue
		}
		if rows-n < least {
			break
		}
		left, nLeft := float64(sum>>shift), float64(n)
		right, nRight := all-left, count-nLeft
		nLeft += g.L2
		nRight += g.L2
		// Compared as a fraction: a division takes as long as all the rest.
		saved, over := left*left*nRight+right*right*nLeft, nLeft*nRight
		if saved > most*over {
			most, at, atSum = saved/over, b, sum
		}
	}
	if at < 0 {
		return
	}
	left := sums{first: atSum >> shift, second: atSum & mask, rows: atSum & mask}
	found.gain, found.sums = most*g.grid.unit*g.grid.unit-v.parent, left
	found.ways = ways{bin: int32(at)}
}

// try keeps a threshold if it is better than what was found.
func (g *grower) try(v *view, c *column, left sums, bin int, missingLeft bool, found *split) {
	if gain, ok := g.gain(v, left, c.sign, g.L2); ok && gain > found.gain {
		found.gain, found.sums = gain, left
		found.ways = ways{bin: int32(bin), members: missingLeft}
	}
}

// open names the codes that a threshold leaves on the left, once it is chosen.
func (s *split) open(bins int, missingLeft bool) {
	w := &s.ways
	w.members = false
	for b := range int(w.bin) + 1 {
		w.toLeft(b)
	}
	if missingLeft {
		w.toLeft(bins)
	}
}

// gain is what a split saves more than its node; false where it is not allowed.
func (g *grower) gain(v *view, left sums, sign int, l2 float64) (float64, bool) {
	right := v.sums.less(left)
	least := int64(g.MinRows)
	if left.rows < least || right.rows < least {
		return 0, false
	}
	if float64(left.second)*g.grid.unit2 < g.MinHessian || float64(right.second)*g.grid.unit2 < g.MinHessian {
		return 0, false
	}
	if sign != 0 {
		l, r := g.valueOf(left, v.lower, v.upper), g.valueOf(right, v.lower, v.upper)
		if float64(sign)*(r-l) < 0 {
			return 0, false
		}
	}
	return g.saves(left, v.lower, v.upper, l2) + g.saves(right, v.lower, v.upper, l2) - v.parent, true
}

// saves is twice the loss that the best value of some rows saves: Chen and
// Guestrin 2016, equation 6; of a value that bounds hold, equation 5.
func (g *grower) saves(s sums, lower, upper, l2 float64) float64 {
	first, second := float64(s.first)*g.grid.unit, float64(s.second)*g.grid.unit2+l2
	if !(second > 0) {
		return 0
	}
	first = shrunk(first, g.L1)
	value := -first / second
	if value < lower || value > upper {
		value = max(lower, min(upper, value))
		return -2*first*value - second*value*value
	}
	return first * first / second
}

// valueOf is the step of some rows: Chen and Guestrin 2016, equation 5.
func (g *grower) valueOf(s sums, lower, upper float64) float64 {
	first, second := float64(s.first)*g.grid.unit, float64(s.second)*g.grid.unit2+g.L2
	if !(second > 0) {
		return max(lower, min(upper, 0))
	}
	value := -shrunk(first, g.L1) / second
	value = max(-g.step, min(g.step, value))
	return max(lower, min(upper, value))
}

// shrunk is the soft threshold of an L1 penalty.
func shrunk(v, l1 float64) float64 {
	switch {
	case v > l1:
		return v - l1
	case v < -l1:
		return v + l1
	}
	return 0
}
