package predict

import (
	"fmt"
	"math"

	"dasier/ml/frame"
	"dasier/ml/lexicon"
)

// maxReadings bounds the ways in which texts are read.
const maxReadings = 100

// ofReading tells features that a reading of a text computes.
func (f *Feature) ofReading() bool { return f.Op == opTerm || f.Op == opTerms }

// checkReadings holds readings and the features of them to each other.
func checkReadings(s *Spec) error {
	if len(s.Readings) > maxReadings {
		return wrong("readings", "there are %d, at most %d are allowed", len(s.Readings), maxReadings)
	}
	seen := make([]map[int]bool, len(s.Readings))
	for k := range s.Readings {
		r, field := &s.Readings[k], fmt.Sprintf("readings[%d]", k)
		if r.Input < 0 || r.Input >= len(s.Inputs) {
			return wrong(field+".input", "there is no input %d: there are %d", r.Input, len(s.Inputs))
		}
		if in := &s.Inputs[r.Input]; !in.Text || in.Kind != frame.Category {
			return wrong(field+".input", "%q is no free text", in.Name)
		}
		if err := under(field, r.Check()); err != nil {
			return err
		}
		seen[k] = map[int]bool{}
	}
	for j := range s.Features {
		f, field := &s.Features[j], fmt.Sprintf("features[%d]", j)
		if !f.ofReading() {
			continue
		}
		if f.Reading < 0 || f.Reading >= len(s.Readings) || s.Readings[f.Reading].Input != f.Input {
			return wrong(field+".reading", "there is no reading %d of the input %d", f.Reading, f.Input)
		}
		size := s.Readings[f.Reading].Size()
		if f.Op == opTerm {
			if f.Bucket < 0 || f.Bucket >= size || seen[f.Reading][f.Bucket] {
				return wrong(field+".bucket", "%d is none of %d terms, or stands twice", f.Bucket, size)
			}
			seen[f.Reading][f.Bucket] = true
			continue
		}
		if len(f.Table) != size {
			return wrong(field+".table", "there are %d entries for %d terms", len(f.Table), size)
		}
		for i, w := range f.Table {
			if !(math.Abs(w) <= largest) {
				return wrong(fmt.Sprintf("%s.table[%d]", field, i), "must be a finite number, it is %v", w)
			}
		}
	}
	return nil
}

// reading is one of a program: which features it computes, and how.
type reading struct {
	input  int
	reader *lexicon.Reader
	terms  []int32 // per term: its feature; -1: none. Empty: none has any.
	sums   []termSum
	zero   []int32 // all features of terms
}

type termSum struct {
	feature int32
	weights []float64
}

func newReadings(s *Spec) []reading {
	all := make([]reading, 0, len(s.Readings))
	for k := range s.Readings {
		reader, err := s.Readings[k].Compile()
		if err != nil {
			continue // checkSpec has seen that there is none
		}
		all = append(all, reading{input: s.Readings[k].Input, reader: reader})
	}
	for j := range s.Features {
		f, at := &s.Features[j], int32(j) //nolint:gosec // checkSpec bounds them
		switch f.Op {
		case opTerm:
			r := &all[f.Reading]
			if r.terms == nil {
				r.terms = make([]int32, s.Readings[f.Reading].Size())
				for t := range r.terms {
					r.terms[t] = -1
				}
			}
			r.terms[f.Bucket] = at
			r.zero = append(r.zero, at)
		case opTerms:
			all[f.Reading].sums = append(all[f.Reading].sums, termSum{feature: at, weights: f.Table})
		}
	}
	return all
}

// read computes the features of all readings of a row. A text that is not given
// has no terms.
func (m *matrix) read(row *Row, x []float64) {
	for k := range m.readings {
		r, v := &m.readings[k], &row.vectors[k]
		text, _ := row.Text(r.input)
		r.reader.Fill(text, v)
		for _, j := range r.zero {
			x[j] = 0
		}
		if r.terms != nil {
			for i, t := range v.At {
				if j := r.terms[t]; j >= 0 {
					x[j] = v.Values[i]
				}
			}
		}
		for s := range r.sums {
			sum := 0.0
			for i, t := range v.At {
				sum += float64(r.sums[s].weights[t] * v.Values[i])
			}
			x[r.sums[s].feature] = sum
		}
	}
}
