package profile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"dasier/ml/frame"
)

// Severity says how soon to look.
type Severity string

// The severities.
const (
	High   Severity = "high"   // a model learnt from this would be wrong or worthless
	Medium Severity = "medium" // probably costs accuracy or misleads
	Low    Severity = "low"    // good to know
)

// Warning is one thing to look at, in one or more columns.
type Warning struct {
	Kind     string   `json:"kind"`
	Severity Severity `json:"severity"`
	Title    string   `json:"title"`
	Advice   string   `json:"advice"`
	Items    []Item   `json:"items"`
	More     int      `json:"more,omitempty"` // items not listed
}

// Item is where a warning was seen, with its figures.
type Item struct {
	Column string  `json:"column,omitempty"`
	Text   string  `json:"text"`
	Rows   []int   `json:"rows,omitempty"` // data rows from 1, the first ten
	weight float64 // heavier items come first
}

const maxItems = 30

// evidence is what the rules look at.
type evidence struct {
	frame    *frame.Frame
	profile  *Profile
	cfg      Config
	repeated repeats
	copies   map[string]bool // columns that sameColumns named
}

// rules are all warnings there are, in the order of the page within a severity.
var rules = []func(*evidence) []Warning{
	leaks, targetMissing, targetImbalance, targetSkew, infinities, drifts, sortedByTarget, conflicts, duplicates, constants, identifiers,
	missingWithTarget, missingWithOthers, missingMuch, missingTogether, missingSpelling, sentinels, almostNumbers, unsettledDates,
	levelVariants, sameColumns, redundancies, cardinality, outliers, skews, fewRows,
}

func warn(e *evidence) []Warning {
	all := []Warning{}
	for _, rule := range rules {
		for _, w := range rule(e) {
			if len(w.Items) == 0 {
				continue
			}
			slices.SortStableFunc(w.Items, func(a, b Item) int { return cmp.Compare(b.weight, a.weight) })
			w.More = max(0, len(w.Items)-maxItems)
			w.Items = w.Items[:min(len(w.Items), maxItems)]
			all = append(all, w)
		}
	}
	rank := func(s Severity) int { return slices.Index([]Severity{High, Medium, Low}, s) }
	slices.SortStableFunc(all, func(a, b Warning) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	return all
}

// one makes a rule's answer of a single warning.
func one(kind string, severity Severity, title, advice string, items []Item) []Warning {
	return []Warning{{Kind: kind, Severity: severity, Title: title, Advice: advice, Items: items}}
}

// inputs are the variables but the target.
func (e *evidence) inputs(visit func(v *Variable, c *frame.Column)) {
	for i := range e.profile.Variables {
		if v := &e.profile.Variables[i]; v.Name != e.cfg.Target {
			visit(v, e.frame.Columns()[i])
		}
	}
}

func (e *evidence) target() (*Variable, *frame.Column) {
	for i := range e.profile.Variables {
		if v := &e.profile.Variables[i]; v.Name == e.cfg.Target {
			return v, e.frame.Columns()[i]
		}
	}
	return nil, nil
}

func (e *evidence) share(n int) float64 { return float64(n) / float64(max(1, e.frame.Rows())) }

// percent never rounds something to nothing, nor not quite all to all.
func percent(share float64) string {
	p := share * 100
	switch {
	case p == 0:
		return "0\u202f%"
	case p > 0 && p < .1:
		return "under 0.1\u202f%"
	case p < 10, p > 99 && p < 100:
		return fmt.Sprintf("%.1f\u202f%%", min(p, 99.9))
	default:
		return fmt.Sprintf("%.0f\u202f%%", p)
	}
}

func leaks(e *evidence) []Warning {
	var certain, likely []Item
	for _, r := range e.profile.Relations {
		alone := max(r.Power, r.Pearson*r.Pearson)
		switch {
		case math.Abs(r.Pearson) >= .99 || math.Abs(r.Spearman) >= .99 || r.Power >= .95:
			text := fmt.Sprintf("alone predicts %s of the variation of %s", percent(alone), e.cfg.Target)
			if math.Abs(r.Spearman) >= .99 {
				text += fmt.Sprintf("; rank correlation %.3f", r.Spearman)
			}
			certain = append(certain, Item{Column: r.Column, Text: text, weight: alone})
		case alone >= .8:
			likely = append(likely, Item{
				Column: r.Column, weight: alone,
				Text: fmt.Sprintf("alone predicts %s of the variation of %s", percent(alone), e.cfg.Target),
			})
		}
	}
	const advice = "Ask whether this column is known before the target is. If it is computed from the target or recorded after it, leave it out: the model would look excellent and fail in use."
	return []Warning{
		{Kind: "leak", Severity: High, Title: "Leaks the target", Advice: advice, Items: certain},
		{Kind: "leak", Severity: Medium, Title: "May leak the target", Advice: advice, Items: likely},
	}
}

func targetMissing(e *evidence) []Warning {
	v, _ := e.target()
	if v == nil || v.Missing == 0 {
		return nil
	}
	return one("target_missing", High, "The target is missing", "Rows without a target teach nothing and cannot be scored: find out why they are there.",
		[]Item{{Column: v.Name, Text: fmt.Sprintf("%s of %s rows (%s)", whole(v.Missing), whole(e.frame.Rows()), percent(e.share(v.Missing)))}})
}

func targetImbalance(e *evidence) []Warning {
	v, c := e.target()
	if v == nil || (c.Kind != frame.Category && c.Kind != frame.Bool) || len(v.Levels) < 2 || v.Distinct > maxLevels {
		return nil
	}
	rare := v.Levels[len(v.Levels)-1]
	share := float64(rare.Count) / float64(max(1, e.frame.Rows()-v.Missing))
	severity := Medium
	if share < .01 {
		severity = High
	} else if share >= .2 || share >= .5/float64(v.Distinct) {
		return nil
	}
	return one("imbalance", severity, "The classes are unbalanced",
		"Accuracy would be high for a model that never names the rare class: judge by precision and recall, log loss or the area under the precision-recall curve, and split by class.",
		[]Item{{Column: v.Name, Text: fmt.Sprintf("%q is %s of the rows (%s)", rare.Text, percent(share), whole(rare.Count))}})
}

func targetSkew(e *evidence) []Warning {
	v, c := e.target()
	if v == nil || c.Kind != frame.Number || v.Numbers == nil || math.Abs(v.Numbers.Skew) < 1 {
		return nil
	}
	advice := "A few extreme values will weigh most in squared errors: consider absolute errors."
	if v.Numbers.Min > 0 && v.Numbers.Skew > 0 {
		advice = "Consider predicting its logarithm, so that errors count in per cent."
	}
	return one("target_skew", Medium, "The target is skewed", advice,
		[]Item{{Column: v.Name, Text: fmt.Sprintf("skewness %.1f; median %s, mean %s, greatest %s", v.Numbers.Skew, number(v.Numbers.Quantiles.P50), number(v.Numbers.Mean), number(v.Numbers.Max))}})
}

func infinities(e *evidence) []Warning {
	var items []Item
	for _, v := range e.profile.Variables {
		if v.Numbers != nil && v.Numbers.Infinite > 0 {
			items = append(items, Item{Column: v.Name, Text: rows(v.Numbers.Infinite), weight: float64(v.Numbers.Infinite)})
		}
	}
	return one("infinite", High, "Infinite values", "No learner can use them: write unknown values as missing.", items)
}

func conflicts(e *evidence) []Warning {
	if e.repeated.conflicts == 0 {
		return nil
	}
	return one("conflict", Medium, "Equal rows with different targets", "Everything that is known of these rows is equal and the answer differs: no model can be right on all of them.",
		[]Item{{Text: fmt.Sprintf("%s (%s)", rows(e.repeated.conflicts), percent(e.share(e.repeated.conflicts))), Rows: e.repeated.conflicted}})
}

func duplicates(e *evidence) []Warning {
	if e.repeated.duplicates == 0 {
		return nil
	}
	severity := Medium
	if e.share(e.repeated.duplicates) > .05 {
		severity = High
	}
	return one("duplicates", severity, "Duplicate rows", "A row that is both learnt from and tested on makes the test too kind: remove repeats, or split so that they stay together.",
		[]Item{{Text: fmt.Sprintf("%s that say what an earlier one says (%s)", rows(e.repeated.duplicates), percent(e.share(e.repeated.duplicates))), Rows: e.repeated.rows}})
}

func constants(e *evidence) []Warning {
	var none, nearly []Item
	for i := range e.profile.Variables {
		v := &e.profile.Variables[i]
		present := e.frame.Rows() - v.Missing
		switch {
		case v.Distinct == 0 && (v.Numbers == nil || v.Numbers.Infinite == 0):
			none = append(none, Item{Column: v.Name, Text: "no value at all", weight: 2})
		case v.Distinct == 1 && v.Missing == 0:
			none = append(none, Item{Column: v.Name, Text: "always " + only(v), weight: 1})
		case v.Name == e.cfg.Target: // the imbalance of classes is named elsewhere
		case len(v.Levels) > 0 && v.Distinct > 1 && float64(v.Levels[0].Count) >= .99*float64(present):
			nearly = append(nearly, Item{
				Column: v.Name, weight: float64(v.Levels[0].Count) / float64(present),
				Text: fmt.Sprintf("%q in %s of the rows", v.Levels[0].Text, percent(float64(v.Levels[0].Count)/float64(present))),
			})
		case v.Numbers != nil && v.Distinct > 1 && float64(v.Numbers.Zeros) >= .99*float64(present):
			nearly = append(nearly, Item{
				Column: v.Name, weight: float64(v.Numbers.Zeros) / float64(present),
				Text: fmt.Sprintf("0 in %s of the rows", percent(float64(v.Numbers.Zeros)/float64(present))),
			})
		}
	}
	return []Warning{
		{Kind: "constant", Severity: Medium, Title: "Constant columns", Advice: "They say nothing: leave them out, and ask whether the export is right.", Items: none},
		{Kind: "nearly_constant", Severity: Low, Title: "Nearly constant columns", Advice: "Too few rows differ to learn much from them.", Items: nearly},
	}
}

func only(v *Variable) string {
	if v.Numbers != nil {
		if v.Kind == frame.Time {
			return moment(v.Numbers.Min)
		}
		return number(v.Numbers.Min)
	}
	if len(v.Levels) > 0 {
		return fmt.Sprintf("%q", v.Levels[0].Text)
	}
	return "one value"
}

func identifiers(e *evidence) []Warning {
	var items []Item
	if e.frame.Rows() < 20 {
		return nil
	}
	e.inputs(func(v *Variable, c *frame.Column) {
		present := e.frame.Rows() - v.Missing
		unique := present >= 20 && v.Distinct == present
		switch {
		case c.Kind == frame.Category && unique:
			items = append(items, Item{Column: v.Name, Text: "every value is different", weight: 2})
		case v.names(e.frame.Rows()):
			items = append(items, Item{Column: v.Name, weight: 1, Text: fmt.Sprintf("%s different values in %s rows", whole(v.Distinct), whole(present))})
		case c.Kind == frame.Number && unique && v.Numbers != nil && v.Numbers.Whole:
			items = append(items, Item{Column: v.Name, Text: fmt.Sprintf("whole numbers, every one different, %s to %s", number(v.Numbers.Min), number(v.Numbers.Max)), weight: 2})
		}
	})
	return one("id", Medium, "Identifiers", "A column that names its row lets a model learn rows by heart. Leave it out; keep it as the id column.", items)
}

func missingMuch(e *evidence) []Warning {
	var most, some []Item
	e.inputs(func(v *Variable, _ *frame.Column) {
		share := e.share(v.Missing)
		item := Item{Column: v.Name, Text: fmt.Sprintf("%s missing (%s)", percent(share), rows(v.Missing)), weight: share}
		switch {
		case v.Distinct == 0 || share < .05:
		case share >= .5:
			most = append(most, item)
		default:
			some = append(some, item)
		}
	})
	return []Warning{
		{Kind: "missing", Severity: Medium, Title: "Mostly missing", Advice: "Ask what a missing value means here: often it is a value (\"no pool\"). Otherwise the few present rows may not be like the rest.", Items: most},
		{Kind: "missing", Severity: Low, Title: "Missing values", Advice: "They will be imputed; check that this is what a missing value means.", Items: some},
	}
}

func missingSpelling(e *evidence) []Warning {
	var items []Item
	e.inputs(func(v *Variable, c *frame.Column) {
		for _, s := range v.Spellings {
			if word := strings.ToLower(s.Text); c.Kind == frame.Category && (word == "none" || word == "-") && v.Distinct > 0 {
				items = append(items, Item{Column: v.Name, weight: float64(s.Count), Text: fmt.Sprintf("%s cells say %q and were read as missing", whole(s.Count), s.Text)})
			}
		}
	})
	return one("missing_spelling", Medium, "Read as missing, perhaps a value", "If the word is an answer (\"None\" for a house without the thing), name the spellings of missing values yourself when reading the file.", items)
}

func fewRows(e *evidence) []Warning {
	n, columns := e.frame.Rows(), len(e.frame.Columns())
	if n >= 100 && n >= 10*columns {
		return nil
	}
	return one("few_rows", Low, "Few rows", "Estimates will be uncertain: prefer simple models and read the intervals.",
		[]Item{{Text: fmt.Sprintf("%s for %s columns", rows(n), whole(columns))}})
}
