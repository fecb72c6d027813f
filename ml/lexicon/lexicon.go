// Package lexicon makes numbers of free text: it cuts a text into terms (words or
// characters, one or several in a row), counts those that it knows, and weighs
// the counts.
//
// The rules are those of scikit-learn's vectorizers, so that a model that was
// fitted behind one of them sees the very numbers that it was fitted on: Python's
// lower case and classes of characters, its regular expressions as far as they
// are met in such files (pattern.go), the English stop words as the file holds
// them, and sums in the order of the terms.
//
// Invariants:
//   - a Reader is immutable; what a text needs of memory is in a Vector, which is
//     used again from text to text and belongs to one goroutine at a time;
//   - work is bounded by the text's length times how many terms may begin at a
//     place of it.
//
// The package knows no columns, no models and no files.
package lexicon

import (
	"fmt"
	"math"

	"dasier/fault"
)

// What a text is cut into.
const (
	Words   = "word"
	Chars   = "char"
	Within  = "char_wb" // characters within words, with a space around each word
	Ascii   = "ascii"   // Accents: what has no ASCII letter underneath is left out
	Unicode = "unicode" // Accents: marks are left out
)

// Limits.
const (
	maxTerms    = 2_000_000
	maxTogether = 20 // words or characters in a row
	maxTermText = 64 << 20
)

// Lexicon is a way of reading texts as data.
type Lexicon struct {
	Lower    bool      `json:"lower,omitempty"`
	Accents  string    `json:"accents,omitempty"` // "", "ascii" or "unicode"
	Analyzer string    `json:"analyzer"`          // "word", "char" or "char_wb"
	Pattern  string    `json:"pattern,omitempty"` // of a word, in Python's spelling
	Stop     []string  `json:"stop,omitempty"`    // words that are left out
	From     int       `json:"from"`              // a term is from so many
	To       int       `json:"to"`                // to so many words or characters in a row
	Terms    []string  `json:"terms,omitempty"`   // those that are known, in the order of the numbers
	Buckets  int       `json:"buckets,omitempty"` // in their place: every term, by its hash
	Signed   bool      `json:"signed,omitempty"`  // with Buckets: half of the terms subtract
	Binary   bool      `json:"binary,omitempty"`  // 1 for what is there, however often
	Log      bool      `json:"log,omitempty"`     // 1 + log(count)
	Weights  []float64 `json:"weights,omitempty"` // per term: what its count is multiplied by
	Norm     string    `json:"norm,omitempty"`    // "", "l1" or "l2": then divided by the length of all
	Single   bool      `json:"single,omitempty"`  // in float32
}

// Size is how many numbers a text becomes.
func (l *Lexicon) Size() int {
	if l.Buckets > 0 {
		return l.Buckets
	}
	return len(l.Terms)
}

func wrong(field, format string, args ...any) error {
	return fault.Errorf(fault.Invalid, "%s: %s", field, fmt.Sprintf(format, args...)).At(field)
}

// Check holds a lexicon to what its comments promise.
func (l *Lexicon) Check() error {
	switch {
	case l.Accents != "" && l.Accents != Ascii && l.Accents != Unicode:
		return wrong("accents", "must be empty, \"ascii\" or \"unicode\", it is %q", l.Accents)
	case l.Analyzer != Words && l.Analyzer != Chars && l.Analyzer != Within:
		return wrong("analyzer", "must be \"word\", \"char\" or \"char_wb\", it is %q", l.Analyzer)
	case l.From < 1 || l.To < l.From || l.To > maxTogether:
		return wrong("to", "terms of %d to %d in a row: from 1 to %d are read", l.From, l.To, maxTogether)
	case l.Norm != "" && l.Norm != "l1" && l.Norm != "l2":
		return wrong("norm", "must be empty, \"l1\" or \"l2\", it is %q", l.Norm)
	case (l.Buckets > 0) == (len(l.Terms) > 0) || l.Size() > maxTerms:
		return wrong("terms", "there must be 1 to %d terms or as many buckets: there are %d and %d", maxTerms, len(l.Terms), l.Buckets)
	case l.Weights != nil && len(l.Weights) != l.Size():
		return wrong("weights", "there are %d for %d terms", len(l.Weights), l.Size())
	}
	bytes := 0
	for _, term := range l.Terms {
		bytes += len(term)
	}
	if bytes > maxTermText {
		return wrong("terms", "they have more than %d bytes", maxTermText)
	}
	for k, w := range l.Weights {
		if !(math.Abs(w) <= 1e100) {
			return wrong(fmt.Sprintf("weights[%d]", k), "must be a finite number, it is %v", w)
		}
	}
	if l.Analyzer == Words {
		if _, err := compile(l.Pattern); err != nil {
			return err
		}
	}
	return nil
}
