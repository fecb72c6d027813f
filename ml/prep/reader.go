package prep

import (
	"math"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// Reader gives the features of a table piece by piece, for learners that pass
// over the rows and need not hold the whole design. It computes what Design
// computes. It is safe for concurrent use.
//
// Indicators, tables and scaled numbers are computed as they are read, everything
// else once and kept.
type Reader struct {
	features []predict.Feature
	columns  []*frame.Column // of each feature
	computed map[int][]float64
	tables   map[int]writer
	rows     int
}

// Reader reads the features of f, which must have what Design needs.
func (p *Preparation) Reader(f *frame.Frame) (*Reader, error) { return p.reader(f, nil) }

func (p *Preparation) reader(f *frame.Frame, crossed *crossing) (*Reader, error) {
	if p.form != Dense {
		return nil, fault.Errorf(fault.Invalid, "a design matrix comes from a dense preparation")
	}
	r := &Reader{
		features: p.features, columns: make([]*frame.Column, len(p.features)),
		computed: map[int][]float64{}, tables: map[int]writer{}, rows: f.Rows(),
	}
	columns := make([]*frame.Column, len(p.inputs))
	for i := range p.inputs {
		var err error
		if columns[i], err = p.column(f, i); err != nil {
			return nil, err
		}
	}
	for j, feature := range p.features {
		c := columns[feature.Input]
		r.columns[j] = c
		_, indicator := r.Indicator(j)
		switch {
		case p.inputs[feature.Input].Text:
			r.computed[j] = make([]float64, r.rows)
		case indicator || feature.Op == opValue && !feature.Log:
		case feature.Op == opTable:
			r.tables[j] = tableWriter(c, placesOf(c, &p.inputs[feature.Input]), 0, feature.Table, crossed.of(j))
		default:
			r.computed[j] = make([]float64, r.rows)
			compute := compile(&p.features[j])
			err := blocks(r.rows, func(first, end int) error {
				to := r.computed[j][first:end]
				compute(c.Numbers().Block(first, end, to), to, 1)
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return r, p.eachText(columns, r.rows, func(j, row int, v float64) { r.computed[j][row] = v })
}

// Rows is the number of rows.
func (r *Reader) Rows() int { return r.rows }

// Cols is the number of features.
func (r *Reader) Cols() int { return len(r.features) }

// Scaled tells whether feature j was brought to mean 0 and deviation 1.
func (r *Reader) Scaled(j int) bool {
	return r.features[j].Op == "value" && r.features[j].Center != 0
}

// Indicator is a feature that is 1 in the rows of one level of a category, or
// in those that lack it, and 0 in all others: the column's codes, and which of
// them it is 1 for. Level is MaxInt32 when no row has it.
type Indicator struct {
	Codes   []int32
	Level   int32 // -1: the feature of missing values
	Missing bool  // missing values count as this level
}

// Indicator gives the rows in which feature j is 1, if it is an indicator of a
// category; such features of one column exclude one another.
func (r *Reader) Indicator(j int) (Indicator, bool) {
	feature, c := r.features[j], r.columns[j]
	if c.Kind != frame.Category || feature.Op != opEquals && feature.Op != opMissing || feature.Center != 0 || feature.Scale != 1 {
		return Indicator{}, false
	}
	switch {
	case feature.Op == "equals" && (feature.Impute == 0 || feature.Impute == 1):
		return Indicator{Codes: c.Codes, Level: codeOf(c, feature.Level), Missing: feature.Impute == 1}, true
	case feature.Op == "missing":
		return Indicator{Codes: c.Codes, Level: -1, Missing: true}, true
	}
	return Indicator{}, false
}

// Read computes feature j of the rows from first on, as many as to has room for.
func (r *Reader) Read(j, first int, to []float64) {
	if values, ok := r.computed[j]; ok {
		copy(to, values[first:first+len(to)])
		return
	}
	if write, ok := r.tables[j]; ok {
		write(first, first+len(to), to, 1)
		return
	}
	feature := &r.features[j]
	if indicator, ok := r.Indicator(j); ok {
		for i, code := range indicator.Codes[first : first+len(to)] {
			to[i] = 0
			if code == indicator.Level || code < 0 && indicator.Missing {
				to[i] = 1
			}
		}
		return
	}
	impute, center, inverse := feature.Impute, feature.Center, 1/feature.Scale
	for i, v := range r.columns[j].Numbers().Block(first, first+len(to), to) {
		if !(math.Abs(v) <= largest) { // NaN, too
			if v = clean(v); math.IsNaN(v) {
				v = impute
			}
		}
		// Design divides; the last bit may differ, which no fit can tell.
		to[i] = (v - center) * inverse
	}
}

// Plain tells of a feature that is a number, scaled, what to compute it from:
// (value - center) / scale, where a missing value counts as impute.
func (r *Reader) Plain(j int) (values frame.Numbers, impute, center, scale float64, ok bool) {
	feature := &r.features[j]
	_, computed := r.computed[j]
	if computed || feature.Op != "value" || feature.Log || r.columns[j].Kind == frame.Category {
		return frame.Numbers{}, 0, 0, 0, false
	}
	return r.columns[j].Numbers(), feature.Impute, feature.Center, feature.Scale, true
}

// PrepareReader is PrepareMatrix for learners that read the rows piece by piece.
func PrepareReader(f *frame.Frame, target learn.Target, cfg Config) (*Preparation, *Reader, error) {
	cfg.Form = Dense
	p, crossed, err := fit(f, target, cfg)
	if err != nil {
		return nil, nil, err
	}
	r, err := p.reader(f, crossed)
	return p, r, err
}

// codeOf is the code of a level in this column, which no row has when the
// column does not know the level.
func codeOf(c *frame.Column, level string) int32 {
	for code, l := range c.Levels {
		if l == level {
			return int32(code) //nolint:gosec // a column has fewer than 2^31 levels: codes are int32
		}
	}
	return math.MaxInt32
}
