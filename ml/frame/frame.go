package frame

import (
	"fmt"
	"math"
)

// Kind is what a column holds.
type Kind uint8

// The kinds of column.
const (
	Number   Kind = iota // NaN is missing
	Category             // one of finitely many texts; code -1 is missing
	Bool                 // 0, 1 or NaN
	Time                 // seconds since 1970 UTC; NaN is missing
)

// String is the kind's name in recipes, profiles and errors.
func (k Kind) String() string { return [...]string{"number", "category", "bool", "time"}[k] }

// Column is one variable over all rows. Number, Bool and Time keep Values or, at
// half the memory, Singles, and the other is nil; what comes out of either is a
// float64, and the same: see Numbers and Value, which all readers of a column
// use. Category keeps Codes into Levels, which are sorted and without duplicates.
type Column struct {
	Name    string
	Kind    Kind
	Values  []float64
	Singles []float32
	Codes   []int32
	Levels  []string
	// Spellings counts how missing values were written in the file the column
	// was read from ("NA", "None"); empty fields are not counted. It says where
	// the values came from and is no part of them: Take and Digest ignore it.
	Spellings map[string]int
	// Words are how false and true of a Bool were written first in the file, where
	// they are other words than those ("No", "Yes"); an empty one was not seen. They
	// say where the values came from, as Spellings do, but Take keeps them: they are
	// the names of the classes of a target.
	Words [2]string
}

// Len is the number of rows.
func (c *Column) Len() int {
	if c.Kind == Category {
		return len(c.Codes)
	}
	return len(c.Values) + len(c.Singles)
}

// Missing tells whether row i has no value.
func (c *Column) Missing(i int) bool {
	if c.Kind == Category {
		return c.Codes[i] < 0
	}
	return math.IsNaN(c.Value(i))
}

// Level is the text of row i of a Category; false when it is missing.
func (c *Column) Level(i int) (string, bool) {
	if code := c.Codes[i]; code >= 0 {
		return c.Levels[code], true
	}
	return "", false
}

// Take copies the given rows, in that order, kept as they are here. Levels are
// shared.
func (c *Column) Take(rows []int) *Column {
	taken := &Column{Name: c.Name, Kind: c.Kind, Levels: c.Levels, Words: c.Words}
	if c.Kind == Category {
		taken.Codes = pick(c.Codes, rows)
		return taken
	}
	if c.Singles != nil {
		taken.Singles = pick(c.Singles, rows)
		return taken
	}
	taken.Values = pick(c.Values, rows)
	return taken
}

func pick[T any](from []T, rows []int) []T {
	picked := make([]T, len(rows))
	for i, r := range rows {
		picked[i] = from[r]
	}
	return picked
}

// Frame is a table of named columns of equal length. It is read-only once
// built: every method returns new headers over shared or copied data.
type Frame struct {
	columns []*Column
	byName  map[string]int
	rows    int
}

// New joins columns into a frame. It fails on unequal lengths and on a name
// that is empty or stands twice, or on a column that keeps its numbers twice.
func New(columns ...*Column) (*Frame, error) {
	f := &Frame{columns: columns, byName: make(map[string]int, len(columns))}
	for i, c := range columns {
		if c.Name == "" {
			return nil, fmt.Errorf("column %d has no name", i+1)
		}
		if first, twice := f.byName[c.Name]; twice {
			return nil, fmt.Errorf("columns %d and %d are both named %q", first+1, i+1, c.Name)
		}
		if c.Values != nil && c.Singles != nil {
			return nil, fmt.Errorf("column %q has both Values and Singles: it keeps its numbers in one of them", c.Name)
		}
		if i > 0 && c.Len() != columns[0].Len() {
			return nil, fmt.Errorf("column %q has %d rows, column %q has %d", c.Name, c.Len(), columns[0].Name, columns[0].Len())
		}
		f.byName[c.Name] = i
	}
	if len(columns) > 0 {
		f.rows = columns[0].Len()
	}
	return f, nil
}

// Rows is the number of rows.
func (f *Frame) Rows() int { return f.rows }

// Columns lists the columns in file order. Do not change them.
func (f *Frame) Columns() []*Column { return f.columns }

// Column finds a column by name.
func (f *Frame) Column(name string) (*Column, bool) {
	i, ok := f.byName[name]
	if !ok {
		return nil, false
	}
	return f.columns[i], true
}

// Select keeps the named columns, in the order of names.
func (f *Frame) Select(names ...string) (*Frame, error) {
	picked := make([]*Column, len(names))
	for i, name := range names {
		c, ok := f.Column(name)
		if !ok {
			return nil, fmt.Errorf("no column %q", name)
		}
		picked[i] = c
	}
	return New(picked...)
}

// Take copies the given rows, in that order.
func (f *Frame) Take(rows []int) *Frame {
	taken := &Frame{columns: make([]*Column, len(f.columns)), byName: f.byName, rows: len(rows)}
	for i, c := range f.columns {
		taken.columns[i] = c.Take(rows)
	}
	return taken
}
