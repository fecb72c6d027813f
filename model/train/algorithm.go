package train

import (
	"math"
	"slices"

	"dasier/ml/derive"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

// algorithm is what a recipe may list as a candidate: one line of the table
// that the parser, the schema, the documentation and the run read.
type algorithm struct {
	name     string
	about    string   // a sentence for editors and for people
	tasks    []string // of predict: what it can learn
	settings []setting
	resource string // the setting that successive halving grows in place of rows
	// composed algorithms are made of other candidates.
	composed bool
	// derived candidates take splines and products of columns, which the others find
	// by themselves or cannot use.
	derived bool
	quick   bool // fits of a few thousand rows take hardly any time
	build   func(c chosen, shop workshop) learn.Learner
}

// workshop is what the learners of one run have in common.
type workshop struct {
	prep         prep.Config
	task         string
	seed         uint64
	monotone     map[string]int
	interactions [][]string
	splines      map[string]derive.Spline
	products     [][]string
	quick        bool            // fewer trees and rounds
	below        []learn.Learner // of a composed algorithm
	names        []string        // of those
}

var (
	numbers = []string{predict.TaskRegression}
	classes = []string{predict.TaskBinary, predict.TaskMulticlass}
	either  = []string{predict.TaskRegression, predict.TaskBinary, predict.TaskMulticlass}
)

// learns tells whether the algorithm can learn a task.
func (a algorithm) learns(task string) bool { return slices.Contains(a.tasks, task) }

// setting finds a setting by name; the parser has refused unknown ones.
func (a algorithm) setting(name string) setting {
	i := slices.IndexFunc(a.settings, func(s setting) bool { return s.name == name })
	if i < 0 {
		return setting{}
	}
	return a.settings[i]
}

func (a algorithm) settingNames() []string {
	names := []string{} // not nil: an algorithm without settings takes no key
	for _, s := range a.settings {
		names = append(names, s.name)
	}
	return names
}

// algorithmNamed finds an algorithm; the parser has refused unknown names.
func algorithmNamed(name string) algorithm {
	i := slices.IndexFunc(algorithms, func(a algorithm) bool { return a.name == name })
	if i < 0 {
		return algorithm{}
	}
	return algorithms[i]
}

// algorithmNames are in the order of the table.
func algorithmNames() []string {
	names := make([]string, len(algorithms))
	for i, a := range algorithms {
		names[i] = a.name
	}
	return names
}

// settingKind is what values a setting has.
type settingKind string

const (
	isNumber settingKind = "number"
	isWhole  settingKind = "whole number"
	isTruth  settingKind = "true or false"
	isWord   settingKind = "word"
)

// setting is one knob of an algorithm.
type setting struct {
	name  string
	about string
	kind  settingKind
	// Bounds of numbers. open bounds are not allowed themselves.
	min, max         float64
	openMin, openMax bool
	words            []string
	// tries is what is tried where the recipe says nothing; nil: the learner's
	// own default.
	tries []any
}

// chosen is one value for each setting that has one.
type chosen map[string]any

func (c chosen) number(name string, otherwise float64) float64 {
	if v, ok := c[name].(float64); ok {
		return v
	}
	return otherwise
}

func (c chosen) whole(name string, otherwise int) int { return int(c.number(name, float64(otherwise))) }

func (c chosen) truth(name string, otherwise bool) bool {
	if v, ok := c[name].(bool); ok {
		return v
	}
	return otherwise
}

func (c chosen) word(name, otherwise string) string {
	if v, ok := c[name].(string); ok {
		return v
	}
	return otherwise
}

var infinite = math.Inf(1)

// algorithms are in the order in which people would try them.
var algorithms = slices.Concat(linearAlgorithms, treeAlgorithms, nearAlgorithms, stackAlgorithms)

// tryNumbers is a list of values to try.
func tryNumbers(values ...float64) []any {
	tries := make([]any, len(values))
	for i, v := range values {
		tries[i] = v
	}
	return tries
}
