package lexicon

import (
	"math"
	"slices"
	"unicode/utf8"
)

// Reader is a lexicon made ready. It is immutable.
type Reader struct {
	of      Lexicon
	pattern *pattern
	stop    map[string]bool
	places  map[string]int32
}

// Compile checks a lexicon and makes it ready.
func (l *Lexicon) Compile() (*Reader, error) {
	if err := l.Check(); err != nil {
		return nil, err
	}
	r := &Reader{of: *l, stop: make(map[string]bool, len(l.Stop)), places: make(map[string]int32, len(l.Terms))}
	for _, word := range l.Stop {
		r.stop[word] = true
	}
	for k, term := range l.Terms {
		r.places[term] = int32(k) //nolint:gosec // Check bounds them
	}
	if l.Analyzer == Words {
		p, err := compile(l.Pattern)
		if err != nil {
			return nil, err
		}
		r.pattern = p
	}
	return r, nil
}

// Vector is the numbers of a text that are there: At ascending, and the rest are
// 0. The zero value is ready; it is filled anew by Fill.
type Vector struct {
	At     []int32
	Values []float64

	memory
}

// memory is what reading a text needs, kept from text to text.
type memory struct {
	runes, lowered, bare []rune
	bytes, other         []byte
	spans                []span
	failed               map[[2]int]bool
	steps                int
	found                []int32            // terms, each as often as it stands; below 0: it subtracts
	told                 map[string]counted // the terms of buckets; nil: nobody asks for them
}

type span struct{ from, to int }

// Fill computes the numbers of a text. Bytes that are no UTF-8 are read as one
// unknown character each.
func (r *Reader) Fill(text []byte, v *Vector) {
	m := &v.memory
	if m.failed == nil {
		m.failed = map[[2]int]bool{}
	}
	m.runes, m.found = m.runes[:0], m.found[:0]
	for at := 0; at < len(text); {
		c, size := rune(text[at]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRune(text[at:])
		}
		m.runes = append(m.runes, c)
		at += size
	}
	runes := m.runes
	if r.of.Lower {
		m.lowered = lower(runes, m.lowered)
		runes = m.lowered
	}
	if r.of.Accents != "" {
		runes = bare(runes, r.of.Accents, m)
	}
	switch r.of.Analyzer {
	case Words:
		r.words(runes, m)
	case Chars:
		r.chars(squeeze(runes), m)
	default:
		r.within(runes, m)
	}
	r.count(v)
	r.weigh(v)
}

// words finds terms of words in a row, joined by spaces.
func (r *Reader) words(text []rune, m *memory) {
	r.pattern.find(text, m)
	if len(r.stop) > 0 {
		m.spans = slices.DeleteFunc(m.spans, func(s span) bool {
			m.bytes = spell(m.bytes[:0], text[s.from:s.to])
			return r.stop[string(m.bytes)]
		})
	}
	from := r.of.From
	if r.of.To == 1 {
		from = 1
	}
	for n := from; n <= min(r.of.To, len(m.spans)); n++ {
		for k := 0; k+n <= len(m.spans); k++ {
			m.bytes = m.bytes[:0]
			for j, s := range m.spans[k : k+n] {
				if j > 0 {
					m.bytes = append(m.bytes, ' ')
				}
				m.bytes = spell(m.bytes, text[s.from:s.to])
			}
			r.meet(m)
		}
	}
}

// squeeze makes one space of several; one alone stays what it is.
func squeeze(text []rune) []rune {
	out := text[:0]
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && isSpace(text[end]) {
			end++
		}
		if end-at > 1 {
			out, at = append(out, ' '), end
			continue
		}
		out = append(out, text[at])
		at++
	}
	return out
}

// chars finds terms of characters in a row.
func (r *Reader) chars(text []rune, m *memory) {
	for n := r.of.From; n <= min(r.of.To, len(text)); n++ {
		for k := 0; k+n <= len(text); k++ {
			m.bytes = spell(m.bytes[:0], text[k:k+n])
			r.meet(m)
		}
	}
}

// within finds terms of characters within words, each of which has a space
// before and behind it. A word that is shorter than a term counts once.
func (r *Reader) within(text []rune, m *memory) {
	for at := 0; at < len(text); {
		if isSpace(text[at]) {
			at++
			continue
		}
		end := at
		for end < len(text) && !isSpace(text[end]) {
			end++
		}
		size := end - at + 2
		for n := r.of.From; n <= r.of.To; n++ {
			for k := 0; k == 0 || k+n <= size; k++ {
				m.bytes = m.bytes[:0]
				for j := k; j < min(k+n, size); j++ {
					c := ' '
					if j > 0 && j < size-1 {
						c = text[at+j-1]
					}
					m.bytes = utf8.AppendRune(m.bytes, c)
				}
				r.meet(m)
			}
			if n >= size {
				break
			}
		}
		at = end
	}
}

func spell(into []byte, text []rune) []byte {
	for _, c := range text {
		into = utf8.AppendRune(into, c)
	}
	return into
}

// meet notes the term whose text is in m.bytes, if it is known.
func (r *Reader) meet(m *memory) {
	if r.of.Buckets > 0 {
		hash := murmur(m.bytes)
		size := int64(hash)
		negative := r.of.Signed && hash < 0
		switch {
		case hash == math.MinInt32: // whose opposite is none: scikit-learn's own way out
			size = (math.MaxInt32 - (int64(r.of.Buckets) - 1))
		case hash < 0:
			size = -size
		}
		place := int32(size % int64(r.of.Buckets)) //nolint:gosec // below Buckets
		if negative {
			place = -1 - place
		}
		if m.told != nil {
			m.tell(place)
		}
		m.found = append(m.found, place)
		return
	}
	if k, ok := r.places[string(m.bytes)]; ok {
		m.found = append(m.found, k)
	}
}

// count makes numbers of what was found.
func (r *Reader) count(v *Vector) {
	slices.SortFunc(v.found, func(a, b int32) int { return int(bucketOf(a)) - int(bucketOf(b)) })
	v.At, v.Values = v.At[:0], v.Values[:0]
	for _, k := range v.found {
		at, add := bucketOf(k), signOf(k)
		if n := len(v.At); n > 0 && v.At[n-1] == at {
			v.Values[n-1] += add
			continue
		}
		v.At, v.Values = append(v.At, at), append(v.Values, add)
	}
}

// weigh turns counts into what a model sees, in the order of the terms.
func (r *Reader) weigh(v *Vector) {
	round := func(x float64) float64 { return x }
	if r.of.Single {
		round = func(x float64) float64 { return float64(float32(x)) }
	}
	length := 0.0
	for k := range v.Values {
		x := v.Values[k]
		if r.of.Binary {
			x = 1
		}
		if r.of.Log {
			x = round(round(math.Log(x)) + 1)
		}
		if r.of.Weights != nil {
			x = round(x * r.of.Weights[v.At[k]])
		}
		v.Values[k] = x
		if r.of.Norm == "l2" {
			length += round(float64(x * x))
		} else {
			length += math.Abs(x)
		}
	}
	if r.of.Norm == "l2" {
		length = math.Sqrt(length)
	}
	if r.of.Norm == "" || length == 0 {
		return
	}
	for k := range v.Values {
		v.Values[k] = round(v.Values[k] / length)
	}
}
