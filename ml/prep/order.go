package prep

import (
	"math"
	"slices"

	"dasier/ml/frame"
)

// The sizes of a survey.
const (
	// surveyed is how many values are looked at together, so that they stay in the
	// nearest cache while every loop looks at them.
	surveyed = 2048
	// few is the number of values that are divided around a place rather than
	// looked at through a sample.
	few = 600
)

// inputShares are the quantiles that inputs have.
var inputShares = [3]float64{0.01, 0.5, 0.99}

// survey is what one look at the numbers of a column tells. Copies of columns,
// and sorting them, would take longer than a linear fit: see between for how
// quantiles are found without.
type survey struct {
	rows, missing   int
	whole           bool
	least, greatest float64
	quantiles       [len(inputShares)]float64
	// Sums over the values that are there, of what they are above shift: a point
	// amid them, so that a large mean costs no digits.
	shift, sum, squares float64
}

// room is memory that surveys use one after another.
type room struct {
	block  [surveyed]float64
	sample order
	inside [len(inputShares)]order
}

// surveyOf looks at the values, of which at least one is there, in blocks: their
// sums do not depend on who computes them.
func (r *room) surveyOf(values frame.Numbers) survey {
	s := survey{rows: values.Len()}
	brackets, ok := r.brackets(values)
	if !ok {
		s.quantiles = quantilesOf(values.Present())
		s.shift = s.quantiles[1]
	} else if s.shift = brackets[1].low; math.IsInf(s.shift, 0) {
		s.shift = brackets[1].high
	}
	if math.IsInf(s.shift, 0) {
		s.shift = 0
	}
	all := newTally()
	for _, block := range values.Blocks(r.block[:]) {
		all.sum, all.squares = [8]float64{}, [8]float64{}
		all.add(block, s.shift)
		s.sum += strands(&all.sum)
		s.squares += strands(&all.squares)
		if ok {
			for k := range brackets {
				brackets[k].look(block)
			}
		}
	}
	s.least, s.greatest = slices.Min(all.least[:])+0, slices.Max(all.greatest[:])+0 // never -0
	s.whole = all.part == [4]uint64{}
	for _, n := range all.missing {
		s.missing += int(n)
	}
	if !ok {
		return s
	}
	for k := range brackets {
		r.inside[k] = brackets[k].inside // it may have grown
		if s.quantiles[k], ok = brackets[k].quantile(inputShares[k], s.rows-s.missing, r); !ok {
			s.quantiles = quantilesOf(values.Present())
			break
		}
	}
	return s
}

func strands(sums *[8]float64) float64 {
	return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
}

// moments is the mean and the population standard deviation over all rows where
// missing values count as impute. Where that lies, or the values lie, so far from
// the shift that digits would be lost, it is computed in two passes.
func (s *survey) moments(impute float64, values frame.Numbers) (mean, deviation float64) {
	n, away := float64(s.rows), 0.0
	if s.missing > 0 {
		away = impute - s.shift
	}
	above := (s.sum + float64(s.missing)*away) / n
	squares := (s.squares + float64(s.missing)*away*away) / n
	variance := squares - above*above
	if !(above*above <= 4*variance) {
		return plainMoments(impute, values)
	}
	mean = s.shift + above
	return mean, deviationOf(mean, variance)
}

// between gathers the values from low to high, in which a quantile lies: a sample
// says between which two values it does for all but certain, and only what lies
// between them is looked at again. That is Floyd and Rivest, "Expected Time Bounds
// for Selection", Communications of the ACM 18(3), 1975, with the sample taken at
// equal distances, so that the same column gives the same work, and several
// quantiles looked for at once. Where the sample misleads, all values are.
type between struct {
	low, high float64
	below     int // values less than low
	count     int // values from low to high
	inside    order
}

// brackets are where the quantiles of inputs lie; ok is false when values are too
// few for that.
func (r *room) brackets(values frame.Numbers) (found [len(inputShares)]between, ok bool) {
	if values.Len() <= few {
		return found, false
	}
	r.take(values)
	if len(r.sample) < sampleSize(few) {
		return found, false
	}
	for k, share := range inputShares {
		found[k].low, found[k].high = r.bracket(share)
		found[k].inside = r.inside[k][:0]
		// Room for all of them at once: what grows leaves its smaller selves behind.
		if expected := r.expected(found[k].low, found[k].high, values.Len()); cap(found[k].inside) < expected {
			found[k].inside = make(order, 0, expected)
		}
	}
	return found, true
}

func sampleSize(n int) int { return int(math.Pow(float64(n), 2./3)) / 2 }

// take takes a sample of the values that are there.
func (r *room) take(values frame.Numbers) {
	n := values.Len()
	size := sampleSize(n)
	r.sample = slices.Grow(r.sample[:0], size)
	for i := range size {
		if v := values.At(i * n / size); !math.IsNaN(v) {
			r.sample = append(r.sample, v)
		}
	}
}

// bracket gives two values of the sample that a quantile is between: four
// deviations of its rank in a sample away, and some.
func (r *room) bracket(share float64) (low, high float64) {
	size := float64(len(r.sample))
	margin := 4*math.Sqrt(share*(1-share)*size) + 4
	low, high = math.Inf(-1), math.Inf(1)
	if at := int(share*size - margin); at >= 0 {
		low = r.sample.nth(at)
	}
	if at := int(share*size + margin); at < len(r.sample) {
		high = r.sample.nth(at)
	}
	return low, high
}

// expected is how much room is enough, as a rule, for those of n values that lie
// between two values of the sample.
func (r *room) expected(low, high float64, n int) int {
	if low == high {
		return surveyed // they are counted
	}
	inside := 0
	for _, v := range r.sample {
		if low <= v && v <= high {
			inside++
		}
	}
	return n*inside/sampleSize(n) + n/64 + surveyed
}

// look takes what a block has between low and high. Where these are equal it is
// enough to count.
func (b *between) look(block []float64) {
	held := len(b.inside)
	b.inside = slices.Grow(b.inside, len(block))
	inside, below := gather(block, b.low, b.high, b.inside[held:held+len(block)])
	b.below += below
	b.count += inside
	if b.low < b.high {
		b.inside = b.inside[:held+inside]
	}
}

// quantile gives the quantile of n values, of which those between low and high
// were taken; ok is false if it does not lie there.
func (b *between) quantile(share float64, n int, r *room) (at float64, ok bool) {
	below, part := place(share, n)
	next := min(below+1, n-1)
	if below < b.below || next >= b.below+b.count {
		return 0, false
	}
	if b.low == b.high {
		return b.low, true
	}
	low, high, ok := b.inside.pair(below-b.below, r)
	return along(low, high, part), ok
}

// pair is the k-th smallest value and the one after it, itself if it is the last;
// ok is false where the sample misleads. It keeps but a part of the values.
func (o order) pair(k int, r *room) (at, next float64, ok bool) {
	for len(o) > few {
		r.take(frame.Doubles(o))
		n := len(o)
		low, high := r.bracket(float64(k) / float64(n))
		inside, below := gather(o, low, high, o)
		if k < below || min(k+1, n-1) >= below+inside {
			return 0, 0, false
		}
		if low == high {
			return low, low, true
		}
		if o, k = o[:inside], k-below; inside > n/2 {
			break
		}
	}
	at = o.nth(k)
	if k+1 >= len(o) {
		return at, at, true
	}
	return at, slices.Min(o[k+1:]), true
}

// place is the rank below a quantile of n values, and how far it is to the next:
// type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", The
// American Statistician 50(4), 1996, which is what numpy and R do by default.
func place(share float64, n int) (below int, part float64) {
	position := share * float64(n-1)
	below = int(position)
	return below, position - float64(below)
}

func along(low, high, part float64) float64 {
	if part == 0 || low == high {
		return low
	}
	return low*(1-part) + high*part
}

// quantilesOf changes the order of the values.
func quantilesOf(present order) (found [len(inputShares)]float64) {
	for k, share := range inputShares {
		below, part := place(share, len(present))
		low := present.nth(below)
		high := low
		if below+1 < len(present) {
			high = slices.Min(present[below+1:])
		}
		found[k] = along(low, high, part)
	}
	return found
}
