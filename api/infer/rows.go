package infer

import (
	"math"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"dasier/api/infer/oip"
	"dasier/delivery/serve"
	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// rows are what a request of another protocol asks about, in whichever form it
// came. What a value may be is decided in one place, package rowjson: what is
// plainly right is taken the short way, and everything else goes to rowjson as
// the JSON object that people would have sent. So all protocols accept and
// refuse the same, with the same words.
type rows interface {
	count() int
	// read puts row n into the scratch. With tell, it takes the long way and
	// gives the row as JSON, so that notices and reasons can be told.
	read(n int, s *serve.Scratch, tell bool) (*fastjson.Value, error)
}

// grid is rows made of columns.
type grid struct {
	f       *endpointFace
	c       *call
	rows    int
	inputs  []int // per column: the model's input, or none
	cell    func(n, k int) oip.Cell
	lacking bool // an input that is required has no column
}

// none is the input of a column that is left out.
const none = -1

func (f *endpointFace) newGrid(c *call, rows int, inputs []int, cell func(n, k int) oip.Cell) *grid {
	g := &grid{f: f, c: c, rows: rows, inputs: inputs, cell: cell}
	given := make([]bool, len(f.endpoint.Program().Inputs()))
	for _, i := range inputs {
		if i != none {
			given[i] = true
		}
	}
	for i := range given {
		g.lacking = g.lacking || !given[i] && f.endpoint.Program().Inputs()[i].Required
	}
	return g
}

func (g *grid) count() int { return g.rows }

func (g *grid) read(n int, s *serve.Scratch, tell bool) (*fastjson.Value, error) {
	if tell || g.lacking || !g.fill(n, s.Row) {
		return g.decode(n, s)
	}
	return nil, nil
}

// fill takes the short way; false when some value is not plainly right.
func (g *grid) fill(n int, row *predict.Row) bool {
	row.Reset()
	inputs := g.f.endpoint.Program().Inputs()
	for k, i := range g.inputs {
		if i == none {
			continue
		}
		c := g.cell(n, k)
		if !fill(row, i, &inputs[i], &c) {
			return false
		}
	}
	return true
}

// decode takes the long way.
func (g *grid) decode(n int, s *serve.Scratch) (*fastjson.Value, error) {
	inputs := g.f.endpoint.Program().Inputs()
	text := g.c.row[:0]
	text = append(text, '{')
	for k, i := range g.inputs {
		if i == none {
			continue
		}
		if len(text) > 1 {
			text = append(text, ',')
		}
		c := g.cell(n, k)
		text = appendCell(append(appendText(text, inputs[i].Name), ':'), &inputs[i], &c)
	}
	text = append(text, '}')
	g.c.row = text
	v, err := g.c.rowParser.ParseBytes(g.c.row)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the row is not readable")
	}
	return v, g.f.endpoint.Decode(v, s)
}

// fill sets an input to a value, if it is plainly what the input takes.
func fill(row *predict.Row, i int, in *predict.Input, c *oip.Cell) bool {
	switch c.Kind {
	case oip.Missing:
		row.SetMissing(i)
		return !in.Required
	case oip.JSON:
		return fillJSON(row, i, in, c.JSON)
	case oip.Text:
		return in.Kind == frame.Category && fillLevel(row, i, in, c.Text)
	case oip.Truth:
		if in.Kind != frame.Bool {
			return false
		}
		row.SetNumber(i, truth(c.True()))
		return true
	case oip.Literal:
		return fillLiteral(row, i, in, c.Text)
	}
	x, _ := c.Number()
	switch in.Kind {
	case frame.Number:
	case frame.Bool:
		if x != 0 && x != 1 {
			return false
		}
	case frame.Category:
		var buffer [24]byte
		return fillLevel(row, i, in, c.AppendNumber(buffer[:0]))
	default:
		return false
	}
	if math.IsInf(x, 0) {
		return false
	}
	row.SetNumber(i, x)
	return true
}

func fillJSON(row *predict.Row, i int, in *predict.Input, v *fastjson.Value) bool {
	switch v.Type() {
	case fastjson.TypeNumber:
		x, err := v.Float64()
		if in.Kind != frame.Number || err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
		row.SetNumber(i, x)
		return true
	case fastjson.TypeString:
		text, err := v.StringBytes()
		return err == nil && in.Kind == frame.Category && fillLevel(row, i, in, text)
	case fastjson.TypeTrue, fastjson.TypeFalse:
		if in.Kind != frame.Bool {
			return false
		}
		row.SetNumber(i, truth(v.Type() == fastjson.TypeTrue))
		return true
	}
	return false
}

func fillLevel(row *predict.Row, i int, in *predict.Input, text []byte) bool {
	if len(text) == 0 || !utf8.Valid(text) {
		return false
	}
	return row.SetCategoryBytes(i, text) || in.Unknown == predict.UnknownIgnore
}

func truth(v bool) float64 {
	if v {
		return 1
	}
	return 0
}

// appendCell appends a value as JSON.
func appendCell(dst []byte, in *predict.Input, c *oip.Cell) []byte {
	switch c.Kind {
	case oip.Missing:
		return append(dst, "null"...)
	case oip.JSON:
		return c.JSON.MarshalTo(dst)
	case oip.Text:
		return appendText(dst, string(c.Text))
	case oip.Literal:
		return appendLiteral(dst, in, c.Text)
	case oip.Truth:
		if c.True() {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	}
	if x, _ := c.Number(); math.IsInf(x, 0) {
		return append(dst, "1e999"...) // which rowjson refuses as it does in JSON
	}
	return c.AppendNumber(dst)
}

// objects is rows that came as JSON objects.
type objects struct {
	f    *endpointFace
	c    *call
	list []*fastjson.Value
	// spare leaves out what the model has no input for, as long as everything
	// that it has an input for is there.
	spare bool
}

func (o *objects) count() int { return len(o.list) }

func (o *objects) read(n int, s *serve.Scratch, _ bool) (*fastjson.Value, error) {
	v := o.list[n]
	if o.spare && v.Type() == fastjson.TypeObject {
		if known, ok := o.known(v.GetObject()); ok {
			v = known
		}
	}
	return v, o.f.endpoint.Decode(v, s)
}

// known is the object without what the model has no input for; false when
// there is no such thing, or an input lacks: then it may be a misspelt one.
func (o *objects) known(object *fastjson.Object) (*fastjson.Value, bool) {
	program := o.f.endpoint.Program()
	found, extra := 0, false
	object.Visit(func(name []byte, _ *fastjson.Value) {
		if _, ok := program.InputIndexBytes(name); ok {
			found++
			return
		}
		extra = true
	})
	if !extra || found < len(program.Inputs()) {
		return nil, false
	}
	text := o.c.row[:0]
	text = append(text, '{')
	object.Visit(func(name []byte, v *fastjson.Value) {
		if _, ok := program.InputIndexBytes(name); !ok {
			return
		}
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = v.MarshalTo(append(appendText(text, string(name)), ':'))
	})
	text = append(text, '}')
	o.c.row = text
	v, err := o.c.rowParser.ParseBytes(o.c.row)
	return v, err == nil
}
