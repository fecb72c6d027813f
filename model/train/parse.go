package train

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"dasier/ml/calibrate"
)

// keys are the keys of each section of a recipe; schema.json says the same to
// editors, and a test holds the two together. The settings of candidates stand
// in the table of algorithms.
var keys = map[string][]string{
	"":                   {"name", "title", "description", "data", "target", "split", "features", "candidates", "calibrate", "search", "interval", "gates", "serve"},
	"data":               {"path", "url", "sha256", "query", "database", "format", "sheet", "target", "weight", "id", "time", "group", "longitude", "latitude", "missing", "delimiter", "rows"},
	"data.rows.*":        {"min", "max"},
	"target":             {"unit", "task", "positive", "log", "power", "correct_mean"},
	"split":              {"holdout", "calibration", "seed"},
	"features":           {"auto", "drop", "missing", "rare", "columns", "interactions", "products"},
	"features.columns.*": {"kind", "treatment", "missing", "fill", "rare", "levels", "order", "parts", "smoothing", "buckets", "clip", "splines", "monotone", "label", "unit", "description", "required", "unknown"},
	"search":             {"strategy", "tries", "folds", "repeats", "seed", "metric", "budget", "choose"},
	"interval":           {"level", "method"},
	"gates[]":            {"metric", "min", "max", "by"},
	"serve":              {"inputs"},
}

// modelName is what a registry takes as a name and an address can carry.
var modelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// ParseRecipe reads a recipe. The error is a fault.Invalid that wraps Problems:
// all of them, each with file, line, column and a sentence. It touches no file.
func ParseRecipe(file string, text []byte) (*Recipe, error) {
	d := &document{file: file, at: map[string]Position{}}
	r := &Recipe{
		Split:    Split{Holdout: 0.2, Calibration: 0.2},
		Features: Features{Auto: true, Columns: map[string]Column{}},
		Search:   Search{Tries: 20, Folds: 5, Repeats: 1, Choose: "best"},
		Interval: Interval{Level: 0.9},
		file:     file,
		at:       d.at,
	}
	if root := d.root(text); root != nil {
		d.recipe(root, r)
	}
	if err := d.problems.err(); err != nil {
		return nil, err
	}
	return r, nil
}

func (d *document) recipe(root *yaml.Node, r *Recipe) {
	for _, e := range d.mapping(root, "", keys[""]) {
		switch e.key {
		case "name":
			if r.Name = d.text(e.value, e.path); r.Name != "" && !modelName.MatchString(r.Name) {
				d.fail(e.value, "name %q must have 1 to 100 letters, digits, hyphens or underscores, and begin with a letter or digit", r.Name)
			}
		case "title":
			r.Title = d.text(e.value, e.path)
		case "description":
			r.Description = strings.TrimSpace(d.text(e.value, e.path))
		case "data":
			d.data(e, &r.Data)
		case "target":
			d.target(e, &r.Target)
		case "split":
			d.split(e, &r.Split)
		case "features":
			d.features(e, &r.Features)
		case "candidates":
			r.Candidates = d.candidates(e)
		case "calibrate":
			r.Calibrate = d.choice(e.value, e.path, []string{string(calibrate.Sigmoid), string(calibrate.Isotonic)})
		case "search":
			d.search(e, r)
		case "interval":
			d.interval(e, &r.Interval)
		case "gates":
			r.Gates = d.gates(e)
		case "serve":
			for _, s := range d.mapping(e.value, e.path, keys["serve"]) {
				r.Serve.Inputs = d.texts(s.value, s.path) // the only key
			}
		}
	}
	if r.Title == "" {
		r.Title = r.Name
	}
	if _, set := d.at["search.seed"]; !set {
		r.Search.Seed = r.Split.Seed
	}
	if r.Interval.Method == "cross" && !d.stands("split.calibration") {
		r.Split.Calibration = 0 // every row that is not held out is learned from
	}
	d.require(root, r)
}

// require complains of what no recipe can do without.
func (d *document) require(root *yaml.Node, r *Recipe) {
	for _, need := range []struct {
		path, example string
		given         bool
	}{
		{"name", "name: house-price", r.Name != ""},
		{"data.path", "data: {path: rows.csv}", r.Data.Path != "" || d.stands("data.url") || d.stands("data.query")},
		{"data.target", "data: {target: price}", r.Data.Target != ""},
	} {
		if !need.given && !d.stands(need.path) {
			d.fail(root, "the recipe has no %s: add it, such as %s", need.path, need.example)
		}
	}
	d.figuresOf(r)
	d.gridHasLists(r)
	// What contradicts itself.
	for _, c := range []struct {
		wrong        bool
		path, reason string
	}{
		{r.Target.Log && r.Target.Power != "", "target.power", "target.log and target.power are two ways of one thing: keep one"},
		{r.Target.CorrectMean && !r.Target.Log && r.Target.Power == "", "target.correct_mean", "target.correct_mean corrects what target.log or target.power bends: set one, or take it away"},
		{r.Target.Task == "classification" && (r.Target.Log || r.Target.Power != ""), "target.task", "classes have no logarithm and no power: take target.log and target.power away, or the task"},
		{
			(r.Interval.Method == methodSplit || r.Interval.Method == methodWeighted || r.Interval.Method == methodQuantile) && r.Split.Calibration == 0,
			"interval.method", "interval.method " + r.Interval.Method + " needs calibration rows: give split.calibration a share, or use cross",
		},
	} {
		if c.wrong {
			d.failAt(d.at[c.path], "%s", c.reason)
		}
	}
}

// stands tells whether the recipe has a value at a path.
func (d *document) stands(path string) bool {
	_, there := d.at[path]
	return there
}

func (d *document) target(section entry, target *Target) {
	for _, e := range d.mapping(section.value, section.path, keys["target"]) {
		switch e.key {
		case "unit":
			target.Unit = d.text(e.value, e.path)
		case "task":
			target.Task = d.choice(e.value, e.path, []string{"regression", "classification"})
		case "positive":
			target.Positive = d.text(e.value, e.path)
		case "log":
			target.Log = d.truth(e.value, e.path)
		case "power":
			target.Power = d.choice(e.value, e.path, []string{"yeo-johnson"})
		case "correct_mean":
			target.CorrectMean = d.truth(e.value, e.path)
		}
	}
}

func (d *document) split(section entry, split *Split) {
	for _, e := range d.mapping(section.value, section.path, keys["split"]) {
		switch e.key {
		case "holdout":
			split.Holdout = d.between(e.value, e.path, "above 0 and below 1", func(v float64) bool { return v > 0 && v < 1 })
		case "calibration":
			split.Calibration = d.between(e.value, e.path, "at least 0 and below 1", func(v float64) bool { return v >= 0 && v < 1 })
		case "seed":
			split.Seed = d.whole(e.value, e.path)
		}
	}
	if split.Holdout+split.Calibration >= 1 {
		d.fail(section.value, "split.holdout and split.calibration leave no rows to train on: their sum must be below 1")
	}
}
