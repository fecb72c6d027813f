package search

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"dasier/fault"
)

// maxCandidates bounds what one search tries.
const maxCandidates = 10_000

// Param is one setting and what may be tried of it: a list of values, or a range
// to draw from.
type Param struct {
	Name string
	// Values are numbers (float64), texts and bools. Empty: a range.
	Values []any
	// Low to High is the range, both included.
	Low, High float64
	Log       bool // as likely between 1 and 10 as between 10 and 100
	Whole     bool // whole numbers only
}

// List is a setting of given values.
func List(name string, values ...any) Param { return Param{Name: name, Values: values} }

// Uniform is a setting drawn from a range.
func Uniform(name string, low, high float64) Param { return Param{Name: name, Low: low, High: high} }

// LogUniform is a setting whose logarithm is drawn from a range: for rates and
// penalties.
func LogUniform(name string, low, high float64) Param {
	return Param{Name: name, Low: low, High: high, Log: true}
}

// Whole is a setting of whole numbers, drawn from a range.
func Whole(name string, low, high float64) Param {
	return Param{Name: name, Low: low, High: high, Whole: true}
}

// ParseParam reads a setting as recipes write it, decoded: one value, a list of
// values, or a range {uniform: [0, 1]}, {log: [0.01, 0.3]}, {whole: [2, 10]} or
// {log-whole: [10, 1000]}.
func ParseParam(name string, written any) (Param, error) {
	p := Param{Name: name}
	switch v := written.(type) {
	case []any:
		p.Values = slices.Clone(v)
	case map[string]any:
		if len(v) != 1 {
			return p, fault.Errorf(fault.Invalid, "%s: a range is written {uniform: [from, to]}, {log: [from, to]}, {whole: [from, to]} or {log-whole: [from, to]}", name)
		}
		for kind, bounds := range v {
			p.Log, p.Whole = kind == "log" || kind == "log-whole", kind == "whole" || kind == "log-whole"
			ends, ok := bounds.([]any)
			if kind != "uniform" && !p.Log && !p.Whole || !ok || len(ends) != 2 {
				return p, fault.Errorf(fault.Invalid, "%s: %q is no range: write uniform, log, whole or log-whole with [from, to]", name, kind)
			}
			low, ok1 := number(ends[0])
			high, ok2 := number(ends[1])
			if !ok1 || !ok2 {
				return p, fault.Errorf(fault.Invalid, "%s: a range goes from a number to a number", name)
			}
			p.Low, p.High = low, high
		}
		return p, p.check()
	default:
		p.Values = []any{v}
	}
	for k, v := range p.Values {
		if x, ok := number(v); ok {
			p.Values[k] = x
		}
	}
	return p, p.check()
}

func number(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case int:
		return float64(x), true
	case int64:
		return float64(x), true
	case uint64:
		return float64(x), true
	}
	return 0, false
}

func (p Param) check() error {
	switch {
	case p.Name == "":
		return fault.Errorf(fault.Invalid, "a setting to try has no name")
	case len(p.Values) > maxCandidates:
		return fault.Errorf(fault.Invalid, "%s: there are %d values, at most %d are allowed", p.Name, len(p.Values), maxCandidates)
	}
	for _, v := range p.Values {
		switch v.(type) {
		case string, bool:
			continue
		}
		if x, ok := number(v); !ok || math.IsNaN(x) || math.IsInf(x, 0) {
			return fault.Errorf(fault.Invalid, "%s: %v is no value to try: write numbers, texts, true or false", p.Name, v)
		}
	}
	if len(p.Values) > 0 {
		return nil
	}
	switch {
	case !(p.Low < p.High) || math.IsInf(p.Low, 0) || math.IsInf(p.High, 0):
		return fault.Errorf(fault.Invalid, "%s: %g to %g is no range: the first must be below the second", p.Name, p.Low, p.High)
	case p.Log && !(p.Low > 0):
		return fault.Errorf(fault.Invalid, "%s: a logarithmic range begins above 0, not at %g", p.Name, p.Low)
	case p.Whole && math.Ceil(p.Low) > math.Floor(p.High):
		return fault.Errorf(fault.Invalid, "%s: there is no whole number from %g to %g", p.Name, p.Low, p.High)
	}
	return nil
}

// draw takes a value by chance. Those of ranges are rounded to three digits, so
// that what a report shows is what was tried.
func (p Param) draw(random *rand.Rand) any {
	if len(p.Values) > 0 {
		return p.value(random.IntN(len(p.Values)))
	}
	low, high := p.Low, p.High
	if p.Whole { // each number has the same room, the first and the last too
		low, high = math.Ceil(low)-0.5, math.Floor(high)+0.5
	}
	var v float64
	if p.Log {
		v = math.Exp(math.Log(low) + random.Float64()*(math.Log(high)-math.Log(low)))
	} else {
		v = low + random.Float64()*(high-low)
	}
	if p.Whole {
		return min(max(math.Round(v), math.Ceil(p.Low)), math.Floor(p.High))
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil {
		return v
	}
	return min(max(rounded, p.Low), p.High)
}

func (p Param) value(k int) any {
	if x, ok := number(p.Values[k]); ok {
		return x
	}
	return p.Values[k]
}

// Space is the settings to try of one learner.
type Space []Param

func (s Space) check() error {
	seen := map[string]bool{}
	for _, p := range s {
		if err := p.check(); err != nil {
			return err
		}
		if seen[p.Name] {
			return fault.Errorf(fault.Invalid, "the setting %q stands twice", p.Name)
		}
		seen[p.Name] = true
	}
	return nil
}

// size is how many combinations there are; 0 when a range makes them endless, and
// no more than one above maxCandidates.
func (s Space) size() int {
	n := 1
	for _, p := range s {
		if len(p.Values) == 0 {
			return 0
		}
		n = min(n*len(p.Values), maxCandidates+1)
	}
	return n
}

// Grid is every combination, the last setting changing fastest.
func (s Space) Grid() ([]Settings, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	for _, p := range s {
		if len(p.Values) == 0 {
			return nil, fault.Errorf(fault.Invalid, "%s is a range, and a grid needs a list: write the values to try, or search by chance (random or halving)", p.Name)
		}
	}
	n := s.size()
	if n > maxCandidates {
		return nil, fault.Errorf(fault.Invalid, "the grid of %s has more than %d combinations: try fewer values, or search by chance (random or halving)", s.names(), maxCandidates)
	}
	all := make([]Settings, n)
	for i := range all {
		all[i] = Settings{}
		rest := i
		for _, p := range slices.Backward(s) {
			all[i][p.Name] = p.value(rest % len(p.Values))
			rest /= len(p.Values)
		}
	}
	return all, nil
}

// Draw is n different combinations by chance (Bergstra and Bengio, "Random Search
// for Hyper-Parameter Optimization", JMLR 13, 2012); every one where there are no
// more, in the grid's order.
func (s Space) Draw(n int, seed uint64) ([]Settings, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if n < 1 || n > maxCandidates {
		return nil, fault.Errorf(fault.Invalid, "%d combinations cannot be tried: use 1 to %d", n, maxCandidates)
	}
	if size := s.size(); size > 0 && size <= n {
		return s.Grid()
	}
	random := rand.New(rand.NewPCG(seed, 0x7370616365)) //nolint:gosec // a reproducible draw is the point
	var all []Settings
	seen := map[string]bool{}
	for range 50 * n { // whole numbers of a short range may be fewer than asked
		if len(all) == n {
			break
		}
		one := Settings{}
		for _, p := range s {
			one[p.Name] = p.draw(random)
		}
		if key := fmt.Sprint(one); !seen[key] { // maps are printed in the order of their keys
			seen[key] = true
			all = append(all, one)
		}
	}
	return all, nil
}

func (s Space) names() string {
	names := make([]string, len(s))
	for i, p := range s {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}
