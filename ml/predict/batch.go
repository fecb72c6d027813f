package predict

import (
	"math"

	"dasier/fault"
	"dasier/ml/forest"
	"dasier/ml/frame"
)

// Column is the values of one input in many rows: of a number, bool or time
// Float64 or Float32; of a category Codes; of free text Texts. None of them: the input is missing in
// every row. Its memory is the caller's, and is not changed.
type Column struct {
	// Float64 or Float32: NaN and infinities are missing.
	Float64 []float64
	Float32 []float32
	// Codes are places among the input's levels; -1 is missing, every other number
	// an unknown level.
	Codes []int32
	// Texts are of an input of free text; an empty one is missing.
	Texts []string
	// Stride is how far one row's value stands from the next one's, so that a table
	// kept by rows serves as its columns; 0 is 1.
	Stride int
}

// RowMajor sees a table kept by rows as its columns.
func RowMajor[T float32 | float64](values []T, columns int) []Column {
	all := make([]Column, columns)
	for j := range all {
		if j >= len(values) {
			continue
		}
		all[j].Stride = columns
		switch v := any(values[j:]).(type) {
		case []float64:
			all[j].Float64 = v
		case []float32:
			all[j].Float32 = v
		}
	}
	return all
}

// Batch answers many rows at once: column by column where the model is a sum
// over its inputs, trees by blocks of rows, and the rest row by row. An answer is
// the same, to the last bit, as that of the row alone. A batch belongs to one
// goroutine at a time; of one program there may be many.
type Batch struct {
	program *Program
	columns []Column

	row    *Row            // where rows go one by one
	x      []float64       // where trees see features as they are: of a block, by columns
	scores []float64       // of a block
	given  []forest.Column // of a lone tree: its features as they are given
	work   []float64
}

// How many rows go through a program at once: of sums as many as the fastest
// cache holds, of trees more.
const (
	sumRows  = 512
	treeRows = 4096
)

// NewBatch makes the memory for batches of a program: about a megabyte at most.
func (p *Program) NewBatch() *Batch {
	b := &Batch{program: p, row: p.NewRow()}
	if b.byBlocks() {
		b.x = make([]float64, b.blockRows()*len(p.spec.Features))
		b.scores = make([]float64, b.blockRows()*p.spec.outputs())
		b.work = make([]float64, p.trees.WorkOf(len(p.spec.Features)))
		b.given = make([]forest.Column, 0, len(p.spec.Features))
	}
	return b
}

// byBlocks tells whether trees see the features as they are.
func (b *Batch) byBlocks() bool { return b.program.trees != nil && b.program.stages.direct }

// blockRows is how many rows of features are kept at once, for trees.
func (b *Batch) blockRows() int {
	const cells = 1 << 17
	return min(max(cells/max(len(b.program.spec.Features), 1), 16), treeRows)
}

// Predict writes the answer of every row (Program.Predict, and of several classes
// the chosen one's, as Outcome.Prediction) into answers; there are as many rows
// as answers. There is a column per input of the program, in its order.
func (b *Batch) Predict(columns []Column, answers []float64) error {
	if err := b.check(columns, len(answers)); err != nil {
		return err
	}
	p := b.program
	b.columns = columns
	defer func() { b.columns = nil; clear(b.given) }()
	switch {
	case p.matrix == nil || p.summed:
		b.sum(answers)
	case b.byBlocks() && len(p.matrix.hashed)+len(p.matrix.readings) == 0:
		b.trees(answers)
	default:
		for r := range answers {
			b.fill(r)
			answers[r] = p.Outcome(b.row).Prediction
		}
	}
	return nil
}

// Outcomes visits the outcome of every row, as Program.Outcome gives it.
func (b *Batch) Outcomes(columns []Column, rows int, visit func(row int, o Outcome)) error {
	if err := b.check(columns, rows); err != nil {
		return err
	}
	b.columns = columns
	defer func() { b.columns = nil }()
	for r := range rows {
		b.fill(r)
		visit(r, b.program.Outcome(b.row))
	}
	return nil
}

func (b *Batch) check(columns []Column, rows int) error {
	inputs := b.program.spec.Inputs
	if len(columns) != len(inputs) {
		return fault.Errorf(fault.Invalid, "there are %d columns for %d inputs", len(columns), len(inputs))
	}
	for i := range columns {
		c, in := &columns[i], &inputs[i]
		length, numbers := max(len(c.Float64), len(c.Float32), len(c.Codes), len(c.Texts)), c.Float64 != nil || c.Float32 != nil
		switch {
		case !numbers && c.Codes == nil && c.Texts == nil:
			continue
		case in.Text != (c.Texts != nil) || in.Text && (numbers || c.Codes != nil):
			return fault.Errorf(fault.Invalid, "column %q must hold what one %s is, texts if it is free text", in.Name, in.Kind).At(in.Name)
		case !in.Text && (numbers == (in.Kind == frame.Category) || c.Codes != nil == numbers || c.Float64 != nil && c.Float32 != nil):
			return fault.Errorf(fault.Invalid, "column %q must hold what one %s is", in.Name, in.Kind).At(in.Name)
		case c.Stride < 0 || rows > 0 && (rows-1)*c.stride() >= length:
			return fault.Errorf(fault.Invalid, "column %q has %d values, too few for %d rows", in.Name, length, rows).At(in.Name)
		}
	}
	return nil
}

func (c *Column) stride() int { return max(c.Stride, 1) }

// fill puts a row of the columns into b.row.
func (b *Batch) fill(r int) {
	for i := range b.columns {
		c := &b.columns[i]
		switch at := r * c.stride(); {
		case c.Float64 != nil:
			b.row.SetNumber(i, c.Float64[at])
		case c.Float32 != nil:
			b.row.SetNumber(i, float64(c.Float32[at]))
		case c.Codes != nil:
			b.row.given[i], b.row.codes[i] = true, b.row.code(i, c.Codes[at])
		case c.Texts != nil && c.Texts[at] != "":
			b.row.SetCategory(i, c.Texts[at])
		default:
			b.row.SetMissing(i)
		}
	}
}

// code is a column's code as a row has it.
func (r *Row) code(i int, code int32) int32 {
	unknown := r.unknown(i)
	switch {
	case code == -1:
		return unknown + 1
	case code < 0 || code > unknown:
		return unknown
	}
	return code
}

// numbers puts the values of a number in rows from first on into values, as a
// row has them.
func (b *Batch) numbers(i, first int, values []float64) {
	c := &b.columns[i]
	stride := c.stride()
	switch {
	case c.Float64 != nil:
		for k, from := 0, c.Float64[first*stride:]; k < len(values); k++ {
			values[k] = clean(from[k*stride])
		}
	case c.Float32 != nil:
		for k, from := 0, c.Float32[first*stride:]; k < len(values); k++ {
			values[k] = clean(float64(from[k*stride]))
		}
	default:
		for k := range values {
			values[k] = math.NaN()
		}
	}
}

// clean is what Row.SetNumber makes of a number.
func clean(v float64) float64 {
	if math.Abs(v) <= largest {
		return v
	}
	return bounded(v)
}

func bounded(v float64) float64 {
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return min(max(v, -largest), largest)
}

// sum computes a program that is one sum over its inputs, block by block and in
// each input by input.
func (b *Batch) sum(answers []float64) {
	p := b.program
	plain := b.plain()
	for first := 0; first < len(answers); first += sumRows {
		block := answers[first:min(first+sumRows, len(answers))]
		clear(block)
		for t := range p.numbers {
			b.addNumbers(&p.numbers[t], first, block)
		}
		for _, choice := range p.choices {
			b.addCodes(choice, first, block)
		}
		for k := range block {
			block[k] += p.bias
		}
		if plain {
			continue
		}
		for k, score := range block {
			if p.flip {
				score = p.flipped(score)
			}
			block[k] = p.Answer(score)
		}
	}
}

// plain tells whether a score is the answer.
func (b *Batch) plain() bool {
	p := b.program
	return p.spec.outputs() == 1 && !p.flip && !p.transformed && p.spec.Link != Logistic
}

// addNumbers adds what a number adds to each score.
func (b *Batch) addNumbers(term *numberTerm, first int, scores []float64) {
	c := &b.columns[term.input]
	switch stride := c.stride(); {
	case c.Float64 != nil:
		addTerms(term, c.Float64[first*stride:], stride, scores)
	case c.Float32 != nil:
		addTerms(term, c.Float32[first*stride:], stride, scores)
	default:
		for k := range scores {
			scores[k] += term.missing
		}
	}
}

// addTerms is the loop of linear models: nothing in it asks twice.
func addTerms[T float32 | float64](term *numberTerm, from []T, stride int, scores []float64) {
	slope, center, logs := term.slope, term.center, term.logs
	for k, at := 0, 0; k < len(scores) && at < len(from); k, at = k+1, at+stride {
		x := float64(from[at])
		if !(math.Abs(x) <= largest) || logs { //nolint:staticcheck // NaN, too
			scores[k] += term.add(bounded(x))
			continue
		}
		scores[k] += float64(slope * (x - center))
	}
}

// addCodes adds what a category adds to each score.
func (b *Batch) addCodes(choice choiceTerm, first int, scores []float64) {
	c, i := &b.columns[choice.input], int(choice.input)
	table, stride := b.program.tables[choice.at:], c.stride()
	for k := range scores {
		code := int32(-1)
		if c.Codes != nil {
			code = c.Codes[(first+k)*stride]
		}
		scores[k] += table[b.row.code(i, code)]
	}
}

// trees computes features of a block of rows and takes them through the trees.
func (b *Batch) trees(answers []float64) {
	p := b.program
	if b.lone() {
		b.tree(answers)
		return
	}
	features, outputs, most := len(p.spec.Features), p.spec.outputs(), b.blockRows()
	for first := 0; first < len(answers); first += most {
		block := answers[first:min(first+most, len(answers))]
		for j := range features {
			b.feature(j, first, b.x[j*most:j*most+len(block)])
		}
		scores := b.scores[:len(block)*outputs]
		p.trees.ScoresOf(b.x, features, most, scores, b.work)
		if b.plain() {
			copy(block, scores)
			continue
		}
		for k := range block {
			block[k] = b.prediction(scores[k*outputs : (k+1)*outputs])
		}
	}
}

// lone tells whether the features are numbers as they are given, for a tree that
// takes them so, and finds them.
func (b *Batch) lone() bool {
	m := b.program.matrix
	if !b.program.trees.Lone() {
		return false
	}
	b.given = b.given[:0]
	for _, cell := range m.cells {
		if cell.kind != steps || cell.at < cell.end {
			return false
		}
		c := &b.columns[cell.input]
		b.given = append(b.given, forest.Column{Doubles: c.Float64, Singles: c.Float32, Stride: c.stride()})
	}
	return true
}

// tree takes rows through a lone tree.
func (b *Batch) tree(answers []float64) {
	p := b.program
	if b.plain() {
		p.trees.ScoresOfColumns(b.given, 0, answers, b.work)
		return
	}
	outputs, most := p.spec.outputs(), b.blockRows()
	for first := 0; first < len(answers); first += most {
		block := answers[first:min(first+most, len(answers))]
		scores := b.scores[:len(block)*outputs]
		p.trees.ScoresOfColumns(b.given, first, scores, b.work)
		for k := range block {
			block[k] = b.prediction(scores[k*outputs : (k+1)*outputs])
		}
	}
}

// feature computes one feature of a block of rows.
func (b *Batch) feature(j, first int, values []float64) {
	m := b.program.matrix
	c := &m.cells[j]
	if c.kind == table || c.kind == indicator {
		column, i := &b.columns[c.input], int(c.input)
		stride := column.stride()
		for k := range values {
			code := int32(-1)
			if column.Codes != nil {
				code = column.Codes[(first+k)*stride]
			}
			values[k] = m.category(c, b.row.code(i, code))
		}
		return
	}
	b.numbers(int(c.input), first, values)
	if c.kind == points {
		for k, v := range values {
			values[k] = m.curves[c.end].of(v)
		}
		return
	}
	for _, s := range m.steps[c.at:c.end] {
		for k, v := range values {
			values[k] = s.Of(v)
		}
	}
}

// prediction is what Outcome makes of the scores of trees.
func (b *Batch) prediction(scores []float64) float64 {
	p := b.program
	switch {
	case p.spec.Task == TaskVector:
		return scores[0]
	case len(scores) == 1 && p.flip:
		return p.Answer(p.flipped(scores[0]))
	case len(scores) == 1:
		return p.Answer(scores[0])
	case p.spec.Link == Decision:
		return scores[p.chosen(b.row, scores)]
	}
	p.link(scores, b.row.probabilities)
	return b.row.probabilities[p.chosen(b.row, b.row.probabilities)]
}

// predictBlocks is PredictFrame by blocks of rows, for trees that see the
// features as they are.
func (p *Program) predictBlocks(f *frame.Frame) ([]float64, error) {
	b, features, outputs := p.NewBatch(), len(p.spec.Features), p.spec.outputs()
	most, answers := b.blockRows(), make([]float64, 0, f.Rows())
	rows := 0
	flush := func() {
		scores := b.scores[:rows*outputs]
		p.trees.ScoresOf(b.x, features, most, scores, b.work)
		for k := range rows {
			answers = append(answers, b.prediction(scores[k*outputs:(k+1)*outputs]))
		}
		rows = 0
	}
	err := p.EachRow(f, func(row *Row) {
		p.matrix.fill(row, row.cells)
		for j, v := range row.cells {
			b.x[j*most+rows] = v
		}
		if rows++; rows == most {
			flush()
		}
	})
	if err != nil {
		return nil, err
	}
	flush()
	return answers, nil
}
