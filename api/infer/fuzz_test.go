package infer_test

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dasier/api/infer"
	"dasier/delivery/serve/servetest"
)

// wellFormed holds every answer, right or wrong, to what all share: a status
// of the documented ones and JSON.
func wellFormed(t *testing.T, status int, body []byte, allowed ...int) {
	t.Helper()
	if !slices.Contains(allowed, status) {
		t.Fatalf("status %d: %s", status, body)
	}
	if !json.Valid(body) {
		t.Fatalf("%d with a body that is not JSON: %q", status, body)
	}
}

func FuzzPredict(f *testing.F) {
	for _, seed := range []string{
		servetest.Row, "[" + servetest.Row + "]", "{}", "[]", "null", `{"Gr_Liv_Area":1e999,"Kitchen":"G\u006fod"}`,
		`{"Gr_Liv_Area":nan}`, `{"Gr_Liv_Area":00,"Kitchen":"Good"}`, `{"Gr_Liv_Area":1,"Gr_Liv_Area":2,"Kitchen":"Good"}`, `{"Kitchen":"\ud800","Gr_Liv_Area":-0}`,
		`{"Gr_Liv_Area":1,"Kitchen":"Good","Neighborhood":"` + "\xff\x00\u2028" + `"}`, strings.Repeat("[", 400),
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	s := open(f, infer.Config{MaxRows: 50})
	f.Fuzz(func(t *testing.T, body []byte, explain bool) {
		url := predURL
		if explain {
			url += "?explain=true"
		}
		w := (&site{t: t, Handler: s.Handler}).ask("POST", url, string(body))
		wellFormed(t, w.Code, w.Body.Bytes(), 200, 400, 413, 422)
		if w.Code != 200 {
			return
		}
		answers := []answer{}
		if w.Body.Bytes()[0] == '[' {
			if err := json.Unmarshal(w.Body.Bytes(), &answers); err != nil {
				t.Fatalf("reading %s: %v", w.Body, err)
			}
		} else {
			var one answer
			if err := json.Unmarshal(w.Body.Bytes(), &one); err != nil {
				t.Fatalf("reading %s: %v", w.Body, err)
			}
			answers = append(answers, one)
		}
		for _, a := range answers {
			if a.Interval == nil || !(a.Interval.Low <= a.Prediction && a.Prediction <= a.Interval.High) {
				t.Fatalf("%q is answered %+v", body, a)
			}
			if a.Reasons == nil {
				continue
			}
			sum, size := a.Reasons.Base, math.Abs(a.Reasons.Base)
			for _, c := range a.Reasons.Contributions {
				sum += c.Effect
				size += math.Abs(c.Effect)
			}
			if math.Abs(sum-a.Prediction) > 1e-9*size {
				t.Fatalf("%q: reasons add up to %v, the prediction is %v", body, sum, a.Prediction)
			}
		}
	})
}

func FuzzInfer(f *testing.F) {
	for _, seed := range []string{
		inferBody("", area2, kitchen2), inferBody(`,"id":"1","parameters":{"level":0.8}`, area2, kitchen2), "{}", "[]",
		inferBody(`,"outputs":[{"name":"low"}]`, area2, kitchen2), `{"inputs":[7,null,{"name":7}]}`,
		inferBody("", `{"name":"Gr_Liv_Area","datatype":"FP64","shape":[1e9],"data":[]}`),
		inferBody("", `{"name":"Gr_Liv_Area","datatype":"FP64","shape":[0,1],"data":[[]]}`),
		`{"inputs":[{"name":"Gr_Liv_Area","shape":{},"data":{}}],"parameters":[],"outputs":7}`,
	} {
		f.Add([]byte(seed))
	}
	s := open(f, infer.Config{MaxRows: 50})
	f.Fuzz(func(t *testing.T, body []byte) {
		w := (&site{t: t, Handler: s.Handler}).ask("POST", v2URL, string(body))
		wellFormed(t, w.Code, w.Body.Bytes(), 200, 400, 413)
		if w.Code != 200 {
			return
		}
		for _, out := range decode[inferAnswer](t, w).Outputs {
			if len(out.Shape) != 1 || out.Shape[0] != len(out.Data) {
				t.Fatalf("%q: output %+v", body, out)
			}
		}
	})
}

// FuzzScoring sends bodies of MLflow's protocol, JSON and CSV, and of KServe's.
func FuzzScoring(f *testing.F) {
	for _, seed := range []string{
		`{"dataframe_split":{"columns":` + allNames + `,"data":[` + allValues + `]}}`, `{"dataframe_records":[` + servetest.Row + `],"params":{"explain":true,"interval":0.5}}`,
		`{"instances":[` + allValues + `]}`, `{"inputs":{"Gr_Liv_Area":[1],"Kitchen":["Good"]}}`, `{"inputs":[[[1]]]}`, `{"dataframe_split":{"columns":[1,null],"data":[[1,2]]}}`,
		"Gr_Liv_Area,Kitchen\n1500,Good\n", "Gr_Liv_Area,Kitchen\n\"15\n00\",NA\nNaN,\n", ",\n,", "\ufeffa\n1", `{"dataframe_records":[{"Gr_Liv_Area":1,"x":2,` + servetest.Row[1:] + `]}`,
	} {
		for way := range byte(3) {
			f.Add([]byte(seed), way)
		}
	}
	s := open(f, infer.Config{MaxRows: 50})
	f.Fuzz(func(t *testing.T, body []byte, way byte) {
		url, contentType := scoreURL, "application/json"
		switch way % 3 {
		case 1:
			contentType = "text/csv"
		case 2:
			url = "/v1/models/" + public + ":explain"
		}
		w := (&site{t: t, Handler: s.Handler}).ask("POST", url, string(body), "Content-Type: "+contentType)
		wellFormed(t, w.Code, w.Body.Bytes(), 200, 400, 413)
	})
}

// FuzzBinaryInfer sends JSON with binary data after it.
func FuzzBinaryInfer(f *testing.F) {
	head := inferBody(`,"parameters":{"binary_data_output":true}`, `{"name":"Gr_Liv_Area","datatype":"FP64","shape":[1],"parameters":{"binary_data_size":8}}`, `{"name":"Kitchen","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":8}}`)
	f.Add([]byte(head), append(raw(1500.0), raw("Good")...))
	f.Add([]byte(head), []byte{1, 2, 3})
	s := open(f, infer.Config{MaxRows: 50})
	f.Fuzz(func(t *testing.T, head, tail []byte) {
		w := (&site{t: t, Handler: s.Handler}).ask("POST", v2URL, string(head)+string(tail), "Content-Type: application/octet-stream", "Inference-Header-Content-Length: "+itoa(len(head)))
		body := w.Body.Bytes()
		if size := w.Header().Get("Inference-Header-Content-Length"); size != "" {
			n, err := strconv.Atoi(size)
			if err != nil || n > len(body) {
				t.Fatalf("%d bytes with a head of %s", len(body), size)
			}
			body = body[:n]
		}
		wellFormed(t, w.Code, body, 200, 400, 413)
	})
}

func itoa(n int) string { return strconv.Itoa(n) }
