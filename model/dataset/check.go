package dataset

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"dasier/ml/frame"
)

// Report is how data keeps to a contract.
type Report struct {
	Rows       int         `json:"rows"`
	Columns    int         `json:"columns"`
	Checked    int         `json:"checked"` // demands that were checked
	Violations []Violation `json:"violations"`
}

// Violation is one demand that is not met.
type Violation struct {
	Column  string `json:"column,omitempty"`
	Rule    string `json:"rule"` // the contract's key: "min", "levels"
	Message string `json:"message"`
	Count   int    `json:"count,omitempty"` // rows that break it
	Rows    []int  `json:"rows,omitempty"`  // the first ten, from 1; the header is not counted
	// Values are what stands in Rows, clipped; none where nothing does.
	Values []string `json:"values,omitempty"`
}

// shownRows is how many offending rows a violation lists.
const shownRows = 10

// OK tells whether the data keeps to the whole contract.
func (r *Report) OK() bool { return len(r.Violations) == 0 }

// String is the report for a terminal or a job's log.
func (r *Report) String() string {
	var b strings.Builder
	width := 0
	for _, v := range r.Violations {
		width = max(width, len([]rune(v.where())))
	}
	for _, v := range r.Violations {
		where := v.where()
		fmt.Fprintf(&b, "FAIL  %s%s  %s", where, strings.Repeat(" ", width-len([]rune(where))), v.Message)
		if len(v.Rows) > 0 {
			list := make([]string, len(v.Rows))
			for i, row := range v.Rows {
				list[i] = strconv.Itoa(row)
				if slices.Contains([]string{"min", "max", "unique"}, v.Rule) { // elsewhere the message says it
					list[i] += ": " + v.Values[i]
				}
			}
			if v.Count > len(v.Rows) {
				list = append(list, "…")
			}
			fmt.Fprintf(&b, " (%s %s)", plural(v.Count, "row", "rows"), strings.Join(list, ", "))
		}
		b.WriteByte('\n')
	}
	verdict := "the data keeps to the contract"
	if n := len(r.Violations); n > 0 {
		verdict = fmt.Sprintf("%d of the demands %s not met", n, plural(n, "is", "are"))
	}
	fmt.Fprintf(&b, "%d %s, %d %s, %d demands checked: %s\n", r.Rows, plural(r.Rows, "row", "rows"), r.Columns, plural(r.Columns, "column", "columns"), r.Checked, verdict)
	return b.String()
}

func (v *Violation) where() string {
	if v.Column == "" {
		return v.Rule
	}
	return v.Column + " " + v.Rule
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// Check holds f to the contract. Violations come in the contract's order.
func Check(c *Contract, f *frame.Frame) *Report {
	r := &Report{Rows: f.Rows(), Columns: len(f.Columns()), Violations: []Violation{}}
	if c.MinRows > 0 {
		r.demand(f.Rows() >= c.MinRows, Violation{Rule: "rows", Message: fmt.Sprintf("%d %s: at least %d are asked for", f.Rows(), plural(f.Rows(), "row", "rows"), c.MinRows)})
	}
	if c.MaxRows > 0 {
		r.demand(f.Rows() <= c.MaxRows, Violation{Rule: "rows", Message: fmt.Sprintf("%d %s: at most %d are allowed", f.Rows(), plural(f.Rows(), "row", "rows"), c.MaxRows)})
	}
	if !c.Extra {
		var extra []string
		for _, column := range f.Columns() {
			if !slices.ContainsFunc(c.Columns, func(rule Rule) bool { return rule.Name == column.Name }) {
				extra = append(extra, strconv.Quote(column.Name))
			}
		}
		r.demand(len(extra) == 0, Violation{Rule: "extra_columns", Message: "not in the contract: " + list(extra)})
	}
	for _, rule := range c.Columns {
		column, ok := f.Column(rule.Name)
		if rule.Required {
			r.demand(ok, Violation{Column: rule.Name, Rule: "required", Message: "the column is not there"})
		}
		if ok {
			r.checkColumn(&rule, column)
		}
	}
	return r
}

func list(items []string) string {
	if len(items) > shownRows {
		return strings.Join(items[:shownRows], ", ") + fmt.Sprintf(" and %d more", len(items)-shownRows)
	}
	return strings.Join(items, ", ")
}

// offend lists the offending rows of a column with what stands there.
func (v Violation) offend(c *frame.Column, rows []int) Violation {
	v.Count = len(rows)
	for _, row := range rows[:min(len(rows), shownRows)] {
		v.Rows = append(v.Rows, row+1)
		if v.Rule != "missing" {
			v.Values = append(v.Values, clip(levelOf(c, row)))
		}
	}
	return v
}

// demand counts a check, and keeps v when it is not met.
func (r *Report) demand(met bool, v Violation) {
	r.Checked++
	if !met {
		r.Violations = append(r.Violations, v)
	}
}

func (r *Report) checkColumn(rule *Rule, c *frame.Column) {
	numeric := c.Kind != frame.Category
	values := c.Numbers().Floats()
	if rule.Kind != nil {
		cells := readAs(*rule.Kind, c)
		r.demand(len(cells.wrong) == 0, Violation{Column: rule.Name, Rule: "kind", Message: cells.message}.offend(c, cells.wrong))
		if cells.other {
			return // nothing else can be said of a column of another kind
		}
		if cells.values != nil {
			numeric, values = true, cells.values
		}
	}
	if rule.Missing != nil {
		r.checkMissing(rule, c)
	}
	if rule.Min != nil && numeric {
		r.checkBound(rule, c, values, "min", "less than", *rule.Min, func(v float64) bool { return v < *rule.Min })
	}
	if rule.Max != nil && numeric {
		r.checkBound(rule, c, values, "max", "more than", *rule.Max, func(v float64) bool { return v > *rule.Max })
	}
	if rule.Kind == nil && !numeric && (rule.Min != nil || rule.Max != nil) {
		r.demand(false, Violation{Column: rule.Name, Rule: "kind", Message: "the column is text: a range can be held to by numbers only"})
	}
	if rule.Levels != nil {
		r.checkLevels(rule, c)
	}
	if rule.Unique {
		r.checkUnique(rule, c)
	}
}

// reading is a column taken as the kind that the contract asks for.
type reading struct {
	values  []float64 // of a Category taken as numbers or times: NaN where wrong
	wrong   []int     // rows, from 0, that are not of the kind
	other   bool      // the column as a whole is of another kind
	message string
}

// readAs takes c as a column of the given kind. Text is read cell by cell, so
// that one wrong cell among numbers is named rather than the whole column.
func readAs(kind frame.Kind, c *frame.Column) reading {
	if c.Kind == kind || kind == frame.Category {
		return reading{} // any column can be taken as text
	}
	if kind == frame.Bool && c.Kind == frame.Number {
		return pick(c, func(v float64) bool { return v == 0 || v == 1 }, "not 0 or 1")
	}
	if c.Kind != frame.Category {
		if missing(c) == c.Len() {
			return reading{} // a column without values contradicts no kind
		}
		whole := pick(c, func(float64) bool { return false }, "")
		whole.other, whole.message = true, fmt.Sprintf("the column is %s, not %s", c.Kind, kind)
		return whole
	}
	parse := map[frame.Kind]func(string) (float64, bool){frame.Number: frame.ParseNumber, frame.Time: frame.ParseTime, frame.Bool: parseBool}[kind]
	parsed, fits := make([]float64, len(c.Levels)), make([]bool, len(c.Levels))
	for i, level := range c.Levels {
		parsed[i], fits[i] = parse(level)
	}
	r := reading{values: make([]float64, len(c.Codes))}
	var examples []string
	for i, code := range c.Codes {
		r.values[i] = math.NaN()
		switch {
		case code < 0:
		case fits[code]:
			r.values[i] = parsed[code]
		default:
			r.wrong = append(r.wrong, i)
			if quoted := strconv.Quote(clip(c.Levels[code])); len(examples) < 3 && !slices.Contains(examples, quoted) {
				examples = append(examples, quoted)
			}
		}
	}
	if len(r.wrong) > 0 {
		r.message = fmt.Sprintf("%d %s not %s: %s", len(r.wrong), plural(len(r.wrong), "value is", "values are"),
			map[frame.Kind]string{frame.Number: "numbers", frame.Time: "dates", frame.Bool: "true or false"}[kind], strings.Join(examples, ", "))
	}
	return r
}

func pick(c *frame.Column, fits func(float64) bool, not string) reading {
	var r reading
	for i, v := range c.Numbers().All() {
		if !math.IsNaN(v) && !fits(v) {
			r.wrong = append(r.wrong, i)
		}
	}
	r.message = fmt.Sprintf("%d %s %s", len(r.wrong), plural(len(r.wrong), "value is", "values are"), not)
	return r
}

func parseBool(s string) (float64, bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "yes", "1":
		return 1, true
	case "false", "no", "0":
		return 0, true
	}
	return 0, false
}

func (r *Report) checkMissing(rule *Rule, c *frame.Column) {
	var rows []int
	for i := range c.Len() {
		if c.Missing(i) {
			rows = append(rows, i)
		}
	}
	share := float64(len(rows)) / float64(max(1, c.Len()))
	r.demand(share <= *rule.Missing, Violation{
		Column: rule.Name, Rule: "missing",
		Message: fmt.Sprintf("%.3g %% of the values are missing: at most %.3g %% may be", share*100, *rule.Missing*100),
	}.offend(c, rows))
}

func (r *Report) checkBound(rule *Rule, c *frame.Column, values []float64, key, than string, bound float64, breaks func(float64) bool) {
	var rows []int
	worst := bound
	for i, v := range values {
		if breaks(v) { // false for NaN
			rows = append(rows, i)
			if math.Abs(v-bound) > math.Abs(worst-bound) {
				worst = v
			}
		}
	}
	write := decimal
	if rule.Kind != nil && *rule.Kind == frame.Time {
		write = instant
	}
	r.demand(len(rows) == 0, Violation{
		Column: rule.Name, Rule: key,
		Message: fmt.Sprintf("%d %s %s %s: as far as %s", len(rows), plural(len(rows), "value is", "values are"), than, write(bound), write(worst)),
	}.offend(c, rows))
}

func (r *Report) checkLevels(rule *Rule, c *frame.Column) {
	allowed := make(map[string]bool, len(rule.Levels))
	for _, level := range rule.Levels {
		allowed[level] = true
	}
	var rows []int
	counts := make(map[string]int)
	for i := range c.Len() {
		if c.Missing(i) {
			continue
		}
		if level := levelOf(c, i); !allowed[level] {
			rows = append(rows, i)
			counts[level]++
		}
	}
	names := make([]string, 0, len(counts))
	for level := range counts {
		names = append(names, level)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	for i, level := range names {
		names[i] = fmt.Sprintf("%q × %d", clip(level), counts[level])
	}
	r.demand(len(rows) == 0, Violation{
		Column: rule.Name, Rule: "levels",
		Message: fmt.Sprintf("%d %s not among the %d levels: %s", len(rows), plural(len(rows), "value is", "values are"), len(rule.Levels), list(names)),
	}.offend(c, rows))
}

func missing(c *frame.Column) int {
	n := 0
	for i := range c.Len() {
		if c.Missing(i) {
			n++
		}
	}
	return n
}

// levelOf is a cell as text. A column read as numbers or truths has lost its
// spelling: Contract.Reading keeps it.
func levelOf(c *frame.Column, i int) string {
	switch c.Kind {
	case frame.Category:
		level, _ := c.Level(i)
		return level
	case frame.Bool:
		return strconv.FormatBool(c.Value(i) == 1)
	case frame.Time:
		return instant(c.Value(i))
	default:
		return decimal(c.Value(i))
	}
}

func (r *Report) checkUnique(rule *Rule, c *frame.Column) {
	var rows []int
	example := ""
	if c.Kind == frame.Category {
		seen := make([]bool, len(c.Levels))
		for i, code := range c.Codes {
			if code < 0 {
				continue
			}
			if seen[code] {
				rows = append(rows, i)
			}
			seen[code] = true
		}
	} else {
		seen := make(map[float64]bool, c.Len())
		for i, v := range c.Numbers().All() {
			if math.IsNaN(v) {
				continue
			}
			if seen[v] {
				rows = append(rows, i)
			}
			seen[v] = true
		}
	}
	if len(rows) > 0 {
		example = clip(levelOf(c, rows[0]))
	}
	r.demand(len(rows) == 0, Violation{
		Column: rule.Name, Rule: "unique",
		Message: fmt.Sprintf("%d %s stood above already: first %q", len(rows), plural(len(rows), "value", "values"), example),
	}.offend(c, rows))
}

// clip keeps messages readable when a cell is a page of text.
func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
