package predict

import (
	"math"

	"dasier/ml/forest"
	"dasier/ml/frame"
	"dasier/ml/stage"
)

// largest bounds every number that enters a program. Together with the bounds
// that checkSpec puts on slopes it keeps every score finite.
const largest = 1e100

// aboveMinusOne is where log1p is still finite: the least double above -1.
var aboveMinusOne = math.Nextafter(-1, 0)

// Program is a compiled model. It is immutable.
type Program struct {
	spec   Spec
	byName map[string]int
	levels []map[string]int32 // per input; nil unless it is a category

	bias    float64 // the estimator's, plus the constant part of all number terms
	numbers []numberTerm
	choices []choiceTerm
	tables  []float64 // of all choices, one after the other

	// For explanations, per input: where its term is, the constant part that
	// went into bias, and what it adds to the score at the base.
	terms    []termRef
	constant []float64
	atBase   []float64
	base     float64

	explained   bool      // as one sum or one ensemble over features
	taken       []Feature // of such a program: what its estimator sees
	explanation Explanation
	graph       graph
	worded      []bool  // per input: told by word (words.go); nil: none
	textual     []int32 // the features of those

	notices []noticeTexts

	// What is not one fused sum. Without a matrix all of it is empty.
	matrix  *matrix
	summed  bool // and yet the score is one sum over the inputs
	stages  *pipeline
	trees   *forest.Forest
	linears []Linear
	bases   []float64 // per score, what explanations are measured from
	flip    bool      // binary: the positive class is the first
	single  bool      // probabilities are float32

	transformed bool    // the estimator predicts another number than the target
	factor      float64 // of a log target: from the median to the mean
	depth       int     // of the deepest tree
}

// numberTerm is all features of one number, bool or time:
// slope*(x-center) + logSlope*(log1p(x)-logCenter), or missing.
type numberTerm struct {
	input               int32
	logs                bool
	slope, center       float64
	logSlope, logCenter float64
	missing             float64
}

// choiceTerm is all features of one category: tables[at+code]. Codes beyond
// the levels are unknown (len) and missing (len+1).
type choiceTerm struct {
	input int32
	at    int32
}

// termRef finds an input's term: an index into numbers or choices; -1 when no
// feature uses the input.
type termRef struct {
	index  int32
	choice bool
}

// Compile checks a model completely and builds its program. The error names
// the first wrong field ("features[3].scale").
func Compile(spec Spec) (*Program, error) {
	if err := checkSpec(&spec); err != nil {
		return nil, err
	}
	p := &Program{
		spec:     cloneSpec(spec),
		byName:   make(map[string]int, len(spec.Inputs)),
		levels:   make([]map[string]int32, len(spec.Inputs)),
		terms:    make([]termRef, len(spec.Inputs)),
		constant: make([]float64, len(spec.Inputs)),
		atBase:   make([]float64, len(spec.Inputs)),
	}
	features := make([][]int, len(spec.Inputs))
	for j, f := range spec.Features {
		features[f.Input] = append(features[f.Input], j)
	}
	p.transformed, p.factor = p.spec.Target.Transformed(), 1
	if p.spec.Target.Log {
		p.factor = p.spec.Target.Answer(0)
	}
	p.flip = spec.Task == TaskBinary && spec.Positive == spec.Classes[0]
	for i := range p.spec.Inputs {
		p.byName[p.spec.Inputs[i].Name] = i
		if p.spec.Inputs[i].Kind == frame.Category {
			p.levels[i] = codesOf(p.spec.Inputs[i].Levels)
		}
	}
	if needsMatrix(&p.spec) {
		p.compileMatrix()
	} else {
		p.compileFused(features)
	}
	p.taken, p.explained = takenFeatures(&p.spec)
	p.explained = p.explained && (p.trees == nil || p.trees.Explained())
	p.compileGraph()
	p.compileWords()
	p.notices = writeNotices(&p.spec, features)
	return p, nil
}

// takenFeatures are the features that an estimator sees, where it sees nothing
// else.
func takenFeatures(s *Spec) ([]Feature, bool) {
	if s.Answer != nil {
		return nil, false
	}
	if s.Takes == nil {
		return s.Features, true
	}
	taken := make([]Feature, len(s.Takes))
	for j, c := range s.Takes {
		if int(c) >= len(s.Features) {
			return nil, false
		}
		taken[j] = s.Features[c]
	}
	return taken, true
}

func codesOf(levels []string) map[string]int32 {
	codes := make(map[string]int32, len(levels))
	for code, level := range levels {
		codes[level] = int32(code) //nolint:gosec // checkSpec bounds the number of levels
	}
	return codes
}

// compileFused makes one sum of a linear estimator and its features.
func (p *Program) compileFused(features [][]int) {
	linear := p.spec.Linear
	p.bias = linear.Bias
	p.base = linear.Bias
	for i := range p.spec.Inputs {
		for _, j := range features[i] {
			p.atBase[i] += linear.Weights[j] * linear.Base[j]
		}
		p.base += p.atBase[i]
		if p.spec.Inputs[i].Kind == frame.Category {
			p.addChoice(i, features[i])
		} else {
			p.addNumber(i, features[i])
		}
		p.bias += p.constant[i]
	}
	p.bases = []float64{p.base}
}

// compileMatrix prepares estimators that need every feature.
func (p *Program) compileMatrix() {
	p.matrix, p.stages = newMatrix(&p.spec, p.levels), newPipeline(&p.spec)
	outputs := p.spec.outputs()
	switch {
	case p.spec.Trees != nil:
		p.trees, p.single = forest.Compile(p.spec.Trees, outputs), p.spec.Trees.Single
		p.bases, p.depth = p.spec.Trees.Expectation(outputs), p.spec.Trees.Depth()
		p.spec.Trees = nil // the forest does without, and they are the larger part
	case p.spec.Linear != nil:
		p.linears = []Linear{*p.spec.Linear}
	case p.spec.Answer != nil:
		p.bases = make([]float64, outputs)
	default:
		p.linears = p.spec.Classwise
	}
	for _, l := range p.linears {
		base := l.Bias
		for j, w := range l.Weights {
			base += w * l.Base[j]
		}
		p.bases = append(p.bases, base)
	}
	p.base = p.bases[0]
	p.summed = p.compileSum()
}

// addNumber fuses the features of one number. Features of one input share
// their centre in practice; where they do not, the difference is a constant.
// The centre is kept, instead of multiplied out, because slope*x - slope*center
// cancels badly when the column is far from 0 and narrow (a time, a year).
func (p *Program) addNumber(i int, features []int) {
	p.terms[i] = termRef{index: -1}
	if len(features) == 0 {
		return
	}
	term := numberTerm{input: int32(i)} //nolint:gosec // checkSpec bounds the number of inputs
	var linears int
	for _, j := range features {
		f := &p.spec.Features[j]
		slope := p.spec.Linear.Weights[j] / f.Scale
		var whenMissing float64
		switch {
		case f.Op == opMissing:
			p.constant[i] += slope * (0 - f.Center)
			whenMissing = 1
		case f.Log:
			if !term.logs {
				term.logs, term.logCenter = true, f.Center
			}
			term.logSlope += slope
			p.constant[i] += slope * (term.logCenter - f.Center)
			whenMissing = log1p(f.Impute)
		default:
			if linears++; linears == 1 {
				term.center = f.Center
			}
			term.slope += slope
			p.constant[i] += slope * (term.center - f.Center)
			whenMissing = f.Impute
		}
		term.missing += slope * (whenMissing - f.Center)
	}
	term.missing -= p.constant[i]            // which the bias has already
	p.terms[i].index = int32(len(p.numbers)) //nolint:gosec // bounded
	p.numbers = append(p.numbers, term)
}

// addChoice fuses the features of one category into a table by code.
func (p *Program) addChoice(i int, features []int) {
	levels, codes := p.spec.Inputs[i].Levels, p.levels[i]
	p.terms[i] = termRef{index: -1, choice: true}
	if len(features) == 0 {
		return
	}
	// What every code gets: each indicator at 0. Then the difference where one is 1.
	table := make([]float64, len(levels)+2)
	missing := len(levels) + 1
	for _, j := range features {
		f := &p.spec.Features[j]
		if f.Op == opTable {
			for k, v := range f.Table {
				table[k] += p.spec.Linear.Weights[j] * v
			}
			continue
		}
		slope := p.spec.Linear.Weights[j] / f.Scale
		p.constant[i] += slope * (0 - f.Center)
		if f.Op == opMissing {
			table[missing] += slope
			continue
		}
		table[codes[f.Level]] += slope
		table[missing] += slope * f.Impute
	}
	p.terms[i].index = int32(len(p.choices))                                             //nolint:gosec // bounded
	p.choices = append(p.choices, choiceTerm{input: int32(i), at: int32(len(p.tables))}) //nolint:gosec // bounded
	p.tables = append(p.tables, table...)
}

// Spec is the model as data, but for Trees, which see. Do not change what its
// slices hold.
func (p *Program) Spec() Spec { return p.spec }

// Inputs are the raw columns in the model's order. Do not change them.
func (p *Program) Inputs() []Input { return p.spec.Inputs }

// InputIndex finds an input by name.
func (p *Program) InputIndex(name string) (int, bool) {
	i, ok := p.byName[name]
	return i, ok
}

// InputIndexBytes is InputIndex for bytes, without copying them.
func (p *Program) InputIndexBytes(name []byte) (int, bool) {
	i, ok := p.byName[string(name)]
	return i, ok
}

// Score is the estimator's answer for a row: of the transformed target when it is,
// of the positive class when the model is binary, of the class chosen when
// there are several. The row must be of this program.
func (p *Program) Score(row *Row) float64 {
	if row.program != p {
		panic("predict: a row of another program")
	}
	if p.matrix != nil && !p.summed {
		return p.matrixScore(row)
	}
	score := p.sum(row)
	if p.flip {
		return p.flipped(score)
	}
	return score
}

// sum is the score of a program that is one sum over its inputs. The bias comes
// last, as in a product of matrices: of a model whose columns depend on each
// other, weights and bias may be 1e16 and cancel, and the order decides digits.
func (p *Program) sum(row *Row) float64 {
	score := 0.0
	for t := range p.numbers {
		score += p.numbers[t].of(row)
	}
	codes, tables := row.codes, p.tables
	for _, choice := range p.choices {
		score += tables[choice.at+codes[choice.input]]
	}
	return score + p.bias
}

// matrixScore is Score where features are not fused.
func (p *Program) matrixScore(row *Row) float64 {
	if p.spec.Task == TaskMulticlass {
		return p.Outcome(row).Score
	}
	p.scores(row)
	if p.flip {
		return p.flipped(row.scores[0])
	}
	return row.scores[0]
}

// flipped turns the second class's score into the first's.
func (p *Program) flipped(score float64) float64 {
	if p.spec.Link == Logistic || p.spec.Link == Decision {
		return -score
	}
	return 1 - score
}

func (t *numberTerm) of(row *Row) float64 {
	return t.add(row.numbers[t.input])
}

// add is what a number adds. Products are rounded before they are added, so that
// batches say the same on every processor.
func (t *numberTerm) add(x float64) float64 {
	if math.IsNaN(x) {
		return t.missing
	}
	value := float64(t.slope * (x - t.center))
	if t.logs {
		value += float64(t.logSlope * (log1p(x) - t.logCenter))
	}
	return value
}

// Predict is the model's answer for a row, in the target's unit.
func (p *Program) Predict(row *Row) float64 { return p.Answer(p.Score(row)) }

// Answer turns a score into a prediction in the target's unit; of a binary
// model, into a probability. With several classes one score alone says nothing:
// it is given back (see Outcome).
func (p *Program) Answer(score float64) float64 {
	switch {
	case p.transformed:
		return p.answerOf(score)
	case p.spec.Link != Logistic:
		return score
	case p.single:
		return sigmoidSingle(score)
	}
	return stage.Logistic(score)
}

func log1p(x float64) float64 { return math.Log1p(max(x, aboveMinusOne)) }
