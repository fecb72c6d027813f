package infer_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/api/infer"
)

// TestClassifierWithoutProbabilities asks a LinearSVC: it chooses a class, and
// its scores are no probabilities.
func TestClassifierWithoutProbabilities(t *testing.T) {
	s := open(t, infer.Config{})
	s.loadForeign("svc", "testdata/clf_linearsvc.joblib")
	row := rowOf(districtRows[1])
	values := "[" + districtRows[1] + "]"
	w := s.ask("POST", "/api/v1/endpoints/svc/predict", row)
	var own struct {
		Label         string
		Prediction    *float64
		Probabilities map[string]float64
	}
	if err := json.Unmarshal(w.Body.Bytes(), &own); err != nil || own.Label == "" || own.Prediction == nil || own.Probabilities != nil {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	for url, c := range map[string][2]string{
		"/v1/models/svc:predict":            {`{"instances":[` + values + `]}`, `{"predictions":["` + own.Label + `"]}`},
		"/api/v1/endpoints/svc/invocations": {`{"instances":[` + values + `],"params":{"probabilities":true}}`, `{"predictions":["` + own.Label + `"]}`},
		"/v2/models/svc/infer":              {inferBody("", tensorOf("x", "FP64", "1,7", districtRows[1])), `"outputs":[{"name":"label","datatype":"BYTES","shape":[1],"data":["` + own.Label + `"]}]`},
	} {
		if w := s.ask("POST", url, c[0]); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), c[1]) {
			t.Errorf("%s: got %d %s, want %s", url, w.Code, w.Body, c[1])
		}
	}
	w = s.ask("POST", "/v2/models/svc/infer", inferBody(`,"outputs":[{"name":"predict_proba"}]`, tensorOf("x", "FP64", "1,7", districtRows[1])))
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `no output \"predict_proba\"`) {
		t.Errorf("probabilities that are not there: got %d %s", w.Code, w.Body)
	}
	if w := s.ask("GET", "/v2/models/svc", ""); strings.Contains(w.Body.String(), "probabilities") || !strings.Contains(w.Body.String(), `"label"`) {
		t.Errorf("metadata %s", w.Body)
	}
}

// TestVector asks a model of two targets.
func TestVector(t *testing.T) {
	s := open(t, infer.Config{})
	s.loadForeign("pair", "testdata/lin_ridge_multi.joblib")
	row, values := rowOf(districtRows[1]), "["+districtRows[1]+"]"
	w := s.ask("POST", "/api/v1/endpoints/pair/predict", row)
	var own struct {
		Prediction float64
		Values     map[string]float64
	}
	if err := json.Unmarshal(w.Body.Bytes(), &own); err != nil || len(own.Values) != 2 {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	var info struct{ Targets []string }
	if err := json.Unmarshal(s.ask("GET", "/api/v1/endpoints/pair", "").Body.Bytes(), &info); err != nil || len(info.Targets) != 2 {
		t.Fatalf("targets %v, %v", info.Targets, err)
	}
	want := []float64{own.Values[info.Targets[0]], own.Values[info.Targets[1]]}
	if want[0] != own.Prediction {
		t.Errorf("the prediction is %v, its numbers are %v", own.Prediction, want)
	}
	for _, url := range []string{"/v1/models/pair:predict", "/api/v1/endpoints/pair/invocations"} {
		w := s.ask("POST", url, `{"instances":[`+values+`,`+values+`]}`)
		var got struct{ Predictions [][]float64 }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || cmp.Diff([][]float64{want, want}, got.Predictions) != "" {
			t.Errorf("%s: got %d %s, want %v", url, w.Code, w.Body, want)
		}
	}
	got := decode[inferAnswer](t, s.ask("POST", "/v2/models/pair/infer", inferBody("", tensorOf("x", "FP64", "2,7", districtRows[1]+","+districtRows[1]))))
	if diff := cmp.Diff([]tensor{{"prediction", "FP64", []int{2, 2}, nil, append(want, want...)}}, got.Outputs); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if w := s.ask("POST", "/v2/models/pair/infer", inferBody(`,"outputs":[{"name":"low"}]`, tensorOf("x", "FP64", "1,7", districtRows[1]))); w.Code != http.StatusBadRequest {
		t.Errorf("bounds of a vector: got %d %s", w.Code, w.Body)
	}
}
