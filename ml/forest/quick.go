package forest

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// quick is trees of at most 64 leaves, answered without walking: a tree is a
// word of bits, one per leaf from the left, and a test that fails clears the
// leaves to its left; the first bit that is left over is the row's leaf
// (Lucchese et al. 2015, "QuickScorer: a fast algorithm to rank documents with
// additive ensembles of regression trees", section 3).
//
// There the tests of a feature stand in the order of their thresholds and those
// that fail are done one by one. Here the outcome of the first B, 2B, 3B … of
// them is kept, for all trees at once: a row takes the one next below its value
// and does the rest, fewer than B. So a row costs a conjunction of as many
// vectors as there are features, whatever the number of tests that fail.
//
// Where tests are of sets of categories, the outcome of all of a feature's is kept
// for each category; see quickset.go.
type quick struct {
	tests   []ordered // per feature that is tested
	members []member  // per feature of which sets are tested
	limits  []uint64  // of all tests, by feature and then ascending, in the order of whole numbers
	clears  []erasure // of all tests
	heads   []uint64  // by feature: the limit of the last test of each vector
	vectors []uint64
	words   int  // of a vector
	stride  int  // tests from vector to vector
	lane    uint // bits per tree: 8, 16, 32 or 64
	cast    bool
	values  []float64 // by word and bit
	singles []float32 // values, where sums are float32
}

// ordered is the tests of one feature.
type ordered struct {
	feature int32
	first   int32 // in limits and clears
	head    int32 // in heads
	heads   int32 // how many: a vector for none, one per head, and one for missing
	vector  int32 // the first
}

// erasure is what a test that fails does: the leaves to its left are cleared.
type erasure struct {
	mask uint64
	word int32
}

const (
	quickLeaves = 64
	// quickMemory bounds the vectors: they should stay in a processor's own cache.
	// Half and twice as much were slower with 500 trees and 28 features.
	quickMemory = 1 << 20
	leastStride = 8
	// quickMost bounds what an odd ensemble may take: thousands of features, or of
	// scores, and hardly a test.
	quickMost = 16 << 20
	// wholeBlock is up to how many tests are done without asking which fail: a
	// branch that is predicted wrongly costs more.
	wholeBlock = 16
)

// newQuick lays out trees, or gives nil where they are of another kind or
// better walked.
func newQuick(t *Trees, width int) *quick {
	if len(t.Roots) < 2 || t.Single && width > 1 {
		return nil
	}
	most := 0
	for _, root := range t.Roots {
		n, ok := t.usualLeaves(root, quickLeaves, true)
		if !ok {
			return nil
		}
		most = max(most, n)
	}
	q := &quick{lane: 64, cast: t.Rule != DoubleAtMost}
	for q.lane > 8 && most <= int(q.lane)/2 {
		q.lane /= 2
	}
	perWord := 64 / int(q.lane)
	q.words = (len(t.Roots) + perWord - 1) / perWord
	if features := t.tested(); 2*features*q.words*8 > quickMost || q.words*64*width > 4*len(t.Value)+quickMost {
		return nil
	}
	q.values = make([]float64, q.words*64*width)
	if t.Single {
		q.singles = make([]float32, q.words*64*width)
	}
	byFeature, bySet := map[int32][]quickTest{}, map[int32][]setTest{}
	for k, root := range t.Roots {
		q.add(t, root, k, width, byFeature, bySet)
	}
	q.order(byFeature)
	if !q.choose(bySet) {
		return nil
	}
	q.vectors = slices.Clip(q.vectors)
	return q
}

// tested counts the features that are tested.
func (t *Trees) tested() int {
	features := map[int32]struct{}{}
	for _, f := range t.Feature {
		if f >= 0 {
			features[f] = struct{}{}
		}
	}
	return len(features)
}

// pays tells whether this is faster than walking. Measured in nanoseconds on one
// machine: a word of a vector 0.3, a feature 30, a walk through a small tree 13,
// and 60 where it tests sets.
func (q *quick) pays(trees int) bool {
	features, walk := len(q.tests)+len(q.members), 130
	if len(q.members) > 0 {
		walk = 600
	}
	return features*(3*q.words+300) <= walk*trees
}

// usualLeaves counts the leaves of a tree, up to so many; false where there are
// more or where a node is of an unusual kind, as one of a set may be.
func (t *Trees) usualLeaves(root int32, most int, sets bool) (int, bool) {
	todo, leaves := []int32{root}, 0
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		switch {
		case t.Feature[n] < 0:
			if leaves++; leaves > most {
				return 0, false
			}
		case t.testsSet(n) && !sets, !t.testsSet(n) && t.ZeroMissing != nil && t.ZeroMissing[n]:
			return 0, false
		default:
			todo = append(todo, t.Left[n], t.Right[n])
		}
	}
	return leaves, true
}

type quickTest struct {
	limit       uint64
	erasure     erasure
	missingLeft bool
}

// add enters a tree: its leaves get their bits from the left.
func (q *quick) add(t *Trees, root int32, k, width int, byFeature map[int32][]quickTest, bySet map[int32][]setTest) {
	perWord := 64 / int(q.lane)
	word, shift := k/perWord, uint(k%perWord)*q.lane
	leaves := uint(0)
	var visit func(n int32) // as deep as a tree of 64 leaves
	visit = func(n int32) {
		if t.Feature[n] < 0 {
			at := (word*64 + int(shift+leaves)) * width
			copy(q.values[at:at+width], t.Value[int(n)*width:])
			for w := range width {
				if q.singles != nil {
					q.singles[at+w] = float32(t.Value[int(n)*width+w])
				}
			}
			leaves++
			return
		}
		from := leaves
		visit(t.Left[n])
		gone := (uint64(1)<<(leaves-from) - 1) << (shift + from)
		f, fails := t.Feature[n], erasure{^gone, int32(word)} //nolint:gosec // Check bounds nodes
		if t.testsSet(n) {
			bySet[f] = append(bySet[f], setTest{&t.Sets[t.Set[n]], fails, t.MissingLeft[n]})
		} else {
			byFeature[f] = append(byFeature[f], quickTest{ordinal(t.limit(n)), fails, t.MissingLeft[n]})
		}
		visit(t.Right[n])
	}
	visit(root)
}

// order sorts the tests of each feature and computes its vectors.
func (q *quick) order(byFeature map[int32][]quickTest) {
	features, total := []int32{}, 0
	for f, tests := range byFeature {
		slices.SortStableFunc(tests, func(a, b quickTest) int { return cmp.Compare(a.limit, b.limit) })
		features, total = append(features, f), total+len(tests)
	}
	slices.Sort(features)
	stride := leastStride
	for total/stride*q.words*8 > quickMemory {
		stride *= 2
	}
	for _, f := range features {
		tests := byFeature[f]
		o := ordered{feature: f, first: int32(len(q.limits)), head: int32(len(q.heads)), vector: int32(len(q.vectors) / q.words)} //nolint:gosec // Check bounds nodes
		vector := slices.Repeat([]uint64{math.MaxUint64}, q.words)
		q.vectors = append(q.vectors, vector...)
		for i, test := range tests {
			q.limits, q.clears = append(q.limits, test.limit), append(q.clears, test.erasure)
			vector[test.erasure.word] &= test.erasure.mask
			if (i+1)%stride == 0 {
				q.heads = append(q.heads, test.limit)
				q.vectors = append(q.vectors, vector...)
				o.heads++
			}
		}
		// A block of tests is done whole: tests that never fail fill the last.
		for ok := true; ok; ok = (len(q.limits)-int(o.first))%stride != 0 {
			q.limits, q.clears = append(q.limits, math.MaxUint64), append(q.clears, erasure{math.MaxUint64, 0})
		}
		missing := slices.Repeat([]uint64{math.MaxUint64}, q.words)
		for _, test := range tests {
			if !test.missingLeft {
				missing[test.erasure.word] &= test.erasure.mask
			}
		}
		q.vectors = append(q.vectors, missing...)
		q.tests = append(q.tests, o)
	}
	q.stride = stride
	q.limits, q.clears, q.heads = slices.Clip(q.limits), slices.Clip(q.clears), slices.Clip(q.heads)
}

// scores adds the values that a row has in each tree.
func (q *quick) scores(f *Forest, x, out []float64, words []uint64) {
	q.leaves(x, words)
	switch {
	case f.outputs > 1:
		q.each(f, words, out)
	case f.single:
		out[0] = float64(q.sumSingle(words, float32(out[0])))
	default:
		out[0] = q.sum(words, out[0])
	}
}

// leaves finds the leaf of every tree: the first bit of each that is left over
// in words.
func (q *quick) leaves(x []float64, words []uint64) {
	for i := range words {
		words[i] = math.MaxUint64
	}
	q.clearSets(x, words)
	for k := 0; k < len(q.tests); k += 4 {
		var vectors [4]int
		var begin [4]int32
		var values [4]uint64
		for j := range vectors {
			o := &q.tests[min(k+j, len(q.tests)-1)] // a vector more than once changes nothing
			v := x[o.feature]
			if q.cast {
				v = float64(float32(v))
			}
			values[j] = ordinal(v)
			vectors[j], begin[j] = q.begin(o, values[j])
			if values[j] == 0 { // missing: no test is done besides
				vectors[j] = int(o.vector+o.heads+1) * q.words
			}
		}
		q.conjunction(words, &vectors)
		for j := range min(4, len(q.tests)-k) {
			v, i := values[j], int(begin[j])
			if q.stride > wholeBlock {
				for ; v > q.limits[i]; i++ {
					words[q.clears[i].word] &= q.clears[i].mask
				}
				continue
			}
			limits, clears := q.limits[i:i+q.stride], q.clears[i:i+q.stride]
			for i, limit := range limits {
				_, fails := bits.Sub64(limit, v, 0)
				words[clears[i].word] &= clears[i].mask | (fails - 1)
			}
		}
	}
}

// conjunction clears in words what four vectors clear. They are told by where
// they begin.
func (q *quick) conjunction(words []uint64, vectors *[4]int) {
	a, b := q.vectors[vectors[0]:][:len(words)], q.vectors[vectors[1]:][:len(words)]
	c, d := q.vectors[vectors[2]:][:len(words)], q.vectors[vectors[3]:][:len(words)]
	for i := range words {
		words[i] &= a[i] & b[i] & c[i] & d[i]
	}
}

// begin is where the vector begins that a value of a feature takes, and the
// first test that is not in it.
func (q *quick) begin(o *ordered, x uint64) (vector int, test int32) {
	heads := q.heads[o.head : o.head+o.heads]
	at := uint(0)
	for n := uint(len(heads)); n > 0; {
		half := (n + 1) / 2
		_, greater := bits.Sub64(heads[at+half-1], x, 0) // no branch
		at += half & -uint(greater)
		n -= half
	}
	return (int(o.vector) + int(at)) * q.words, o.first + int32(int(at)*q.stride) //nolint:gosec // Check bounds nodes
}

// ordinal gives numbers the order of whole ones, NaN before all.
func ordinal(x float64) uint64 {
	if x != x { //nolint:gocritic // NaN
		return 0
	}
	b := math.Float64bits(x + 0) // -0 is 0
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

// sum adds the trees' values of a row to a score, in the order of the trees.
func (q *quick) sum(words []uint64, sum float64) float64 {
	switch q.lane {
	case 32:
		for i, w := range words {
			values := q.values[i*64 : i*64+64]
			sum += values[bits.TrailingZeros64(w)&63]
			sum += values[32+bits.TrailingZeros64(w>>32)&31]
		}
	default:
		for i, w := range words {
			values := q.values[i*64 : i*64+64]
			for shift := uint(0); shift < 64; shift += q.lane {
				sum += values[(shift+uint(bits.TrailingZeros64(w>>shift)))&63]
			}
		}
	}
	return sum
}

// sumSingle is sum in float32.
func (q *quick) sumSingle(words []uint64, sum float32) float32 {
	switch q.lane {
	case 32:
		for i, w := range words {
			values := q.singles[i*64 : i*64+64]
			sum += values[bits.TrailingZeros64(w)&63]
			sum += values[32+bits.TrailingZeros64(w>>32)&31]
		}
	default:
		for i, w := range words {
			values := q.singles[i*64 : i*64+64]
			for shift := uint(0); shift < 64; shift += q.lane {
				sum += values[(shift+uint(bits.TrailingZeros64(w>>shift)))&63]
			}
		}
	}
	return sum
}

// each adds the trees' values to several scores.
func (q *quick) each(f *Forest, words []uint64, out []float64) {
	perWord := 64 / int(q.lane)
	for t := range f.trees {
		w, shift := words[t/perWord], uint(t%perWord)*q.lane
		at := t/perWord*64 + int(shift) + bits.TrailingZeros64(w>>shift)
		f.add(t, q.values[at*f.width:(at+1)*f.width], out)
	}
}
