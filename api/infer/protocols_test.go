package infer_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"dasier/api/infer"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
	"dasier/ml/format/foreign"
	"dasier/ml/format/mlflow"
	"dasier/ml/predict"
)

const (
	servedURL = "/v1/models/" + public + ":predict"
	scoreURL  = "/api/v1/endpoints/" + public + "/invocations"
)

// districtsAt is a model of three classes named by whole numbers: gradient
// boosted trees that XGBoost has written.
const districtsAt = "districts.model.production"

var (
	sevenColumns = []string{"area", "rooms", "year", "distance", "lat", "lon", "size"}
	districtRows = []string{"125.6,3,null,4.192,52.54585,13.49438,105.21", "124.2,4,1999,0.679,52.51728,13.72325,70.44", "63.7,4,2009,8.746,52.46563,13.4,60"}
)

// rowOf is a row of values as an object of columns.
func rowOf(values string) string {
	var fields []string
	for k, value := range strings.Split(values, ",") {
		fields = append(fields, fmt.Sprintf("%q:%s", sevenColumns[k], value))
	}
	return "{" + strings.Join(fields, ",") + "}"
}

// loadForeign serves a model file of another system.
func (s *site) loadForeign(name, file string) {
	s.t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	hint := foreign.Hint{Target: "district", Columns: sevenColumns}
	m, err := foreign.Read(data, hint)
	if err != nil {
		s.t.Fatal(err)
	}
	program, err := predict.Compile(m.Spec)
	if err != nil {
		s.t.Fatal(err)
	}
	row := rowOf(districtRows[1])
	references, err := mlflow.NewReference(program, []json.RawMessage{json.RawMessage(row)})
	if err != nil {
		s.t.Fatal(err)
	}
	files, err := mlflow.Files(&mlflow.Package{
		Spec: m.Spec, Algorithm: m.Algorithm, Reference: references,
		Source: &mlflow.Source{Name: filepath.Base(file), Data: data, Columns: sevenColumns, Single: m.Single},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	pkg := fstest.MapFS{}
	for name, text := range files {
		pkg[name] = &fstest.MapFile{Data: text, Mode: 0o644}
	}
	if err := s.engine.Load(s.t.Context(), name, pkg, serve.Meta{Model: "districts", Version: 1, Public: true}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) loadDistricts() {
	s.loadForeign(districtsAt, "../../ml/format/xgboost/testdata/1.9.0/xgb_multi_softprob.json")
}

// labels are the classes that our own protocol answers for the district rows.
func (s *site) labels() (labels []string) {
	s.t.Helper()
	for _, row := range districtRows {
		w := s.ask("POST", "/api/v1/endpoints/"+districtsAt+"/predict", rowOf(row))
		var a struct{ Label string }
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.Label == "" {
			s.t.Fatalf("got %d %s", w.Code, w.Body)
		}
		labels = append(labels, a.Label)
	}
	return labels
}

// predictions are the numbers of an answer of KServe's or MLflow's protocol.
type predictions struct {
	Predictions   []any
	Explanations  []struct{ Scale string }
	Intervals     []struct{ Low, High, Level float64 }
	Classes       []string
	Probabilities [][]float64
}

const allValues = `[1500,9000,"Old_Town","Good",true,"2010-05-31"]`

var allNames = `["Gr_Liv_Area","Lot_Area","Neighborhood","Kitchen","Central_Air","Sold"]`

// TestScoring holds MLflow's forms of a table to one another.
func TestScoring(t *testing.T) {
	s := open(t, infer.Config{})
	s.loadDistricts()
	price := servetest.RowPrice(3)
	two := []any{price, price - 50_000}
	second := strings.Replace(servetest.Row, "1500", "1000", 1)
	secondValues := strings.Replace(allValues, "1500", "1000", 1)
	for name, c := range map[string]struct {
		body string
		want predictions
	}{
		"split":               {`{"dataframe_split":{"columns":` + allNames + `,"index":[0,1],"data":[` + allValues + `,` + secondValues + `]}}`, predictions{Predictions: two}},
		"split, extra column": {`{"dataframe_split":{"columns":["Id",` + allNames[1:] + `,"data":[[7,` + allValues[1:] + `]}}`, predictions{Predictions: two[:1]}},
		"split, no columns":   {`{"dataframe_split":{"data":[` + allValues + `]}}`, predictions{Predictions: two[:1]}},
		"records":             {`{"dataframe_records":[` + servetest.Row + `,` + second + `]}`, predictions{Predictions: two}},
		"records with more":   {`{"dataframe_records":[{"Id":7,"Sale_Price":3,` + servetest.Row[1:] + `]}`, predictions{Predictions: two[:1]}},
		"instances, objects":  {`{"instances":[` + servetest.Row + `,` + second + `]}`, predictions{Predictions: two}},
		"instances, lists":    {`{"instances":[` + allValues + `,` + secondValues + `]}`, predictions{Predictions: two}},
		"inputs, columns":     {`{"inputs":{"Gr_Liv_Area":[1500,1000],"Lot_Area":[[9000],[9000]],"Neighborhood":["Old_Town","Old_Town"],"Kitchen":["Good","Good"],"Central_Air":[true,1],"Sold":[null,null]}}`, predictions{Predictions: two}},
		"inputs, one row":     {`{"inputs":{"Gr_Liv_Area":1500,"Lot_Area":9000,"Neighborhood":"Old_Town","Kitchen":"Good"}}`, predictions{Predictions: two[:1]}},
		"inputs, matrix":      {`{"inputs":[` + allValues + `]}`, predictions{Predictions: two[:1]}},
		"no rows":             {`{"dataframe_records":[]}`, predictions{Predictions: []any{}}},
		"an interval":         {`{"dataframe_records":[` + servetest.Row + `],"params":{"interval":true}}`, predictions{Predictions: two[:1], Intervals: []struct{ Low, High, Level float64 }{{price - 9000, price + 9000, 0.9}}}},
		"its level":           {`{"dataframe_records":[` + servetest.Row + `],"params":{"interval":0.5}}`, predictions{Predictions: two[:1], Intervals: []struct{ Low, High, Level float64 }{{price - 5000, price + 5000, 0.5}}}},
		"reasons":             {`{"dataframe_records":[` + servetest.Row + `],"params":{"explain":true,"other":1}}`, predictions{Predictions: two[:1], Explanations: []struct{ Scale string }{{"additive"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.ask("POST", scoreURL, c.body)
			if w.Code != http.StatusOK {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
			var got predictions
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, w.Body)
			}
		})
	}
	// What was not asked for is not there.
	if w := s.ask("POST", scoreURL, `{"dataframe_records":[`+servetest.Row+`]}`); w.Body.String() != `{"predictions":[3191000]}`+"\n" {
		t.Errorf("the plain form is %s", w.Body)
	}
	w := s.ask("POST", "/api/v1/endpoints/"+districtsAt+"/invocations", `{"instances":[[`+strings.Join(districtRows, "],[")+`]],"params":{"probabilities":true}}`)
	got := decode[predictions](t, w)
	labels := s.labels()
	if diff := cmp.Diff(labels, []string{fmt.Sprint(got.Predictions[0]), fmt.Sprint(got.Predictions[1]), fmt.Sprint(got.Predictions[2])}); diff != "" || len(got.Probabilities) != 3 || len(got.Classes) != 3 {
		t.Errorf("classes: %s %s", diff, w.Body)
	}
}

func TestScoringCSV(t *testing.T) {
	s := open(t, infer.Config{MaxRows: 3})
	price := servetest.RowPrice(3)
	for name, c := range map[string]struct {
		body string
		want []any
	}{
		"plain":      {"Gr_Liv_Area,Lot_Area,Neighborhood,Kitchen,Central_Air,Sold\n1500,9000,Old_Town,Good,True,2010-05-31\n1000.0,9000,Old_Town,Good,1,\n", []any{price, price - 50_000}},
		"an index":   {",Gr_Liv_Area,Lot_Area,Neighborhood,Kitchen,Central_Air,Sold\r\n0,1500,9000,Old_Town,\"Good\",yes,2010-05-31\r\n", []any{price}},
		"missing":    {"\ufeffGr_Liv_Area,Lot_Area,Neighborhood,Kitchen,Central_Air\n1500,NaN,Old_Town,Good,NA\n", []any{price + 2*436}},
		"no rows":    {"Gr_Liv_Area,Kitchen\n", []any{}},
		"no newline": {"Gr_Liv_Area,Lot_Area,Kitchen,Neighborhood\n1500,9000,Good,Old_Town", []any{price}},
	} {
		w := s.ask("POST", scoreURL, c.body, "Content-Type: text/csv; charset=utf-8")
		if w.Code != http.StatusOK {
			t.Errorf("%s: got %d %s", name, w.Code, w.Body)
			continue
		}
		if diff := cmp.Diff(c.want, decode[predictions](t, w).Predictions); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for body, want := range map[string]string{
		"":                                                      "empty",
		"Gr_Liv_Area,Kitchen\n\"1500,Good":                      "line 2",
		"Gr_Liv_Area,Kitchen\n1,2,3\n":                          "line 2",
		"Gr_Liv_Area,Kitchens\n1,2\n":                           `no input "Kitchens"`,
		"Gr_Liv_Area,Kitchen\nabc,Good\n":                       "[0].Gr_Liv_Area: expected a whole number",
		"Gr_Liv_Area,Kitchen\n1,Bad\n":                          "[0].Kitchen: expected one of",
		"Gr_Liv_Area,Kitchen\ninf,Good\n":                       "[0].Gr_Liv_Area",
		"Gr_Liv_Area\n1\n":                                      "[0].Kitchen: is required",
		"Gr_Liv_Area,Gr_Liv_Area\n1,2\n":                        "twice",
		"Gr_Liv_Area,Kitchen\n" + strings.Repeat("1,Good\n", 4): "more than 3 rows",
	} {
		w := s.ask("POST", scoreURL, body, "Content-Type: text/csv")
		e := decode[scoringError](t, w)
		if w.Code != 400 && w.Code != 413 || !strings.Contains(e.Message, want) {
			t.Errorf("%q: got %d %q, want %q", body, w.Code, e.Message, want)
		}
	}
}

type scoringError struct {
	Code    string `json:"error_code"`
	Message string
	Errors  []struct{ Message, Location string }
}

func TestScoringRefuses(t *testing.T) {
	s := open(t, infer.Config{MaxRows: 3, MaxExplained: 1, MaxText: 500, MaxBody: 5000})
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
		want   string
	}{
		"a list":             {`[` + servetest.Row + `]`, 400, "BAD_REQUEST", "exactly one of"},
		"nothing":            {`{}`, 400, "BAD_REQUEST", "exactly one of"},
		"two":                {`{"instances":[],"inputs":[]}`, 400, "BAD_REQUEST", "got 2"},
		"no JSON":            {`{"instances":`, 400, "BAD_REQUEST", "line 1"},
		"a wrong row":        {`{"dataframe_records":[{"Gr_Liv_Area":"x","Kitchen":"Good"}]}`, 400, "BAD_REQUEST", "[0].Gr_Liv_Area"},
		"a misspelt input":   {`{"dataframe_records":[{"Gr_Liv_Arae":1,"Kitchen":"Good"}]}`, 400, "BAD_REQUEST", "Gr_Liv_Area"},
		"a misspelt column":  {`{"dataframe_split":{"columns":["Gr_Liv_Arae"],"data":[[1]]}}`, 400, "BAD_REQUEST", `"Gr_Liv_Arae"`},
		"a short row":        {`{"dataframe_split":{"columns":["Gr_Liv_Area","Kitchen"],"data":[[1]]}}`, 400, "BAD_REQUEST", "data[0]: expected 2 values"},
		"no data":            {`{"dataframe_split":{"columns":["Gr_Liv_Area"]}}`, 400, "BAD_REQUEST", "dataframe_split.data"},
		"uneven columns":     {`{"inputs":{"Gr_Liv_Area":[1,2],"Kitchen":["Good"]}}`, 400, "BAD_REQUEST", "has 1 values"},
		"bare values":        {`{"instances":[1]}`, 400, "BAD_REQUEST", "instances[0]"},
		"too many rows":      {`{"instances":[[],[],[],[]]}`, 400, "BAD_REQUEST", "expected 6 values"},
		"too many records":   {`{"dataframe_records":[{},{},{},{}]}`, 413, "REQUEST_LIMIT_EXCEEDED", "at most 3"},
		"too many to reason": {`{"dataframe_records":[{},{}],"params":{"explain":true}}`, 413, "REQUEST_LIMIT_EXCEEDED", "at most 1"},
		"a long text":        {`{"dataframe_records":[{"Kitchen":"` + strings.Repeat("x", 501) + `"}]}`, 413, "REQUEST_LIMIT_EXCEEDED", "501 bytes"},
		"a wrong param":      {`{"dataframe_records":[],"params":{"explain":"yes"}}`, 400, "BAD_REQUEST", "params.explain"},
		"a wrong level":      {`{"dataframe_records":[],"params":{"interval":3}}`, 400, "BAD_REQUEST", "between 0 and 1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.ask("POST", scoreURL, c.body)
			e := decode[scoringError](t, w)
			if w.Code != c.status || e.Code != c.code || !strings.Contains(e.Message, c.want) {
				t.Errorf("got %d %+v, want %d %s %q", w.Code, e, c.status, c.code, c.want)
			}
		})
	}
	for contentType, want := range map[string]int{"text/plain": 415, "application/json; charset=latin-1": 415, "application/json; charset=utf-8": 200, "application/json": 200} {
		if w := s.ask("POST", scoreURL, `{"dataframe_records":[]}`, "Content-Type: "+contentType); w.Code != want {
			t.Errorf("%s: got %d, want %d", contentType, w.Code, want)
		}
	}
	for path, want := range map[string]int{"/ping": 200, "/health": 200, "/version": 200} {
		if w := s.ask("GET", "/api/v1/endpoints/"+public+path, ""); w.Code != want {
			t.Errorf("%s: got %d %s", path, w.Code, w.Body)
		}
		if w := s.ask("GET", "/api/v1/endpoints/"+private+path, ""); w.Code != 404 {
			t.Errorf("%s of a private endpoint: got %d %s", path, w.Code, w.Body)
		}
	}
}

func TestKServe(t *testing.T) {
	s := open(t, infer.Config{MaxRows: 3})
	s.loadDistricts()
	price := servetest.RowPrice(3)
	for name, c := range map[string]struct {
		url, body string
		status    int
		want      string
	}{
		"lists":         {servedURL, `{"instances":[` + allValues + `]}`, 200, fmt.Sprintf(`{"predictions":[%v]}`, int(price))},
		"objects":       {servedURL, `{"instances":[` + servetest.Row + `]}`, 200, fmt.Sprintf(`{"predictions":[%v]}`, int(price))},
		"inputs":        {servedURL, `{"inputs":[` + allValues + `]}`, 200, fmt.Sprintf(`{"predictions":[%v]}`, int(price))},
		"classes":       {"/v1/models/" + districtsAt + ":predict", `{"instances":[[` + strings.Join(districtRows, "],[") + `]]}`, 200, `{"predictions":[` + strings.Join(s.labels(), ",") + `]}`},
		"no rows":       {servedURL, `{"instances":[]}`, 200, `{"predictions":[]}`},
		"explained":     {"/v1/models/" + public + ":explain", `{"instances":[` + allValues + `]}`, 200, `"explanations":[{"scale":"additive","base":`},
		"a list":        {servedURL, `[]`, 400, `"error":"expected an object with instances`},
		"nothing":       {servedURL, `{}`, 400, `instances`},
		"a wrong row":   {servedURL, `{"instances":[["x",1,null,"Good",null,null]]}`, 400, `[0].Gr_Liv_Area: expected a whole number`},
		"mixed":         {servedURL, `{"instances":[` + servetest.Row + `,[1]]}`, 400, `[1]: expected an object`},
		"too many rows": {servedURL, `{"instances":[{},{},{},{}]}`, 413, `at most 3`},
		"hidden":        {"/v1/models/" + private + ":predict", `{"instances":[]}`, 404, `no endpoint`},
		"absent":        {"/v1/models/absent:predict", `{"instances":[]}`, 404, `no endpoint`},
	} {
		t.Run(name, func(t *testing.T) {
			if w := s.ask("POST", c.url, c.body); w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("got %d %s, want %d %s", w.Code, w.Body, c.status, c.want)
			}
		})
	}
	for _, c := range []struct{ url, token, want string }{
		{"/v1/models", "", `{"models":["districts.model.production","houses.model.production"]}`},
		{"/v1/models", "Bearer member", `{"models":["districts.model.production","houses.model.production","houses.model.staging"]}`},
		{"/v1/models", "Bearer outsider", `{"models":["districts.model.production","houses.model.production"]}`},
		{"/v1/models", "Bearer wrong", `"error":"the token is not known`},
		{"/v1/models/" + public, "", `{"name":"houses.model.production","ready":true}`},
	} {
		headers := []string{"X-Nothing: 1"}
		if c.token != "" {
			headers = append(headers, "Authorization: "+c.token)
		}
		if w := s.ask("GET", c.url, "", headers...); !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s as %q: got %s, want %s", c.url, c.token, w.Body, c.want)
		}
	}
}

// raw is values as the binary extension has them.
func raw(values ...any) []byte {
	var out []byte
	for _, v := range values {
		if text, ok := v.(string); ok {
			out = append(binary.LittleEndian.AppendUint32(out, uint32(len(text))), text...)
			continue
		}
		out, _ = binary.Append(out, binary.LittleEndian, v)
	}
	return out
}

// TestInferDatatypes asks with each datatype, as JSON and as bytes.
func TestInferDatatypes(t *testing.T) {
	s := open(t, infer.Config{})
	base := 3e6 + 2*9436 - 3000 + 8000.0 // all but the area and the kitchen
	for datatype, c := range map[string]struct {
		text string
		raw  []byte
		area float64
	}{
		"UINT8":  {"200", raw(uint8(200)), 200},
		"UINT16": {"60000", raw(uint16(60000)), 60000},
		"UINT32": {"4000000000", raw(uint32(4000000000)), 4e9},
		"UINT64": {"4000000000", raw(uint64(4000000000)), 4e9},
		"INT8":   {"-5", raw(int8(-5)), -5},
		"INT16":  {"-500", raw(int16(-500)), -500},
		"INT32":  {"-70000", raw(int32(-70000)), -70000},
		"INT64":  {"-70000", raw(int64(-70000)), -70000},
		"FP16":   {"1.5", []byte{0x00, 0x3e}, 1.5},
		"FP32":   {"1.25", raw(float32(1.25)), 1.25},
		"FP64":   {"1234.567", raw(1234.567), 1234.567},
	} {
		want := base + 100*c.area
		w := s.ask("POST", v2URL, inferBody("", tensorOf("Gr_Liv_Area", datatype, "1", c.text), tensorOf("Kitchen", "BYTES", "1", `"Fair"`)))
		got := decode[inferAnswer](t, w)
		if len(got.Outputs) != 1 || got.Outputs[0].Data[0] != want {
			t.Errorf("%s as JSON: got %s, want %v", datatype, w.Body, want)
		}
		kitchen := raw("Fair")
		head := fmt.Sprintf(`{"inputs":[{"name":"Gr_Liv_Area","datatype":%q,"shape":[1,1],"parameters":{"binary_data_size":%d}},{"name":"Kitchen","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":%d}}],"parameters":{"binary_data_output":true}}`, datatype, len(c.raw), len(kitchen))
		w = s.ask("POST", v2URL, head+string(c.raw)+string(kitchen), "Content-Type: application/octet-stream", "Inference-Header-Content-Length: "+strconv.Itoa(len(head)))
		size, err := strconv.Atoi(w.Header().Get("Inference-Header-Content-Length"))
		if err != nil || w.Code != 200 || w.Body.Len() != size+8 {
			t.Fatalf("%s as bytes: got %d %s", datatype, w.Code, w.Body)
		}
		if bits := binary.LittleEndian.Uint64(w.Body.Bytes()[size:]); math.Float64frombits(bits) != want {
			t.Errorf("%s as bytes: got %v, want %v", datatype, math.Float64frombits(bits), want)
		}
	}
}

// TestInferMatrix asks with all inputs in one tensor, and for outputs under the
// names of other servers.
func TestInferMatrix(t *testing.T) {
	s := open(t, infer.Config{})
	s.loadDistricts()
	url := "/v2/models/" + districtsAt + "/infer"
	type output struct {
		Name, Datatype string
		Shape          []int
		Data           []any
	}
	ask := func(body string, headers ...string) []output {
		t.Helper()
		w := s.ask("POST", url, body, headers...)
		if w.Code != 200 {
			t.Fatalf("%s: got %d %s", body, w.Code, w.Body)
		}
		var got struct{ Outputs []output }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		return got.Outputs
	}
	labels := s.labels()
	all, nested := strings.Join(districtRows, ","), "["+strings.Join(districtRows, "],[")+"]"
	var columns []string
	for k, name := range sevenColumns {
		var values []string
		for _, row := range districtRows {
			values = append(values, "["+strings.Split(row, ",")[k]+"]")
		}
		columns = append(columns, tensorOf(name, "FP64", "3,1", strings.Join(values, ",")))
	}
	for name, body := range map[string]string{
		"flat":    inferBody("", tensorOf("input-0", "FP64", "3,7", all)),
		"nested":  inferBody(`,"parameters":{"content_type":"np"}`, tensorOf("x", "FP64", "3,7", nested)),
		"columns": inferBody(`,"parameters":{"content_type":"pd"}`, columns...),
	} {
		got := ask(body)
		if len(got) != 2 || got[0].Name != "label" || cmp.Diff([]any{labels[0], labels[1], labels[2]}, got[0].Data) != "" || cmp.Diff([]int{3, 3}, got[1].Shape) != "" || len(got[1].Data) != 9 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	body := inferBody(`,"outputs":[{"name":"predict"},{"name":"predict_proba"}]`, tensorOf("x", "FP64", "3,7", all))
	if got := ask(body); got[0].Datatype != "INT64" || fmt.Sprint(got[0].Data...) != strings.Join(labels, " ") || len(got[1].Data) != 9 {
		t.Errorf("scikit-learn's names: got %+v", got)
	}
	// Base64 is how JSON carries bytes that are no text.
	kitchen := `{"name":"Kitchen","datatype":"BYTES","shape":[1],"parameters":{"content_type":"base64"},"data":["R29vZA=="]}`
	if w := s.ask("POST", v2URL, inferBody("", tensorOf("Gr_Liv_Area", "FP64", "1", "1"), kitchen)); w.Code != 200 {
		t.Errorf("base64: got %d %s", w.Code, w.Body)
	}
	for body, want := range map[string]string{
		inferBody("", tensorOf("x", "FP64", "1,3", "1,2,3")):                                                                     "expected a shape [rows, 7]",
		inferBody("", tensorOf("x", "BYTES", "1,7", `"1","2","3","4","5","6","7"`)):                                              "[0].area: expected a number, got the text",
		inferBody("", `{"name":"x","datatype":"FP64","shape":[1,7],"parameters":{"binary_data_size":16}}`):                       "only 0 bytes are left",
		inferBody("", `{"name":"x","datatype":"FP64","shape":[1,7],"parameters":{"content_type":"jpg"},"data":[1,2,3,4,5,6,7]}`): "content_type",
		inferBody(`,"parameters":{"timeout":-1}`, tensorOf("x", "FP64", "1,7", "1,2,3,4,5,6,7")):                                 "microseconds",
	} {
		if w := s.ask("POST", url, body); w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: got %d %s, want %q", body, w.Code, w.Body, want)
		}
	}
	late := inferBody(`,"parameters":{"timeout":1}`, tensorOf("x", "FP64", "5000,7", strings.TrimSuffix(strings.Repeat("1,2,3,4,5,6,7,", 5000), ",")))
	if w := s.ask("POST", url, late); w.Code != http.StatusGatewayTimeout {
		t.Errorf("after its deadline: got %d", w.Code)
	}
	if w := s.ask("POST", url, `{"inputs":[]}`+"xyz", "Content-Type: application/octet-stream", "Inference-Header-Content-Length: 13"); w.Code != 400 {
		t.Errorf("bytes that are nobody's: got %d %s", w.Code, w.Body)
	}
}
