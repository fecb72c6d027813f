package train

import (
	"time"

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
	// Calibrate is "sigmoid" or "isotonic": probabilities of classes are made to
	// come true, by rows that a fit had not seen. Default (""): they are the learner's.
	Calibrate string
	Search    Search
	Interval  Interval
	Gates     []Gate
	Serve     Serve

	file string
	at   map[string]Position // of values by path: "data.target", "features.drop[0]"
}

// Data says where the rows are and what their special columns are. Columns
// named here are no features, but for the coordinates.
type Data struct {
	// One of Path, URL and Query says where the rows are.
	Path   string // a file below the folder of the recipe
	URL    string // https:// or s3://: fetched when a run begins
	SHA256 string // of what is at URL, in hexadecimal
	Query  string // of SQL, asked of Database
	// Database is the address that Query is asked at: "postgres://…", or a SQLite
	// file below the folder of the recipe. "$NAME" stands for a variable of the
	// environment, so that no password need be in a recipe.
	Database string
	Format   string // "csv", "parquet", "excel" or "jsonl". Default: by the name
	Sheet    string // of an Excel file. Default: the first
	Target   string // the column to predict
	Weight   string // how much each row counts
	ID       string // names a row
	Time     string // divides past from future: splits follow it
	Group    string // rows of a group stay on one side of every split
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

// Target says what is predicted.
type Target struct {
	Unit string // of a number: "USD"
	// Task is "regression" or "classification". Default (""): a number is a
	// regression, text and bools are classes.
	Task     string
	Positive string // of two classes, the one whose probability is told. Default: the second in order
	Log      bool   // learn the logarithm: errors then count in proportion
	Power    string // "yeo-johnson": learn a power that makes the target symmetric
	// CorrectMean makes the predictions of a transformed target right on average:
	// turned back as they are, they aim at the median.
	CorrectMean bool
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
	// Interactions lists the sets of columns that may act together in boosting.
	// Default (nil): any may.
	Interactions [][]string
	// Products lists the sets of numbers whose product becomes a feature of linear
	// candidates; one that stands twice is squared.
	Products [][]string
}

// Column is what the recipe says about one column.
type Column struct {
	Kind        *frame.Kind // nil: found in the data
	Treatment   prep.Treatment
	Missing     prep.Missing
	Rare        int
	Levels      int         // the most frequent levels that get an indicator. Default: all
	Order       []string    // of an ordinal column's levels, from first to last
	Parts       []prep.Part // of a date. Default: those that the rows tell apart
	Smoothing   float64     // of the treatment target: rows that weigh as much as the mean. Default: from the data
	Buckets     int         // of the treatment text. Default: 256
	Splines     int         // knots of the splines by which linear candidates follow a number. Default (0): a line
	Clip        float64     // the share of rows at either end that is moved to the quantile
	Fill        prep.Fill   // what stands for a missing value where it is imputed
	Monotone    int         // 1: the prediction never falls as the column rises; -1: never rises
	Label       string
	Unit        string
	Description string
	Required    bool
	Unknown     string // "ignore" or "error". Default: "ignore"
}

// prepared is what the column's preparation is told.
func (c Column) prepared() prep.Column {
	return prep.Column{
		Treatment: c.Treatment, Missing: c.Missing, Rare: c.Rare, Levels: c.Levels, Order: c.Order, Parts: c.Parts,
		Smoothing: c.Smoothing, Text: prep.Text{Buckets: c.Buckets}, Clip: c.Clip, Fill: c.Fill,
	}
}

// Candidate is an algorithm with the settings to try.
type Candidate struct {
	Algorithm string
	Settings  map[string]Values // the rest has the algorithm's defaults
	Of        []Candidate       // of stacking and blending: the models below
}

// Values is what a setting is tried at: a list, or a range to draw from.
type Values struct {
	List  []any // float64, bool or string
	Range *Spread
}

// Spread is a range of numbers.
type Spread struct {
	Low, High float64
	Log       bool // every order of magnitude is as likely
	Whole     bool // whole numbers only
}

// Search says how to choose among the candidates.
type Search struct {
	Strategy string        // "grid", "random" or "halving". Default: "grid", or "random" where there are ranges
	Tries    int           // random and halving: settings drawn of each candidate. Default: 20
	Folds    int           // Default: 5
	Repeats  int           // of the whole cross-validation, on other folds. Default: 1
	Seed     uint64        // Default: the split's
	Metric   string        // Default (""): "rmse", or "log_loss" for classes
	Budget   time.Duration // for all fits; what is known then decides. Default: 0, none
	Choose   string        // "best", or "simplest" of those tied with the best. Default: "best"
}

// Interval says what the prediction interval promises.
type Interval struct {
	Level float64 // Default: 0.9
	// Method is split, cross, weighted or quantile for a number; split, cross or
	// adaptive for classes. Default (""): split for a number where there are
	// calibration rows, else cross.
	Method string
}

// Gate is a condition that the model must meet on the held-out rows.
type Gate struct {
	Metric string // a metric's name, "coverage", "fit_seconds", "predict_us" or "size"
	Min    *float64
	Max    *float64
	By     string // "interval" or "value". Default: "interval"
}

// Serve has hints for the page that clients use.
type Serve struct {
	Inputs []string // shown first, in this order
}
