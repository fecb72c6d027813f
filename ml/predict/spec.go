package predict

import (
	"dasier/ml/forest"
	"dasier/ml/frame"
	"dasier/ml/lexicon"
	"dasier/ml/stage"
)

// Spec is a model as data: what learners emit, what a package keeps as JSON,
// and what Compile turns into a Program. It is complete: nothing outside it
// influences a prediction.
type Spec struct {
	Version  int       `json:"version"` // of this layout: 1
	Task     string    `json:"task"`    // one of the tasks
	Target   Target    `json:"target"`
	Classes  []string  `json:"classes,omitempty"`  // what a classifier chooses from, in the estimator's order
	Positive string    `json:"positive,omitempty"` // binary: the class whose probability is the prediction; default the second
	Inputs   []Input   `json:"inputs"`
	Readings []Reading `json:"readings,omitempty"` // of inputs that are free text
	Features []Feature `json:"features"`
	// Stages compute further cells. Cells 0 to len(Features)-1 are the features;
	// each stage appends its own.
	Stages []Stage `json:"stages,omitempty"`
	// Takes are the cells that Linear, Classwise or Trees see, in their order;
	// none: every feature, in order.
	Takes []int32 `json:"takes,omitempty"`
	// The estimator: exactly one is set.
	Linear    *Linear       `json:"linear,omitempty"`
	Classwise []Linear      `json:"classwise,omitempty"` // multiclass: one per class
	Trees     *forest.Trees `json:"trees,omitempty"`
	Answer    *Answer       `json:"answer,omitempty"`   // scores that stages have computed
	Link      Link          `json:"link,omitempty"`     // from scores to probabilities; none: scores are the answer
	Targets   []string      `json:"targets,omitempty"`  // vector: a name per number
	Outputs   []Output      `json:"outputs,omitempty"`  // what else there is to ask for
	Interval  *Interval     `json:"interval,omitempty"` // none: the model promises no interval
	Set       *ClassSet     `json:"set,omitempty"`      // of a classifier with probabilities; none: it promises no set
	// Background is what explanations are measured from where the model does not say.
	Background *Background `json:"background,omitempty"`
}

// The tasks.
const (
	TaskRegression = "regression"
	TaskBinary     = "binary"     // one score: of the second class
	TaskMulticlass = "multiclass" // a score per class
	TaskVector     = "vector"     // several numbers: of several targets, or a transformer's columns
)

// Link is how a classifier's scores become probabilities.
type Link string

// The links. Without one the scores are probabilities already.
const (
	Logistic Link = "logistic" // binary: 1/(1+exp(-score))
	Softmax  Link = "softmax"  // multiclass: exp(score) over the sum of all
	OneVsAll Link = "onevsall" // multiclass: the logistic of each, over the sum of all
	// Decision scores choose a class (binary: the second above 0) and are no
	// probabilities, nor become any.
	Decision Link = "decision"
)

// Target is what is predicted. Of a regression the estimator may predict a
// transform of it, which Target.Answer undoes: see target.go.
type Target struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"` // "USD"
	// Log is true when the estimator predicts log(target): the answer is
	// exp(score).
	Log bool `json:"log,omitempty"`
	// Power, when there is one, is Yeo and Johnson's: the estimator predicts
	// (their transform of the target - Center) / Scale. It is from 0 to 2, where
	// every score has an answer.
	Power  *float64 `json:"power,omitempty"`
	Center float64  `json:"center,omitempty"` // with Power
	Scale  float64  `json:"scale,omitempty"`  // with Power; 0 is 1
	// Smear corrects answers to the mean, with Log or Power: what the estimator's
	// score misses the transformed target by, in equally likely values. Without
	// it the answer is near the median.
	Smear []float64 `json:"smear,omitempty"`
}

// Input is one raw column that a person knows and sends.
type Input struct {
	Name        string     `json:"name"`
	Kind        frame.Kind `json:"kind"` // encoded as its name
	Levels      []string   `json:"levels,omitempty"`
	Required    bool       `json:"required"`          // false: missing is imputed
	Unknown     string     `json:"unknown,omitempty"` // category not in Levels: "ignore" (all indicators 0) or "error" (also when empty)
	Label       string     `json:"label,omitempty"`   // for people
	Unit        string     `json:"unit,omitempty"`
	Description string     `json:"description,omitempty"`
	// Statistics of the training rows, for forms and for the notice "this is
	// unlike our data". Zero for categories, except Mode.
	Min    float64 `json:"min,omitempty"`
	Max    float64 `json:"max,omitempty"`
	Low    float64 `json:"low,omitempty"`  // 1 % quantile
	High   float64 `json:"high,omitempty"` // 99 % quantile
	Median float64 `json:"median,omitempty"`
	Whole  bool    `json:"whole,omitempty"` // only whole numbers were seen
	Mode   string  `json:"mode,omitempty"`  // the most frequent level
	// Text marks a category without levels whose value is free text: any is
	// known, and what features see of it is Hashing.
	Text    bool     `json:"text,omitempty"`
	Hashing *Hashing `json:"hashing,omitempty"`
}

// Hashing is how a text becomes numbers: each word, and with Pairs each two
// words in a row, adds 1 to one of so many buckets, or takes 1 from it, as its
// hash says (text.go).
type Hashing struct {
	Buckets  int    `json:"buckets"`
	Pairs    bool   `json:"pairs,omitempty"`
	Unsigned bool   `json:"unsigned,omitempty"` // only adds
	Count    string `json:"count,omitempty"`    // "" as it is, "log" its signed log1p, "binary" its sign
	Norm     bool   `json:"norm,omitempty"`     // then divided by the length of the vector of all buckets
}

// Reading is how an input of free text becomes many numbers at once: those of a
// lexicon's terms. An input may be read in several ways.
type Reading struct {
	Input int `json:"input"` // index into Spec.Inputs

	lexicon.Lexicon
}

// Feature is one column of the design matrix, computed from one input:
//
//	value:   x = the number, Impute when missing; then log1p if Log
//	equals:  x = 1 if the category is Level, else 0 (missing: Impute 0 or 1)
//	missing: x = 1 if the input is missing, else 0
//	hashed:  x = what the input's text has put into Bucket (none when missing)
//	term:    x = the number at Bucket that Reading makes of the input's text
//	terms:   x = the sum of all its numbers, each times its entry of Table
//
// and then (x - Center) / Scale, but for term and terms. Three more have neither:
//
//	steps:   x = the number, which may be missing (NaN); then each of Steps
//	table:   x = Table[k] for the category's place k among the levels; the last
//	         two entries are for an unknown and for a missing one
//	curve:   x = the number, Impute when missing, on the line through the points
//	         (X, Y); beyond them it is the first or the last Y
type Feature struct {
	Name   string  `json:"name"`  // "Gr_Liv_Area", "Neighborhood=North_Ames"
	Input  int     `json:"input"` // index into Spec.Inputs
	Op     string  `json:"op"`    // "value", "equals", "missing", "hashed", "term", "terms", "steps", "table", "curve"
	Level  string  `json:"level,omitempty"`
	Impute float64 `json:"impute,omitempty"`
	Log    bool    `json:"log,omitempty"`
	Center float64 `json:"center,omitempty"`
	Scale  float64 `json:"scale"` // never 0

	Steps []stage.Step `json:"steps,omitempty"`
	Table Numbers      `json:"table,omitempty"`

	Bucket  int       `json:"bucket,omitempty"`
	Reading int       `json:"reading,omitempty"` // index into Spec.Readings
	X       []float64 `json:"x,omitempty"`
	Y       []float64 `json:"y,omitempty"`
}

// Stage is one operation: it reads cells, which features and stages before it
// have computed, and appends what the operation gives.
type Stage struct {
	From []int32
	Do   stage.Operation
}

// Answer is an estimator whose scores are cells: one for a regression and for a
// binary choice (the second class's), one per class or per target.
type Answer struct {
	Scores []int32 `json:"scores"`
	// Chosen is the cell with the index of the class that is chosen, where that
	// is not the class of the highest score; 0: there is none.
	Chosen int32 `json:"chosen,omitempty"`
}

// Output is cells that can be asked for besides the answer, under the source
// system's name: "decision_function", "transform".
type Output struct {
	Name  string  `json:"name"`
	Cells []int32 `json:"cells"`
}

// Linear is score = Bias + sum(Weights[j] * feature[j]). Base is the mean
// feature vector of the training rows, from which contributions are measured.
type Linear struct {
	Bias    float64   `json:"bias"`
	Weights []float64 `json:"weights"`
	Base    []float64 `json:"base"`
}

// Interval is conformal: the answer of level 1-a is prediction ± the
// ceil((n+1)(1-a))-th smallest of Residuals (absolute calibration residuals, on
// the score's scale: of the transformed target where it is). See interval.go for
// intervals whose width depends on the row.
type Interval struct {
	Level     float64   `json:"level"`     // the default level, 0.9
	Residuals []float64 `json:"residuals"` // sorted
	Coverage  float64   `json:"coverage"`  // measured on the held-out rows at Level
	CoveredOf int       `json:"covered_of"`
	// Cells are what the width depends on. None: it is the same for every row. One
	// is a spread: Residuals are in units of it, and it counts as Least where it
	// is less. Two are a lower and an upper quantile of the score: Residuals say
	// how far beyond them targets lay, and are negative within.
	Cells []int32 `json:"cells,omitempty"`
	Least float64 `json:"least,omitempty"` // above 0 with one cell
}

// ClassSet is conformal, too: the classes that hold the true one with the
// promised probability. A class belongs to the answer of level 1-a when its
// strangeness is at most the ceil((n+1)(1-a))-th smallest of Strangeness: 1 minus
// its probability or, if Adaptive, the probability of all classes likelier than it.
type ClassSet struct {
	Level       float64   `json:"level"`       // the default level, 0.9
	Strangeness []float64 `json:"strangeness"` // of the true classes of calibration rows, sorted
	Adaptive    bool      `json:"adaptive,omitempty"`
	Coverage    float64   `json:"coverage"` // measured on the held-out rows at Level
	CoveredOf   int       `json:"covered_of"`
}
