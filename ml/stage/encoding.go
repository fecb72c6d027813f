package stage

import (
	"math"
	"slices"
)

// Encoding is a table of numbers: what a value becomes that equals a key.
type Encoding struct {
	Keys    []float64 // ascending
	Values  []float64 // per key
	Missing float64   // of NaN
	Other   float64   // of what is no key
}

// Of looks a value up.
func (l *Encoding) Of(x float64) float64 {
	if math.IsNaN(x) {
		return l.Missing
	}
	if k, ok := slices.BinarySearch(l.Keys, x); ok {
		return l.Values[k]
	}
	return l.Other
}

// Encodings looks every cell up in its own table. A cell without one stays.
type Encodings struct {
	Tables []*Encoding
}

// Check wants a place per cell, and keys in order.
func (l *Encodings) Check(in int) (int, error) {
	if len(l.Tables) != in {
		return 0, wrong("there are tables for %d cells of %d", len(l.Tables), in)
	}
	for j, t := range l.Tables {
		if t == nil {
			continue
		}
		if len(t.Keys) != len(t.Values) {
			return 0, wrong("table %d has %d keys and %d values", j, len(t.Keys), len(t.Values))
		}
		for k := 1; k < len(t.Keys); k++ {
			if !(t.Keys[k-1] < t.Keys[k]) {
				return 0, wrong("table %d has keys out of order", j)
			}
		}
	}
	return in, nil
}

// Work is nothing.
func (l *Encodings) Work(int) int { return 0 }

// Apply looks.
func (l *Encodings) Apply(in, out, _ []float64) {
	for j, x := range in {
		if t := l.Tables[j]; t != nil {
			x = t.Of(x)
		}
		out[j] = x
	}
}
