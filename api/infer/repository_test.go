package infer_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/api/infer"
	"dasier/api/infer/wire"
	"dasier/delivery/serve/servetest"
	"dasier/fault"
)

func TestRepository(t *testing.T) {
	s := open(t, infer.Config{})
	index := func(headers ...string) string {
		return strings.TrimSpace(s.ask("POST", "/v2/repository/index", "", headers...).Body.String())
	}
	one := `[{"name":"` + public + `","version":"3","state":"READY","reason":""}]`
	if got := index(); got != one {
		t.Errorf("everyone sees %s, want %s", got, one)
	}
	if got := index("Authorization: Bearer member"); !strings.Contains(got, private) {
		t.Errorf("a member sees %s", got)
	}
	if w := s.ask("POST", "/v2/repository/index", "", "Authorization: Bearer wrong"); w.Code != 401 {
		t.Errorf("a wrong token: got %d", w.Code)
	}
	if w := s.ask("POST", "/v2/repository/index", "", "Authorization: Bearer broken"); w.Code != 500 {
		t.Errorf("a server that fails: got %d", w.Code)
	}
	for _, c := range []struct {
		path   string
		status int
		want   string
	}{
		{public + "/load", 200, "{}"},
		{public + "/unload", 400, `cannot be unloaded here`},
		{private + "/load", 404, `no endpoint`},
		{private + "/unload", 404, `no endpoint`},
		{"absent/load", 404, `no endpoint`},
	} {
		if w := s.ask("POST", "/v2/repository/models/"+c.path, "{}"); w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: got %d %s, want %d %s", c.path, w.Code, w.Body, c.status, c.want)
		}
	}
	f := openFar(t)
	f.problem = fault.Errorf(fault.Unavailable, "the container is started again")
	if got := strings.TrimSpace(f.ask("POST", "/v2/repository/index", "{}").Body.String()); !strings.Contains(got, `{"name":"far","version":"3","state":"UNAVAILABLE","reason":"the container is started again"}`) || strings.Contains(got, `"closed"`) {
		t.Errorf("with an endpoint that does not answer: %s", got)
	}
	if got := f.ask("POST", "/v2/repository/index", `{"ready":true}`).Body.String(); strings.Contains(got, `"far"`) {
		t.Errorf("what is ready: %s", got)
	}
}

func TestStatistics(t *testing.T) {
	s := open(t, infer.Config{})
	s.ask("POST", predURL, "["+servetest.Row+","+servetest.Row+"]")
	s.ask("POST", scoreURL, `{"dataframe_records":[`+servetest.Row+`]}`)
	s.ask("POST", servedURL, `{"instances":[[]]}`)
	type statistics struct {
		Name, Version  string
		LastInference  uint64                   `json:"last_inference"`
		InferenceCount uint64                   `json:"inference_count"`
		ExecutionCount uint64                   `json:"execution_count"`
		InferenceStats map[string]wire.Duration `json:"inference_stats"`
	}
	for _, url := range []string{"/v2/models/" + public + "/stats", "/v2/models/" + public + "/versions/3/stats", "/v2/models/stats"} {
		w := s.ask("GET", url, "")
		var got struct {
			Stats []statistics `json:"model_stats"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Stats) != 1 {
			t.Fatalf("%s: got %d %s", url, w.Code, w.Body)
		}
		one := got.Stats[0]
		if one.Name != public || one.Version != "3" || one.InferenceCount != 3 || one.ExecutionCount != 2 || one.LastInference == 0 {
			t.Errorf("%s: got %+v", url, one)
		}
		d := one.InferenceStats
		if d["success"].Count != 2 || d["fail"].Count != 1 || d["compute_infer"].Count != 2 || d["success"].Ns < d["compute_infer"].Ns || d["compute_infer"].Ns == 0 || d["compute_input"].Ns == 0 {
			t.Errorf("%s: durations %+v", url, d)
		}
	}
	for url, want := range map[string]int{
		"/v2/models/" + private + "/stats": 404, "/v2/models/absent/stats": 404, "/v2/models/" + public + "/versions/2/stats": 404,
	} {
		if w := s.ask("GET", url, ""); w.Code != want {
			t.Errorf("%s: got %d %s, want %d", url, w.Code, w.Body, want)
		}
	}
}

// TestFamiliarMetrics holds the counts under other servers' names to the
// requests that were sent.
func TestFamiliarMetrics(t *testing.T) {
	s := open(t, infer.Config{MaxRows: 2})
	s.ask("POST", predURL, "["+servetest.Row+","+servetest.Row+"]")
	s.ask("POST", servedURL, `{"instances":[`+allValues+`]}`)
	s.ask("POST", v2URL, `{}`)
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			key := family.GetName()
			for _, label := range metric.GetLabel() {
				if value := label.GetValue(); value != public && value != "3" {
					key += " " + value
				}
			}
			got[key] += metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	want := map[string]float64{
		"nv_inference_request_success":           2,
		"nv_inference_count":                     3,
		"nv_inference_exec_count":                2,
		"nv_inference_request_failure REJECTED":  1,
		"nv_inference_request_failure OTHER":     0,
		"nv_inference_pending_request_count":     0,
		"nv_inference_queue_duration_us":         0,
		"model_infer_request_success_total":      2,
		"model_infer_request_failure_total":      1,
		"request_predict_seconds":                2,
		"request_preprocess_seconds":             2,
		"request_postprocess_seconds":            2,
		"dasier_inference_stage_seconds compute": 2,
		"dasier_inference_in_flight":             0,
		"dasier_model_memory_limit_bytes":        0,

		"rest_server_requests_total dasier POST /v2/models/{model_name}/infer 200": 0,
		"rest_server_requests_total dasier POST /v2/models/{model_name}/infer 400": 1,
	}
	if got["dasier_model_memory_bytes"] < 1000 {
		t.Errorf("a model takes %v bytes", got["dasier_model_memory_bytes"])
	}
	for key, value := range want {
		if v, ok := got[key]; !ok || v != value {
			t.Errorf("%s is %v (%v), want %v", key, v, ok, value)
		}
	}
	if got["nv_inference_request_duration_us"] <= 0 {
		t.Errorf("no time has passed: %v", got)
	}
}

func TestDocs(t *testing.T) {
	s := open(t, infer.Config{})
	w := s.ask("GET", "/v2/models/"+public+"/docs", "", "X-Forwarded-Proto: https")
	page := w.Body.String()
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src 'self'") {
		t.Fatalf("got %d %v", w.Code, w.Header())
	}
	for _, want := range []string{"Gr_Liv_Area", "334 to 5642", "https://example.com/v2/models/" + public + "/infer", "tritonclient", `value="1500"`, "dataframe_records"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, no := range []string{"<style", "onclick", "http://cdn", "Bearer"} {
		if strings.Contains(page, no) {
			t.Errorf("the page has %q", no)
		}
	}
	if w := s.ask("GET", "/v2/models/"+private+"/docs", ""); w.Code != 404 {
		t.Errorf("a private page: got %d", w.Code)
	}
	if w := s.ask("GET", "/v2/models/"+private+"/docs", "", "Authorization: Bearer member"); w.Code != 200 || !strings.Contains(w.Body.String(), "Bearer $DASIER_TOKEN") {
		t.Errorf("a member's page: got %d", w.Code)
	}
	for file, want := range map[string]int{"page.css": 200, "page.js": 200, "page.html": 404, "..": 404} {
		if w := s.ask("GET", "/v2/docs/"+file, ""); w.Code != want {
			t.Errorf("%s: got %d, want %d", file, w.Code, want)
		}
	}
	w = s.ask("GET", "/v2/models/"+public+"/docs/dataplane.json", "")
	var document struct {
		OpenAPI string
		Servers []struct{ URL string }
		Paths   map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct{ Example json.RawMessage }
			}
		}
		Components struct {
			Schemas map[string]struct {
				Required   []string
				Properties map[string]any
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil || document.OpenAPI != "3.1.0" || document.Servers[0].URL != "http://example.com" {
		t.Fatalf("got %d %s, %v", w.Code, w.Body, err)
	}
	row := document.Components.Schemas["Row"]
	if diff := cmp.Diff([]string{"Gr_Liv_Area", "Kitchen"}, row.Required); diff != "" || len(row.Properties) != 6 {
		t.Errorf("row %+v", row)
	}
	// The examples are requests that work.
	asked := 0
	for path, methods := range document.Paths {
		if example := methods["post"].RequestBody.Content["application/json"].Example; example != nil {
			asked++
			if w := s.ask("POST", path, string(example)); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "3191000") {
				t.Errorf("the example of %s: got %d %s", path, w.Code, w.Body)
			}
		}
	}
	if asked != 4 {
		t.Errorf("%d examples", asked)
	}
	f := openFar(t)
	if w := f.ask("GET", "/v2/models/far/docs/dataplane.json", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "/v2/models/far/infer") {
		t.Errorf("of another process: got %d %s", w.Code, w.Body)
	}
}

// TestSingle asks the addresses of a server with one model.
func TestSingle(t *testing.T) {
	s := open(t, infer.Config{Version: "1.2"})
	for path, want := range map[string]string{"/ping": "\n", "/health": "\n", "/version": "1.2\n"} {
		if w := s.ask("GET", path, ""); w.Code != 200 || w.Body.String() != want {
			t.Errorf("%s: got %d %q", path, w.Code, w.Body)
		}
	}
	if w := s.ask("POST", "/invocations", `{"dataframe_records":[`+servetest.Row+`]}`); w.Code != 200 || w.Body.String() != `{"predictions":[3191000]}`+"\n" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	starting := open(t, infer.Config{Ready: func() bool { return false }})
	if w := starting.ask("GET", "/ping", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("while starting: got %d", w.Code)
	}
}

// TestRemoteProtocols asks a model in another process in every protocol.
func TestRemoteProtocols(t *testing.T) {
	f := openFar(t)
	head := inferBody("", `{"name":"Gr_Liv_Area","datatype":"FP64","shape":[1],"parameters":{"binary_data_size":8}}`, tensorOf("Kitchen", "BYTES", "1", `"Good"`))
	for _, c := range []struct {
		path, body, want string
		headers          []string
	}{
		{"/v1/models/far:predict", `{"instances":[` + allValues + `]}`, "[3191000]", nil},
		{"/api/v1/endpoints/far/invocations", `{"instances":[` + allValues + `]}`, "[3191000]", nil},
		{"/api/v1/endpoints/far/invocations", "Gr_Liv_Area,Kitchen\n1500,Good\n", `{"predictions":[318`, []string{"Content-Type: text/csv"}},
		{"/v2/models/far/infer", head + string(raw(1500.0)), `"prediction"`, []string{"Content-Type: application/octet-stream", "Inference-Header-Content-Length: " + itoa(len(head))}},
	} {
		if w := f.ask("POST", c.path, c.body, c.headers...); w.Code != 200 || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: got %d %s", c.path, w.Code, w.Body)
		}
	}
	for path, want := range map[string]string{"/v1/models/far": `"ready":true`, "/api/v1/endpoints/far/ping": "\n", "/v2/models/far/stats": `"inference_count":`, "/v1/models": `"far"`} {
		if w := f.ask("GET", path, ""); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: got %d %s", path, w.Code, w.Body)
		}
	}
}
