package infer

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"dasier/delivery/serve"
)

const hexDigits = "0123456789abcdef"

// appendText appends s as a JSON string. Bytes that are not UTF-8 become the
// replacement character, as in encoding/json.
func appendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b < utf8.RuneSelf {
			if b >= ' ' && b != '"' && b != '\\' {
				i++
				continue
			}
			dst = append(dst, s[from:i]...)
			dst = appendEscape(dst, b)
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(append(dst, s[from:i]...), `\ufffd`...)
			from = i + 1
		}
		i += size
	}
	return append(append(dst, s[from:]...), '"')
}

func appendEscape(dst []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
}

// appendNumber appends the shortest text that reads back as v. JSON has no NaN
// and no infinities: where a model has no answer, there is null.
func appendNumber(dst []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, "null"...)
	}
	if size := math.Abs(v); size != 0 && (size < 1e-6 || size >= 1e21) {
		return strconv.AppendFloat(dst, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

// appendAnswer appends one PredictAnswer. sent is the row as the client sent it.
func (f *endpointFace) appendAnswer(dst []byte, a *serve.Answer, sent *fastjson.Value) []byte {
	dst = appendNumber(append(dst, `{"prediction":`...), a.Prediction)
	dst = append(dst, f.unit...)
	if a.Class >= 0 {
		dst = f.appendClasses(dst, a)
	}
	if a.Values != nil {
		dst = f.appendValues(dst, a.Values)
	}
	if a.HasInterval {
		dst = appendNumber(append(dst, `,"interval":{"low":`...), a.Low)
		dst = appendNumber(append(dst, `,"high":`...), a.High)
		dst = appendNumber(append(dst, `,"level":`...), a.Level)
		dst = append(dst, '}')
	}
	dst = append(append(dst, f.version...), `,"notices":[`...)
	gap := noAnswer(a)
	dst = append(dst, gap...)
	for i := range a.Notices {
		if i > 0 || gap != "" {
			dst = append(dst, ',')
		}
		notice := &a.Notices[i]
		dst = appendText(append(dst, `{"input":`...), notice.Input)
		dst = appendText(append(dst, `,"code":`...), notice.Code)
		dst = appendText(append(dst, `,"message":`...), notice.Message)
		dst = append(dst, '}')
	}
	dst = append(dst, ']')
	if a.Contributions != nil {
		dst = f.appendReason(append(dst, `,"reasons":`...), a, sent)
	}
	return append(dst, '}')
}

// appendClasses appends what a classifier says besides the probability. One
// that only decides has none: then the prediction is its score.
func (f *endpointFace) appendClasses(dst []byte, a *serve.Answer) []byte {
	if classOf(a) == noClass {
		dst = append(dst, `,"label":null`...)
	} else {
		dst = append(dst, f.classes[a.Class].label...)
	}
	if a.Probabilities == nil {
		return append(dst, f.positive...)
	}
	dst = append(dst, `,"probabilities":{`...)
	for k, p := range a.Probabilities {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = appendNumber(append(dst, f.classes[k].name...), p)
	}
	dst = append(append(dst, '}'), f.positive...)
	if a.Set != nil {
		dst = f.appendSet(dst, a)
	}
	return dst
}

// appendSet appends the classes that hold the true one with a promised
// probability.
func (f *endpointFace) appendSet(dst []byte, a *serve.Answer) []byte {
	dst = append(dst, `,"set":{"classes":[`...)
	for n, k := range a.Set {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, f.endpoint.Program().Classes()[k])
	}
	dst = appendNumber(append(dst, `],"level":`...), a.Level)
	return append(dst, '}')
}

// appendValues appends the numbers of a vector under their names.
func (f *endpointFace) appendValues(dst []byte, values []float64) []byte {
	dst = append(dst, `,"values":{`...)
	for k, v := range values {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = appendNumber(append(dst, f.targets[k]...), v)
	}
	return append(dst, '}')
}

// appendSent appends a value of a row as the client sent it. It is written
// anew, because the parser takes a little more than JSON allows (00, nan).
func appendSent(dst []byte, v *fastjson.Value) []byte {
	if v == nil {
		return append(dst, "null"...)
	}
	switch v.Type() {
	case fastjson.TypeNumber:
		return appendNumber(dst, v.GetFloat64())
	case fastjson.TypeString:
		return appendText(dst, string(v.GetStringBytes()))
	case fastjson.TypeTrue:
		return append(dst, "true"...)
	case fastjson.TypeFalse:
		return append(dst, "false"...)
	default: // null; lists and objects were refused
		return append(dst, "null"...)
	}
}
