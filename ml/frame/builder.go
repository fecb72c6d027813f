package frame

import (
	"math"
	"slices"
	"strings"
)

// builder makes one column from its cells. It begins with the kind of the
// first present cell and stores values as it goes. A later cell that does not
// fit makes the column a Category, for which the texts before it are needed:
// it then asks to be fed once more, knowing the kind. Most columns are read
// once, and none is stored as text and as numbers.
type builder struct {
	name     string
	missing  *spellings
	capacity int

	kind    Kind
	known   bool // the kind is decided, at least for now
	forced  bool // a cell of another kind is an error
	again   bool // feed once more: pass two decides nothing
	dates   layoutSet
	iso     bool      // Time: the dates are ISO 8601
	wording [2]string // Bool: the pair in use

	values     []float64
	codes      []int32
	levels     []string // in order of appearance
	byText     map[string]int32
	infinite   int
	infiniteAt string // where the first infinite number is, as a complaint
	spelt      map[string]int
}

func newBuilder(name string, missing *spellings, dates layoutSet, capacity int) *builder {
	return &builder{name: strings.Clone(name), missing: missing, dates: dates, capacity: capacity}
}

// force decides the kind beforehand. Dates still have their form to find.
func (b *builder) force(kind Kind) {
	b.forced = true
	b.kind = kind
	b.known = kind != Time
	if b.known {
		b.allocate()
	}
}

func (b *builder) allocate() {
	if b.kind == Category {
		b.codes = make([]int32, 0, b.capacity)
		b.byText = make(map[string]int32)
		return
	}
	b.values = make([]float64, 0, b.capacity)
}

// add takes the next cell; a text in return says what is wrong with it.
func (b *builder) add(cell string) string {
	if b.again && b.kind != Time {
		return ""
	}
	text := trim(cell)
	if b.missing.has(text) {
		b.addMissing(text)
		return ""
	}
	if !b.known {
		b.begin(text)
	}
	switch b.kind {
	case Category:
		b.addLevel(cell)
		return ""
	case Number:
		return b.addNumber(text)
	case Bool:
		return b.addBool(text)
	default:
		return b.addTime(text)
	}
}

func (b *builder) addMissing(text string) {
	if text != "" {
		if b.spelt == nil {
			b.spelt = make(map[string]int)
		}
		b.spelt[text]++ // few distinct texts: the key is cloned by column
	}
	if b.known && b.kind == Category {
		b.codes = append(b.codes, -1)
		return
	}
	if b.values == nil {
		b.values = make([]float64, 0, b.capacity)
	}
	b.values = append(b.values, math.NaN())
}

// begin takes the kind of the first present cell. Missing cells before it are
// in values already.
func (b *builder) begin(text string) {
	b.known = true
	before := len(b.values)
	if !b.forced {
		b.kind = b.guess(text)
	}
	if b.kind == Time {
		if _, b.iso = parseISO(text); b.iso {
			b.dates = 0
		} else {
			b.again = true // one layout must be left over at the end
		}
	}
	if b.kind != Category {
		if b.values == nil {
			b.allocate()
		}
		return
	}
	b.values = nil
	b.allocate()
	for range before {
		b.codes = append(b.codes, -1)
	}
}

func (b *builder) guess(text string) Kind {
	if _, class := parseNumber(text); class == plain || class == infinite {
		return Number
	} else if class == code {
		return Category
	}
	if _, _, ok := wordOf(text); ok {
		return Bool
	}
	if _, ok := parseISO(text); ok || b.dates.matching(text) != 0 {
		return Time
	}
	return Category
}

func (b *builder) addLevel(cell string) {
	id, ok := b.byText[cell]
	if !ok {
		id = int32(len(b.levels))  //nolint:gosec // rows are limited far below
		cell = strings.Clone(cell) // the record is the reader's
		b.levels = append(b.levels, cell)
		b.byText[cell] = id
	}
	b.codes = append(b.codes, id)
}

// demote makes the column text, unless its kind is forced.
func (b *builder) demote(wrong string) string {
	if b.forced {
		return wrong
	}
	b.kind, b.again = Category, true
	b.values = nil
	return ""
}

func (b *builder) addNumber(text string) string {
	value, class := parseNumber(text)
	if class == notNumber || (class == code && !b.forced) {
		return b.demote("is not a number")
	}
	if class == infinite {
		b.infinite++
	}
	b.values = append(b.values, value)
	return ""
}

func (b *builder) addBool(text string) string {
	value, pair, ok := wordOf(text)
	if b.forced && !ok {
		value, ok = letterOf(text)
	}
	if b.wording[0] == "" {
		b.wording = pair
	}
	if !ok || (!b.forced && pair != b.wording) {
		return b.demote("is neither true or false nor yes or no")
	}
	b.values = append(b.values, value)
	return ""
}

var (
	trueFalse = [2]string{"false", "true"}
	yesNo     = [2]string{"no", "yes"}
)

// wordOf reads the words that make a column a Bool.
func wordOf(text string) (value float64, pair [2]string, ok bool) {
	if len(text) > 5 {
		return 0, pair, false
	}
	for _, pair := range [...][2]string{trueFalse, yesNo} {
		for i, word := range pair {
			if strings.EqualFold(text, word) {
				return float64(i), pair, true
			}
		}
	}
	return 0, pair, false
}

// letterOf reads what else means true or false once a column is known to be
// Bool.
func letterOf(text string) (float64, bool) {
	switch text {
	case "0", "f", "F", "n", "N":
		return 0, true
	case "1", "t", "T", "y", "Y":
		return 1, true
	}
	return 0, false
}

// addTime stores ISO dates. Of other forms it keeps the layouts that read
// every cell so far; the cells are stored when fed again.
func (b *builder) addTime(text string) string {
	if b.iso || !b.again {
		value, ok := b.dates.parse(text)
		if !ok {
			return b.demote("is not a date like the ones above it")
		}
		b.values = append(b.values, value)
		return ""
	}
	left := b.dates.matching(text)
	if left == 0 {
		return b.demote("is not a date like the ones above it")
	}
	b.dates = left
	return ""
}

// settle ends pass one of a column that is to be fed again. It is false when
// the column must be of time and two orders of day and month are left.
func (b *builder) settle() bool {
	if b.kind == Time && b.dates.ambiguous() {
		b.kind = Category
		return !b.forced
	}
	return true
}

// restart is the builder for pass two: its kind and form are decided.
func (b *builder) restart() *builder {
	next := newBuilder(b.name, b.missing, b.dates, b.capacity)
	next.kind, next.known, next.forced = b.kind, true, b.forced
	next.allocate()
	return next
}

// column is the result. Levels are sorted, so that the order of rows does not
// show in them.
func (b *builder) column() *Column {
	c := &Column{Name: b.name, Kind: b.kind, Values: b.values}
	if len(b.spelt) > 0 {
		c.Spellings = make(map[string]int, len(b.spelt))
		for text, n := range b.spelt {
			c.Spellings[strings.Clone(text)] = n
		}
	}
	if b.kind != Category {
		return c
	}
	c.Values = nil
	c.Levels = slices.Sorted(slices.Values(b.levels))
	rank := make([]int32, len(b.levels))
	for i, level := range c.Levels {
		rank[b.byText[level]] = int32(i) //nolint:gosec // as above
	}
	c.Codes = b.codes
	for i, id := range c.Codes {
		if id >= 0 {
			c.Codes[i] = rank[id]
		}
	}
	return c
}
