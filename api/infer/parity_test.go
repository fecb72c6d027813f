package infer_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"dasier/api/infer"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
)

// TestEveryProtocolAnswersTheSame asks for the same row in every protocol and
// form: the prediction is the same to the last bit.
func TestEveryProtocolAnswersTheSame(t *testing.T) {
	s := open(t, infer.Config{})
	spec := servetest.Houses(3)
	for j := range spec.Linear.Weights { // weights that are exact in no form
		spec.Linear.Weights[j] *= math.Pi
	}
	s.load(public, spec, serve.Meta{Model: "prices", Version: 3, Public: true})
	d := dial(t, s)
	const area, lot = "1500.1", "9000.3"
	row := `{"Gr_Liv_Area":` + area + `,"Lot_Area":` + lot + `,"Neighborhood":"Old_Town","Kitchen":"Good","Central_Air":true,"Sold":"2010-05-31"}`
	values := `[` + area + `,` + lot + `,"Old_Town","Good",true,"2010-05-31"]`
	var own answer
	if err := json.Unmarshal(s.ask("POST", predURL, row).Body.Bytes(), &own); err != nil || own.Prediction == 0 {
		t.Fatal(err)
	}
	want := math.Float64bits(own.Prediction)
	same := func(name string, got float64) {
		t.Helper()
		if math.Float64bits(got) != want {
			t.Errorf("%s answers %v, our own protocol %v", name, got, own.Prediction)
		}
	}
	for name, c := range map[string][2]string{
		"KServe, values":    {servedURL, `{"instances":[` + values + `]}`},
		"KServe, object":    {servedURL, `{"instances":[` + row + `]}`},
		"MLflow, split":     {scoreURL, `{"dataframe_split":{"columns":` + allNames + `,"data":[` + values + `]}}`},
		"MLflow, records":   {scoreURL, `{"dataframe_records":[` + row + `]}`},
		"MLflow, instances": {scoreURL, `{"instances":[` + values + `]}`},
		"MLflow, inputs":    {scoreURL, `{"inputs":` + strings.NewReplacer(`:`, `:[`, `,"`, `],"`, `}`, `]}`).Replace(row) + `}`},
	} {
		w := s.ask("POST", c[0], c[1])
		var got struct{ Predictions []float64 }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Predictions) != 1 {
			t.Errorf("%s: got %d %s", name, w.Code, w.Body)
			continue
		}
		same(name, got.Predictions[0])
	}
	w := s.ask("POST", scoreURL, strings.NewReplacer(`"`, ``, `[`, ``, `]`, ``).Replace(allNames+"\n"+values), "Content-Type: text/csv")
	var csv struct{ Predictions []float64 }
	if err := json.Unmarshal(w.Body.Bytes(), &csv); err != nil || len(csv.Predictions) != 1 {
		t.Fatalf("CSV: got %d %s", w.Code, w.Body)
	}
	same("MLflow, CSV", csv.Predictions[0])

	x, _ := strconv.ParseFloat(area, 64)
	y, _ := strconv.ParseFloat(lot, 64)
	parts := [][]byte{raw(x), raw(y), raw("Old_Town"), raw("Good"), {1}, raw("2010-05-31")}
	names := []string{"Gr_Liv_Area", "Lot_Area", "Neighborhood", "Kitchen", "Central_Air", "Sold"}
	types := []string{"FP64", "FP64", "BYTES", "BYTES", "BOOL", "BYTES"}
	data := []string{area, lot, `"Old_Town"`, `"Good"`, "true", `"2010-05-31"`}
	var asJSON, asBytes, typed, tail []string
	for k, name := range names {
		asJSON = append(asJSON, tensorOf(name, types[k], "1", data[k]))
		asBytes = append(asBytes, fmt.Sprintf(`{"name":%q,"datatype":%q,"shape":[1],"parameters":{"binary_data_size":%d}}`, name, types[k], len(parts[k])))
		typed = append(typed, fmt.Sprintf(`inputs { name: %q datatype: %q shape: 1 }`, name, types[k]))
		tail = append(tail, string(parts[k]))
	}
	got := decode[inferAnswer](t, s.ask("POST", v2URL, inferBody("", asJSON...)))
	same("Open Inference, JSON", got.Outputs[0].Data[0])
	head := inferBody("", asBytes...)
	got = decode[inferAnswer](t, s.ask("POST", v2URL, head+strings.Join(tail, ""), "Content-Type: application/octet-stream", "Inference-Header-Content-Length: "+strconv.Itoa(len(head))))
	same("Open Inference, bytes", got.Outputs[0].Data[0])

	numbers := func(text, list string) float64 {
		t.Helper()
		m, err := d.call(t.Context(), "ModelInfer", text)
		if err != nil {
			t.Fatal(err)
		}
		if list == "raw" {
			bytes := m.Get(m.Descriptor().Fields().ByName("raw_output_contents")).List().Get(0).Bytes()
			var bits uint64
			for k := range 8 {
				bits |= uint64(bytes[k]) << (8 * k)
			}
			return math.Float64frombits(bits)
		}
		out := m.Get(m.Descriptor().Fields().ByName("outputs")).List().Get(0).Message()
		contents := out.Get(out.Descriptor().Fields().ByName("contents")).Message()
		return contents.Get(contents.Descriptor().Fields().ByName("fp64_contents")).List().Get(0).Float()
	}
	model := `model_name: "` + public + `" `
	same("gRPC, typed", numbers(model+strings.NewReplacer("1500", area, "9000", lot, "INT32", "FP64", "int_contents", "fp64_contents").Replace(typedRow), "typed"))
	q := d.message("ModelInferRequest", model+strings.Join(typed, " "))
	list := q.Mutable(q.Descriptor().Fields().ByName("raw_input_contents")).List()
	for _, part := range parts {
		list.Append(protoreflect.ValueOfBytes(part))
	}
	same("gRPC, raw", numbers(q.String(), "raw"))
}
