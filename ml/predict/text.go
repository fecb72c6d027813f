package predict

import (
	"math"
	"unicode"
	"unicode/utf8"

	"dasier/ml/frame"
)

// Limits and names of hashing.
const (
	maxBuckets  = 1 << 16
	countLog    = "log"
	countBinary = "binary"
)

// FNV-1a's constants for 64 bits (Fowler, Noll, Vo), fed code points.
const (
	hashBasis = 14695981039346656037
	hashPrime = 1099511628211
)

// Fill computes the buckets of a text into all of them: the hashing trick of
// Weinberger, Dasgupta, Langford, Smola and Attenberg, Feature Hashing for Large
// Scale Multitask Learning, ICML 2009, section 2. A word is letters, digits and
// their marks in a row, in lower case by code point; nothing else is folded, so
// that é as one code point and as two are different words. The upper bits of a
// word's hash choose the bucket, the lowest the sign, which makes words that
// share a bucket cancel on average.
func (h *Hashing) Fill(text []byte, buckets []float64) {
	clear(buckets)
	hash, pair := uint64(hashBasis), uint64(0)
	inside, first := false, true
	for at := 0; at <= len(text); {
		r, size := rune(' '), 1
		if at < len(text) {
			if r = rune(text[at]); r >= utf8.RuneSelf {
				r, size = utf8.DecodeRune(text[at:])
			}
		}
		at += size
		if isWord(r) {
			c := uint64(unicode.ToLower(r)) //nolint:gosec // a rune is not negative
			hash, pair, inside = (hash^c)*hashPrime, (pair^c)*hashPrime, true
			continue
		}
		if !inside {
			continue
		}
		h.add(buckets, hash)
		if h.Pairs && !first {
			h.add(buckets, pair)
		}
		// The next pair begins with this word.
		pair, hash = (hash^' ')*hashPrime, hashBasis
		inside, first = false, false
	}
	h.weigh(buckets)
}

func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// add counts a word, whose hash is mixed first (the finalizer of Appleby's
// MurmurHash3): FNV's upper bits know little of the last letters.
func (h *Hashing) add(buckets []float64, hash uint64) {
	hash = (hash ^ hash>>33) * 0xff51afd7ed558ccd
	hash = (hash ^ hash>>33) * 0xc4ceb9fe1a85ec53
	hash ^= hash >> 33
	sign := 1.0
	if !h.Unsigned && hash&1 == 1 {
		sign = -1
	}
	buckets[(hash>>1)%uint64(len(buckets))] += sign
}

// weigh turns counts into what features see.
func (h *Hashing) weigh(buckets []float64) {
	squares := 0.0
	for k, v := range buckets {
		switch {
		case v == 0:
			continue
		case h.Count == countLog:
			v = math.Copysign(math.Log1p(math.Abs(v)), v)
		case h.Count == countBinary:
			v = math.Copysign(1, v)
		}
		buckets[k] = v
		squares += float64(v * v)
	}
	if !h.Norm || squares == 0 {
		return
	}
	length := math.Sqrt(squares)
	for k := range buckets {
		buckets[k] /= length
	}
}

func checkTextInput(field string, in *Input) error {
	h := in.Hashing
	switch {
	case in.Text && in.Kind != frame.Category:
		return wrong(field+".text", "%q is a %s: only a category can be free text", in.Name, in.Kind)
	case in.Text && (len(in.Levels) > 0 || in.Mode != ""):
		return wrong(field+".levels", "%q is free text and has levels", in.Name)
	case h == nil:
		return nil
	case !in.Text:
		return wrong(field+".hashing", "%q is no free text", in.Name)
	case h.Buckets < 1 || h.Buckets > maxBuckets:
		return wrong(field+".hashing.buckets", "must be 1 to %d, it is %d", maxBuckets, h.Buckets)
	case h.Count != "" && h.Count != countLog && h.Count != countBinary:
		return wrong(field+".hashing.count", "must be empty, \"log\" or \"binary\", it is %q", h.Count)
	}
	return nil
}

func checkHashed(field string, f *Feature, in *Input) error {
	if in.Hashing == nil {
		return wrong(field+".op", "\"hashed\" of %q, which is not hashed", in.Name)
	}
	if f.Bucket < 0 || f.Bucket >= in.Hashing.Buckets {
		return wrong(field+".bucket", "there is no bucket %d: there are %d", f.Bucket, in.Hashing.Buckets)
	}
	return nil
}

// Text is the value of an input of free text; false when it is missing. It is
// good until the input is set again.
func (r *Row) Text(i int) ([]byte, bool) {
	if !r.program.spec.Inputs[i].Text || r.Missing(i) {
		return nil, false
	}
	return r.texts[i], true
}

// hash fills the buckets of every hashed input of a row.
func (m *matrix) hash(row *Row) {
	for _, i := range m.hashed {
		text, ok := row.Text(i)
		if !ok {
			clear(row.buckets[i])
			continue
		}
		row.program.spec.Inputs[i].Hashing.Fill(text, row.buckets[i])
	}
}
