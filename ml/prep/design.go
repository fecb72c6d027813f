package prep

import (
	"math"
	"strconv"
	"sync"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// maxCells bounds a design matrix: 8 GB.
const maxCells = 1 << 30

// Matrix is a dense matrix, row after row.
type Matrix struct {
	Rows, Cols int
	Data       []float64
}

// Row is row i. Do not append to it.
func (m *Matrix) Row(i int) []float64 { return m.Data[i*m.Cols : (i+1)*m.Cols] }

// Design computes the features of every row of f, on all processors. The frame
// may have more columns than were fitted, in any order, and other levels: an
// unseen one has every indicator 0. A fitted column that is absent or of another
// kind is an error. The preparation must be Dense. For the rows that it was
// fitted to, see PrepareMatrix.
func (p *Preparation) Design(f *frame.Frame) (*Matrix, error) { return p.design(f, nil) }

func (p *Preparation) design(f *frame.Frame, crossed *crossing) (*Matrix, error) {
	if p.form != Dense {
		return nil, fault.Errorf(fault.Invalid, "a design matrix comes from a dense preparation")
	}
	m := &Matrix{Rows: f.Rows(), Cols: len(p.features)}
	if m.Rows > maxCells/m.Cols {
		return nil, fault.Errorf(fault.Limited,
			"the design matrix would have %d rows of %d features, more than memory should hold: leave columns out, or encode categories by target or frequency", m.Rows, m.Cols)
	}
	writers, err := p.writers(f, crossed)
	if err != nil {
		return nil, err
	}
	m.Data = make([]float64, m.Rows*m.Cols)
	err = blocks(m.Rows, func(first, end int) error {
		for _, write := range writers {
			write(first, end, m.Data[first*m.Cols:end*m.Cols], m.Cols)
		}
		return nil
	})
	return m, err
}

// writer computes features of the rows from first to end into their part of a
// matrix, which is all 0.
type writer func(first, end int, data []float64, stride int)

// writers are those of all features.
func (p *Preparation) writers(f *frame.Frame, crossed *crossing) ([]writer, error) {
	var all []writer
	byInput := make([][]int, len(p.inputs))
	for j := range p.features {
		byInput[p.features[j].Input] = append(byInput[p.features[j].Input], j)
	}
	for i := range p.inputs {
		c, err := p.column(f, i)
		if err != nil {
			return nil, err
		}
		switch {
		case p.inputs[i].Text:
			all = append(all, p.textWriter(c, i, byInput[i]))
		case c.Kind == frame.Category:
			all = append(all, p.categoryWriters(c, i, byInput[i], crossed)...)
		default:
			all = append(all, p.numberWriter(c.Numbers(), byInput[i]))
		}
	}
	return all, nil
}

// column finds the column of an input.
func (p *Preparation) column(f *frame.Frame, i int) (*frame.Column, error) {
	input := p.inputs[i]
	c, ok := f.Column(input.Name)
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "column %q is absent: the model was trained with it", input.Name)
	}
	if c.Kind != input.Kind {
		return nil, fault.Errorf(fault.Invalid, "column %q is a %s here and was a %s in training: set its kind in the recipe", input.Name, c.Kind, input.Kind)
	}
	return c, nil
}

// largest bounds numbers as predict.Row does; infinite ones are missing.
const largest = learn.Largest

func clean(v float64) float64 {
	switch {
	case math.IsInf(v, 0):
		return math.NaN()
	case v > largest:
		return largest
	case v < -largest:
		return -largest
	}
	return v
}

// compile makes a feature of numbers computable, by the very operations that a
// compiled program does: from values to every stride-th of out.
func compile(feature *predict.Feature) func(values, out []float64, stride int) {
	f := *feature
	scaled := func(x float64) float64 { return (x - f.Center) / f.Scale }
	var of func(v float64) float64
	switch {
	case f.Op == opSteps:
		steps := make([]stage.Compiled, len(f.Steps))
		for k, s := range f.Steps {
			steps[k] = s.Compile()
		}
		of = func(v float64) float64 {
			for _, s := range steps {
				v = s.Of(v)
			}
			return v
		}
	case f.Op == opMissing:
		of = func(v float64) float64 {
			if math.IsNaN(v) {
				return scaled(1)
			}
			return scaled(0)
		}
	case f.Op == opCurve:
		of = func(v float64) float64 {
			if math.IsNaN(v) {
				v = f.Impute
			}
			return stage.Interpolate(f.X, f.Y, v)
		}
	case f.Log:
		aboveMinusOne := math.Nextafter(-1, 0)
		of = func(v float64) float64 {
			if math.IsNaN(v) {
				v = f.Impute
			}
			return scaled(math.Log1p(max(v, aboveMinusOne)))
		}
	default:
		return func(values, out []float64, stride int) {
			for i, v := range values {
				if !(math.Abs(v) <= largest) { // NaN, too
					if v = clean(v); math.IsNaN(v) {
						v = f.Impute
					}
				}
				out[i*stride] = (v - f.Center) / f.Scale
			}
		}
	}
	return func(values, out []float64, stride int) {
		for i, v := range values {
			out[i*stride] = of(clean(v))
		}
	}
}

// numberWriter writes all features of a number.
func (p *Preparation) numberWriter(values frame.Numbers, features []int) writer {
	computes := make([]func(values, out []float64, stride int), len(features))
	for k, j := range features {
		computes[k] = compile(&p.features[j])
	}
	rooms := sync.Pool{New: func() any { return new([blockRows]float64) }}
	return func(first, end int, data []float64, stride int) {
		room, _ := rooms.Get().(*[blockRows]float64)
		block := values.Block(first, end, room[:])
		for k, j := range features {
			computes[k](block, data[j:], stride)
		}
		rooms.Put(room)
	}
}

// categoryWriters write indicators in one pass over the rows, however many there
// are, and tables one by one.
func (p *Preparation) categoryWriters(c *frame.Column, input int, features []int, crossed *crossing) []writer {
	in := &p.inputs[input]
	places := placesOf(c, in)
	levels := make(map[string]int, len(in.Levels))
	for k, level := range in.Levels {
		levels[level] = k
	}
	ones := make([][]int, len(in.Levels)+2) // per place: the features that are 1
	missing, indicators := len(in.Levels)+1, false
	var all []writer
	for _, j := range features {
		f := &p.features[j]
		switch f.Op {
		case opTable:
			all = append(all, tableWriter(c, places, j, f.Table, crossed))
			continue
		case opEquals:
			ones[levels[f.Level]] = append(ones[levels[f.Level]], j)
			if f.Impute == 1 {
				ones[missing] = append(ones[missing], j)
			}
		case opMissing:
			ones[missing] = append(ones[missing], j)
		}
		indicators = true
	}
	if indicators {
		all = append(all, func(first, end int, data []float64, stride int) {
			for i, code := range c.Codes[first:end] {
				for _, j := range ones[places.of(code)] {
					data[i*stride+j] = 1
				}
			}
		})
	}
	return all
}

func tableWriter(c *frame.Column, places places, j int, table []float64, crossed *crossing) writer {
	if crossed != nil && crossed.tables[j] != nil {
		tables := crossed.tables[j]
		return func(first, end int, data []float64, stride int) {
			for i, code := range c.Codes[first:end] {
				data[i*stride+j] = tables[crossed.folds[first+i]][places.of(code)]
			}
		}
	}
	return func(first, end int, data []float64, stride int) {
		for i, code := range c.Codes[first:end] {
			data[i*stride+j] = table[places.of(code)]
		}
	}
}

// textWriter hashes each text once for all its buckets.
func (p *Preparation) textWriter(c *frame.Column, input int, features []int) writer {
	hashing := p.inputs[input].Hashing
	return func(first, end int, data []float64, stride int) {
		buckets := make([]float64, hashing.Buckets)
		var text []byte
		for i, code := range c.Codes[first:end] {
			row := data[i*stride:]
			clear(buckets)
			if code >= 0 {
				text = append(text[:0], c.Levels[code]...)
				hashing.Fill(text, buckets)
			}
			for _, j := range features {
				switch f := &p.features[j]; {
				case f.Op == opHashed:
					row[j] = buckets[f.Bucket]
				case code < 0: // the indicator of missing texts
					row[j] = 1
				}
			}
		}
	}
}

func bucketName(column string, bucket int) string {
	return column + ": words " + strconv.Itoa(bucket)
}
