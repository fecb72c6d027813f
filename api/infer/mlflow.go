package infer

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"

	"dasier/api/infer/oip"
	"dasier/delivery/serve"
	"dasier/fault"
)

// The scoring protocol of MLflow's model server: /invocations with a table in
// one of five forms.

// scoring is what a request of it asks for besides predictions. Without params
// the answer is as plain as MLflow's.
type scoring struct {
	want          serve.Want
	interval      bool
	probabilities bool
}

// invocations answers a request of the scoring protocol.
func (h *Handler) invocations(w http.ResponseWriter, r *http.Request, f *endpointFace, c *call) (int, error) {
	q, asked, err := h.readScoring(w, r, f, c)
	if err != nil {
		return 0, err
	}
	if err := h.checkSize(f, q.count(), asked.want); err != nil {
		return 0, err
	}
	if err := f.check(asked.want); err != nil {
		return 0, err
	}
	answers, err := f.answerAll(r.Context(), q, c, asked.want)
	if err != nil {
		return 0, inOneSentence(err)
	}
	c.out = f.appendPredictions(append(c.out[:0], '{'), answers)
	if asked.interval && answers.hasInterval {
		c.out = appendIntervals(append(c.out, `,"intervals":`...), answers)
	}
	if asked.probabilities && len(answers.probabilities) > 0 {
		c.out = f.appendProbabilities(c.out, answers)
	}
	if asked.want.Explain {
		c.out = appendReasonList(append(c.out, `,"explanations":`...), answers)
	}
	c.out = append(c.out, "}\n"...)
	c.lap(writing)
	h.begin(w, q.count())
	c.send(w)
	return q.count(), nil
}

func (h *Handler) readScoring(w http.ResponseWriter, r *http.Request, f *endpointFace, c *call) (rows, *scoring, error) {
	isCSV, err := scoringType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, nil, err
	}
	if err := h.receive(w, r, c); err != nil {
		return nil, nil, err
	}
	if isCSV {
		q, err := h.readCSV(f, c)
		return q, &scoring{}, err
	}
	body, err := h.parse(c, c.body)
	if err != nil {
		return nil, nil, err
	}
	asked, err := readParams(f, body.Get("params"))
	if err != nil {
		return nil, nil, err
	}
	q, err := f.readTable(c, body)
	return q, asked, err
}

// scoringType tells CSV from JSON.
func scoringType(contentType string) (isCSV bool, err error) {
	if contentType == "" || contentType == "application/json" {
		return false, nil
	}
	media, parameters, err := mime.ParseMediaType(contentType)
	charset := parameters["charset"]
	switch {
	case err != nil || media != "text/csv" && !isJSON(contentType):
		return false, refuse(http.StatusUnsupportedMediaType, "expected a body of Content-Type application/json or text/csv, got %q", clip(contentType))
	case charset != "" && !strings.EqualFold(charset, "utf-8"):
		return false, refuse(http.StatusUnsupportedMediaType, "expected charset utf-8, got %q", clip(charset))
	}
	return media == "text/csv", nil
}

// readParams reads ours: interval (true, or a level), level, explain and
// probabilities. MLflow ignores params that a model does not know; so do we.
func readParams(f *endpointFace, v *fastjson.Value) (*scoring, error) {
	asked := &scoring{}
	parameters, err := jsonParameters(v, "params")
	if err != nil {
		return nil, err
	}
	truth := func(name string) (bool, error) {
		value, given := parameters[name]
		answer, ok := value.(bool)
		if given && !ok {
			return false, fault.Errorf(fault.Invalid, "params.%s: expected true or false", name).At("params." + name)
		}
		return answer, nil
	}
	if asked.want.Explain, err = truth("explain"); err != nil {
		return nil, err
	}
	if asked.probabilities, err = truth("probabilities"); err != nil {
		return nil, err
	}
	for _, name := range []string{"interval", "level"} {
		level, ok := parameters[name].(float64)
		switch {
		case ok && level == 0:
			return nil, fault.Errorf(fault.Invalid, "params.%s: expected a level between 0 and 1, such as 0.9", name).At("params." + name)
		case ok:
			asked.want.Level, asked.interval = level, true
		case name == "level" && parameters[name] != nil:
			return nil, fault.Errorf(fault.Invalid, "params.level: expected a number between 0 and 1, such as 0.9").At("params.level")
		case name == "interval":
			if asked.interval, err = truth(name); err != nil {
				return nil, err
			}
		}
	}
	if asked.interval && asked.want.Level == 0 {
		if asked.want.Level = f.endpoint.Program().DefaultLevel(); asked.want.Level == 0 {
			return nil, fault.Errorf(fault.Invalid, "params.interval: model %s version %d promises no interval", f.endpoint.Model, f.endpoint.Version).At("params.interval")
		}
	}
	return asked, nil
}

// forms are the keys that a table may stand under; exactly one is there.
const forms = "dataframe_split, dataframe_records, instances or inputs"

func (f *endpointFace) readTable(c *call, body *fastjson.Value) (rows, error) {
	if body.Type() != fastjson.TypeObject {
		return nil, fault.Errorf(fault.Invalid, "expected an object with exactly one of %s", forms)
	}
	form, count := "", 0
	for _, name := range []string{"dataframe_split", "dataframe_records", "instances", "inputs"} {
		if body.Get(name) != nil {
			form, count = name, count+1
		}
	}
	if count != 1 {
		return nil, fault.Errorf(fault.Invalid, "expected an object with exactly one of %s, got %d of them", forms, count)
	}
	value := body.Get(form)
	list, isList := listOf(value)
	switch {
	case form == "dataframe_split":
		return f.readSplit(c, value)
	case form == "inputs" && value.Type() == fastjson.TypeObject:
		return f.readColumns(c, value.GetObject())
	case !isList:
		return nil, fault.Errorf(fault.Invalid, "%s: expected a list of rows", form).At(form)
	case form == "dataframe_records":
		return &objects{f: f, c: c, list: list, spare: true}, nil
	}
	return f.rowsOf(c, form, list, true)
}

// readSplit reads {"columns": […], "data": [[…]]}. Without columns, they are
// the model's.
func (f *endpointFace) readSplit(c *call, v *fastjson.Value) (rows, error) {
	const form = "dataframe_split"
	data, ok := listOf(v.Get("data"))
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "%s.data: expected a list of rows, each a list of values", form).At(form + ".data")
	}
	names, err := f.splitColumns(v.Get("columns"))
	if err != nil {
		return nil, err
	}
	columns, err := f.columns(form+".columns", names)
	if err != nil {
		return nil, err
	}
	return f.matrixRows(c, form+".data", data, columns)
}

func (f *endpointFace) splitColumns(v *fastjson.Value) ([]string, error) {
	var names []string
	if v == nil {
		for i := range f.endpoint.Program().Inputs() {
			names = append(names, f.endpoint.Program().Inputs()[i].Name)
		}
		return names, nil
	}
	list, ok := listOf(v)
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "dataframe_split.columns: expected a list of names").At("dataframe_split.columns")
	}
	for _, name := range list {
		if name.Type() == fastjson.TypeString {
			names = append(names, string(name.GetStringBytes()))
			continue
		}
		names = append(names, string(name.MarshalTo(nil))) // tables may have numbers for names
	}
	return names, nil
}

// readColumns reads {"name": [values], …}.
func (f *endpointFace) readColumns(c *call, object *fastjson.Object) (rows, error) {
	var names []string
	var lists [][]*fastjson.Value
	count := -1
	var err error
	object.Visit(func(key []byte, v *fastjson.Value) {
		name := string(key)
		list, ok := listOf(v)
		if !ok {
			list = []*fastjson.Value{v} // a table of one row
		}
		if count >= 0 && len(list) != count && err == nil {
			err = fault.Errorf(fault.Invalid, "inputs: column %s has %d values, column %s has %d", clip(name), len(list), clip(names[0]), count).At("inputs")
		}
		count = len(list)
		names, lists = append(names, name), append(lists, list)
	})
	if err != nil {
		return nil, err
	}
	if count < 0 {
		return nil, fault.Errorf(fault.Invalid, "inputs: expected a column per input of the model").At("inputs")
	}
	columns, err := f.columns("inputs", names)
	if err != nil {
		return nil, err
	}
	return f.newGrid(c, count, columns, func(n, k int) oip.Cell {
		v := lists[k][n]
		if inner, ok := listOf(v); ok && len(inner) == 1 { // a column of a matrix
			v = inner[0]
		}
		return oip.JSONCell(v)
	}), nil
}

// columns finds the inputs that columns stand for. What the model has no input
// for is left out, as MLflow does with a signature, as long as no input lacks:
// then it may be a misspelt one.
func (f *endpointFace) columns(field string, names []string) ([]int, error) {
	program := f.endpoint.Program()
	columns := make([]int, len(names))
	given := make([]bool, len(program.Inputs()))
	found, unknown := 0, ""
	for k, name := range names {
		i, ok := program.InputIndex(name)
		if !ok {
			columns[k] = none
			if unknown == "" {
				unknown = name
			}
			continue
		}
		if given[i] {
			return nil, fault.Errorf(fault.Invalid, "%s: %s stands twice", field, name).At(field)
		}
		columns[k], given[i] = i, true
		found++
	}
	if found == len(given) || found == len(names) {
		return columns, nil
	}
	for i := range given {
		if !given[i] {
			return nil, fault.Errorf(fault.Invalid, "%s: the model has no input %q, and the table has no column %s", field, clip(unknown), program.Inputs()[i].Name).At(field)
		}
	}
	return columns, nil
}

func appendIntervals(dst []byte, r *results) []byte {
	dst = append(dst, '[')
	for n := range r.rows {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = appendNumber(append(dst, `{"low":`...), r.low[n])
		dst = appendNumber(append(dst, `,"high":`...), r.high[n])
		dst = append(appendNumber(append(dst, `,"level":`...), r.level), '}')
	}
	return append(dst, ']')
}

// appendProbabilities appends a list per row, and the classes they are of.
func (f *endpointFace) appendProbabilities(dst []byte, r *results) []byte {
	classes := f.endpoint.Program().Classes()
	dst = append(dst, `,"classes":[`...)
	for k, class := range classes {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, class)
	}
	dst = append(dst, `],"probabilities":[`...)
	for n := range r.rows {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = appendNumbers(dst, r.probabilities[n*len(classes):(n+1)*len(classes)])
	}
	return append(dst, ']')
}

// scoringCodes are MLflow's words for what went wrong.
var scoringCodes = map[int]string{
	http.StatusBadRequest:            "BAD_REQUEST",
	http.StatusUnauthorized:          "UNAUTHENTICATED",
	http.StatusForbidden:             "PERMISSION_DENIED",
	http.StatusNotFound:              "RESOURCE_DOES_NOT_EXIST",
	http.StatusRequestTimeout:        "DEADLINE_EXCEEDED",
	http.StatusRequestEntityTooLarge: "REQUEST_LIMIT_EXCEEDED",
	http.StatusUnsupportedMediaType:  "BAD_REQUEST",
	http.StatusTooManyRequests:       "REQUEST_LIMIT_EXCEEDED",
	http.StatusInternalServerError:   "INTERNAL_ERROR",
	http.StatusServiceUnavailable:    "TEMPORARILY_UNAVAILABLE",
	http.StatusGatewayTimeout:        "DEADLINE_EXCEEDED",
}

// writeScoringError answers in MLflow's form, and tells the status.
func (h *Handler) writeScoringError(w http.ResponseWriter, r *http.Request, err error) int {
	status := h.refused(w, r, err)
	if status == http.StatusUnprocessableEntity || status == http.StatusConflict {
		status = http.StatusBadRequest
	}
	code := scoringCodes[status]
	if code == "" {
		code = "INTERNAL_ERROR"
	}
	h.writeJSON(w, r, status, "application/json", struct {
		Code    string    `json:"error_code"`
		Message string    `json:"message"`
		Errors  []located `json:"errors,omitempty"`
	}{code, fault.Message(err), locate(err)})
	return status
}

// scoringPing answers whether the endpoint does.
func (h *Handler) scoringPing(w http.ResponseWriter, r *http.Request) {
	if _, err := h.find(w.Header(), r); err != nil {
		h.writeScoringError(w, r, err)
		return
	}
	h.writePlain(w, "")
}

// scoringVersion answers the server's version.
func (h *Handler) scoringVersion(w http.ResponseWriter, r *http.Request) {
	if _, err := h.find(w.Header(), r); err != nil {
		h.writeScoringError(w, r, err)
		return
	}
	h.writePlain(w, h.cfg.Version)
}

func (h *Handler) writePlain(w http.ResponseWriter, text string) {
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header["Cache-Control"] = h.meters.noStore
	header.Set("Content-Length", strconv.Itoa(len(text)+1))
	_, _ = w.Write([]byte(text + "\n")) // the client is gone when this fails
}
