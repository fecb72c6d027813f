package predict

import (
	"math"

	"dasier/ml/frame"
	"dasier/ml/lexicon"
)

// Row is one row on its way into a program: a value or nothing per input. It
// is reused from row to row (Reset) and belongs to one goroutine at a time.
type Row struct {
	program *Program
	numbers []float64 // per input; NaN is missing
	codes   []int32   // per input; see choiceTerm
	given   []bool    // per input: some Set was called since Reset
	absent  []int32   // codes of a row without values

	texts   [][]byte         // per input of free text
	buckets [][]float64      // per hashed input
	vectors []lexicon.Vector // per reading

	// Memory for programs that need it.
	cells         []float64 // features, and what stages computed
	features      []float64 // as the estimator sees them
	gathered      []float64
	work          []float64
	score         [1]float64
	scores        []float64
	probabilities []float64 // per class
	buffer        []float64
}

// NewRow makes an empty row: every input is missing.
func (p *Program) NewRow() *Row {
	n := len(p.spec.Inputs)
	row := &Row{
		program: p, numbers: make([]float64, n), codes: make([]int32, n), given: make([]bool, n),
		probabilities: make([]float64, len(p.spec.Classes)),
	}
	if p.matrix != nil {
		row.cells, row.scores = make([]float64, p.stages.cells), make([]float64, p.spec.outputs())
		row.gathered, row.work = make([]float64, p.stages.gather), make([]float64, p.stages.work)
		row.features = row.cells
		if !p.stages.direct {
			row.features = make([]float64, p.spec.width())
		}
	}
	row.vectors = make([]lexicon.Vector, len(p.spec.Readings))
	row.texts, row.buckets = make([][]byte, n), make([][]float64, n)
	for i := range p.spec.Inputs {
		if hashing := p.spec.Inputs[i].Hashing; hashing != nil {
			row.buckets[i] = make([]float64, hashing.Buckets)
		}
	}
	row.absent = make([]int32, n)
	for i := range row.absent {
		row.absent[i] = row.unknown(i) + 1
	}
	row.Reset()
	return row
}

// Reset makes every input missing again.
func (r *Row) Reset() {
	for i := range r.numbers {
		r.numbers[i] = math.NaN()
	}
	copy(r.codes, r.absent)
	clear(r.given)
}

// SetNumber sets a number, bool (0 or 1) or time (seconds since 1970 UTC).
// NaN and infinities mean missing. It does nothing for a category.
func (r *Row) SetNumber(i int, v float64) {
	r.given[i] = true
	if math.IsInf(v, 0) {
		v = math.NaN()
	}
	r.numbers[i] = min(max(v, -largest), largest)
}

// SetCategory sets a category by its text and tells whether the model knows
// it. An unknown one is kept as unknown, which is not missing. Of free text, which
// is kept as a copy, any is known.
func (r *Row) SetCategory(i int, level string) (known bool) {
	if r.program.spec.Inputs[i].Text {
		r.texts[i] = append(r.texts[i][:0], level...)
		return r.setCode(i, 0, true)
	}
	code, known := r.program.levels[i][level]
	return r.setCode(i, code, known)
}

// SetCategoryBytes is SetCategory for bytes, without copying them.
func (r *Row) SetCategoryBytes(i int, level []byte) (known bool) {
	if r.program.spec.Inputs[i].Text {
		r.texts[i] = append(r.texts[i][:0], level...)
		return r.setCode(i, 0, true) // the code of what is no level, and not missing
	}
	code, known := r.program.levels[i][string(level)]
	return r.setCode(i, code, known)
}

func (r *Row) setCode(i int, code int32, known bool) bool {
	r.given[i] = true
	if !known {
		code = r.unknown(i)
	}
	r.codes[i] = code
	return known
}

// SetMissing says that input i has no value.
func (r *Row) SetMissing(i int) {
	r.given[i] = true
	r.numbers[i] = math.NaN()
	r.codes[i] = r.unknown(i) + 1
}

func (r *Row) unknown(i int) int32 { return int32(len(r.program.spec.Inputs[i].Levels)) } //nolint:gosec // bounded by checkSpec

// Given tells whether input i was set since the last Reset, be it to missing.
func (r *Row) Given(i int) bool { return r.given[i] }

// Missing tells whether input i has no value.
func (r *Row) Missing(i int) bool {
	if r.program.spec.Inputs[i].Kind == frame.Category {
		return r.codes[i] == r.unknown(i)+1
	}
	return math.IsNaN(r.numbers[i])
}

// Number is the value of a number, bool or time; NaN when it is missing.
func (r *Row) Number(i int) float64 { return r.numbers[i] }

// Level is the category's text; false when it is missing or unknown.
func (r *Row) Level(i int) (string, bool) {
	if text, ok := r.Text(i); ok {
		return string(text), true
	}
	levels := r.program.spec.Inputs[i].Levels
	if code := int(r.codes[i]); code < len(levels) {
		return levels[code], true
	}
	return "", false
}
