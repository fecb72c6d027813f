package lexicon

import (
	"cmp"
	"slices"
)

// Term is a term of a text, the place of its number, and what of that number is
// its own.
type Term struct {
	Text  string
	At    int32
	Value float64
}

// counted is how often a term stands in a text; below 0 where it subtracts.
type counted struct {
	at    int32
	count float64
}

// mostTold bounds the terms of one text that are told apart where they fall into
// buckets, and with them the memory and the time that it takes: what a stranger
// sends may hold as many as it has letters.
const mostTold = 1 << 16

// Terms fills v as Fill does, and appends every term of the text that has a
// number, in the order of the numbers. A known term has its number for itself.
// Terms that fall into one bucket share its number as they count into it, and
// evenly where they cancel: their values add up to it in every case. Of a text of
// more than mostTold such terms the first are told; all others of a bucket are one
// term without a text, behind the rest.
func (r *Reader) Terms(text []byte, v *Vector, into []Term) []Term {
	if r.of.Buckets == 0 {
		r.Fill(text, v)
		for k, at := range v.At {
			into = append(into, Term{Text: r.of.Terms[at], At: at, Value: v.Values[k]})
		}
		return into
	}
	told := map[string]counted{}
	v.told = told
	r.Fill(text, v)
	v.told = nil
	first := len(into)
	for term, c := range told {
		into = append(into, Term{Text: term, At: c.at, Value: c.count})
	}
	own := into[first:]
	slices.SortFunc(own, func(a, b Term) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Text, b.Text)) })
	found := v.found // as often as they stand, in the same order
	var others []Term
	for k, at := range v.At { // every bucket that was met
		whole := 0.0
		for ; len(found) > 0 && bucketOf(found[0]) == at; found = found[1:] {
			whole += signOf(found[0])
		}
		n, rest := 0, whole
		for n < len(own) && own[n].At == at {
			rest -= own[n].Value
			n++
		}
		sharers := n
		if rest != 0 || n == 0 {
			others = append(others, Term{At: at, Value: rest})
			sharers++
		}
		share := func(t *Term) {
			if whole == 0 {
				t.Value = v.Values[k] / float64(sharers)
			} else {
				t.Value *= v.Values[k] / whole
			}
		}
		for j := range own[:n] {
			share(&own[j])
		}
		if sharers > n {
			share(&others[len(others)-1])
		}
		own = own[n:]
	}
	return append(into, others...)
}

// tell notes a term that a bucket counts.
func (m *memory) tell(place int32) {
	c, known := m.told[string(m.bytes)]
	if !known && len(m.told) == mostTold {
		return
	}
	m.told[string(m.bytes)] = counted{at: bucketOf(place), count: c.count + signOf(place)}
}

// bucketOf is where what was found counts, and signOf whether it adds or subtracts.
func bucketOf(place int32) int32 {
	if place < 0 {
		return -1 - place
	}
	return place
}

func signOf(place int32) float64 {
	if place < 0 {
		return -1
	}
	return 1
}
