package train

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"dasier/ml/metric"
)

// costs are what a gate may bound besides metrics: seconds of a fit,
// microseconds of a prediction, bytes of the model.
var costs = []string{"fit_seconds", "predict_us", "size"}

// gateFigures are the names that a gate may judge besides metrics.
var gateFigures = slices.Concat([]string{"coverage"}, costs)

// figuresOf refuses metrics that nobody knows. It offers those of the task, if
// the recipe tells it; whether a metric suits the target, the data tell.
func (d *document) figuresOf(r *Recipe) {
	known := map[string][]string{
		"":               metric.Names(metric.Regression, metric.Binary, metric.Multiclass),
		"regression":     metric.Names(metric.Regression),
		"classification": metric.Names(metric.Binary, metric.Multiclass),
	}
	look := func(path, name string, more ...string) {
		if _, err := metric.Lookup(name); err == nil || name == "" || slices.Contains(more, name) {
			return
		}
		task := r.Target.Task
		hint := didYouMean(name, slices.Concat(known[task], more))
		switch {
		case hint == "" && task == "":
			hint = " (for numbers one of " + strings.Join(known["regression"], ", ") + "; for classes one of " + strings.Join(known["classification"], ", ") + ")"
		case hint == "":
			hint = " (one of " + strings.Join(known[task], ", ") + ")"
		}
		d.failAt(d.at[path], "%s cannot be %q%s", path, name, hint)
	}
	look("search.metric", r.Search.Metric)
	for i, g := range r.Gates {
		look(indexed("gates", i)+".metric", g.Metric, gateFigures...)
	}
}

func (d *document) search(section entry, r *Recipe) {
	count := func(e entry, least, most float64, what string) int {
		return int(d.between(e.value, e.path, what, func(v float64) bool { return v == math.Trunc(v) && v >= least && v <= most }))
	}
	s := &r.Search
	for _, e := range d.mapping(section.value, section.path, keys["search"]) {
		switch e.key {
		case "strategy":
			s.Strategy = d.choice(e.value, e.path, []string{"grid", "random", "halving"})
		case "tries":
			s.Tries = count(e, 1, 10000, "a whole number from 1 to 10000")
		case "folds":
			s.Folds = count(e, 2, 100, "a whole number from 2 to 100")
		case "repeats":
			s.Repeats = count(e, 1, 100, "a whole number from 1 to 100")
		case "seed":
			s.Seed = d.whole(e.value, e.path)
		case "metric":
			s.Metric = d.text(e.value, e.path) // figuresOf looks at it
		case "budget":
			s.Budget = d.duration(e)
		case "choose":
			s.Choose = d.choice(e.value, e.path, []string{"best", "simplest", "fastest"})
		}
	}
}

// gridHasLists: a grid has every value of every list, and a range has no last one.
func (d *document) gridHasLists(r *Recipe) {
	for _, c := range r.Candidates {
		for _, name := range slices.Sorted(maps.Keys(c.Settings)) {
			if c.Settings[name].Range != nil && r.Search.Strategy == "grid" {
				d.failAt(d.at["search.strategy"], "a grid tries every value of a list, and %s of %s is a range: list its values, or use random or halving", name, c.Algorithm)
			}
		}
	}
}

func (d *document) duration(e entry) time.Duration {
	v, err := time.ParseDuration(d.text(e.value, e.path))
	if err != nil || v <= 0 {
		d.fail(e.value, "%s must be a time above 0, such as 90s, 10m or 1h30m, it is %s", e.path, describe(e.value))
		return 0
	}
	return v
}

func (d *document) interval(section entry, interval *Interval) {
	for _, e := range d.mapping(section.value, section.path, keys["interval"]) {
		switch e.key {
		case "level":
			interval.Level = d.between(e.value, e.path, "above 0 and below 1", func(v float64) bool { return v > 0 && v < 1 })
		case "method":
			interval.Method = d.choice(e.value, e.path, intervalMethods)
		}
	}
}

func (d *document) gates(section entry) []Gate {
	var gates []Gate
	for _, item := range d.list(section.value, section.path) {
		g := Gate{By: "interval"}
		for _, e := range d.mapping(item.value, item.path, keys["gates[]"]) {
			switch e.key {
			case "metric":
				g.Metric = d.text(e.value, e.path) // as above
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
		if g.Min != nil && g.Max != nil && *g.Min > *g.Max {
			d.fail(item.value, "%s: min is above max, so no model holds it", item.path)
		}
		gates = append(gates, g)
	}
	return gates
}
