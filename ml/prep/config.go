package prep

import (
	"slices"
	"strings"

	"dasier/fault"
)

// Treatment says how a column becomes features.
type Treatment uint8

// The treatments. Auto chooses by the column's kind.
const (
	Auto   Treatment = iota // number and time: Scale; category: OneHot; bool: Plain
	Drop                    // no feature, no input
	Scale                   // imputed, then to mean 0 and standard deviation 1
	Plain                   // imputed, as it is
	Log                     // imputed, log(1+x), then as Scale
	OneHot                  // an indicator per level, unscaled
)

var treatmentNames = [...]string{"auto", "drop", "scale", "plain", "log", "one-hot"}

// String is the treatment's name in recipes and errors.
func (t Treatment) String() string { return treatmentNames[t] }

// ParseTreatment reads a treatment's name.
func ParseTreatment(name string) (Treatment, error) {
	if i := slices.Index(treatmentNames[:], name); i >= 0 {
		return Treatment(i), nil
	}
	return 0, fault.Errorf(fault.Invalid, "no treatment %q: use one of %s", name, strings.Join(treatmentNames[:], ", "))
}

// Missing says what stands for a missing value.
type Missing uint8

// The ways with missing values.
const (
	// MissingAuto imputes numbers, and gives a category an indicator of its own
	// when training rows lack it.
	MissingAuto Missing = iota
	// MissingImpute replaces by the median of a number, the mode of a category.
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
	if i := slices.Index(missingNames[:], name); i >= 0 {
		return Missing(i), nil
	}
	return 0, fault.Errorf(fault.Invalid, "no way %q with missing values: use one of %s", name, strings.Join(missingNames[:], ", "))
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
}

// Column is the override of one column. The zero Column changes nothing.
type Column struct {
	Treatment Treatment
	Missing   Missing
	Rare      int // 0: as Config.Rare
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
	return column
}
