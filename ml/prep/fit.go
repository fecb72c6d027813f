package prep

import (
	"math"
	"slices"
	"strings"
	"sync"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// identifierLevels and identifierShare mark a category as an identifier: more
// levels than the first, and on average fewer than two rows a level. One
// indicator per name or address memorises rows and predicts nothing.
const (
	identifierLevels = 20
	identifierShare  = 0.5
	// textWords is how many words a level has on average that is rather a text.
	textWords = 4
)

// The levels above which Auto encodes a category by the target: more indicators
// than that, or sets of more codes, have too few rows each to be learned from.
const (
	manyLevels = 100
	manyCodes  = 255
)

// Preparation is a fitted way from raw columns to features. It is immutable and
// safe for concurrent use.
type Preparation struct {
	form       Form
	inputs     []predict.Input
	features   []predict.Feature
	codes      []bool // per feature: of a Native category
	references []int
	left       []learn.Omission
}

// Fit learns a preparation from the rows of f, which hold feature columns only:
// no target, no identifier. The target is for columns that are encoded by it;
// without one (learn.Target{}) none is. An override of a column that f does not
// have is an error, as is a frame that gives no feature at all.
//
// A learner that goes on to fit these very rows calls PrepareMatrix or
// PrepareTable instead. Weights of the target count where columns are encoded by
// it, and nowhere else.
func Fit(f *frame.Frame, target learn.Target, cfg Config) (*Preparation, error) {
	p, _, err := fit(f, target, cfg)
	return p, err
}

// PrepareMatrix fits a dense preparation and gives the design matrix of the rows
// it was fitted to. Learners use it rather than Fit and Design: where a column is
// encoded by the target (TargetMean), each training row is encoded by the targets
// of other rows (cross-fitting), so that the learner does not see the answer in
// the encoding, and the matrix differs from what Design makes of the same rows.
func PrepareMatrix(f *frame.Frame, target learn.Target, cfg Config) (*Preparation, *Matrix, error) {
	cfg.Form = Dense
	p, crossed, err := fit(f, target, cfg)
	if err != nil {
		return nil, nil, err
	}
	m, err := p.design(f, crossed)
	return p, m, err
}

// PrepareTable is PrepareMatrix for trees: it fits a native preparation and gives
// the table of the rows it was fitted to.
func PrepareTable(f *frame.Frame, target learn.Target, cfg Config) (*Preparation, *Table, error) {
	cfg.Form = Native
	p, crossed, err := fit(f, target, cfg)
	if err != nil {
		return nil, nil, err
	}
	t, err := p.table(f, crossed)
	return p, t, err
}

// Inputs lists the raw columns that a prediction needs, with the statistics of
// the training rows. Nothing is required, and unknown levels are ignored, until
// the caller says otherwise.
func (p *Preparation) Inputs() []predict.Input { return slices.Clone(p.inputs) }

// Features lists the columns of the design matrix.
func (p *Preparation) Features() []predict.Feature { return slices.Clone(p.features) }

// Left lists the columns that give no feature, with the reason.
func (p *Preparation) Left() []learn.Omission { return slices.Clone(p.left) }

// References lists, for each one-hot column, the feature that the others of
// that column determine: indicators of one column sum to one, so a search for
// columns that say the same leaves these out.
func (p *Preparation) References() []int { return slices.Clone(p.references) }

// fitting is one fit.
type fitting struct {
	target learn.Target
	cfg    Config
	folds  []uint8 // per row, when a column is encoded by the target
	rooms  sync.Pool
}

// made is what one column becomes.
type made struct {
	left      string // the reason why it becomes nothing
	input     predict.Input
	features  []predict.Feature // their Input is set when the columns are joined
	codes     bool              // the feature is codes
	reference int               // of the features; -1: none
	crossed   [][]predict.Numbers
}

func fit(f *frame.Frame, target learn.Target, cfg Config) (*Preparation, *crossing, error) {
	if f.Rows() == 0 {
		return nil, nil, fault.Errorf(fault.Invalid, "there are no rows to learn from: look at the data file and the split")
	}
	for name := range cfg.Columns {
		if _, ok := f.Column(name); !ok {
			return nil, nil, fault.Errorf(fault.Invalid, "no column %q to treat", name)
		}
	}
	if target.Y != nil {
		if err := target.Check(f.Rows()); err != nil {
			return nil, nil, err
		}
	}
	fitting := &fitting{target: target, cfg: cfg}
	columns := f.Columns()
	treatments := make([]Treatment, len(columns))
	for k, c := range columns {
		var err error
		if treatments[k], err = fitting.resolve(c); err != nil {
			return nil, nil, err
		}
	}
	if slices.Contains(treatments, TargetMean) {
		fitting.folds = drawFolds(f.Rows(), cfg.Seed)
	}
	all := make([]made, len(columns))
	err := each(len(columns), func(k int) (err error) {
		all[k], err = fitting.column(columns[k], treatments[k])
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return join(columns, all, fitting)
}

// join puts the columns side by side.
func join(columns []*frame.Column, all []made, fitting *fitting) (*Preparation, *crossing, error) {
	p := &Preparation{form: fitting.cfg.Form}
	crossed := &crossing{folds: fitting.folds, tables: make(map[int][]predict.Numbers)}
	for k := range all {
		m := &all[k]
		if m.left != "" {
			p.left = append(p.left, learn.Omission{Column: columns[k].Name, Reason: m.left})
			continue
		}
		for j := range m.features {
			at := len(p.features)
			if m.crossed != nil {
				crossed.tables[at] = m.crossed[j]
			}
			if j == m.reference {
				p.references = append(p.references, at)
			}
			feature := m.features[j]
			feature.Input = len(p.inputs)
			p.features, p.codes = append(p.features, feature), append(p.codes, m.codes)
		}
		p.inputs = append(p.inputs, m.input)
	}
	if len(p.features) == 0 {
		return nil, nil, fault.Errorf(fault.Invalid, "no feature is left: every column is dropped, empty or constant; keep at least one column with two values")
	}
	return p, crossed, nil
}

// column fits one column.
func (t *fitting) column(c *frame.Column, treatment Treatment) (made, error) {
	want := t.cfg.column(c.Name)
	if treatment == Drop {
		return made{left: "dropped by the recipe"}, nil
	}
	if reason := useless(c, want.Treatment); reason != "" {
		return made{left: reason}, nil
	}
	if want.Clip < 0 || want.Clip >= 0.5 {
		return made{}, fault.Errorf(fault.Invalid, "column %q is to be clipped at the share %g: it must be from 0 to below 0.5", c.Name, want.Clip)
	}
	if !(want.Smoothing >= 0) || math.IsInf(want.Smoothing, 0) {
		return made{}, fault.Errorf(fault.Invalid, "the smoothing of column %q is %g: it must be a number of rows, or 0", c.Name, want.Smoothing)
	}
	if !(math.Abs(want.Since) <= largest) {
		return made{}, fault.Errorf(fault.Invalid, "the days of column %q cannot be counted since %g", c.Name, want.Since)
	}
	if treatment != Words && c.Kind == frame.Category {
		if err := learn.CheckColumn(c); err != nil {
			return made{}, err
		}
	}
	if flaw := predict.TextFlaw(c.Name); flaw != "" {
		return made{}, learn.CheckColumn(c)
	}
	native := t.cfg.Form == Native
	switch {
	case treatment == TargetMean:
		return t.byTarget(c, want)
	case treatment == Words:
		return words(c, want)
	case treatment == Frequency:
		return frequency(c, native), nil
	case treatment == Ordinal:
		return ordinal(c, want, native)
	case treatment == Parts:
		return t.parts(c, want, native)
	case c.Kind == frame.Category && native:
		return nativeCategory(c), nil
	case c.Kind == frame.Category:
		return oneHot(c, want)
	case native:
		return t.nativeNumber(c)
	}
	return t.number(c, treatment, want)
}

// resolve turns Auto into the treatment of the kind, and refuses a treatment
// that the kind cannot have.
func (t *fitting) resolve(c *frame.Column) (Treatment, error) {
	want := t.cfg.column(c.Name)
	switch want.Treatment {
	case Drop:
		return Drop, nil
	case Auto:
		return t.automatic(c, want), nil
	}
	if !want.Treatment.Fits(c.Kind) {
		return 0, fault.Errorf(fault.Invalid, "column %q is a %s and cannot be treated as %q: set its kind, or another treatment", c.Name, c.Kind, want.Treatment)
	}
	if want.Treatment == TargetMean && t.target.Y == nil {
		return 0, fault.Errorf(fault.Invalid, "column %q is to be encoded by the target, and there is none", c.Name)
	}
	return want.Treatment, nil
}

func (t *fitting) automatic(c *frame.Column, want Column) Treatment {
	switch c.Kind {
	case frame.Bool:
		return Plain
	case frame.Time:
		return Parts
	case frame.Number:
		return Scale
	}
	most := manyLevels
	if t.cfg.Form == Native {
		most = manyCodes
	}
	if want.Levels == 0 && t.target.Y != nil && len(c.Levels) > most && distinctValues(c) > most {
		return TargetMean
	}
	return OneHot
}

// useless tells why a column can teach nothing; "" when it can. The suspicion
// of an identifier gives way to an explicit treatment.
func useless(c *frame.Column, want Treatment) string {
	if c.Kind != frame.Category && distinctValues(c) > 1 {
		return "" // without a look at every row
	}
	present := 0
	for i := range c.Len() {
		if !c.Missing(i) {
			present++
		}
	}
	if present == 0 {
		return "it has no value in the training rows"
	}
	distinct := distinctValues(c)
	if distinct == 1 && present == c.Len() {
		return "it has the same value in every training row"
	}
	if c.Kind == frame.Number && distinct == 1 {
		return "all its values are the same in the training rows"
	}
	if c.Kind != frame.Category || want != Auto || distinct <= identifierLevels || float64(distinct) <= identifierShare*float64(present) {
		return ""
	}
	if wordsOf(c) >= textWords {
		return "nearly every row has a text of its own; give it the treatment text to learn from its words, or one-hot if they are categories"
	}
	return "nearly every row has a level of its own, so it looks like an identifier; give it the treatment one-hot if it is not"
}

// wordsOf is how many words the first levels have on average.
func wordsOf(c *frame.Column) float64 {
	levels := c.Levels[:min(len(c.Levels), 1000)]
	count := 0
	for _, level := range levels {
		count += len(strings.Fields(level))
	}
	return float64(count) / float64(max(len(levels), 1))
}

// distinctValues counts values up to two for numbers (more is not asked), all
// levels for categories.
func distinctValues(c *frame.Column) int {
	if c.Kind == frame.Category {
		n := 0
		for _, count := range levelCounts(c) {
			if count > 0 {
				n++
			}
		}
		return n
	}
	first, found := 0.0, false
	for _, v := range c.Numbers().All() {
		switch {
		case math.IsNaN(v):
		case !found:
			first, found = v, true
		case v != first:
			return 2
		}
	}
	if found {
		return 1
	}
	return 0
}
