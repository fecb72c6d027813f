package infer_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/api/infer"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
)

func tensorOf(name, datatype, shape, data string) string {
	return fmt.Sprintf(`{"name":%q,"datatype":%q,"shape":[%s],"data":[%s]}`, name, datatype, shape, data)
}

func inferBody(rest string, tensors ...string) string {
	return `{"inputs":[` + strings.Join(tensors, ",") + `]` + rest + `}`
}

var (
	area2    = tensorOf("Gr_Liv_Area", "FP64", "2", "1500,1000.0")
	kitchen2 = tensorOf("Kitchen", "BYTES", "2,1", `["Good"],["Fair"]`)
)

type tensor struct {
	Name, Datatype string
	Shape          []int
	Parameters     map[string]any
	Data           []float64
}

type inferAnswer struct {
	ModelName    string         `json:"model_name"`
	ModelVersion string         `json:"model_version"`
	ID           string         `json:"id"`
	Parameters   map[string]any `json:"parameters"`
	Outputs      []tensor
}

func TestInfer(t *testing.T) {
	s := open(t, infer.Config{})
	// Two rows: the lot is imputed (9436), so are the neighbourhood (North_Ames) and the air (yes).
	first, second := 3e6+150000+2*9436-3000+10000+8000.0, 3e6+100000+2*9436-3000+8000.0
	prediction := tensor{"prediction", "FP64", []int{2}, nil, []float64{first, second}}
	low := tensor{"low", "FP64", []int{2}, nil, []float64{first - 5000, second - 5000}}
	high := tensor{"high", "FP64", []int{2}, nil, []float64{first + 5000, second + 5000}}
	high90 := tensor{"high", "FP64", []int{2}, nil, []float64{first + 9000, second + 9000}}
	for name, c := range map[string]struct {
		body string
		want inferAnswer
	}{
		"plain":               {inferBody("", area2, kitchen2), inferAnswer{Outputs: []tensor{prediction}}},
		"with an id":          {inferBody(`,"id":"a\"1"`, area2, kitchen2), inferAnswer{ID: `a"1`, Outputs: []tensor{prediction}}},
		"with a level":        {inferBody(`,"parameters":{"level":0.5}`, area2, kitchen2), inferAnswer{Parameters: map[string]any{"level": 0.5}, Outputs: []tensor{prediction, low, high}}},
		"one output":          {inferBody(`,"outputs":[{"name":"high"}]`, area2, kitchen2), inferAnswer{Parameters: map[string]any{"level": 0.9}, Outputs: []tensor{high90}}},
		"an output's level":   {inferBody(`,"parameters":{"level":0.5},"outputs":[{"name":"low"}]`, area2, kitchen2), inferAnswer{Parameters: map[string]any{"level": 0.5}, Outputs: []tensor{low}}},
		"whole numbers":       {inferBody("", strings.ReplaceAll(tensorOf("Gr_Liv_Area", "INT32", "2", "1500,1000"), ".0", ""), kitchen2), inferAnswer{Outputs: []tensor{prediction}}},
		"bools and nulls":     {inferBody("", area2, kitchen2, tensorOf("Central_Air", "BOOL", "2", "true,null"), tensorOf("Lot_Area", "FP32", "2", "null,null")), inferAnswer{Outputs: []tensor{prediction}}},
		"no row":              {inferBody("", tensorOf("Gr_Liv_Area", "FP64", "0", "")), inferAnswer{Outputs: []tensor{{"prediction", "FP64", []int{0}, nil, []float64{}}}}},
		"other's parameters":  {inferBody(`,"parameters":{"content_type":"pd"}`, area2, kitchen2), inferAnswer{Parameters: map[string]any{"content_type": "pd"}, Outputs: []tensor{{"prediction", "FP64", []int{2}, map[string]any{"content_type": "np"}, []float64{first, second}}}}},
		"interval by request": {inferBody(`,"parameters":{"interval":true},"outputs":[{"name":"high"}]`, area2, kitchen2), inferAnswer{Parameters: map[string]any{"level": 0.9}, Outputs: []tensor{high90}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, url := range []string{v2URL, "/v2/models/" + public + "/versions/3/infer"} {
				w := s.ask("POST", url, c.body)
				if w.Code != http.StatusOK {
					t.Fatalf("got %d %s", w.Code, w.Body)
				}
				c.want.ModelName, c.want.ModelVersion = public, "3"
				if diff := cmp.Diff(c.want, decode[inferAnswer](t, w)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestInferRefuses(t *testing.T) {
	s := open(t, infer.Config{MaxRows: 3, MaxBody: 4000})
	for name, c := range map[string]struct {
		body   string
		status int
		want   string
	}{
		"a list":              {`[]`, 400, "object"},
		"no JSON":             {`{"inputs":`, 400, "line 1"},
		"no inputs":           {`{}`, 400, "inputs"},
		"inputs as object":    {`{"inputs":{}}`, 400, "inputs"},
		"an unknown input":    {inferBody("", tensorOf("Pool", "FP64", "1", "1")), 400, `no input "Pool"`},
		"an input twice":      {inferBody("", area2, area2), 400, "stands twice"},
		"different lengths":   {inferBody("", area2, tensorOf("Kitchen", "BYTES", "1", `"Good"`)), 400, "has 1 rows"},
		"a wide shape":        {inferBody("", tensorOf("Gr_Liv_Area", "FP64", "1,2", "1,2")), 400, "[rows, 1]"},
		"a negative shape":    {inferBody("", tensorOf("Gr_Liv_Area", "FP64", "-1", "1")), 400, "[rows, 1]"},
		"too little data":     {inferBody("", tensorOf("Gr_Liv_Area", "FP64", "2", "1")), 400, "says 2 values"},
		"nested too deep":     {inferBody("", tensorOf("Gr_Liv_Area", "FP64", "1,1", "[[1]]")), 400, "is no FP64"},
		"no data":             {inferBody("", `{"name":"Gr_Liv_Area","datatype":"FP64","shape":[1]}`), 400, "data"},
		"an unknown datatype": {inferBody("", tensorOf("Gr_Liv_Area", "FP65", "1", "1")), 400, "FP65"},
		"a text as number":    {inferBody("", tensorOf("Gr_Liv_Area", "FP64", "1", `"1"`)), 400, "data[0] is no FP64"},
		"a fraction as int":   {inferBody("", tensorOf("Gr_Liv_Area", "INT64", "1", "1.5")), 400, "is no INT64"},
		"an int out of range": {inferBody("", tensorOf("Gr_Liv_Area", "INT8", "1", "300")), 400, "is no INT8"},
		"a missing input":     {inferBody("", area2), 400, "[0].Kitchen: is required"},
		"a wrong category":    {inferBody("", area2, tensorOf("Kitchen", "BYTES", "2", `"Good","Bad"`)), 400, `[1].Kitchen: expected one of`},
		"a wrong id":          {inferBody(`,"id":7`, area2, kitchen2), 400, "id"},
		"a wrong level":       {inferBody(`,"parameters":{"level":2}`, area2, kitchen2), 400, "between 0 and 1"},
		"a level of text":     {inferBody(`,"parameters":{"level":"0.9"}`, area2, kitchen2), 400, "parameters.level"},
		"an unknown output":   {inferBody(`,"outputs":[{"name":"class"}]`, area2, kitchen2), 400, `no output "class"`},
		"no output":           {inferBody(`,"outputs":[]`, area2, kitchen2), 400, "outputs"},
		"too many rows":       {inferBody("", tensorOf("Gr_Liv_Area", "FP64", "4", "1,1,1,1")), 413, "at most 3"},
		"too many bytes":      {inferBody(`,"id":"`+strings.Repeat("x", 4000)+`"`, area2), 413, "4000 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.ask("POST", v2URL, c.body)
			e := decode[struct{ Error string }](t, w)
			if w.Code != c.status || !strings.Contains(e.Error, c.want) {
				t.Errorf("got %d %q, want %d and %q", w.Code, e.Error, c.status, c.want)
			}
		})
	}
	if w := s.ask("POST", v2URL, inferBody("", area2, kitchen2), "Inference-Header-Content-Length: 10000"); w.Code != 400 || !strings.Contains(w.Body.String(), "binary") {
		t.Errorf("binary: got %d %s", w.Code, w.Body)
	}
	spec := servetest.Houses(1)
	spec.Interval = nil
	s.load(public, spec, serve.Meta{Model: "prices", Version: 3, Public: true})
	if w := s.ask("POST", v2URL, inferBody(`,"outputs":[{"name":"low"}]`, area2, kitchen2)); w.Code != 400 || !strings.Contains(w.Body.String(), "no interval") {
		t.Errorf("bounds of a model without: got %d %s", w.Code, w.Body)
	}
}

func TestModelMetadata(t *testing.T) {
	s := open(t, infer.Config{Version: "1.2"})
	type tensorShape struct {
		Name, Datatype string
		Shape          []int
	}
	type metadata struct {
		Name, Platform  string
		Versions        []string
		Inputs, Outputs []tensorShape
	}
	any1 := []int{-1}
	want := metadata{
		Name: public, Platform: "dasier", Versions: []string{"3"},
		Inputs: []tensorShape{
			{"Gr_Liv_Area", "FP64", any1},
			{"Lot_Area", "FP64", any1},
			{"Neighborhood", "BYTES", any1},
			{"Kitchen", "BYTES", any1},
			{"Central_Air", "BOOL", any1},
			{"Sold", "BYTES", any1},
		},
		Outputs: []tensorShape{{"prediction", "FP64", any1}, {"low", "FP64", any1}, {"high", "FP64", any1}},
	}
	for _, url := range []string{"/v2/models/" + public, "/v2/models/" + public + "/versions/3"} {
		if diff := cmp.Diff(want, decode[metadata](t, s.ask("GET", url, ""))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", url, diff)
		}
	}
	for url, want := range map[string]int{
		"/v2": 200, "/v2/health/live": 200, "/v2/health/ready": 200,
		"/v2/models/" + public + "/ready": 200, "/v2/models/" + public + "/versions/3/ready": 200,
		"/v2/models/" + public + "/versions/2/ready": 404, "/v2/models/" + public + "/versions/x": 404,
		"/v2/models/absent": 404, "/v2/models/absent/ready": 404,
	} {
		if w := s.ask("GET", url, ""); w.Code != want {
			t.Errorf("%s: got %d %s, want %d", url, w.Code, w.Body, want)
		}
	}
	starting := open(t, infer.Config{Ready: func() bool { return false }})
	if w := starting.ask("GET", "/v2/health/ready", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("while starting: got %d, want 503", w.Code)
	}
}
