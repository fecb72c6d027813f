package prep

import (
	"math"
	"slices"

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
)

// Preparation is a fitted way from raw columns to features. It is immutable and
// safe for concurrent use.
type Preparation struct {
	form       Form
	inputs     []predict.Input
	features   []predict.Feature
	references []int
	left       []learn.Omission
}

// Fit learns a preparation from the rows of f, which hold feature columns only:
// no target, no identifier. The target is for treatments that look at it (none
// does unless asked to). An override of a column that f does not have is an
// error, as is a frame that gives no feature at all.
func Fit(f *frame.Frame, _ learn.Target, cfg Config) (*Preparation, error) {
	if f.Rows() == 0 {
		return nil, fault.Errorf(fault.Invalid, "there are no rows to learn from: look at the data file and the split")
	}
	for name := range cfg.Columns {
		if _, ok := f.Column(name); !ok {
			return nil, fault.Errorf(fault.Invalid, "no column %q to treat", name)
		}
	}
	p := &Preparation{form: cfg.Form}
	for _, c := range f.Columns() {
		if err := p.fitColumn(c, cfg.column(c.Name)); err != nil {
			return nil, err
		}
	}
	if len(p.features) == 0 {
		return nil, fault.Errorf(fault.Invalid, "no feature is left: every column is dropped, empty or constant; keep at least one column with two values")
	}
	return p, nil
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

func (p *Preparation) fitColumn(c *frame.Column, want Column) error {
	treatment, err := resolve(c, want.Treatment)
	if err != nil {
		return err
	}
	if treatment == Drop {
		p.leave(c.Name, "dropped by the recipe")
		return nil
	}
	if reason := useless(c, want.Treatment); reason != "" {
		p.leave(c.Name, reason)
		return nil
	}
	if p.form == Native {
		return p.addNative(c)
	}
	if treatment == OneHot {
		p.addCategory(c, want)
		return nil
	}
	return p.addNumber(c, treatment, want)
}

func (p *Preparation) leave(column, reason string) {
	p.left = append(p.left, learn.Omission{Column: column, Reason: reason})
}

// resolve turns Auto into the treatment of the kind, and refuses a treatment
// that the kind cannot have.
func resolve(c *frame.Column, want Treatment) (Treatment, error) {
	if want == Drop {
		return Drop, nil
	}
	category := c.Kind == frame.Category
	switch {
	case want == Auto && category:
		return OneHot, nil
	case want == Auto && c.Kind == frame.Bool:
		return Plain, nil
	case want == Auto:
		return Scale, nil
	case category != (want == OneHot):
		return 0, fault.Errorf(fault.Invalid, "column %q is a %s and cannot be treated as %q: set its kind, or another treatment", c.Name, c.Kind, want)
	}
	return want, nil
}

// useless tells why a column can teach nothing; "" when it can. The suspicion
// of an identifier gives way to an explicit treatment.
func useless(c *frame.Column, want Treatment) string {
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
	if c.Kind == frame.Category && want == Auto && distinct > identifierLevels && float64(distinct) > identifierShare*float64(present) {
		return "nearly every row has a level of its own, so it looks like an identifier; give it the treatment one-hot if it is not"
	}
	return ""
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
	for _, v := range c.Values {
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

func (p *Preparation) addNumber(c *frame.Column, treatment Treatment, want Column) error {
	input, err := numberInput(c)
	if err != nil {
		return err
	}
	value := predict.Feature{Name: c.Name, Input: len(p.inputs), Op: "value", Impute: input.Median, Log: treatment == Log, Scale: 1}
	if c.Kind == frame.Bool && input.Median != 0 && input.Median != 1 {
		value.Impute = 1 // a tie between 0 and 1: an impossible half helps nobody
	}
	if value.Log && input.Min <= -1 {
		return fault.Errorf(fault.Invalid, "column %q has the value %g and log(1+x) needs values above -1: choose the treatment scale", c.Name, input.Min)
	}
	if treatment == Scale || treatment == Log {
		value.Center, value.Scale = moments(c, value)
	}
	p.inputs = append(p.inputs, input)
	p.features = append(p.features, value)
	if want.Missing == MissingIndicator && hasMissing(c) {
		p.features = append(p.features, missingFeature(c, value.Input))
	}
	return nil
}

func (p *Preparation) addCategory(c *frame.Column, want Column) {
	counts := levelCounts(c)
	input := categoryInput(c, counts)
	index := len(p.inputs)
	p.inputs = append(p.inputs, input)

	indicator := hasMissing(c) && want.Missing != MissingImpute
	reference, referenceCount := -1, 0
	for code, count := range counts {
		if count == 0 || count < want.Rare {
			continue
		}
		level := predict.Feature{Name: c.Name + "=" + c.Levels[code], Input: index, Op: "equals", Level: c.Levels[code], Scale: 1}
		// Without an indicator of its own a missing value counts as the mode.
		if !indicator && c.Levels[code] == input.Mode {
			level.Impute = 1
		}
		if count > referenceCount {
			reference, referenceCount = len(p.features), count
		}
		p.features = append(p.features, level)
	}
	if reference >= 0 {
		p.references = append(p.references, reference)
	}
	if indicator {
		p.features = append(p.features, missingFeature(c, index))
	}
}

func missingFeature(c *frame.Column, input int) predict.Feature {
	return predict.Feature{Name: c.Name + " is missing", Input: input, Op: "missing", Scale: 1}
}
