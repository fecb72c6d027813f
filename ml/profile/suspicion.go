package profile

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"dasier/ml/frame"

	"gonum.org/v1/gonum/stat/distuv"
)

// missingWithTarget asks whether rows where a column is missing have another
// target than the rest: Welch's t-test for a number (Welch, The generalization
// of Student's problem, Biometrika 34, 1947), the chi-squared test for classes.
// Both the probability (one per mille over all columns together) and the size
// of the difference must speak for it.
func missingWithTarget(e *evidence) []Warning {
	_, target := e.target()
	if target == nil {
		return nil
	}
	alpha := .001 / float64(max(1, len(e.profile.Variables)))
	var items []Item
	e.inputs(func(v *Variable, c *frame.Column) {
		if v.Missing < 20 || e.frame.Rows()-v.Missing < 20 {
			return
		}
		var item Item
		var ok bool
		if target.Kind == frame.Number || target.Kind == frame.Time {
			item, ok = missingShift(c, target, alpha)
		} else {
			item, ok = missingClasses(c, target, alpha)
		}
		if ok {
			items = append(items, item)
		}
	})
	return one("missing_target", Medium, "Missing in rows that differ",
		"That a value is missing tells something of the target. Keep it as information (a missing-value indicator), and ask whether it will be missing for the same reason in use.", items)
}

func missingShift(c, target *frame.Column, alpha float64) (Item, bool) {
	var n, sum, squares [2]float64
	side := func(i int) int {
		if c.Missing(i) {
			return 1
		}
		return 0
	}
	present := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	for i, v := range target.Numbers().All() {
		if present(v) {
			n[side(i)]++
			sum[side(i)] += v
		}
	}
	if n[0] < 20 || n[1] < 20 {
		return Item{}, false
	}
	means := [2]float64{sum[0] / n[0], sum[1] / n[1]}
	for i, v := range target.Numbers().All() {
		if present(v) {
			d := v - means[side(i)]
			squares[side(i)] += d * d
		}
	}
	e0, e1 := squares[0]/(n[0]-1)/n[0], squares[1]/(n[1]-1)/n[1]
	t := (means[1] - means[0]) / math.Sqrt(e0+e1)
	freedom := (e0 + e1) * (e0 + e1) / (e0*e0/(n[0]-1) + e1*e1/(n[1]-1))
	pooled := math.Sqrt((squares[0] + squares[1]) / (n[0] + n[1] - 2))
	size := math.Abs(means[1]-means[0]) / pooled
	if math.IsNaN(t) || math.IsInf(t, 0) || !(freedom >= 1) || !(size >= .3) {
		return Item{}, false
	}
	if 2*(distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}).Survival(math.Abs(t)) > alpha {
		return Item{}, false
	}
	return Item{Column: c.Name, weight: size, Text: fmt.Sprintf("mean %s is %s where it is missing (%s), %s elsewhere", target.Name, number(roundTo(means[1], 3)), rows(int(n[1])), number(roundTo(means[0], 3)))}, true
}

func missingClasses(c, target *frame.Column, alpha float64) (Item, bool) {
	classes, levels := targetClasses(target)
	classes, k := compactNames(classes, &levels)
	table, sides, columns := make([]float64, 2*k), make([]float64, 2), make([]float64, k)
	n := 0.0
	for i, class := range classes {
		if class < 0 {
			continue
		}
		side := 0
		if c.Missing(i) {
			side = 1
		}
		table[side*k+int(class)]++
		sides[side]++
		columns[class]++
		n++
	}
	if k < 2 || k > maxCategories || sides[0] < 20 || sides[1] < 20 {
		return Item{}, false
	}
	chi := chiSquare(table, sides, columns, n)
	size := math.Sqrt(chi / n)
	if size < .1 || (distuv.ChiSquared{K: float64(k - 1)}).Survival(chi) > alpha {
		return Item{}, false
	}
	most, gap := 0, 0.0
	for j := range k {
		if d := math.Abs(table[k+j]/sides[1] - table[j]/sides[0]); d > gap {
			most, gap = j, d
		}
	}
	return Item{Column: c.Name, weight: size, Text: fmt.Sprintf("%s = %s in %s of the rows where it is missing (%s), %s elsewhere",
		target.Name, clip(levels[most]), percent(table[k+most]/sides[1]), rows(int(sides[1])), percent(table[most]/sides[0]))}, true
}

func targetClasses(target *frame.Column) ([]int32, []string) {
	if target.Kind == frame.Category {
		return target.Codes, target.Levels
	}
	codes := make([]int32, target.Len())
	for i, v := range target.Numbers().All() {
		codes[i] = -1
		if !math.IsNaN(v) {
			codes[i] = int32(v)
		}
	}
	return codes, []string{"false", "true"}
}

// compactNames drops levels that no row has, with their names.
func compactNames(codes []int32, levels *[]string) ([]int32, int) {
	out, n := compact(codes, len(*levels))
	names := make([]string, n)
	for i, code := range codes {
		if code >= 0 {
			names[out[i]] = (*levels)[code]
		}
	}
	*levels = names
	return out, n
}

// almostNumbers finds text columns that a few cells keep from being numbers.
func almostNumbers(e *evidence) []Warning {
	var items []Item
	e.inputs(func(v *Variable, c *frame.Column) {
		if c.Kind != frame.Category || len(c.Levels) < 2 {
			return
		}
		var texts []string
		odd := make(map[int32]bool)
		zero := false
		for code, level := range c.Levels {
			if _, ok := frame.ParseNumber(level); ok {
				zero = zero || (len(level) > 1 && level[0] == '0')
				continue
			}
			odd[int32(code)] = true //nolint:gosec // codes are int32
			if texts = append(texts, clip(level)); len(odd)*10 > len(c.Levels) {
				return
			}
		}
		if len(odd) == 0 || zero {
			return
		}
		item := Item{Column: v.Name, Text: fmt.Sprintf("numbers, but for %s", quoted(texts))}
		for i, code := range c.Codes {
			if odd[code] {
				if item.weight++; len(item.Rows) < shownRows {
					item.Rows = append(item.Rows, i+1)
				}
			}
		}
		items = append(items, item)
	})
	return one("almost_numbers", Medium, "Almost numbers", "A few cells make the whole column text: correct them, or name them as spellings of missing values.", items)
}

func quoted(texts []string) string {
	shown := texts[:min(len(texts), 5)]
	list := make([]string, len(shown))
	for i, t := range shown {
		list[i] = fmt.Sprintf("%q", t)
	}
	if len(texts) > len(shown) {
		return strings.Join(list, ", ") + fmt.Sprintf(" and %d more", len(texts)-len(shown))
	}
	return strings.Join(list, ", ")
}

// unsettledDates finds text that is dates in an order the reader would not guess.
func unsettledDates(e *evidence) []Warning {
	var items []Item
	e.inputs(func(v *Variable, c *frame.Column) {
		if c.Kind != frame.Category || len(c.Levels) == 0 || !slices.ContainsFunc(c.Levels, looksDated) {
			return
		}
		if !slices.ContainsFunc(c.Levels, func(s string) bool { return !looksDated(s) }) {
			items = append(items, Item{Column: v.Name, Text: fmt.Sprintf("for example %q", clip(c.Levels[0]))})
		}
	})
	return one("dates", Medium, "Dates read as text", "Day and month could be either, or both orders occur: say which comes first when reading the file.", items)
}

// looksDated tells whether s begins with one or two digits, a separator, one or
// two digits, the same separator and four digits.
func looksDated(s string) bool {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '-' })
	if len(parts) != 3 || len(parts[0]) > 2 || len(parts[1]) > 2 || len(parts[2]) < 4 {
		return false
	}
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	all := parts[0] + parts[1] + parts[2][:4]
	return strings.IndexFunc(all, func(r rune) bool { return !digit(r) }) < 0
}

// levelVariants finds levels that differ in case or blanks only.
func levelVariants(e *evidence) []Warning {
	var items []Item
	e.inputs(func(v *Variable, c *frame.Column) {
		if c.Kind != frame.Category || len(c.Levels) > 5000 {
			return
		}
		forms := make(map[string][]string)
		var found []string
		for _, level := range c.Levels {
			key := strings.ToLower(strings.Join(strings.Fields(level), " "))
			forms[key] = append(forms[key], clip(level))
			if len(forms[key]) == 2 {
				found = append(found, key)
			}
		}
		var texts []string
		for _, key := range found {
			texts = append(texts, forms[key]...)
		}
		if len(texts) > 0 {
			items = append(items, Item{Column: v.Name, Text: quoted(texts), weight: float64(len(texts))})
		}
	})
	return one("variants", Medium, "One level, spelt in several ways", "They count as different levels: write them alike.", items)
}

func cardinality(e *evidence) []Warning {
	var items []Item
	e.inputs(func(v *Variable, c *frame.Column) {
		present := e.frame.Rows() - v.Missing
		if c.Kind != frame.Category || v.Distinct <= 50 || float64(v.Distinct) >= .9*float64(present) {
			return
		}
		items = append(items, Item{Column: v.Name, Text: fmt.Sprintf("%s levels, %.1f rows each on average", whole(v.Distinct), float64(present)/float64(v.Distinct)), weight: float64(v.Distinct)})
	})
	return one("cardinality", Low, "Many levels", "One column per level is many columns: join the rare ones, or encode by the target.", items)
}

// outliers names few and extreme values. A column with many is skewed rather
// than wrong, and is named there.
func outliers(e *evidence) []Warning {
	var items []Item
	for i := range e.profile.Variables {
		v := &e.profile.Variables[i]
		n := v.Numbers
		if n == nil || v.Kind != frame.Number || n.Low+n.High == 0 || e.share(n.Low+n.High) > .01 || v.Distinct < 10 {
			continue
		}
		reach := 3 * (n.Quantiles.P75 - n.Quantiles.P25)
		item := Item{Column: v.Name, weight: max(n.Max-n.Quantiles.P75, n.Quantiles.P25-n.Min) / reach}
		for row, x := range e.frame.Columns()[i].Numbers().All() {
			if (x < n.Quantiles.P25-reach || x > n.Quantiles.P75+reach) && len(item.Rows) < shownRows {
				item.Rows = append(item.Rows, row+1)
			}
		}
		var ends []string
		if n.Low > 0 {
			ends = append(ends, fmt.Sprintf("%s down to %s", whole(n.Low), number(n.Min)))
		}
		if n.High > 0 {
			ends = append(ends, fmt.Sprintf("%s up to %s", whole(n.High), number(n.Max)))
		}
		item.Text = fmt.Sprintf("%s, where half of the rows lie within %s and %s", strings.Join(ends, ", "), number(n.Quantiles.P25), number(n.Quantiles.P75))
		items = append(items, item)
	}
	return one("outliers", Low, "Outliers", "Few values lie beyond three interquartile ranges from the quartiles: check them, one wrong row can bend a linear model.", items)
}

func skews(e *evidence) []Warning {
	var items []Item
	e.inputs(func(v *Variable, c *frame.Column) {
		if v.Numbers == nil || c.Kind != frame.Number || v.Distinct < 10 || math.Abs(v.Numbers.Skew) < 2 {
			return
		}
		text := fmt.Sprintf("skewness %.1f", v.Numbers.Skew)
		if zeros := e.share(v.Numbers.Zeros); zeros > .5 {
			text += fmt.Sprintf("; %s are 0", percent(zeros))
		}
		items = append(items, Item{Column: v.Name, Text: text, weight: math.Abs(v.Numbers.Skew)})
	})
	return one("skew", Low, "Strong skew", "For linear models a logarithm tames a long tail, and an indicator of 0 helps where most values are 0; trees do not mind.", items)
}
