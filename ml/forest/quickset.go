package forest

import (
	"math"
	"math/bits"
	"slices"
)

// member is the tests of sets of one feature. Which of them fail is known for
// each category beforehand: a vector has the outcome of all of them. Behind the
// vectors of the categories from 0 on stand those of the other kinds of values.
type member struct {
	feature    int32
	vector     int32 // the first
	categories int32 // that a set has or knows: those from there on are as none
}

// The kinds of values that are no category, or one that no set has or knows.
const (
	kindBelowZero = iota // between -1 and 0, which some take for 0
	kindNone
	kindMissing
	kinds
)

// examples are values of the kinds.
var examples = [kinds]float64{kindBelowZero: -0.5, kindNone: -1, kindMissing: math.NaN()}

// setTest is the test of a set at a node.
type setTest struct {
	set         *Set
	erasure     erasure
	missingLeft bool
}

func (t *setTest) left(v float64, cast bool) bool {
	if math.IsNaN(v) {
		return t.missingLeft
	}
	return t.set.left(v, t.missingLeft, cast)
}

// outcomes bounds how many tests of how many categories are done to lay them out.
const outcomes = 1 << 26

// choose computes the vectors of the features whose sets are tested; false where
// that would take too much.
func (q *quick) choose(bySet map[int32][]setTest) bool {
	features := make([]int32, 0, len(bySet))
	vectors, work := 0, 0
	for f, tests := range bySet {
		features = append(features, f)
		n := categoriesOf(tests) + kinds
		vectors, work = vectors+n, work+n*len(tests)
	}
	if vectors*q.words*8 > quickMost || work > outcomes {
		return false
	}
	slices.Sort(features)
	for _, f := range features {
		tests := bySet[f]
		m := member{feature: f, vector: int32(len(q.vectors) / q.words), categories: int32(categoriesOf(tests))} //nolint:gosec // bounded by quickMost
		for k := range m.categories {
			q.appendOutcome(tests, float64(k))
		}
		for _, example := range examples {
			q.appendOutcome(tests, example)
		}
		q.members = append(q.members, m)
	}
	return true
}

// categoriesOf is the number after the last category that a set has or knows.
func categoriesOf(tests []setTest) int {
	most := 0
	for i := range tests {
		for _, words := range [][]uint32{tests[i].set.Bits, tests[i].set.Known} {
			for k := len(words) - 1; k >= 0 && 32*(k+1) > most; k-- {
				if words[k] != 0 {
					most = max(most, 32*k+bits.Len32(words[k]))
					break
				}
			}
		}
	}
	return most
}

// appendOutcome adds the vector of the tests that fail for a value.
func (q *quick) appendOutcome(tests []setTest, v float64) {
	begin := len(q.vectors)
	q.vectors = append(q.vectors, slices.Repeat([]uint64{math.MaxUint64}, q.words)...)
	vector := q.vectors[begin:]
	for i := range tests {
		if test := &tests[i]; !test.left(v, q.cast) {
			vector[test.erasure.word] &= test.erasure.mask
		}
	}
}

// of is the vector of a value.
func (m *member) of(v float64) int {
	switch {
	case v >= 0 && v < float64(m.categories):
		return int(m.vector) + int(v)
	case v != v: //nolint:gocritic // NaN
		return int(m.vector+m.categories) + kindMissing
	case v > -1 && v < 0:
		return int(m.vector+m.categories) + kindBelowZero
	}
	return int(m.vector+m.categories) + kindNone
}

// clearSets clears what the tests of sets do that fail.
func (q *quick) clearSets(x []float64, words []uint64) {
	for k := 0; k < len(q.members); k += 4 {
		var vectors [4]int
		for j := range vectors {
			m := &q.members[min(k+j, len(q.members)-1)] // a vector more than once changes nothing
			v := x[m.feature]
			if q.cast {
				v = float64(float32(v))
			}
			vectors[j] = m.of(v) * q.words
		}
		q.conjunction(words, &vectors)
	}
}
