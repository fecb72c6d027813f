package infer

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/valyala/fastjson"

	"dasier/delivery/serve"
	"dasier/fault"
)

// predict answers one JSON object with one answer, and a list with a list.
func (h *Handler) predict(w http.ResponseWriter, r *http.Request, f *endpointFace, c *call) (int, error) {
	want, err := wanted(r.URL.RawQuery)
	if err != nil {
		return 0, err
	}
	if err := f.check(want); err != nil {
		return 0, err
	}
	c.explained = want.Explain
	if err := h.open(w, r, c); err != nil {
		return 0, err
	}
	if !want.Explain && len(c.body) <= h.cfg.MaxText && h.answerPlain(w, f, c, want) {
		return 1, nil
	}
	body, err := h.parse(c, c.body)
	if err != nil {
		return 0, err
	}
	list, isList := listOf(body)
	if !isList {
		return 1, h.answerOne(w, f, c, body, want)
	}
	if err := h.checkSize(f, len(list), want); err != nil {
		return 0, err
	}
	return len(list), h.answerList(w, f, c, list, want)
}

// check tells whether the model can give what is wanted.
func (f *endpointFace) check(want serve.Want) error {
	if want.Explain && !f.endpoint.Program().Explained() {
		return fault.Errorf(fault.Invalid, "model %s version %d gives no reasons: its estimator sees numbers that are made of several inputs. Leave explain out", f.endpoint.Model, f.endpoint.Version).At("explain")
	}
	return f.endpoint.Check(want)
}

func (h *Handler) checkSize(f *endpointFace, rows int, want serve.Want) error {
	if rows > h.cfg.MaxRows {
		return fault.Errorf(fault.Limited, "the request has %d rows: at most %d at once", rows, h.cfg.MaxRows)
	}
	if most := min(f.explainable, h.cfg.MaxExplained); want.Explain && rows > most {
		return fault.Errorf(fault.Limited, "the request has %d rows: at most %d at once when reasons are wanted", rows, most)
	}
	return nil
}

// wanted reads the query: explain and level. An empty query, which most
// requests have, costs nothing.
func wanted(query string) (serve.Want, error) {
	var want serve.Want
	if query == "" {
		return want, nil
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return want, refuse(http.StatusBadRequest, "the query after ? is not readable")
	}
	if text := values.Get("explain"); text != "" {
		if want.Explain, err = strconv.ParseBool(text); err != nil {
			return want, fault.Errorf(fault.Invalid, "expected explain=true or explain=false, got %q", clip(text)).At("explain")
		}
	}
	if text := values.Get("level"); text != "" {
		want.Level, err = strconv.ParseFloat(text, 64)
		if err != nil || want.Level == 0 { // 0 would mean "not asked"
			return want, fault.Errorf(fault.Invalid, "expected a level between 0 and 1, such as 0.9, got %q", clip(text)).At("level")
		}
	}
	return want, nil
}

func (h *Handler) answerOne(w http.ResponseWriter, f *endpointFace, c *call, row *fastjson.Value, want serve.Want) error {
	scratch := f.endpoint.Borrow()
	defer f.endpoint.Return(scratch)
	if err := f.endpoint.Decode(row, scratch); err != nil {
		wrong := &wrongRows{}
		wrong.add(-1, err)
		return wrong
	}
	h.answerRow(w, f, c, scratch, row, want)
	return nil
}

// answerPlain answers one object that is written plainly, without parsing it
// first; false is any other body, of which nothing was answered.
func (h *Handler) answerPlain(w http.ResponseWriter, f *endpointFace, c *call, want serve.Want) bool {
	scratch := f.endpoint.Borrow()
	defer f.endpoint.Return(scratch)
	if !f.endpoint.Quick(c.body, scratch) {
		return false
	}
	h.answerRow(w, f, c, scratch, nil, want)
	return true
}

// answerRow answers the row of a scratch. sent is the row as it came: reasons
// tell its values.
func (h *Handler) answerRow(w http.ResponseWriter, f *endpointFace, c *call, scratch *serve.Scratch, sent *fastjson.Value, want serve.Want) {
	c.lap(reading)
	answer := f.endpoint.Answer(scratch, want)
	c.lap(computing)
	c.out = append(f.appendAnswer(c.out[:0], &answer, sent), '\n')
	c.lap(writing)
	h.begin(w, 1)
	c.send(w)
}

// answerList reads all rows before the first answer, because an error can be
// told only before; then it reads each again and sends answers as they come.
// The memory is one row's, whatever the list's length.
func (h *Handler) answerList(w http.ResponseWriter, f *endpointFace, c *call, list []*fastjson.Value, want serve.Want) error {
	scratch := f.endpoint.Borrow()
	defer f.endpoint.Return(scratch)
	wrong := &wrongRows{}
	for i, row := range list {
		if err := f.endpoint.Decode(row, scratch); err != nil && !wrong.add(i, err) {
			break
		}
	}
	if len(wrong.problems) > 0 {
		return wrong
	}
	c.lap(reading)
	defer c.lap(computing) // and writing: an answer is sent as soon as it is there
	h.begin(w, len(list))
	c.out = append(c.out[:0], '[')
	for i, row := range list {
		if i > 0 {
			c.out = append(c.out, ',')
		}
		if err := f.endpoint.Decode(row, scratch); err != nil {
			panic(http.ErrAbortHandler) // it was right a moment ago: cut the answer rather than send a wrong one
		}
		answer := f.endpoint.Answer(scratch, want)
		c.out = f.appendAnswer(c.out, &answer, row)
		if len(c.out) >= flushBytes {
			err := c.pause(func() error { _, err := w.Write(c.out); return err })
			if err != nil {
				return nil //nolint:nilerr // the client is gone: there is nobody to tell
			}
			c.out = c.out[:0]
		}
	}
	c.out = append(c.out, "]\n"...)
	c.send(w)
	return nil
}

// flushBytes is how much of a long answer is collected before it is sent.
const flushBytes = 64 << 10

func (h *Handler) begin(w http.ResponseWriter, rows int) {
	header := w.Header()
	if h.cfg.TellRows {
		header.Set(rowsHeader, strconv.Itoa(rows))
	}
	header["Content-Type"] = h.meters.jsonType
	header["Cache-Control"] = h.meters.noStore
}
