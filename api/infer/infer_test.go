package infer_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"dasier/api/infer"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
	"dasier/fault"
	"dasier/ml/predict"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

const (
	public  = "houses.model.production"
	private = "houses.model.staging"
	predURL = "/api/v1/endpoints/" + public + "/predict"
	v2URL   = "/v2/models/" + public + "/infer"
)

// site is a server with one public endpoint (version 3) and one that asks for
// the token "member".
type site struct {
	t        testing.TB
	engine   *serve.Engine
	registry *prometheus.Registry
	http.Handler
}

func open(t testing.TB, cfg infer.Config) *site {
	t.Helper()
	s := &site{t: t, engine: serve.New(), registry: prometheus.NewRegistry()}
	s.load(public, servetest.Houses(3), serve.Meta{Model: "prices", Version: 3, Public: true})
	s.load(private, servetest.Houses(4), serve.Meta{Project: 7, Model: "prices", Version: 4})
	cfg.Registerer, cfg.Log = s.registry, slog.New(slog.DiscardHandler)
	router := chi.NewRouter()
	handler := infer.New(s.engine, permitted, cfg)
	handler.Routes(router)
	handler.Single(router, public)
	s.Handler = handler.Front(router)
	return s
}

// permitted says who may ask the endpoints of project 7: members, and an agency
// that is held to limits.
func permitted(r *http.Request, meta *serve.Meta) (infer.Client, error) {
	project := int64(0)
	if meta != nil {
		project = int64(meta.Project)
	}
	switch authorization := r.Header.Get("Authorization"); {
	case (authorization == "Bearer member" || authorization == "Bearer agency") && project == 7:
		if authorization == "Bearer agency" {
			return infer.Client{Token: 1, PerSecond: 1000, PerDay: 5}, nil
		}
		return infer.Client{}, nil
	case authorization == "Bearer member" || authorization == "Bearer agency" || authorization == "Bearer outsider":
		return infer.Client{}, fault.Errorf(fault.Missing, "no project %d", project)
	case authorization == "Bearer narrow":
		return infer.Client{}, fault.Errorf(fault.Denied, "permission predict refused: the token needs the scope api or predict")
	case authorization == "Bearer broken":
		return infer.Client{}, io.ErrUnexpectedEOF
	case authorization == "":
		return infer.Client{}, fault.Errorf(fault.Unauthenticated, "permission predict needs a signed-in member")
	}
	return infer.Client{}, fault.Errorf(fault.Unauthenticated, "the token is not known, or it has expired")
}

func (s *site) load(name string, spec predict.Spec, meta serve.Meta) {
	s.t.Helper()
	meta.DeployedAt = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	if err := s.engine.Load(s.t.Context(), name, servetest.Package(s.t, spec), meta); err != nil {
		s.t.Fatal(err)
	}
}

// ask sends a request and gives the answer; headers are "Name: value".
func (s *site) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func decode[T any](t testing.TB, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	d := json.NewDecoder(bytes.NewReader(w.Body.Bytes()))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("reading %s: %v", w.Body, err)
	}
	return v
}

// answer is the contract's PredictAnswer.
type answer struct {
	Prediction float64                             `json:"prediction"`
	Unit       string                              `json:"unit"`
	Interval   *struct{ Low, High, Level float64 } `json:"interval"`
	Model      string                              `json:"model"`
	Version    int                                 `json:"version"`
	Notices    []struct{ Input, Code, Message string }
	Reasons    *struct {
		Scale          string
		Base           float64
		BasePrediction float64 `json:"base_prediction"`
		Contributions  []struct {
			Input          string
			Value          any
			Effect, Amount float64
		}
	}
}

type problem struct {
	Status        int
	Title, Detail string
	Errors        []struct{ Message, Location string }
}

func TestPredictOne(t *testing.T) {
	s := open(t, infer.Config{})
	w := s.ask("POST", predURL, servetest.Row)
	want := `{"prediction":3191000,"unit":"USD","interval":{"low":3182000,"high":3200000,"level":0.9},"model":"prices","version":3,"notices":[]}` + "\n"
	if w.Code != http.StatusOK || w.Body.String() != want {
		t.Errorf("got %d %s, want %s", w.Code, w.Body, want)
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestPredictWithReasonsAndLevel(t *testing.T) {
	s := open(t, infer.Config{})
	w := s.ask("POST", predURL+"?explain=true&level=0.5", `{"Gr_Liv_Area":9999,"Kitchen":"Good","Neighborhood":"Atlän\"tis"}`)
	a := decode[answer](t, w)
	if a.Interval == nil || a.Interval.Level != 0.5 || a.Interval.High-a.Prediction != 5000 {
		t.Errorf("interval %+v around %v, want ±5000 at 0.5", a.Interval, a.Prediction)
	}
	codes := map[string]string{}
	for _, n := range a.Notices {
		codes[n.Input] = n.Code
	}
	if codes["Gr_Liv_Area"] != "unseen" || codes["Neighborhood"] != "unknown" || codes["Lot_Area"] != "imputed" {
		t.Errorf("notices %+v", a.Notices)
	}
	if a.Reasons == nil || a.Reasons.Scale != "additive" || len(a.Reasons.Contributions) != 6 {
		t.Fatalf("reasons %+v", a.Reasons)
	}
	sum, values := a.Reasons.Base, map[string]any{}
	for _, c := range a.Reasons.Contributions {
		sum += c.Effect
		values[c.Input] = c.Value
	}
	if math.Abs(sum-a.Prediction) > 1e-6 {
		t.Errorf("the reasons add up to %v, the prediction is %v", sum, a.Prediction)
	}
	if values["Gr_Liv_Area"] != 9999.0 || values["Neighborhood"] != `Atlän"tis` || values["Lot_Area"] != nil {
		t.Errorf("values %v, want them as they were sent", values)
	}
}

func TestPredictOnTheLogScale(t *testing.T) {
	s := open(t, infer.Config{})
	spec := servetest.Houses(0)
	spec.Target.Log = true
	spec.Linear.Bias, spec.Linear.Weights = 11, []float64{5e-4, 1e-6, 0.1, -0.05, 0.2, 0.03}
	for i := range spec.Interval.Residuals {
		spec.Interval.Residuals[i] = float64(i+1) / 1000
	}
	s.load(public, spec, serve.Meta{Model: "prices", Version: 5, Public: true})
	a := decode[answer](t, s.ask("POST", predURL+"?explain=1", servetest.Row))
	if a.Reasons == nil || a.Reasons.Scale != "log" {
		t.Fatalf("reasons %+v", a.Reasons)
	}
	score, amounts := a.Reasons.Base, a.Reasons.BasePrediction
	for _, c := range a.Reasons.Contributions {
		score += c.Effect
		amounts += c.Amount
	}
	if math.Abs(math.Exp(score)/a.Prediction-1) > 1e-9 || math.Abs(amounts/a.Prediction-1) > 1e-9 {
		t.Errorf("effects give %v, amounts give %v, the prediction is %v", math.Exp(score), amounts, a.Prediction)
	}
	if ratio := a.Interval.High / a.Prediction; math.Abs(math.Log(ratio)-0.09) > 1e-9 {
		t.Errorf("the interval ends at %v times the prediction, want exp(0.09)", ratio)
	}
}

func TestPredictList(t *testing.T) {
	s := open(t, infer.Config{})
	if w := s.ask("POST", predURL, "[]"); w.Code != http.StatusOK || w.Body.String() != "[]\n" {
		t.Errorf("an empty list: %d %s", w.Code, w.Body)
	}
	rows := make([]string, 3000) // more than one flush
	for i := range rows {
		rows[i] = strings.Replace(servetest.Row, "1500", "1000", 1)
		if i%2 == 1 {
			rows[i] = servetest.Row
		}
	}
	answers := decode[[]answer](t, s.ask("POST", predURL, "["+strings.Join(rows, ",")+"]"))
	if len(answers) != len(rows) {
		t.Fatalf("%d answers to %d rows", len(answers), len(rows))
	}
	for i, a := range answers {
		if want := servetest.RowPrice(3) - float64((1-i%2)*50_000); a.Prediction != want {
			t.Fatalf("answer %d is %v, want %v", i, a.Prediction, want)
		}
	}
}

func TestWrongInputSaysWhatWasExpected(t *testing.T) {
	s := open(t, infer.Config{MaxRows: 4, MaxExplained: 2, MaxBody: 2000})
	for name, c := range map[string]struct {
		query, body string
		status      int
		errors      map[string]string // location: part of the message
		detail      string
	}{
		"a text for a number":   {"", `{"Gr_Liv_Area":"abc","Kitchen":"Good"}`, 422, map[string]string{"Gr_Liv_Area": `expected a whole number`}, "abc"},
		"an unknown category":   {"", `{"Gr_Liv_Area":1,"Kitchen":"Goood"}`, 422, map[string]string{"Kitchen": `one of "Fair", "Good"`}, "did you mean"},
		"all at once":           {"", `{"Lot_Area":[],"Kitchen":3,"Central_Air":"maybe","Sold":"soon","Pool":1}`, 422, map[string]string{"Gr_Liv_Area": "required", "Lot_Area": "a number", "Kitchen": "one of", "Central_Air": "true or false", "Sold": "a date", "Pool": "no such input"}, "6 problems"},
		"in a list":             {"", `[` + servetest.Row + `,{"Gr_Liv_Area":null,"Kitchen":"Good"},7]`, 422, map[string]string{"[1].Gr_Liv_Area": "required", "[2]": "an object"}, "2 problems"},
		"a bare number":         {"", `7`, 422, map[string]string{"": "expected an object"}, "object"},
		"a number beyond range": {"", `{"Gr_Liv_Area":1e999,"Kitchen":"Good"}`, 422, map[string]string{"Gr_Liv_Area": "number"}, ""},
		"no JSON":               {"", "{\n \"Gr_Liv_Area\": }", 400, nil, "line 2, column 17"},
		"something after":       {"", servetest.Row + "x", 400, nil, "not JSON"},
		"an empty body":         {"", " ", 400, nil, "empty"},
		"deep nesting":          {"", strings.Repeat("[", 900) + strings.Repeat("]", 900), 400, nil, "nested"},
		"too many rows":         {"", `[{},{},{},{},{}]`, 413, nil, "at most 4"},
		"too many to explain":   {"?explain=true", `[{},{},{}]`, 413, nil, "at most 2"},
		"too many bytes":        {"", `{"Kitchen":"` + strings.Repeat("x", 2000) + `"}`, 413, nil, "2000 bytes"},
		"a level that is none":  {"?level=high", servetest.Row, 422, map[string]string{"level": "between 0 and 1"}, "high"},
		"a level of 1":          {"?level=1", servetest.Row, 422, map[string]string{"level": "between 0 and 1"}, ""},
		"too high a level":      {"?level=0.999", servetest.Row, 422, map[string]string{"level": "99 calibration rows"}, ""},
		"explain what":          {"?explain=please", servetest.Row, 422, map[string]string{"explain": "explain=true"}, ""},
		"a broken query":        {"?level=%zz", servetest.Row, 400, nil, "query"},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.ask("POST", predURL+c.query, c.body)
			if w.Code != c.status || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Fatalf("got %d %s %s, want %d", w.Code, w.Header().Get("Content-Type"), w.Body, c.status)
			}
			p := decode[problem](t, w)
			if p.Status != c.status || !strings.Contains(p.Detail, c.detail) {
				t.Errorf("problem %+v, want the detail to say %q", p, c.detail)
			}
			got := map[string]string{}
			for _, e := range p.Errors {
				got[e.Location] = e.Message
			}
			if len(got) != len(c.errors) {
				t.Errorf("errors %+v, want %d", p.Errors, len(c.errors))
			}
			for location, part := range c.errors {
				if !strings.Contains(got[location], part) {
					t.Errorf("%q says %q, want %q", location, got[location], part)
				}
			}
		})
	}
}

func TestManyProblemsAreCut(t *testing.T) {
	s := open(t, infer.Config{})
	w := s.ask("POST", predURL, "["+strings.TrimSuffix(strings.Repeat("{},", 9000), ",")+"]")
	p := decode[problem](t, w)
	if w.Code != 422 || len(p.Errors) != 100 || !strings.Contains(p.Detail, "more than 100") {
		t.Errorf("got %d with %d errors: %s", w.Code, len(p.Errors), p.Detail)
	}
}

func TestForm(t *testing.T) {
	s := open(t, infer.Config{})
	for header, want := range map[string]int{
		"Content-Type: application/json; charset=utf-8":         200,
		"Content-Type: application/vnd.houses+json":             200,
		"Content-Type: application/x-www-form-urlencoded":       415,
		"Content-Type: text/plain":                              415,
		"Content-Type: multipart/form-data; boundary=x; a=\x01": 415,
		"Content-Encoding: br":                                  415,
		"Content-Encoding: gzip, gzip":                          415,
		"Content-Encoding: gzip":                                400,
		"Content-Encoding: identity":                            200,
	} {
		for _, url := range []string{predURL, v2URL} {
			body := servetest.Row
			if url == v2URL {
				body = `{"inputs":[` + tensorOf("Gr_Liv_Area", "FP64", "1", "1500") + `,` + tensorOf("Kitchen", "BYTES", "1", `"Good"`) + `]}`
			}
			if w := s.ask("POST", url, body, header); w.Code != want {
				t.Errorf("%s, %s: got %d %s, want %d", url, header, w.Code, w.Body, want)
			}
		}
	}
	if w := s.ask("GET", predURL, ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: got %d, want 405", w.Code)
	}
}

func TestWhoMayAsk(t *testing.T) {
	s := open(t, infer.Config{})
	for token, want := range map[string]int{
		"": 404, "Bearer member": 200, "Bearer narrow": 403, "Bearer outsider": 404, "Bearer wrong": 401, "Bearer broken": 500,
	} {
		for _, request := range [][3]string{
			{"GET", "/api/v1/endpoints/" + private, ""},
			{"POST", "/api/v1/endpoints/" + private + "/predict", servetest.Row},
			{"GET", "/v2/models/" + private, ""},
			{"GET", "/v2/models/" + private + "/ready", ""},
			{"POST", "/v2/models/" + private + "/infer", `{"inputs":[` + tensorOf("Gr_Liv_Area", "FP64", "1", "1500") + `,` + tensorOf("Kitchen", "BYTES", "1", `"Good"`) + `]}`},
		} {
			headers := []string{"X-Nothing: 1"}
			if token != "" {
				headers = append(headers, "Authorization: "+token)
			}
			w := s.ask(request[0], request[1], request[2], headers...)
			if w.Code != want {
				t.Errorf("%q, %s %s: got %d %s, want %d", token, request[0], request[1], w.Code, w.Body, want)
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%q, %s: another origin may read it", token, request[1])
			}
			if strings.Contains(w.Body.String(), io.ErrUnexpectedEOF.Error()) {
				t.Errorf("%q, %s: the cause is in the answer: %s", token, request[1], w.Body)
			}
			// What does not exist answers the same.
			if want == 404 || want == 401 {
				absent := s.ask(request[0], strings.Replace(request[1], "staging", "absentt", 1), request[2], headers...)
				if got := strings.Replace(absent.Body.String(), "absentt", "staging", 1); absent.Code != w.Code || got != w.Body.String() {
					t.Errorf("%q, %s: an endpoint that is not there answers %d %s, one that is %d %s", token, request[1], absent.Code, got, w.Code, w.Body)
				}
			}
		}
	}
}

func TestPreflight(t *testing.T) {
	s := open(t, infer.Config{})
	w := s.ask("OPTIONS", predURL, "", "Origin: https://example.org", "Access-Control-Request-Method: POST")
	if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(w.Header().Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("public: got %d %v", w.Code, w.Header())
	}
	w = s.ask("OPTIONS", "/api/v1/endpoints/"+private+"/predict", "", "Origin: https://example.org")
	if w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("private: got %v", w.Header())
	}
}

func TestDescribe(t *testing.T) {
	s := open(t, infer.Config{})
	w := s.ask("GET", "/api/v1/endpoints/"+public, "")
	info := decode[struct {
		Endpoint, Title, Environment, Model string
		Task                                string
		Public, Explained                   bool
		ExplainedBy                         string `json:"explained_by"`
		Version                             int
		DeployedAt                          time.Time `json:"deployed_at"`
		Target                              struct{ Name, Unit string }
		Interval                            struct {
			Level, Coverage float64
			CoveredOf       int `json:"covered_of"`
		}
		Example map[string]any
		Inputs  []struct {
			Name, Kind, Label, Unit, Description, Mode string
			Required, Whole                            bool
			Levels                                     []string
			Min, Max, Low, High, Median, Importance    *float64
		}
	}](t, w)
	if info.Version != 3 || info.Target.Unit != "USD" || info.Interval.CoveredOf != 200 || info.Example["Kitchen"] != "Good" || info.DeployedAt.Year() != 2026 {
		t.Errorf("info %+v", info)
	}
	area, kitchen := info.Inputs[0], info.Inputs[3]
	if area.Kind != "number" || !area.Required || area.Max == nil || *area.Max != 5642 || area.Importance == nil || !area.Whole {
		t.Errorf("area %+v", area)
	}
	if kitchen.Kind != "category" || len(kitchen.Levels) != 2 || kitchen.Min != nil || kitchen.Mode != "Good" {
		t.Errorf("kitchen %+v", kitchen)
	}
	tag := w.Header().Get("Etag")
	if w = s.ask("GET", "/api/v1/endpoints/"+public, "", `If-None-Match: "x", W/`+tag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("the same again: got %d %s, want 304", w.Code, w.Body)
	}
	s.load(public, servetest.Houses(6), serve.Meta{Model: "prices", Version: 6, Public: true})
	if w = s.ask("GET", "/api/v1/endpoints/"+public, "", "If-None-Match: "+tag); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"version":6`) {
		t.Errorf("after a deployment: got %d %s", w.Code, w.Body)
	}
}

func TestMetrics(t *testing.T) {
	s := open(t, infer.Config{})
	s.ask("POST", predURL, "["+servetest.Row+","+servetest.Row+"]")
	s.ask("POST", predURL, "{}")
	s.ask("POST", "/api/v1/endpoints/whatever/predict", "{}")
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			key := family.GetName()
			for _, label := range metric.GetLabel() {
				if n := label.GetName(); n != "protocol" {
					key += " " + label.GetValue()
				}
			}
			got[key] += metric.GetCounter().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	// Labels come in the order of their names: code, endpoint, version.
	for key, want := range map[string]float64{
		"dasier_inference_requests_total 200 " + public + " 3": 1,
		"dasier_inference_requests_total 422 " + public + " 3": 1,
		"dasier_inference_requests_total 404  ":                1,
		"dasier_inference_rows_total " + public + " 3":         2,
		"dasier_inference_duration_seconds " + public + " 3":   2,
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v (%v)", key, got[key], want, got)
		}
	}
}
