package rowjson

import (
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Notice is something to know about an answer that is not an error: a value
// that was assumed, or one unlike the training data.
type Notice struct {
	Input   string // the input's name
	Code    string // predict.Oddity as text: imputed, rare, unseen, unknown
	Message string
}

// Decode reads one JSON object into row, which it resets first. Notices are
// appended; nil asks for none. The error is Problems when the row is wrong;
// the row's content is then of no use.
func Decode(v *fastjson.Value, p *predict.Program, row *predict.Row, notices *[]Notice) error {
	row.Reset()
	if v == nil || v.Type() != fastjson.TypeObject {
		return Problems{{Message: "expected an object of inputs, like {\"" + p.Inputs()[0].Name + "\": …}, got " + describe(v)}}
	}
	object, err := v.Object()
	if err != nil {
		return Problems{{Message: "expected an object of inputs"}}
	}
	d := decoder{program: p, row: row}
	object.Visit(func(name []byte, value *fastjson.Value) { d.field(name, value) })
	d.absent()
	if len(d.problems) > 0 {
		return d.problems
	}
	if notices != nil {
		appendNotices(p, row, notices)
	}
	return nil
}

// decoder is one row on its way in.
type decoder struct {
	program  *predict.Program
	row      *predict.Row
	problems Problems
	next     int // the input after the one before
}

// find looks an input up. Programs send inputs in the model's order as a rule,
// so the next one is tried before the map.
func (d *decoder) find(name []byte) (int, bool) {
	i, ok := d.next, true
	if inputs := d.program.Inputs(); i >= len(inputs) || inputs[i].Name != string(name) {
		i, ok = d.program.InputIndexBytes(name)
	}
	d.next = i + 1
	return i, ok
}

func (d *decoder) field(name []byte, value *fastjson.Value) {
	i, ok := d.find(name)
	if !ok {
		d.unknownField(name)
		return
	}
	if d.row.Given(i) {
		d.problem(i, "stands twice")
		return
	}
	if missing(value) {
		d.row.SetMissing(i) // absent() judges it
		return
	}
	switch d.program.Inputs()[i].Kind {
	case frame.Number:
		d.number(i, value)
	case frame.Category:
		d.category(i, value)
	case frame.Bool:
		d.truth(i, value)
	case frame.Time:
		d.time(i, value)
	}
}

func missing(v *fastjson.Value) bool {
	switch v.Type() {
	case fastjson.TypeNull:
		return true
	case fastjson.TypeString:
		text, err := v.StringBytes()
		return err == nil && len(text) == 0
	}
	return false
}

// absent reports required inputs that have no value.
func (d *decoder) absent() {
	inputs := d.program.Inputs()
	for i := range inputs {
		if inputs[i].Required && d.row.Missing(i) && !d.problems.has(inputs[i].Name) {
			d.problem(i, "is required: expected "+expected(&inputs[i]))
		}
	}
}

func (d *decoder) number(i int, v *fastjson.Value) {
	if v.Type() != fastjson.TypeNumber {
		d.wrong(i, v)
		return
	}
	x, err := v.Float64()
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) { // the parser takes nan and 1e999 for numbers
		d.wrong(i, v)
		return
	}
	d.row.SetNumber(i, x)
}

func (d *decoder) category(i int, v *fastjson.Value) {
	var text []byte
	switch v.Type() {
	case fastjson.TypeString:
		bytes, err := v.StringBytes()
		if err != nil {
			d.wrong(i, v)
			return
		}
		text = bytes
	case fastjson.TypeNumber:
		text = v.MarshalTo(nil) // its literal text
		if d.row.SetCategoryBytes(i, text) {
			return
		}
		if x, err := v.Float64(); err == nil { // 3.0 is the category 3
			text = strconv.AppendFloat(nil, x, 'f', -1, 64)
		}
	case fastjson.TypeTrue, fastjson.TypeFalse:
		text = v.MarshalTo(nil)
	default:
		d.wrong(i, v)
		return
	}
	if !utf8.Valid(text) {
		d.problem(i, "expected text in UTF-8")
		return
	}
	known := d.row.SetCategoryBytes(i, text)
	if !known && d.program.Inputs()[i].Unknown != predict.UnknownIgnore {
		d.wrong(i, v)
	}
}

func (d *decoder) truth(i int, v *fastjson.Value) {
	truth, ok := false, false
	switch v.Type() {
	case fastjson.TypeTrue:
		truth, ok = true, true
	case fastjson.TypeFalse:
		ok = true
	case fastjson.TypeNumber:
		x, err := v.Float64()
		truth, ok = x == 1, err == nil && (x == 0 || x == 1)
	case fastjson.TypeString:
		if text, err := v.StringBytes(); err == nil && len(text) <= len("false") {
			truth, ok = predict.ParseBool(string(text))
		}
	}
	switch {
	case !ok:
		d.wrong(i, v)
	case truth:
		d.row.SetNumber(i, 1)
	default:
		d.row.SetNumber(i, 0)
	}
}

func (d *decoder) time(i int, v *fastjson.Value) {
	text, err := v.StringBytes()
	seconds, ok := secondsOf(text)
	if err != nil || !ok {
		d.wrong(i, v)
		return
	}
	d.row.SetNumber(i, seconds)
}

// secondsOf reads a date or a time as seconds since 1970.
func secondsOf(text []byte) (float64, bool) {
	const midnight = "T00:00:00Z"
	var buffer [len(time.DateOnly) + len(midnight)]byte
	if len(text) == len(time.DateOnly) {
		text = append(append(buffer[:0], text...), midnight...)
	}
	var at time.Time
	if err := at.UnmarshalText(text); err != nil { // RFC 3339, and unlike time.Parse without a copy
		return 0, false
	}
	return float64(at.Unix()) + float64(at.Nanosecond())/1e9, true
}

func appendNotices(p *predict.Program, row *predict.Row, notices *[]Notice) {
	inputs := p.Inputs()
	for i := range inputs {
		if oddity := row.Oddity(i); oddity != predict.Usual {
			*notices = append(*notices, Notice{Input: inputs[i].Name, Code: oddity.String(), Message: p.Notice(i, oddity)})
		}
	}
}
