package train

import (
	"dasier/ml/frame"
	"dasier/ml/prep"
)

// Recipe is what model.yaml says, with defaults filled in.
type Recipe struct {
	Name        string // of the model in the registry
	Title       string // for people. Default: Name
	Description string
	Data        Data
	Target      Target
	Split       Split
	Features    Features
	Candidates  []Candidate
	Search      Search
	Interval    Interval
	Gates       []Gate
	Serve       Serve

	file string
	at   map[string]Position // of values by path: "data.target", "features.drop[0]"
}

// Data says where the rows are and what their special columns are. Columns
// named here are no features, but for the coordinates.
type Data struct {
	Path   string // a CSV file below the folder of the recipe
	Target string // the column to predict
	ID     string // names a row
	Time   string // divides past from future: splits follow it
	Group  string // rows of a group stay on one side of every split
	// Longitude and Latitude place a row on a map. They are features too.
	Longitude string
	Latitude  string
	// Missing lists the spellings of a missing value besides the empty field.
	// Default (nil): frame.UsualMissing.
	Missing   []string
	Delimiter string // Default: ","
	// Rows keeps only the rows whose values lie within these bounds, or are
	// missing: a model for houses need not learn from palaces.
	Rows map[string]Range
}

// Range bounds a column. A nil bound is none.
type Range struct {
	Min, Max *float64
}

// Target says what the predicted number is.
type Target struct {
	Unit string // "USD"
	Log  bool   // learn the logarithm: errors then count in proportion
}

// Split says which shares of the rows are not trained on.
type Split struct {
	Holdout     float64 // for the metrics. Default: 0.2
	Calibration float64 // for the interval; 0: out-of-fold errors. Default: 0.2
	Seed        uint64  // Default: 0
}

// Features says what becomes of the columns.
type Features struct {
	Auto    bool // columns that are not listed are treated by their kind. Default: true
	Drop    []string
	Missing prep.Missing
	Rare    int // levels with fewer training rows share the place of an unseen one
	Columns map[string]Column
}

// Column is what the recipe says about one column.
type Column struct {
	Kind        *frame.Kind // nil: found in the data
	Treatment   prep.Treatment
	Missing     prep.Missing
	Rare        int
	Label       string
	Unit        string
	Description string
	Required    bool
	Unknown     string // "ignore" or "error". Default: "ignore"
}

// Candidate is an algorithm with the settings to try.
type Candidate struct {
	Algorithm string    // "linear" or "ridge"
	Alpha     []float64 // of ridge
}

// Search says how to choose among the candidates.
type Search struct {
	Folds  int    // Default: 5
	Seed   uint64 // Default: the split's
	Metric string // Default: "rmse"
}

// Interval says what the prediction interval promises.
type Interval struct {
	Level float64 // Default: 0.9
}

// Gate is a condition that the model must meet on the held-out rows.
type Gate struct {
	Metric string // a metric's name, or "coverage"
	Min    *float64
	Max    *float64
	By     string // "interval" or "value". Default: "interval"
}

// Serve has hints for the page that clients use.
type Serve struct {
	Inputs []string // shown first, in this order
}
