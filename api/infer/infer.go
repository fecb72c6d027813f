package infer

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"dasier/delivery/serve"
	"dasier/fault"
)

// infer answers a request of the Open Inference protocol.
func (h *Handler) infer(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	c := h.borrow()
	defer h.giveBack(c)
	f, err := h.findVersion(w, r)
	rows := 0
	if err == nil {
		rows, err = h.answerInfer(w, r, f, c)
	}
	status := http.StatusOK
	if err != nil {
		status, rows = h.writeError(w, r, err), 0
	}
	h.meters.observe(f.metersOrNil(), openInference, status, rows, started)
}

func (h *Handler) answerInfer(w http.ResponseWriter, r *http.Request, f *endpointFace, c *call) (int, error) {
	if err := checkBinary(r); err != nil {
		return 0, err
	}
	body, err := h.read(w, r, c)
	if err != nil {
		return 0, err
	}
	req, err := readInferRequest(body, f.endpoint.Program(), h.cfg.MaxRows)
	if err != nil {
		return 0, err
	}
	want := req.want
	if req.wantsInterval() && want.Level == 0 {
		// Whoever asks for bounds by name wants to hear when there are none.
		if want.Level = f.endpoint.Program().DefaultLevel(); want.Level == 0 {
			return 0, fault.Errorf(fault.Invalid, "outputs: model %s version %d promises no interval: it has no %s and no %s", f.endpoint.Model, f.endpoint.Version, outLow, outHigh).At("outputs")
		}
	}
	if err := f.endpoint.Check(want); err != nil {
		return 0, err
	}
	answers, err := f.answerColumns(req, c, want)
	if err != nil {
		return 0, err
	}
	c.out = append(f.appendInferAnswer(c.out[:0], req, want, answers), '\n')
	h.begin(w, req.rows)
	_, _ = w.Write(c.out) // the client is gone when this fails
	return req.rows, nil
}

// bounds is what the protocol's outputs can hold of an answer.
type bounds struct {
	prediction, low, high float64
	class                 int
	probabilities         []float64
}

// answerColumns turns the columns into rows as our own protocol has them, so
// that both accept and refuse the same.
func (f *endpointFace) answerColumns(req *inferRequest, c *call, want serve.Want) ([]bounds, error) {
	scratch := f.endpoint.Borrow()
	defer f.endpoint.Return(scratch)
	c.arena.Reset()
	row := c.arena.NewObject()
	answers := make([]bounds, req.rows)
	wrong := &wrongRows{}
	for n := range answers {
		for k := range req.columns {
			row.Set(req.columns[k].name, req.columns[k].values[n])
		}
		if err := f.endpoint.Decode(row, scratch); err != nil {
			if !wrong.add(n, err) {
				break
			}
			continue
		}
		a := f.endpoint.Answer(scratch, want)
		answers[n] = bounds{a.Prediction, a.Low, a.High, a.Class, nil}
		if a.Probabilities != nil {
			answers[n].probabilities = append(answers[n].probabilities, a.Probabilities...)
		}
	}
	if len(wrong.problems) > 0 {
		return nil, &wrongTensors{wrong}
	}
	return answers, nil
}

// wrongTensors is wrongRows where only one sentence can be told.
type wrongTensors struct{ *wrongRows }

func (e *wrongTensors) Error() string {
	texts := make([]string, 0, len(e.problems)+1)
	for _, p := range e.problems {
		texts = append(texts, p.Location+": "+p.Message)
	}
	if e.more {
		texts = append(texts, "and more")
	}
	return strings.Join(texts, "; ")
}

// Unwrap makes it wrong input to whoever asks for the kind.
func (e *wrongTensors) Unwrap() error { return fault.Errorf(fault.Invalid, "%s", e.Error()) }

func (f *endpointFace) appendInferAnswer(dst []byte, req *inferRequest, want serve.Want, answers []bounds) []byte {
	dst = appendText(append(dst, `{"model_name":`...), f.endpoint.Name)
	dst = append(strconv.AppendInt(append(dst, `,"model_version":"`...), int64(f.endpoint.Version), 10), '"')
	if req.hasID {
		dst = appendText(append(dst, `,"id":`...), req.id)
	}
	if req.wantsInterval() {
		dst = append(appendNumber(append(dst, `,"parameters":{"level":`...), want.Level), '}')
	}
	dst = append(dst, `,"outputs":[`...)
	for i, name := range req.outputs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = f.appendOutput(dst, name, answers)
	}
	return append(dst, "]}"...)
}

// appendOutput appends one output tensor.
func (f *endpointFace) appendOutput(dst []byte, name string, answers []bounds) []byte {
	datatype := "FP64"
	if name == outLabel {
		datatype = "BYTES"
	}
	dst = append(append(append(dst, `{"name":"`...), name...), `","datatype":"`...)
	dst = append(append(dst, datatype...), `","shape":[`...)
	dst = strconv.AppendInt(dst, int64(len(answers)), 10)
	if name == outProbabilities {
		dst = strconv.AppendInt(append(dst, ','), int64(len(f.classes)), 10)
	}
	dst = append(dst, `],"data":[`...)
	for n := range answers {
		if n > 0 {
			dst = append(dst, ',')
		}
		switch name {
		case outLabel:
			dst = appendText(dst, f.endpoint.Program().Classes()[answers[n].class])
		case outProbabilities:
			for k, p := range answers[n].probabilities {
				if k > 0 {
					dst = append(dst, ',')
				}
				dst = appendNumber(dst, p)
			}
		default:
			dst = appendNumber(dst, answers[n].of(name))
		}
	}
	return append(dst, "]}"...)
}

func (b *bounds) of(output string) float64 {
	switch output {
	case outLow:
		return b.low
	case outHigh:
		return b.high
	default:
		return b.prediction
	}
}
