package frame

import (
	"math"
	"slices"
	"strings"
)

// builder makes one column, or one chunk of it, from its cells. It begins with
// the kind of the first present cell and stores values as it goes. A later cell
// that does not fit makes the column a Category, for which the texts before it
// are needed: it then asks to be fed once more, knowing the kind. Most columns
// are read once, and none is stored as text and as numbers. Builders of chunks
// are joined in the order of the chunks, which gives what one builder fed with
// everything would: the kind depends on which cells there are, not on their
// order.
type builder struct {
	name    string
	missing *spellings

	kind    Kind
	known   bool // the kind is decided, at least for now
	forced  bool // a cell of another kind is an error
	again   bool // feed once more: pass two decides nothing
	torn    bool // forced to be of time, and chunks disagree on the form
	quick   bool // a number that quickNumber reads needs no other look
	dates   layoutSet
	iso     bool      // Time: the dates are ISO 8601
	wording [2]string // Bool: the pair in use
	words   [2]string // Bool: how no and yes are written

	values     []float64 // of the cells it was fed with
	joined     gathering // numbers of the chunks that were joined
	codes      []int32
	levels     []string // in order of appearance
	byText     map[string]int32
	infinite   int
	infiniteAt string // where the first infinite number is, as a complaint
	spelt      map[string]*int
}

func newBuilder(name string, missing *spellings, dates layoutSet) *builder {
	return &builder{name: strings.Clone(name), missing: missing, dates: dates}
}

// force decides the kind beforehand. Dates still have their form to find.
func (b *builder) force(kind Kind) {
	b.forced = true
	b.kind = kind
	b.known = kind != Time
	b.settled()
}

// clone is an empty builder for a chunk, as decided as b.
func (b *builder) clone() *builder {
	c := *b
	c.values, c.codes, c.levels, c.byText, c.spelt = nil, nil, nil, nil, nil
	return &c
}

// reset makes b as decided as the model is, and empty, and keeps its memory.
func (b *builder) reset(model *builder) {
	b.kind, b.known, b.forced, b.again, b.quick = model.kind, model.known, model.forced, model.again, model.quick
	b.dates, b.iso, b.wording, b.words = model.dates, model.iso, model.wording, model.words
	b.values, b.codes, b.levels = b.values[:0], b.codes[:0], b.levels[:0]
	b.infinite, b.infiniteAt = 0, ""
	clear(b.byText)
	clear(b.spelt)
}

// settled follows every change of kind.
func (b *builder) settled() {
	b.quick = b.known && b.kind == Number && !b.again && !b.missing.numeric
	if b.kind == Category && b.byText == nil {
		b.byText = make(map[string]int32)
	}
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

// addQuoted takes a text from a format that tells texts from numbers: a text of
// digits stays a text, unless the kind is forced.
func (b *builder) addQuoted(cell string) string {
	text := trim(cell)
	if !b.forced && !b.missing.has(text) {
		if !b.known {
			if class := classOf(text); class == plain || class == infinite {
				b.beginAs(Category)
			}
		} else if b.kind == Number && !b.again {
			b.demote("")
		}
	}
	return b.add(cell)
}

// addNothing takes a cell that is not there.
func (b *builder) addNothing() {
	if !b.again || b.kind == Time {
		b.pad(1)
	}
}

func (b *builder) addMissing(text string) {
	if text != "" {
		b.countSpelling(text, 1)
	}
	b.pad(1)
}

func (b *builder) countSpelling(text string, n int) {
	if b.spelt == nil {
		b.spelt = make(map[string]*int)
	}
	count := b.spelt[text]
	if count == nil {
		count = new(int)
		b.spelt[strings.Clone(text)] = count // the text is the reader's
	}
	*count += n
}

// pad adds rows without a value.
func (b *builder) pad(rows int) {
	for range rows {
		if b.known && b.kind == Category {
			b.codes = append(b.codes, -1)
		} else {
			b.values = append(b.values, math.NaN())
		}
	}
}

// begin takes the kind of the first present cell. Missing cells before it are
// in values already.
func (b *builder) begin(text string) {
	kind := b.kind
	if !b.forced {
		kind = b.guess(text)
	}
	b.beginAs(kind)
	if b.kind == Time {
		if _, b.iso = parseISO(text); b.iso {
			b.dates = 0
		} else {
			b.again = true // one layout must be left over at the end
		}
	}
	b.settled()
}

func (b *builder) beginAs(kind Kind) {
	before := len(b.values)
	b.known, b.kind = true, kind
	b.settled()
	if kind == Category {
		b.values = b.values[:0]
		b.pad(before)
	}
}

func classOf(text string) numeral {
	_, class := parseNumber(text)
	return class
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
	b.values = b.values[:0]
	b.settled()
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
	if pair == yesNo && b.words[int(value)] == "" {
		b.words[int(value)] = strings.Clone(text)
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
	next := newBuilder(b.name, b.missing, b.dates)
	next.kind, next.known, next.forced, next.iso = b.kind, true, b.forced, b.iso
	next.settled()
	return next
}

// column is the result. Levels are sorted, so that the order of rows does not
// show in them.
func (b *builder) column() *Column {
	c := &Column{Name: b.name, Kind: b.kind}
	if len(b.spelt) > 0 {
		c.Spellings = make(map[string]int, len(b.spelt))
		for text, n := range b.spelt {
			c.Spellings[text] = *n
		}
	}
	if b.kind == Bool && b.wording == yesNo {
		c.Words = b.words
	}
	if b.kind != Category {
		if c.keep(b.joined.Numbers); c.Len() == 0 {
			c.keepFloats(b.values)
		}
		return c
	}
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
