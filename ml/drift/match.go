package drift

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"dasier/fault"
	"dasier/ml/frame"
)

// Matched is how versions differ row by row, where a column names the rows.
type Matched struct {
	ID      string `json:"id"`
	Same    int    `json:"same"`    // rows of both with the same cells
	Edited  int    `json:"edited"`  // rows of both with other cells
	Added   int    `json:"added"`   // rows that came
	Removed int    `json:"removed"` // rows that went
	// Columns are those with edited cells, the most edits first.
	Columns []Edited `json:"columns"`
}

// Edited is the edits of a column.
type Edited struct {
	Name  string `json:"name"`
	Cells int    `json:"cells"`
	// Examples are the first edits in the order of the rows.
	Examples []Edit `json:"examples"`
}

// Edit is one cell that changed; "" is a missing value.
type Edit struct {
	ID     string `json:"id"`
	Before string `json:"before"`
	After  string `json:"after"`
}

const shownEdits = 5

// match pairs rows by the texts of a column, which must be different in every row
// of a version.
func match(before, after *frame.Frame, id string) (*Matched, error) {
	if _, err := named(before, id, "before"); err != nil {
		return nil, err
	}
	is, err := named(after, id, "after")
	if err != nil {
		return nil, err
	}
	m := &Matched{ID: id, Columns: []Edited{}}
	var rows [][2]int
	ids, _ := before.Column(id) // named has found it
	for i := range before.Rows() {
		if k, both := is[cell(ids, i)]; both {
			rows = append(rows, [2]int{i, k})
		}
	}
	m.Removed, m.Added = before.Rows()-len(rows), after.Rows()-len(rows)
	edited := make([]bool, len(rows))
	for _, a := range before.Columns() {
		b, both := after.Column(a.Name)
		if !both || a.Name == id {
			continue
		}
		e := Edited{Name: a.Name, Examples: []Edit{}}
		same := sameCell(a, b)
		for n, row := range rows {
			if same(row[0], row[1]) {
				continue
			}
			edited[n] = true
			if e.Cells++; len(e.Examples) < shownEdits {
				e.Examples = append(e.Examples, Edit{cell(ids, row[0]), cell(a, row[0]), cell(b, row[1])})
			}
		}
		if e.Cells > 0 {
			m.Columns = append(m.Columns, e)
		}
	}
	slices.SortStableFunc(m.Columns, func(x, y Edited) int { return cmp.Compare(y.Cells, x.Cells) })
	for _, is := range edited {
		if is {
			m.Edited++
		}
	}
	m.Same = len(rows) - m.Edited
	return m, nil
}

// named is the row of each name.
func named(f *frame.Frame, id, version string) (map[string]int, error) {
	c, ok := f.Column(id)
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "the version %s has no column %q to match rows by", version, id)
	}
	rows := make(map[string]int, f.Rows())
	for i := range f.Rows() {
		name := cell(c, i)
		if name == "" {
			return nil, fault.Errorf(fault.Invalid, "the version %s has no %s in row %d: rows cannot be matched by it", version, id, i+1)
		}
		if first, twice := rows[name]; twice {
			return nil, fault.Errorf(fault.Invalid, "the version %s has the %s %q in rows %d and %d: rows cannot be matched by it", version, id, name, first+1, i+1)
		}
		rows[name] = i
	}
	return rows, nil
}

// sameCell compares cells of two columns: by value where they are of one kind.
func sameCell(a, b *frame.Column) func(i, k int) bool {
	if a.Kind == b.Kind && a.Kind != frame.Category {
		return func(i, k int) bool {
			return a.Value(i) == b.Value(k) || math.IsNaN(a.Value(i)) && math.IsNaN(b.Value(k))
		}
	}
	return func(i, k int) bool { return cell(a, i) == cell(b, k) }
}

// cell is a value as text; "" when it is missing.
func cell(c *frame.Column, i int) string {
	if c.Kind == frame.Category {
		level, _ := c.Level(i)
		return level
	}
	if v := c.Value(i); !math.IsNaN(v) {
		if c.Kind == frame.Number {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
		return text(c.Kind, v)
	}
	return ""
}
