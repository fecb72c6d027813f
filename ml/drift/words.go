package drift

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"dasier/ml/frame"
)

// words says what changed in a column, the most telling first. A stable column
// has none, but for new levels, which a model may not know.
func words(c *Column) []string {
	said := []string{}
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	if l := c.Levels; l != nil && len(l.New) > 0 {
		say("%s not there before, in %s of the rows: %s", plural(l.Came, "level"), percent(l.NewRows), labels(l.New))
	}
	if c.Verdict == Stable || c.Verdict == Unclear {
		return said
	}
	if d := c.MissingAfter - c.MissingBefore; math.Abs(d) >= 0.01 {
		say("missing in %s of the rows, and in %s before", percent(c.MissingAfter), percent(c.MissingBefore))
	}
	if n := c.Number; n != nil {
		if math.Abs(n.Shift) >= 0.1 {
			way := "higher"
			if n.Shift < 0 {
				way = "lower"
			}
			say("the median is %s, from %s to %s", way, text(c.Kind, n.Before.Median), text(c.Kind, n.After.Median))
		}
		if n.Spread > 1.25 || n.Spread > 0 && n.Spread < 0.8 {
			say("the middle half of the values spans %.2f times what it did", n.Spread)
		}
		if n.Outside >= 0.01 {
			say("%s of the values lie outside of what was seen before (%s to %s)", percent(n.Outside), text(c.Kind, n.Before.Min), text(c.Kind, n.Before.Max))
		}
	}
	if l := c.Levels; l != nil && len(l.Gone) > 0 {
		say("%s gone: %s", plural(l.Went, "level"), labels(l.Gone))
	}
	if moved := mostMoved(c.Bins); moved != nil {
		say("most moved: %s, %s of the rows after %s", moved.Label, percent(moved.After), percent(moved.Before))
	}
	return said
}

func mostMoved(bins []Bin) *Bin {
	var most *Bin
	for i := range bins {
		if b := &bins[i]; most == nil || math.Abs(b.After-b.Before) > math.Abs(most.After-most.Before) {
			most = b
		}
	}
	return most
}

func labels(bins []Bin) string {
	const shown = 5
	var names []string
	for _, b := range bins[:min(shown, len(bins))] {
		names = append(names, strconv.Quote(b.Label))
	}
	if more := len(bins) - shown; more > 0 {
		return strings.Join(names, ", ") + " and more"
	}
	return strings.Join(names, ", ")
}

// WriteText writes the report for a terminal: what changed first, and stable
// columns as a count.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s and %s; before %s and %s\n", plural(r.After.Rows, "row"), plural(r.After.Columns, "column"), plural(r.Before.Rows, "row"), plural(r.Before.Columns, "column"))
	if m := r.Matched; m != nil {
		fmt.Fprintf(&b, "by %s: %d the same, %d edited, %d added, %d removed\n", m.ID, m.Same, m.Edited, m.Added, m.Removed)
		for _, c := range m.Columns {
			e := c.Examples[0]
			fmt.Fprintf(&b, "  %s: %s edited, such as %s: %q to %q\n", c.Name, plural(c.Cells, "cell"), e.ID, e.Before, e.After)
		}
	}
	if len(r.Added) > 0 {
		fmt.Fprintf(&b, "new columns: %s\n", strings.Join(r.Added, ", "))
	}
	if len(r.Removed) > 0 {
		fmt.Fprintf(&b, "columns that are gone: %s\n", strings.Join(r.Removed, ", "))
	}
	counts := map[Verdict]int{}
	for _, c := range r.Columns {
		counts[c.Verdict]++
		if c.Verdict == Stable && len(c.Words) == 0 || c.Verdict == Unclear && len(c.Words) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s: %s, %s of the rows (%s to %s)\n", c.Name, c.Verdict, percent(c.Effect.Value), percent(c.Effect.Low), percent(c.Effect.High))
		for _, said := range c.Words {
			fmt.Fprintf(&b, "  %s\n", said)
		}
	}
	fmt.Fprintf(&b, "%s changed, %d stable, %d with not enough rows to tell (an effect is the share of rows that would have to change; below %s it is negligible)\n",
		plural(counts[Moderate]+counts[Strong], "column"), counts[Stable], counts[Unclear], percent(r.Small))
	_, err := io.WriteString(w, b.String())
	return err
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func percent(share float64) string {
	return strconv.FormatFloat(100*share, 'f', 1, 64) + " %"
}

// text writes a value for people.
func text(kind frame.Kind, v float64) string {
	switch kind {
	case frame.Time:
		at := time.Unix(int64(math.Floor(v)), 0).UTC()
		if at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0 {
			return at.Format(time.DateOnly)
		}
		return at.Format(time.DateTime)
	case frame.Bool:
		return strconv.FormatBool(v != 0)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}
