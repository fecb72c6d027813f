package train

import (
	"io/fs"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"dasier/ml/frame"
	"dasier/ml/metric"
	"dasier/ml/prep"
)

// keys are the keys of each section of a recipe; schema.json says the same to
// editors, and a test holds the two together.
var keys = map[string][]string{
	"":                   {"name", "title", "description", "data", "target", "split", "features", "candidates", "search", "interval", "gates", "serve"},
	"data":               {"path", "target", "id", "time", "group", "longitude", "latitude", "missing", "delimiter", "rows"},
	"data.rows.*":        {"min", "max"},
	"target":             {"unit", "log"},
	"split":              {"holdout", "calibration", "seed"},
	"features":           {"auto", "drop", "missing", "rare", "columns"},
	"features.columns.*": {"kind", "treatment", "missing", "rare", "label", "unit", "description", "required", "unknown"},
	"candidates[]":       {"linear", "ridge"},
	"candidates[].ridge": {"alpha"},
	"search":             {"folds", "seed", "metric"},
	"interval":           {"level"},
	"gates[]":            {"metric", "min", "max", "by"},
	"serve":              {"inputs"},
}

// modelName is what a registry takes as a name and an address can carry.
var modelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// defaultAlpha spans from hardly any penalty to a strong one, for standardised
// columns.
var defaultAlpha = []float64{0.1, 1, 10, 100}

// ParseRecipe reads a recipe. The error is a fault.Invalid that wraps Problems:
// all of them, each with file, line, column and a sentence. It touches no file.
func ParseRecipe(file string, text []byte) (*Recipe, error) {
	d := &document{file: file, at: map[string]Position{}}
	r := &Recipe{
		Split:    Split{Holdout: 0.2, Calibration: 0.2},
		Features: Features{Auto: true, Columns: map[string]Column{}},
		Search:   Search{Folds: 5, Metric: "rmse"},
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
	d.require(root, r)
}

// require complains of what no recipe can do without.
func (d *document) require(root *yaml.Node, r *Recipe) {
	for _, need := range []struct {
		path, example string
		given         bool
	}{
		{"name", "name: house-price", r.Name != ""},
		{"data.path", "data: {path: rows.csv}", r.Data.Path != ""},
		{"data.target", "data: {target: price}", r.Data.Target != ""},
		{"candidates", "candidates: [{linear: {}}, {ridge: {alpha: [1, 10]}}]", len(r.Candidates) > 0},
	} {
		if _, wrong := d.at[need.path]; !need.given && !wrong {
			d.fail(root, "the recipe has no %s: add it, such as %s", need.path, need.example)
		}
	}
}

func (d *document) data(section entry, data *Data) {
	for _, e := range d.mapping(section.value, section.path, keys["data"]) {
		switch e.key {
		case "path":
			if data.Path = d.text(e.value, e.path); !fs.ValidPath(data.Path) || data.Path == "." {
				d.fail(e.value, "data.path %q must be a file below the folder of the recipe, such as data/rows.csv", data.Path)
			}
		case "target":
			data.Target = d.text(e.value, e.path)
		case "id":
			data.ID = d.text(e.value, e.path)
		case "time":
			data.Time = d.text(e.value, e.path)
		case "group":
			data.Group = d.text(e.value, e.path)
		case "longitude":
			data.Longitude = d.text(e.value, e.path)
		case "latitude":
			data.Latitude = d.text(e.value, e.path)
		case "missing":
			data.Missing = d.texts(e.value, e.path)
		case "delimiter":
			if data.Delimiter = d.text(e.value, e.path); utf8.RuneCountInString(data.Delimiter) != 1 {
				d.fail(e.value, "data.delimiter must be one character, it is %q", data.Delimiter)
			}
		case "rows":
			data.Rows = map[string]Range{}
			for _, c := range d.mapping(e.value, e.path, nil) {
				data.Rows[c.key] = d.bounds(c)
			}
		}
	}
}

func (d *document) bounds(section entry) Range {
	var r Range
	for _, e := range d.mapping(section.value, section.path, keys["data.rows.*"]) {
		v := d.number(e.value, e.path)
		switch e.key {
		case "min":
			r.Min = &v
		case "max":
			r.Max = &v
		}
	}
	if r.Min != nil && r.Max != nil && *r.Min > *r.Max {
		d.fail(section.value, "%s: min is above max, so no row is left", section.path)
	}
	return r
}

func (d *document) target(section entry, target *Target) {
	for _, e := range d.mapping(section.value, section.path, keys["target"]) {
		switch e.key {
		case "unit":
			target.Unit = d.text(e.value, e.path)
		case "log":
			target.Log = d.truth(e.value, e.path)
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

// features may be the word auto instead of a mapping.
func (d *document) features(section entry, features *Features) {
	if section.value.Kind == yaml.ScalarNode && section.value.Value == "auto" {
		return
	}
	for _, e := range d.mapping(section.value, section.path, keys["features"]) {
		switch e.key {
		case "auto":
			features.Auto = d.truth(e.value, e.path)
		case "drop":
			features.Drop = d.texts(e.value, e.path)
		case "missing":
			features.Missing = d.missing(e)
		case "rare":
			features.Rare = int(d.whole(e.value, e.path)) //nolint:gosec // a count of rows, and whole bounds it to 63 bits
		case "columns":
			for _, c := range d.mapping(e.value, e.path, nil) {
				features.Columns[c.key] = d.column(c)
			}
		}
	}
	for i, name := range features.Drop {
		if _, listed := features.Columns[name]; listed {
			d.failAt(d.at[indexed("features.drop", i)], "the column %q is dropped here and described under columns: decide for one", name)
		}
	}
}

func (d *document) missing(e entry) prep.Missing {
	v, err := prep.ParseMissing(d.text(e.value, e.path))
	if err != nil {
		d.fail(e.value, "%s: %s", e.path, err)
	}
	return v
}

func (d *document) column(section entry) Column {
	var c Column
	for _, e := range d.mapping(section.value, section.path, keys["features.columns.*"]) {
		switch e.key {
		case "kind":
			var kind frame.Kind
			if err := kind.UnmarshalText([]byte(d.text(e.value, e.path))); err != nil {
				d.fail(e.value, "%s: %s", e.path, err)
			}
			c.Kind = &kind
		case "treatment":
			var err error
			if c.Treatment, err = prep.ParseTreatment(d.text(e.value, e.path)); err != nil {
				d.fail(e.value, "%s: %s", e.path, err)
			}
		case "missing":
			c.Missing = d.missing(e)
		case "rare":
			c.Rare = int(d.whole(e.value, e.path)) //nolint:gosec // as above
		case "label":
			c.Label = d.text(e.value, e.path)
		case "unit":
			c.Unit = d.text(e.value, e.path)
		case "description":
			c.Description = d.text(e.value, e.path)
		case "required":
			c.Required = d.truth(e.value, e.path)
		case "unknown":
			c.Unknown = d.choice(e.value, e.path, []string{"ignore", "error"})
		}
	}
	return c
}

func (d *document) candidates(section entry) []Candidate {
	var candidates []Candidate
	for _, item := range d.list(section.value, section.path) {
		if item.value.Kind == yaml.ScalarNode { // "- linear" means "- linear: {}"
			if name := d.choice(item.value, item.path, keys["candidates[]"]); name != "" {
				candidates = append(candidates, withDefaults(Candidate{Algorithm: name}))
			}
			continue
		}
		for _, e := range d.mapping(item.value, item.path, keys["candidates[]"]) {
			candidate := Candidate{Algorithm: e.key}
			if e.value.Kind != yaml.ScalarNode || e.value.Tag != "!!null" {
				// The empty list, not nil, for an algorithm without settings.
				for _, s := range d.mapping(e.value, e.path, append([]string{}, keys["candidates[]."+e.key]...)) {
					candidate.Alpha = d.alphas(s) // the only setting so far
				}
			}
			candidates = append(candidates, withDefaults(candidate))
		}
	}
	return candidates
}

func withDefaults(c Candidate) Candidate {
	if c.Algorithm == "ridge" && len(c.Alpha) == 0 {
		c.Alpha = defaultAlpha
	}
	return c
}

func (d *document) alphas(e entry) []float64 {
	var alphas []float64
	for _, item := range d.list(e.value, e.path) {
		v := d.between(item.value, item.path, "at least 0", func(v float64) bool { return v >= 0 })
		switch {
		case math.IsNaN(v):
		case slices.Contains(alphas, v):
			d.fail(item.value, "the penalty %g stands twice", v)
		default:
			alphas = append(alphas, v)
		}
	}
	return alphas
}

func (d *document) search(section entry, r *Recipe) {
	for _, e := range d.mapping(section.value, section.path, keys["search"]) {
		switch e.key {
		case "folds":
			r.Search.Folds = int(d.between(e.value, e.path, "a whole number from 2 to 100",
				func(v float64) bool { return v == math.Trunc(v) && v >= 2 && v <= 100 }))
		case "seed":
			r.Search.Seed = d.whole(e.value, e.path)
		case "metric":
			r.Search.Metric = d.choice(e.value, e.path, metric.Names())
		}
	}
}

func (d *document) interval(section entry, interval *Interval) {
	for _, e := range d.mapping(section.value, section.path, keys["interval"]) {
		interval.Level = d.between(e.value, e.path, "above 0 and below 1", func(v float64) bool { return v > 0 && v < 1 }) // the only key
	}
}

func (d *document) gates(section entry) []Gate {
	var gates []Gate
	for _, item := range d.list(section.value, section.path) {
		g := Gate{By: "interval"}
		for _, e := range d.mapping(item.value, item.path, keys["gates[]"]) {
			switch e.key {
			case "metric":
				g.Metric = d.choice(e.value, e.path, append(metric.Names(), "coverage"))
			case "min":
				v := d.number(e.value, e.path)
				g.Min = &v
			case "max":
				v := d.number(e.value, e.path)
				g.Max = &v
			case "by":
				g.By = d.choice(e.value, e.path, []string{"interval", "value"})
			}
		}
		if _, named := d.at[item.path+".metric"]; !named || g.Min == nil && g.Max == nil {
			d.fail(item.value, "a gate needs a metric and a min or a max, such as {metric: r2, min: 0.8}")
		}
		gates = append(gates, g)
	}
	return gates
}
