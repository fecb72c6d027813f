package prep

import (
	"slices"
	"strings"

	"dasier/fault"
	"dasier/ml/frame"
)

// Treatment says how a column becomes features.
type Treatment uint8

// The treatments. Where a Native preparation is said to take a column as it is,
// the treatment changes nothing for it: trees ask on which side of a threshold a
// number lies, which no scale changes.
const (
	// Auto chooses by the column's kind. Number: Scale. Bool: Plain. Category:
	// OneHot, or TargetMean of more than 100 levels (Native: codes, or TargetMean
	// of more than 255). Time: Parts.
	Auto Treatment = iota
	Drop           // no feature, no input

	// Of numbers, bools and times, imputed first (Native: as it is, NaN where it is
	// missing).
	Scale     // to mean 0 and standard deviation 1
	Plain     // as it is
	Log       // log(1+x), then as Scale
	OneHot    // of a category: an indicator per level, unscaled (Native: its codes)
	Robust    // less the median, over the distance of the quartiles
	MinMax    // from 0 to 1 in the training rows
	SignedLog // sign(x) log(1+|x|), then as Scale
	Power     // Yeo and Johnson's, the power by maximum likelihood, then as Scale
	Normal    // ranks as a normal distribution has them

	// Of categories.
	Ordinal    // the place in Column.Order, then as Scale (Native: the place)
	Frequency  // the share of training rows that have the level, then as Scale (Native: the share)
	TargetMean // what the target is on average where the level is, shrunk to the whole, in the target's deviations (Native: unscaled)
	Words      // of free text: its words in buckets

	// Of times.
	Parts // Column.Parts of the date
)

var treatmentNames = [...]string{
	"auto", "drop", "scale", "plain", "log", "one-hot", "robust", "min-max", "signed-log", "yeo-johnson", "normal",
	"ordinal", "frequency", "target", "text", "date-parts",
}

// String is the treatment's name in recipes and errors.
func (t Treatment) String() string { return treatmentNames[t] }

// Fits tells whether a column of the kind can have the treatment.
func (t Treatment) Fits(kind frame.Kind) bool {
	switch t {
	case Auto, Drop:
		return true
	case OneHot, Ordinal, Frequency, TargetMean, Words:
		return kind == frame.Category
	case Parts:
		return kind == frame.Time
	}
	return kind != frame.Category
}

// ParseTreatment reads a treatment's name.
func ParseTreatment(name string) (Treatment, error) {
	k, err := parse(treatmentNames[:], name, "treatment", "")
	return Treatment(k), err
}

// parse finds a name's place.
func parse(names []string, name, what, more string) (uint8, error) {
	if i := slices.Index(names, name); i >= 0 {
		return uint8(i), nil //nolint:gosec // a table of a few names
	}
	return 0, fault.Errorf(fault.Invalid, "no %s %q%s: use one of %s", what, name, more, strings.Join(names, ", "))
}

// Missing says how features tell that a value is missing. Native features always
// do: a missing number is NaN, a missing category its own code.
type Missing uint8

// The ways with missing values.
const (
	// MissingAuto imputes numbers, and gives a category an indicator of its own
	// when training rows lack it.
	MissingAuto Missing = iota
	// MissingImpute replaces by what Fill says.
	MissingImpute
	// MissingIndicator adds a feature that is 1 where the value is missing
	// (numbers are imputed besides). It appears only when training rows lack
	// the value: an indicator that is always 0 teaches nothing.
	MissingIndicator
)

var missingNames = [...]string{"auto", "impute", "indicator"}

// String is the name in recipes and errors.
func (m Missing) String() string { return missingNames[m] }

// ParseMissing reads the name of a way with missing values.
func ParseMissing(name string) (Missing, error) {
	k, err := parse(missingNames[:], name, "way", " with missing values")
	return Missing(k), err
}

// Fill says what a missing value is replaced with, where it is replaced.
type Fill uint8

// The fills.
const (
	FillAuto     Fill = iota // number: the median; category and bool: the most frequent
	FillMedian               // of a number
	FillMean                 // of a number
	FillMode                 // the most frequent, the least of equals
	FillConstant             // Column.Constant of a number, Column.Level of a category
)

var fillNames = [...]string{"auto", "median", "mean", "mode", "constant"}

// String is the name in recipes and errors.
func (f Fill) String() string { return fillNames[f] }

// ParseFill reads a fill's name.
func ParseFill(name string) (Fill, error) {
	k, err := parse(fillNames[:], name, "fill", "")
	return Fill(k), err
}

// Form is what a learner can take.
type Form uint8

// The forms.
const (
	// Dense is finite numbers: missing values imputed, numbers scaled, categories
	// as indicators. Design gives them.
	Dense Form = iota
	// Native is for trees, which need none of that: numbers as they are, NaN where
	// they are missing, and categories as codes. Table gives them.
	Native
)

// Config says how columns are treated. The zero Config treats all of them
// automatically.
type Config struct {
	// Form is what the learner takes. Default: Dense.
	Form Form
	// Columns overrides single columns by name.
	Columns map[string]Column
	// Missing is the way for columns that name none. Default: MissingAuto.
	Missing Missing
	// Rare groups the levels with fewer training rows than this: they get no
	// indicator, and so count as an unseen level does. Default: 0, no grouping.
	Rare int
	// Levels is the most indicators that a category gets: its most frequent
	// levels', the others count as rare. Default: 0, as many as there are.
	Levels int
	// Seed draws the folds of target encoding.
	Seed uint64
}

// Column is the override of one column. The zero Column changes nothing.
type Column struct {
	Treatment Treatment
	Missing   Missing
	Fill      Fill
	Constant  float64 // with FillConstant, of a number
	Level     string  // with FillConstant, of a category: one of its levels
	Rare      int     // 0: as Config.Rare
	Levels    int     // 0: as Config.Levels
	// Grouped gives rare and unseen levels of a OneHot column an indicator
	// together, "town=(rare)". Default: all its indicators are 0.
	Grouped bool
	// Clip moves a number that lies below this share of the training rows, or
	// above as many, to that quantile, before anything else is done to it
	// (winsorizing): 0.01 keeps to what 98 % have. Default: 0, no clipping.
	Clip float64
	// Order is the levels of an Ordinal column from first to last; every level of
	// the training rows must be there. Default: by name.
	Order []string
	// Smoothing is, with TargetMean, how many rows of a level weigh as much as the
	// mean of all rows. Default: 0, from the data.
	Smoothing float64
	// Parts are what Parts makes of a time. Default: Days, and the month, weekday
	// and hour (Dense: as cycles), each if the training rows tell them apart.
	Parts []Part
	// Since is the day, in seconds since 1970 UTC, that Days counts from.
	Since float64
	// Text is how the words of a text are counted.
	Text Text
}

// Text is how the words of a text are counted (predict.Hashing).
type Text struct {
	Buckets  int    // default: 256
	Pairs    bool   // two words in a row count too
	Unsigned bool   // words that share a bucket add up, instead of cancelling on average
	Count    string // "log" (the default), "count" or "binary"
	Raw      bool   // long texts have larger numbers: they are not divided by their length
}

// column is the treatment of one column with the defaults filled in.
func (c Config) column(name string) Column {
	column := c.Columns[name]
	if column.Missing == MissingAuto {
		column.Missing = c.Missing
	}
	if column.Rare == 0 {
		column.Rare = c.Rare
	}
	if column.Levels == 0 {
		column.Levels = c.Levels
	}
	return column
}
