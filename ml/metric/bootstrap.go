package metric

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Most metrics are a function of a few sums over rows. Their bootstrap needs no
// resampled table: a draw says how often each row counts, and the sums follow.
// Of many rows not even that is needed: the rows are divided by chance into
// blocks, and blocks are drawn instead, for a sum over a block of rows varies as
// much as its rows do. The error of a standard error from 1,024 blocks is two per
// cent (1/sqrt(2*1024)), less than that of 2,000 draws matters.

// basis is the sums that metrics are made of. Metrics whose basis has the same
// name share it.
type basis struct {
	name string
	k    int
	// add adds row i, of weight w, to the sums.
	add func(i int, w float64, sums []float64)
}

// block sizes: up to maxSingle rows each row is its own block.
const (
	maxSingle = 2048
	maxBlocks = 1024
	maxSteps  = 400_000_000 // of adding; beyond it the jackknife takes the bootstrap's place
)

// partition divides rows, or groups of them, by chance into blocks of nearly equal
// size.
func partition(n int, groups []int, seed uint64) (block []int32, blocks int) {
	block = make([]int32, n)
	if groups == nil {
		for i := range block {
			block[i] = int32(i) //nolint:gosec // check bounds rows
		}
		blocks = n
	} else {
		place := map[int]int32{}
		for i, group := range groups {
			at, known := place[group]
			if !known {
				at = int32(len(place)) //nolint:gosec // check bounds rows
				place[group] = at
			}
			block[i] = at
		}
		blocks = len(place)
	}
	if blocks <= maxSingle {
		return block, blocks
	}
	of := make([]int32, blocks)
	for i := range of {
		of[i] = int32(i % maxBlocks)
	}
	random := rand.New(rand.NewPCG(seed, 0x626c6f636b73)) //nolint:gosec // a reproducible draw is the point
	random.Shuffle(blocks, func(a, b int) { of[a], of[b] = of[b], of[a] })
	for i, at := range block {
		block[i] = of[at]
	}
	return block, maxBlocks
}

// blockSums are the sums of every block, side by side, and of all rows.
func (b *basis) blockSums(d *data, block []int32, blocks int) (sums, total []float64) {
	sums, total = make([]float64, blocks*b.k), make([]float64, b.k)
	for i, at := range block {
		b.add(i, d.weight(i), sums[int(at)*b.k:int(at+1)*b.k])
	}
	for at := range blocks {
		for j := range total {
			total[j] += sums[at*b.k+j]
		}
	}
	return sums, total
}

// statistic is a figure that is a function of the sums of one basis.
type statistic struct {
	basis int // place among the bases
	value func(sums []float64) float64
}

// pool is the bases' sums per block, from which draws are made.
type pool struct {
	blocks int
	widths []int
	sums   [][]float64
	totals [][]float64
}

func (p *pool) add(d *data, b basis, block []int32) {
	sums, total := b.blockSums(d, block, p.blocks)
	p.widths, p.sums, p.totals = append(p.widths, b.k), append(p.sums, sums), append(p.totals, total)
}

// draw computes every statistic of each of the draws: blocks with replacement.
// Draws for which a statistic is undefined are left out of it.
func (p *pool) draw(statistics []statistic, resamples int, seed uint64) [][]float64 {
	random := rand.New(rand.NewPCG(seed, 0x6d6574726963)) //nolint:gosec // a reproducible draw is the point
	counts, draws := make([]float64, p.blocks), make([][]float64, len(statistics))
	drawn := make([][]float64, len(p.sums))
	for at, k := range p.widths {
		drawn[at] = make([]float64, k)
	}
	for range resamples {
		clear(counts)
		for range p.blocks {
			counts[random.IntN(p.blocks)]++
		}
		for at, k := range p.widths {
			addUp(drawn[at], counts, p.sums[at], k)
		}
		for i, s := range statistics {
			if v := s.value(drawn[s.basis]); !math.IsNaN(v) {
				draws[i] = append(draws[i], v)
			}
		}
	}
	return draws
}

// addUp is the loop of the bootstrap: sums of blocks, each so many times.
func addUp(into, counts, sums []float64, k int) {
	clear(into)
	for at, c := range counts {
		if c == 0 {
			continue
		}
		for j, v := range sums[at*k : (at+1)*k : (at+1)*k] {
			into[j] += float64(c * v)
		}
	}
}

// jackknife computes a statistic without each of the blocks.
func (p *pool) jackknife(s statistic) []float64 {
	k, total := p.widths[s.basis], p.totals[s.basis]
	rest, without := make([]float64, k), make([]float64, 0, p.blocks)
	for at := range p.blocks {
		for j := range rest {
			rest[j] = total[j] - p.sums[s.basis][at*k+j]
		}
		if v := s.value(rest); !math.IsNaN(v) && !math.IsInf(v, 0) {
			without = append(without, v)
		}
	}
	return without
}

// interval is BCa, bias-corrected and accelerated, widened to contain the
// estimate, which it may miss on a handful of rows.
func (p *pool) interval(s statistic, value float64, draws []float64, level float64) (low, high float64) {
	return bca(value, draws, acceleration(p.jackknife(s)), level)
}

// normal is the interval from the jackknife's standard error.
func (p *pool) normal(s statistic, value, level float64) (low, high float64) {
	without := p.jackknife(s)
	n := float64(len(without))
	if n < 2 {
		return value, value
	}
	mean, squares := 0.0, 0.0
	for _, v := range without {
		mean += v / n
	}
	for _, v := range without {
		squares += (v - mean) * (v - mean)
	}
	half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(1-(1-level)/2) * math.Sqrt(squares*(n-1)/n)
	return value - half, value + half
}

// acceleration is equation 14.15 of Efron and Tibshirani, from the values of the
// statistic with one block left out.
func acceleration(without []float64) float64 {
	mean := 0.0
	for _, v := range without {
		mean += v / float64(len(without))
	}
	cubes, squares := 0.0, 0.0
	for _, v := range without {
		d := mean - v
		cubes += d * d * d
		squares += d * d
	}
	if squares == 0 {
		return 0
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}

// bca turns draws into an interval that contains the estimate.
func bca(value float64, draws []float64, acceleration, level float64) (low, high float64) {
	if len(draws) == 0 {
		return value, value
	}
	slices.Sort(draws)
	below := 0.0
	for _, v := range draws {
		switch {
		case v < value:
			below++
		case v == value: // medians and counts repeat values: a tie is half below
			below += 0.5
		}
	}
	n := float64(len(draws))
	// Bounded, because an estimate outside all draws would give ±Inf.
	bias := distuv.UnitNormal.Quantile(min(max(below/n, 0.5/n), 1-0.5/n))
	tail := (1 - level) / 2
	at := func(p float64) float64 {
		z := bias + distuv.UnitNormal.Quantile(p)
		// The denominator nears 0 only for draws as skewed as a single outlier.
		share := distuv.UnitNormal.CDF(bias + z/max(1-acceleration*z, 1e-3))
		return draws[min(max(int(math.Floor(share*(n+1)))-1, 0), len(draws)-1)]
	}
	return min(at(tail), value), max(at(1-tail), value)
}
