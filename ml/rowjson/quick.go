package rowjson

import (
	"strconv"
	"unicode/utf8"

	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Quick reads one JSON object straight from its text into row, without a tree of
// values in between: of a row of many inputs, that tree is most of the time. It
// takes what programs send as a rule (texts without escapes, numbers without
// exponents) and gives up on everything else, wrong rows too: then it says
// false, row and notices are of no use, and Decode is to be asked, which tells
// what is wrong. What it takes, it reads as Decode does, to the last bit.
//
// notices is emptied first; it is not nil.
func Quick(text []byte, p *predict.Program, row *predict.Row, notices *[]Notice) bool {
	row.Reset()
	*notices = (*notices)[:0]
	q := quick{text: text, decoder: decoder{program: p, row: row}}
	if !q.object() {
		return false
	}
	inputs := p.Inputs()
	for i := range inputs {
		oddity := row.Oddity(i)
		if oddity == predict.Usual {
			continue
		}
		if inputs[i].Required && row.Missing(i) {
			return false
		}
		*notices = append(*notices, Notice{Input: inputs[i].Name, Code: oddity.String(), Message: p.Notice(i, oddity)})
	}
	return true
}

// quick is a text and how far it is read. Its methods say false when they give
// up.
type quick struct {
	decoder

	text []byte
	at   int
}

// skip passes white space and gives what comes then; 0 at the end.
func (q *quick) skip() byte {
	for q.at < len(q.text) {
		switch b := q.text[q.at]; b {
		case ' ', '\n', '\t', '\r':
			q.at++
		default:
			return b
		}
	}
	return 0
}

func (q *quick) object() bool {
	if q.skip() != '{' {
		return false
	}
	q.at++
	if q.skip() == '}' {
		q.at++
		return q.skip() == 0 && q.at == len(q.text)
	}
	for {
		if q.skip() != '"' {
			return false
		}
		name, ok := q.string()
		if !ok || q.skip() != ':' {
			return false
		}
		q.at++
		i, ok := q.find(name)
		if !ok || q.row.Given(i) || !q.value(i, &q.program.Inputs()[i]) {
			return false
		}
		switch q.skip() {
		case ',':
			q.at++
		case '}':
			q.at++
			return q.skip() == 0 && q.at == len(q.text)
		default:
			return false
		}
	}
}

// string reads a text that begins at q.at.
func (q *quick) string() ([]byte, bool) {
	from := q.at + 1
	for at := from; at < len(q.text); at++ {
		switch q.text[at] {
		case '"':
			q.at = at + 1
			return q.text[from:at], true
		case '\\':
			return nil, false
		}
	}
	return nil, false
}

// literal passes a word.
func (q *quick) literal(word string) bool {
	if len(q.text)-q.at < len(word) || string(q.text[q.at:q.at+len(word)]) != word {
		return false
	}
	q.at += len(word)
	return true
}

func (q *quick) value(i int, in *predict.Input) bool {
	switch q.skip() {
	case '"':
		text, ok := q.string()
		return ok && q.textValue(i, in, text)
	case 'n':
		q.row.SetMissing(i)
		return q.literal("null")
	case 't':
		q.row.SetNumber(i, 1)
		return in.Kind == frame.Bool && q.literal("true")
	case 'f':
		q.row.SetNumber(i, 0)
		return in.Kind == frame.Bool && q.literal("false")
	}
	from := q.at
	x, ok := q.number()
	if !ok {
		return false
	}
	switch in.Kind {
	case frame.Number:
		q.row.SetNumber(i, x)
		return true
	case frame.Bool:
		q.row.SetNumber(i, x+0) // -0 is false like any other zero
		return x == 0 || x == 1
	case frame.Category:
		return q.row.SetCategoryBytes(i, q.text[from:q.at])
	}
	return false
}

func (q *quick) textValue(i int, in *predict.Input, text []byte) bool {
	switch {
	case len(text) == 0:
		q.row.SetMissing(i)
		return true
	case in.Kind == frame.Category:
		known := q.row.SetCategoryBytes(i, text)
		return (known || in.Unknown == predict.UnknownIgnore) && utf8.Valid(text)
	case in.Kind == frame.Time:
		seconds, ok := secondsOf(text)
		q.row.SetNumber(i, seconds)
		return ok
	}
	return false
}

// exactDigits is how many digits of a decimal fraction make a whole number and a
// power of ten that float64 holds exactly: their quotient is rounded once, as it
// has to be.
const exactDigits = 15

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// number reads a number without an exponent. What comes after it is for others
// to judge.
func (q *quick) number() (float64, bool) {
	text, from := q.text, q.at
	at := from
	minus := at < len(text) && text[at] == '-'
	if minus {
		at++
	}
	begin, whole := at, uint64(0)
	for at < len(text) && text[at]-'0' <= 9 {
		whole = whole*10 + uint64(text[at]-'0')
		at++
	}
	digits, after := at-begin, 0
	if digits == 0 {
		return 0, false
	}
	if at < len(text) && text[at] == '.' {
		at++
		begin = at
		for at < len(text) && text[at]-'0' <= 9 {
			whole = whole*10 + uint64(text[at]-'0')
			at++
		}
		if after = at - begin; after == 0 {
			return 0, false
		}
	}
	if at < len(text) {
		switch text[at] {
		case 'e', 'E', '+', '-', '.':
			return 0, false
		}
	}
	q.at = at
	if digits+after > exactDigits {
		x, err := strconv.ParseFloat(string(text[from:at]), 64)
		return x, err == nil
	}
	x := float64(whole) / powers[after]
	if minus {
		x = -x
	}
	return x, true
}
