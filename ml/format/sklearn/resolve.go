package sklearn

import (
	"math"
	"slices"

	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// level is one category of an input, as a text and, where an encoder knows it
// as one, as a number.
type level struct {
	label string
	value value
}

// tableRoom bounds the tables of all features together: an encoder of n
// categories needs n times n of them.
const tableRoom = 1 << 25

// maxLookedLevels bounds how many levels are gone through for all features.
const maxLookedLevels = 1 << 29

// resolve decides what kind every input is, from all that was done with it, and
// says every feature accordingly. A number that is encoded besides is looked up
// by stages that come before all others.
func (b *builder) resolve(p part) error {
	for _, in := range b.inputs {
		if in.read {
			if in.numbers || len(in.encoded) > 0 {
				return p.wrong("the column %q is read as free text in one place and encoded or computed with in another: give the model the column twice, under two names", in.name)
			}
			continue
		}
		in.category = in.texts || !in.numbers && !in.truth() && (len(in.encoded) > 0 || b.onlyMissing(in))
		if in.category {
			if err := in.collect(p); err != nil {
				return err
			}
			continue
		}
		for k := range in.encoded {
			if err := b.guardNumber(p, in, &in.encoded[k]); err != nil {
				return err
			}
		}
	}
	room, looked := tableRoom, 0
	for j := range b.features {
		f := &b.features[j]
		in := b.inputs[f.column.input]
		if w := f.column.reads(); w != nil {
			f.said = predict.Feature{Name: f.column.name, Input: f.column.input, Op: "term", Bucket: w.term, Scale: 1}
			if w.weights != nil {
				f.said.Op, f.said.Table = "terms", w.weights
			}
			continue
		}
		if in.category {
			looked += len(in.levels)
			f.said = f.column.category(in.levels, in.known)
			if room -= len(f.said.Table) + 2; room < 0 || looked > maxLookedLevels {
				return p.wrong("the categories of its inputs need more than %d numbers: group the rare ones (min_frequency or max_categories)", tableRoom)
			}
			continue
		}
		steps, rest := leading(f.column.links)
		f.said = plainly(predict.Feature{Name: f.column.name, Input: f.column.input, Op: "steps", Steps: steps})
		if len(rest) == 0 {
			continue
		}
		out, err := b.early(func() ([]cell, error) { return b.chain(p, []cell{f.cell}, [][]link{rest}) })
		if err != nil {
			return err
		}
		f.instead, f.moved = out[0], true
	}
	return nil
}

// onlyMissing tells whether all that is asked of an input is whether there is a
// value: it may be of any kind then.
func (b *builder) onlyMissing(in *input) bool {
	some := false
	for j := range b.features {
		if c := &b.features[j].column; b.inputs[c.input] == in {
			some = true
			if len(c.links) == 0 || c.links[0].step.Op != "missing" {
				return false
			}
		}
	}
	return some
}

// early puts the stages that a function adds before all others.
func (b *builder) early(add func() ([]cell, error)) ([]cell, error) {
	late := b.stages
	b.stages = b.first
	out, err := add()
	b.first, b.stages = b.stages, late
	return out, err
}

// guardNumber makes a number that is unknown to an encoder that refuses those
// spoil the answer.
func (b *builder) guardNumber(p part, in *input, c *column) error {
	t := c.links[len(c.links)-1].table
	if !t.refuses || t.keys.truth && len(t.keys.numbers) == 2 {
		return nil
	}
	guard := *c
	guard.links = append(slices.Clone(c.links[:len(c.links)-1]), link{table: t.guard()})
	from := b.feature(column{input: c.input, name: in.name})
	out, err := b.early(func() ([]cell, error) { return b.chain(p, []cell{from}, [][]link{guard.links}) })
	if err != nil {
		return err
	}
	b.guards = append(b.guards, out[0])
	return nil
}

// guard is a table that gives 0 for all that it knows.
func (t *table) guard() *table {
	return &table{keys: t.keys, values: make([]float64, len(t.keys.labels)), refuses: t.refuses, refusesMissing: t.refusesMissing}
}

// truth tells whether all that is known of an input is True and False.
func (in *input) truth() bool {
	for k := range in.encoded {
		c := &in.encoded[k]
		if t := c.links[len(c.links)-1].table; !t.keys.truth || t.refuses && len(t.keys.numbers) < 2 {
			return false
		}
	}
	return len(in.encoded) > 0
}

// collect gathers the levels of a category: those that no encoder refuses.
func (in *input) collect(p part) error {
	at := map[string]int{}
	add := func(label string, v value) {
		k, known := at[label]
		if !known {
			at[label] = len(in.levels)
			in.levels = append(in.levels, level{label: label, value: value{text: label, x: math.NaN(), isText: true}})
			k = at[label]
		}
		if !v.isText {
			in.levels[k].value.x = v.x
		}
	}
	for _, c := range in.encoded {
		for _, l := range c.links {
			if l.fill != nil && l.fill.mark != nil && *l.fill.mark != "" {
				add(*l.fill.mark, value{isText: true})
			}
		}
		t := c.links[len(c.links)-1].table
		numbers := make(map[int]float64, len(t.keys.numbers))
		for x, k := range t.keys.numbers {
			numbers[k] = x
		}
		for k, label := range t.keys.labels {
			if label == "" {
				continue
			}
			x, isNumber := numbers[k]
			add(label, value{x: x, isText: !isNumber})
		}
	}
	known := in.levels[:0]
	for _, l := range in.levels {
		refused := false
		for k := range in.encoded {
			if _, ok := in.encoded[k].run(l.value); !ok {
				refused = true
			}
		}
		if !refused {
			known = append(known, l)
		}
	}
	in.levels, in.known = known, make(map[string]bool, len(known))
	for _, l := range known {
		in.known[l.label] = true
	}
	for k := range in.encoded {
		if _, ok := in.encoded[k].run(value{unknown: true}); !ok {
			in.refuses = true
		}
	}
	if len(in.levels) == 0 && len(in.encoded) > 0 {
		return p.wrong("the encoders of the column %q have no category in common", in.name)
	}
	return nil
}

// manyLevels is from how many on an indicator is said as one, and not spelled
// out as a table of all.
const manyLevels = 64

// category says a column of a category as a feature.
func (c *column) category(levels []level, known map[string]bool) predict.Feature {
	f := predict.Feature{Name: c.name, Input: c.input, Op: "table"}
	if len(levels) > manyLevels && len(c.links) == 1 && c.links[0].table != nil && c.links[0].table.values == nil && c.links[0].table.unknown == 0 {
		t := c.links[0].table
		only, several := -1, false
		for k, place := range t.place {
			if place == t.hot && k != t.keys.missing {
				only, several = k, only >= 0
			}
		}
		missing, _ := t.of(value{x: math.NaN()})
		if only >= 0 && !several && known[t.keys.labels[only]] && (missing == 0 || missing == 1) {
			return predict.Feature{Name: c.name, Input: c.input, Op: "equals", Level: t.keys.labels[only], Impute: missing, Scale: 1}
		}
	}
	f.Table = c.table(levels)
	return f
}

// table spells a column out for all levels of its input, for what is none of
// them, and for nothing.
func (c *column) table(levels []level) []float64 {
	values := make([]float64, len(levels)+2)
	for k, l := range levels {
		values[k], _ = c.run(l.value)
	}
	values[len(levels)], _ = c.run(value{unknown: true})
	values[len(levels)+1], _ = c.run(value{x: math.NaN()})
	return values
}

// leading are the links of a column that can be said as steps, and the rest.
func leading(links []link) ([]stage.Step, []link) {
	var steps []stage.Step
	for k, l := range links {
		if l.table == nil {
			steps = append(steps, l.step)
			continue
		}
		step, ok := l.table.step() // of what a refusing table refuses, a guard takes care
		if !ok {
			return steps, links[k:]
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// chain does links to cells, each its own: steps and tables in turns.
func (b *builder) chain(p part, cells []cell, links [][]link) ([]cell, error) {
	cells, links = slices.Clone(cells), slices.Clone(links)
	for {
		steps, tables := make([][]stage.Step, len(cells)), make([]*stage.Encoding, len(cells))
		some, more := false, false
		for j := range links {
			steps[j], links[j] = leading(links[j])
			some = some || len(steps[j]) > 0
			if len(links[j]) > 0 {
				tables[j], links[j], more = links[j][0].table.encoding(), links[j][1:], true
			}
		}
		if some {
			do, err := stage.NewElementwise(steps)
			if err != nil {
				return nil, p.wrong("%v", err)
			}
			if cells, err = b.stage(p, do, cells); err != nil {
				return nil, err
			}
		}
		if !more {
			return cells, nil
		}
		var err error
		if cells, err = b.stage(p, &stage.Encodings{Tables: tables}, cells); err != nil {
			return nil, err
		}
	}
}

// said is an input as the spec has it.
func (in *input) said() predict.Input {
	out := predict.Input{Name: in.name, Kind: frame.Number, Required: in.required}
	switch {
	case in.read:
		out.Kind, out.Text = frame.Category, true
	case in.category:
		out.Kind, out.Unknown = frame.Category, predict.UnknownIgnore
		if in.refuses {
			out.Unknown = predict.UnknownError
		}
		for _, l := range in.levels {
			out.Levels = append(out.Levels, l.label)
		}
	case !in.numbers && in.truth():
		out.Kind = frame.Bool
	}
	return out
}
