package infer_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"

	"dasier/api/infer"
)

// lonely is a row that has no neighbour within the radius of the models of
// testdata/*_radius*.joblib: scikit-learn answers NaN.
const lonely = "1000,3,2001,4.192,52.54585,13.49438,105.21"

// TestARowWithoutAnAnswer asks models that have none for the second of two
// rows. JSON stays JSON, and the first row is answered all the same.
func TestARowWithoutAnAnswer(t *testing.T) {
	s := open(t, infer.Config{})
	s.loadForeign("numbers", "testdata/reg_radius.joblib")
	s.loadForeign("whole", "testdata/clf_radius.joblib")
	s.loadForeign("words", "testdata/clf_radius_words.joblib")
	known := districtRows[1]
	instances := `{"instances":[[` + known + `],[` + lonely + `]]`
	objects := "[" + rowOf(known) + "," + rowOf(lonely) + "]"
	tensors := func(outputs string) string { return inferBody(outputs, tensorOf("x", "FP64", "2,7", known+","+lonely)) }
	const notice = `"notices":[{"input":"","code":"no_answer","message":"the model has no answer for this row"}]`
	for _, c := range []struct{ path, body, want string }{
		{"/api/v1/endpoints/numbers/predict", objects, `[{"prediction":20,"model":"districts","version":1,"notices":[]},{"prediction":null,"model":"districts","version":1,` + notice + `}]`},
		{"/api/v1/endpoints/words/predict", rowOf(lonely), `{"prediction":null,"label":null,"probabilities":{"a":null,"b":null,"c":null},"model":"districts","version":1,` + notice + `}`},
		{"/v1/models/numbers:predict", instances + "}", `{"predictions":[20,null]}`},
		{"/v1/models/words:predict", instances + "}", `{"predictions":["b",null]}`},
		{"/v1/models/whole:predict", instances + "}", `{"predictions":[2,null]}`},
		{"/api/v1/endpoints/words/invocations", instances + `,"params":{"probabilities":true}}`, `{"predictions":["b",null],"classes":["a","b","c"],"probabilities":[[0,1,0],[null,null,null]]}`},
		{"/v2/models/numbers/infer", tensors(""), `"data":[20,null]}]}`},
		{"/v2/models/words/infer", tensors(`,"outputs":[{"name":"label"}]`), `"data":["b",null]}]}`},
		{"/v2/models/whole/infer", tensors(`,"outputs":[{"name":"predict"}]`), `"data":[2,null]}]}`},
		{"/v2/models/whole/infer", tensors(`,"outputs":[{"name":"predict_proba"}]`), `"data":[0,1,null,null]}]}`},
	} {
		w := s.ask("POST", c.path, c.body)
		if w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) || !strings.HasSuffix(strings.TrimSpace(w.Body.String()), c.want) {
			t.Errorf("%s: got %d %s, want %s", c.path, w.Code, w.Body, c.want)
		}
	}

	// In bytes there is no null.
	bytesOf := func(model, output string) []byte {
		w := s.ask("POST", "/v2/models/"+model+"/infer", tensors(`,"outputs":[{"name":"`+output+`","parameters":{"binary_data":true}}]`))
		size := w.Header().Get("Inference-Header-Content-Length")
		text := w.Body.String()
		if w.Code != http.StatusOK || size == "" {
			t.Fatalf("got %d %s", w.Code, text)
		}
		return []byte(text[strings.LastIndex(text, "}")+1:])
	}
	if got := bytesOf("numbers", "prediction"); len(got) != 16 || !math.IsNaN(math.Float64frombits(binary.LittleEndian.Uint64(got[8:]))) {
		t.Errorf("as bytes the number is % x", got)
	}
	if got := bytesOf("words", "label"); string(got) != "\x01\x00\x00\x00b\x00\x00\x00\x00" {
		t.Errorf("as bytes the label is % x", got)
	}
	if got := bytesOf("whole", "predict"); len(got) != 16 || binary.LittleEndian.Uint64(got[8:]) != 1<<63 {
		t.Errorf("as bytes the class is % x", got)
	}
}

// TestAnInfiniteAnswer asks for the mean of two neighbours whose sum is more
// than a number can tell; scikit-learn answers inf.
func TestAnInfiniteAnswer(t *testing.T) {
	s := open(t, infer.Config{})
	s.loadForeign("steep", "testdata/reg_radius.joblib")
	const nines = "9,9,9,9,9,9,9"
	for _, c := range []struct{ path, body, want string }{
		{"/api/v1/endpoints/steep/predict", "[" + rowOf(nines) + "]", `[{"prediction":null,"model":"districts","version":1,"notices":[{"input":"","code":"no_answer","message":"the model's answer for this row is infinite"}]}]`},
		{"/api/v1/endpoints/steep/invocations", `{"instances":[[` + districtRows[1] + `],[` + nines + `]]}`, `{"predictions":[20,null]}`},
		{"/v2/models/steep/infer", inferBody("", tensorOf("x", "FP64", "1,7", nines)), `"data":[null]}]}`},
	} {
		w := s.ask("POST", c.path, c.body)
		if w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) || !strings.HasSuffix(strings.TrimSpace(w.Body.String()), c.want) {
			t.Errorf("%s: got %d %s, want %s", c.path, w.Code, w.Body, c.want)
		}
	}
}
