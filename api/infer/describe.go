package infer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"

	"dasier/delivery/serve"
	"dasier/ml/explain"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// endpointFace is what of an endpoint's answers is the same for every request.
type endpointFace struct {
	handler  *Handler
	endpoint *serve.Endpoint
	unit     []byte // `,"unit":"USD"`, or nothing
	version  []byte // `,"model":"prices","version":3`
	classes  []classTexts
	positive []byte   // `,"positive":"yes"`, or nothing
	targets  [][]byte // of a vector: `"width":`
	info     []byte   // the whole EndpointInfo
	tag      string   // its ETag
	meters   *endpointMeters
	gate     *gate // of a model that is slow or large to compute; nil for most
	// explainable is how many rows with reasons one request may have, as far as the
	// model goes: one that can only be asked takes long.
	explainable int
	// wholeClasses are the classes as the whole numbers that they are; nil when
	// they are words. Clients of other servers expect the numbers.
	wholeClasses []int64
}

// classTexts are a class's parts of an answer.
type classTexts struct {
	label []byte // `,"label":"yes"`
	name  []byte // `"yes":`
}

func (f *endpointFace) metersOrNil() *endpointMeters {
	if f == nil {
		return nil
	}
	return f.meters
}

// face gives what is prepared for an endpoint, and prepares it for the first
// request of each version.
func (h *Handler) face(endpoint *serve.Endpoint) *endpointFace {
	if f, ok := endpoint.Kept().(*endpointFace); ok && f.handler == h {
		return f
	}
	f := &endpointFace{handler: h, endpoint: endpoint, meters: h.meters.of(endpoint.Name, endpoint.Version), gate: gateOf(endpoint, &h.cfg)}
	if unit := endpoint.Program().Spec().Target.Unit; unit != "" {
		f.unit = appendText([]byte(`,"unit":`), unit)
	}
	for _, class := range endpoint.Program().Classes() {
		f.classes = append(f.classes, classTexts{appendText([]byte(`,"label":`), class), append(appendText(nil, class), ':')})
	}
	if endpoint.Program().Classifies() {
		f.wholeClasses = wholeNumbers(endpoint.Program().Classes())
	}
	for _, target := range endpoint.Program().Spec().Targets {
		f.targets = append(f.targets, append(appendText(nil, target), ':'))
	}
	if at := endpoint.Program().Positive(); at >= 0 {
		f.positive = appendText([]byte(`,"positive":`), endpoint.Program().Classes()[at])
	}
	f.version = appendText([]byte(`,"model":`), endpoint.Model)
	f.version = strconv.AppendInt(append(f.version, `,"version":`...), int64(endpoint.Version), 10)
	f.explainable = math.MaxInt
	if endpoint.Program().Explanation() == predict.Sampled {
		const multiplications = 4_000_000_000 // a request's, at most
		f.explainable = explain.Affordable(endpoint.Program(), multiplications, 1)
	}
	f.info = marshalInfo(endpoint)
	sum := sha256.Sum256(f.info)
	f.tag = `"` + hex.EncodeToString(sum[:12]) + `"`
	endpoint.Keep(f)
	return f
}

// describe answers what an endpoint predicts and what it needs to know.
func (h *Handler) describe(w http.ResponseWriter, r *http.Request) {
	f, err := h.find(w.Header(), r)
	if err != nil {
		h.writeProblem(w, r, err)
		return
	}
	h.writeInfo(w, r, f.info, f.tag)
}

func (h *Handler) writeInfo(w http.ResponseWriter, r *http.Request, info []byte, tag string) {
	header := w.Header()
	header.Set("Etag", tag)
	header.Set("Cache-Control", "private, no-cache") // ask again, and get 304 while nothing changed
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header["Content-Type"] = h.meters.jsonType
	_, _ = w.Write(info) // the client is gone when this fails
}

// timeForm is how answers write times.
const timeForm = "2006-01-02T15:04:05.999999Z"

func matches(ifNoneMatch, tag string) bool {
	for candidate := range strings.SplitSeq(ifNoneMatch, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == tag || candidate == "*" {
			return true
		}
	}
	return false
}

// endpointInfo is the contract's EndpointInfo.
type endpointInfo struct {
	Endpoint    string          `json:"endpoint"`
	Title       string          `json:"title"`
	Environment string          `json:"environment"`
	Public      bool            `json:"public"`
	Model       string          `json:"model"`
	Version     int             `json:"version"`
	DeployedAt  string          `json:"deployed_at"`
	Target      targetInfo      `json:"target"`
	Task        string          `json:"task"`                   // regression, binary, multiclass or vector
	Classes     []string        `json:"classes,omitempty"`      // what a classifier tells apart
	Positive    string          `json:"positive,omitempty"`     // binary: the class whose probability is the prediction
	Decides     bool            `json:"decides,omitempty"`      // a classifier without probabilities
	Targets     []string        `json:"targets,omitempty"`      // of a vector: a name per number
	Explained   bool            `json:"explained"`              // whether there are reasons to ask for
	ExplainedBy string          `json:"explained_by,omitempty"` // exact, chained or sampled
	Inputs      []inputInfo     `json:"inputs"`
	Form        []string        `json:"form,omitempty"` // inputs that the recipe wants asked first
	Interval    *intervalInfo   `json:"interval,omitempty"`
	Set         *intervalInfo   `json:"set,omitempty"` // of a classifier's sets of classes
	Example     json.RawMessage `json:"example"`
}

type targetInfo struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
}

type intervalInfo struct {
	Level     float64 `json:"level"`
	Coverage  float64 `json:"coverage"`
	CoveredOf int     `json:"covered_of"`
}

// inputInfo is one input for a form. The statistics of numbers are pointers
// because 0 is a value, and categories have none.
type inputInfo struct {
	Name        string   `json:"name"`
	Kind        string   `json:"kind"`
	Required    bool     `json:"required"`
	Levels      []string `json:"levels,omitempty"`
	Label       string   `json:"label,omitempty"`
	Unit        string   `json:"unit,omitempty"`
	Description string   `json:"description,omitempty"`
	Min         *float64 `json:"min,omitempty"`
	Max         *float64 `json:"max,omitempty"`
	Low         *float64 `json:"low,omitempty"`
	High        *float64 `json:"high,omitempty"`
	Median      *float64 `json:"median,omitempty"`
	Mode        string   `json:"mode,omitempty"`
	Whole       bool     `json:"whole,omitempty"`
	Text        bool     `json:"text,omitempty"` // a category without levels: free text
	Importance  *float64 `json:"importance,omitempty"`
}

func marshalInfo(endpoint *serve.Endpoint) []byte {
	program := endpoint.Program()
	spec, importance := program.Spec(), endpoint.Importance()
	info := endpointInfo{
		Endpoint: endpoint.Name, Title: endpoint.Page().Title, Form: endpoint.Page().Form, Environment: endpoint.Environment, Public: endpoint.Public,
		Model: endpoint.Model, Version: endpoint.Version,
		DeployedAt: endpoint.DeployedAt.UTC().Format(timeForm),
		Target:     targetInfo{Name: spec.Target.Name, Unit: spec.Target.Unit},
		Inputs:     make([]inputInfo, len(spec.Inputs)), Example: endpoint.Example(),
	}
	info.Task, info.Classes, info.Targets = spec.Task, spec.Classes, spec.Targets
	info.Explained, info.ExplainedBy = program.Explained(), string(program.Explanation())
	info.Decides = program.Classifies() && spec.Link == predict.Decision
	if at := program.Positive(); at >= 0 {
		info.Positive = spec.Classes[at]
	}
	if spec.Interval != nil {
		info.Interval = &intervalInfo{Level: spec.Interval.Level, Coverage: spec.Interval.Coverage, CoveredOf: spec.Interval.CoveredOf}
	}
	if spec.Set != nil {
		info.Set = &intervalInfo{Level: spec.Set.Level, Coverage: spec.Set.Coverage, CoveredOf: spec.Set.CoveredOf}
	}
	for i := range spec.Inputs {
		info.Inputs[i] = inputInfoOf(&spec.Inputs[i])
		if i < len(importance) {
			info.Inputs[i].Importance = &importance[i]
		}
	}
	text, err := json.Marshal(info)
	if err != nil {
		panic(err) // a compiled model has no NaN and no infinity, and its example is JSON
	}
	return append(text, '\n')
}

func inputInfoOf(in *predict.Input) inputInfo {
	info := inputInfo{
		Name: in.Name, Kind: in.Kind.String(), Required: in.Required, Levels: in.Levels,
		Label: in.Label, Unit: in.Unit, Description: in.Description, Mode: in.Mode, Whole: in.Whole, Text: in.Text,
	}
	if in.Kind == frame.Number || in.Kind == frame.Time {
		info.Min, info.Max, info.Low, info.High, info.Median = &in.Min, &in.Max, &in.Low, &in.High, &in.Median
	}
	return info
}
