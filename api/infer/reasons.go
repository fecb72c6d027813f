package infer

import (
	"strconv"

	"github.com/valyala/fastjson"

	"dasier/delivery/serve"
	"dasier/ml/explain"
	"dasier/ml/predict"
)

// appendReason appends why, as an object. On the log scale effects multiply, on the log-odds
// scale they move a probability, on the transformed scale a power of the target;
// amount is then an effect's share in the target's unit, or of the probability, so
// that base_prediction plus all amounts is the prediction.
func (f *endpointFace) appendReason(dst []byte, a *serve.Answer, sent *fastjson.Value) []byte {
	program := f.endpoint.Program()
	scale := explain.ScaleOf(program)
	dst = appendText(append(dst, `{"scale":`...), string(scale))
	if by := program.Explanation(); by != predict.Exact { // how the effects were shared, which add up all the same
		dst = appendText(append(dst, `,"by":`...), string(by))
	}
	dst = appendNumber(append(dst, `,"base":`...), a.Base)
	from := program.BasePrediction(max(a.Class, 0))
	if scale != explain.Additive {
		dst = appendNumber(append(dst, `,"base_prediction":`...), from)
	}
	effect := func(dst []byte, effect float64) []byte {
		dst = appendNumber(append(dst, `,"effect":`...), effect)
		if scale != explain.Additive {
			dst = appendNumber(append(dst, `,"amount":`...), explain.Between(scale, a.Base, a.Score, from, a.Prediction, effect))
		}
		return dst
	}
	dst = append(dst, `,"contributions":[`...)
	inputs := program.Inputs()
	for i := range a.Contributions {
		if i > 0 {
			dst = append(dst, ',')
		}
		c := &a.Contributions[i]
		dst = appendText(append(dst, `{"input":`...), inputs[c.Input].Name)
		dst = append(dst, `,"value":`...)
		dst = effect(appendSent(dst, sent.Get(inputs[c.Input].Name)), c.Effect)
		for k := range a.Words {
			if a.Words[k].Input == c.Input {
				dst = appendWords(dst, &a.Words[k], effect)
			}
		}
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}

// appendWords appends the words of a text that moved the answer, and the sum of those
// that are too light to be told.
func appendWords(dst []byte, w *explain.Words, effect func([]byte, float64) []byte) []byte {
	dst = append(dst, `,"words":[`...)
	for k := range w.Words {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(append(dst, `{"word":`...), w.Words[k].Text)
		dst = append(effect(dst, w.Words[k].Effect), '}')
	}
	dst = append(dst, ']')
	if w.Others > 0 {
		dst = strconv.AppendInt(append(dst, `,"other_words":{"count":`...), int64(w.Others), 10)
		dst = append(effect(dst, w.Rest), '}')
	}
	return dst
}
