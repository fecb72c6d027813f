package infer

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"dasier/api/infer/oip"
	"dasier/fault"
)

// infer answers a request of the Open Inference protocol (REST).
func (h *Handler) infer(w http.ResponseWriter, r *http.Request, f *endpointFace, c *call) (int, error) {
	q, err := h.readInfer(w, r, c)
	if err != nil {
		return 0, err
	}
	r2, err := h.answerInfer(r, q, f, c)
	if err != nil {
		return 0, err
	}
	outputs := f.tensors(q, r2)
	c.out = f.appendInferAnswer(c.out[:0], q, outputs)
	size := len(c.out)
	binary := false
	for i := range outputs {
		if outputs[i].Binary {
			binary = true
			c.out = outputs[i].AppendRaw(c.out)
		}
	}
	c.lap(writing)
	h.begin(w, q.rows)
	if binary {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Inference-Header-Content-Length", strconv.Itoa(size))
	}
	c.send(w)
	return q.rows, nil
}

// answerInfer computes what REST and gRPC answer.
func (h *Handler) answerInfer(r *http.Request, q *inferRequest, f *endpointFace, c *call) (*results, error) {
	g, err := q.plan(h, f, c)
	if err != nil {
		return nil, err
	}
	if err := h.checkSize(f, q.rows, q.want); err != nil {
		return nil, err
	}
	answers, err := f.answerAll(r.Context(), g, c, q.want)
	return answers, inOneSentence(err)
}

// readInfer reads the body: JSON, and binary data after it when the header says
// so.
func (h *Handler) readInfer(w http.ResponseWriter, r *http.Request, c *call) (*inferRequest, error) {
	size, err := headerLength(r)
	if err != nil {
		return nil, err
	}
	if size < 0 || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/octet-stream") {
		if err := checkType(r); err != nil {
			return nil, err
		}
	}
	if err := h.receive(w, r, c); err != nil {
		return nil, err
	}
	if size < 0 {
		size = len(c.body)
	}
	if size > len(c.body) {
		return nil, refuse(http.StatusBadRequest, "Inference-Header-Content-Length says %d bytes of JSON before the binary data, the body has %d", size, len(c.body))
	}
	body, err := h.parse(c, c.body[:size])
	if err != nil {
		return nil, err
	}
	return readInferRequest(body, oip.NewTail(c.body[size:]))
}

// wrongTensors is wrongRows where only one sentence can be told.
type wrongTensors struct{ *wrongRows }

// inOneSentence tells every problem with the rows, for protocols that have no
// list of them.
func inOneSentence(err error) error {
	if rows, ok := err.(*wrongRows); ok { //nolint:errorlint // answerAll gives it as it is
		return &wrongTensors{rows}
	}
	return err
}

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

func (f *endpointFace) appendInferAnswer(dst []byte, q *inferRequest, outputs []oip.Output) []byte {
	dst = appendText(append(dst, `{"model_name":`...), f.endpoint.Name)
	dst = append(strconv.AppendInt(append(dst, `,"model_version":"`...), int64(f.endpoint.Version), 10), '"')
	if q.hasID {
		dst = appendText(append(dst, `,"id":`...), q.id)
	}
	if parameters := q.told(); len(parameters) > 0 {
		dst = append(dst, `,"parameters":{`...)
		for i, name := range slices.Sorted(maps.Keys(parameters)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendText(dst, name), ':')
			switch v := parameters[name].(type) {
			case float64:
				dst = appendNumber(dst, v)
			case string:
				dst = appendText(dst, v)
			}
		}
		dst = append(dst, '}')
	}
	dst = append(dst, `,"outputs":[`...)
	for i := range outputs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendOutput(dst, &outputs[i])
	}
	dst = append(dst, "]}"...)
	for i := range outputs {
		if outputs[i].Binary {
			return dst // nothing may stand between it and the bytes
		}
	}
	return append(dst, '\n')
}

// told are the parameters of an answer.
func (q *inferRequest) told() map[string]any {
	parameters := map[string]any{}
	if q.wantsInterval() {
		parameters["level"] = q.want.Level
	}
	if content := q.content(); content != "" {
		parameters["content_type"] = content
	}
	return parameters
}

// appendOutput appends one output tensor; of a binary one, all but its values.
func appendOutput(dst []byte, out *oip.Output) []byte {
	dst = appendText(append(dst, `{"name":`...), out.Name)
	dst = append(append(append(dst, `,"datatype":"`...), out.Type.String()...), `","shape":[`...)
	for i, dim := range out.Shape {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(dim), 10)
	}
	dst = append(dst, ']')
	if out.Binary {
		dst = strconv.AppendInt(append(dst, `,"parameters":{"binary_data_size":`...), int64(out.RawLen()), 10)
		return append(dst, "}}"...)
	}
	if out.Content != "" {
		dst = append(append(append(dst, `,"parameters":{"content_type":"`...), out.Content...), `"}`...)
	}
	dst = append(dst, `,"data":[`...)
	for k, v := range out.Floats {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = appendNumber(dst, v)
	}
	for k, v := range out.Ints {
		if k > 0 {
			dst = append(dst, ',')
		}
		if v == noWhole {
			dst = append(dst, "null"...)
			continue
		}
		dst = strconv.AppendInt(dst, v, 10)
	}
	for k, text := range out.Texts {
		if k > 0 {
			dst = append(dst, ',')
		}
		if text == "" { // no class has an empty name
			dst = append(dst, "null"...)
			continue
		}
		dst = appendText(dst, text)
	}
	return append(dst, "]}"...)
}
