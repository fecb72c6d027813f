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

// Terms fills v as Fill does, and appends every term of the text that has a
// number, in the order of the numbers. A known term has its number for itself.
// Terms that fall into one bucket share its number as they count into it, and
// evenly where they cancel: their values add up to it in every case.
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
	for k := range v.At { // every bucket that was met has its terms here, in the same order
		n, sum := 0, 0.0
		for n < len(own) && own[n].At == v.At[k] {
			sum += own[n].Value
			n++
		}
		for j := range own[:n] {
			if sum == 0 {
				own[j].Value = v.Values[k] / float64(n)
			} else {
				own[j].Value *= v.Values[k] / sum
			}
		}
		own = own[n:]
	}
	return into
}

// tell notes a term that a bucket counts.
func (m *memory) tell(bucket int32, negative bool) {
	add := 1.0
	if negative {
		add = -1
	}
	c := m.told[string(m.bytes)]
	m.told[string(m.bytes)] = counted{at: bucket, count: c.count + add}
}
