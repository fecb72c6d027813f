package train

import (
	"math"

	"go.yaml.in/yaml/v4"

	"dasier/ml/frame"
	"dasier/ml/prep"
)

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
		case "interactions":
			features.Interactions = d.sets(e, "may act together")
		case "products":
			features.Products = d.sets(e, "are multiplied")
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
		case "levels":
			c.Levels = int(d.whole(e.value, e.path)) //nolint:gosec // as above
		case "order":
			c.Order = d.texts(e.value, e.path)
		case "parts":
			c.Parts = d.parts(e)
		case "smoothing":
			c.Smoothing = d.between(e.value, e.path, "at least 0", func(v float64) bool { return v >= 0 })
		case "buckets":
			c.Buckets = int(d.between(e.value, e.path, "a whole number from 2 to 65536", func(v float64) bool { return v == math.Trunc(v) && v >= 2 && v <= 1<<16 }))
		case "clip":
			c.Clip = d.between(e.value, e.path, "at least 0 and below 0.5", func(v float64) bool { return v >= 0 && v < 0.5 })
		case "splines":
			c.Splines = int(d.between(e.value, e.path, "a whole number of knots from 2 to 100", func(v float64) bool { return v == math.Trunc(v) && v >= 2 && v <= 100 }))
		case "fill":
			if name := d.choice(e.value, e.path, fills); name != "" {
				c.Fill, _ = prep.ParseFill(name) // it knows each of these
			}
		case "monotone":
			c.Monotone = map[string]int{"increasing": 1, "decreasing": -1}[d.choice(e.value, e.path, []string{"increasing", "decreasing"})]
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

// fills are the ways to replace a missing value that a recipe may name.
var fills = []string{"auto", "median", "mean", "mode"}

func (d *document) parts(section entry) []prep.Part {
	var parts []prep.Part
	for _, item := range d.list(section.value, section.path) {
		part, err := prep.ParsePart(d.text(item.value, item.path))
		if err != nil {
			d.fail(item.value, "%s: %s", item.path, err)
			continue
		}
		parts = append(parts, part)
	}
	return parts
}

// sets are lists of columns that do something together.
func (d *document) sets(section entry, what string) [][]string {
	sets := [][]string{}
	for _, item := range d.list(section.value, section.path) {
		if item.value.Kind != yaml.SequenceNode || len(item.value.Content) < 2 {
			d.fail(item.value, "%s must be a list of at least two columns that %s, such as [[area, rooms]]", item.path, what)
			continue
		}
		sets = append(sets, d.texts(item.value, item.path))
	}
	return sets
}
