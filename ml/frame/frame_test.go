package frame_test

import (
	"encoding/json"
	"math"
	"testing"

	"dasier/ml/frame"

	"github.com/google/go-cmp/cmp"
)

func TestKindAsText(t *testing.T) {
	kinds := []frame.Kind{frame.Number, frame.Category, frame.Bool, frame.Time}
	text, err := json.Marshal(kinds)
	if err != nil || string(text) != `["number","category","bool","time"]` {
		t.Fatal(string(text), err)
	}
	var back []frame.Kind
	if err := json.Unmarshal(text, &back); err != nil || !cmp.Equal(kinds, back) {
		t.Fatal(back, err)
	}
	if err := json.Unmarshal([]byte(`["float"]`), &back); err == nil {
		t.Error("an unknown kind was read")
	}
	if _, err := frame.Kind(9).MarshalText(); err == nil {
		t.Error("an unknown kind was written")
	}
}

func TestDigestIsOfContent(t *testing.T) {
	base := func() []*frame.Column {
		return []*frame.Column{
			{Name: "a", Kind: frame.Number, Values: []float64{1, math.NaN()}},
			{Name: "b", Kind: frame.Category, Codes: []int32{1, -1}, Levels: []string{"x", "y"}},
		}
	}
	digest := func(columns []*frame.Column) string {
		f, err := frame.New(columns...)
		if err != nil {
			t.Fatal(err)
		}
		return f.Digest()
	}
	want := digest(base())
	other := base()
	other[0].Values[1] = math.Float64frombits(0x7ff8dead00000001)
	other[0].Spellings = map[string]int{"NA": 1}
	if digest(other) != want {
		t.Error("a bit pattern of NaN or a spelling changed the digest")
	}
	for name, change := range map[string]func(c []*frame.Column){
		"value":  func(c []*frame.Column) { c[0].Values[0] = 2 },
		"name":   func(c []*frame.Column) { c[0].Name = "c" },
		"kind":   func(c []*frame.Column) { c[0].Kind = frame.Time },
		"code":   func(c []*frame.Column) { c[1].Codes[0] = 0 },
		"level":  func(c []*frame.Column) { c[1].Levels = []string{"x", "z"} },
		"order":  func(c []*frame.Column) { c[0], c[1] = c[1], c[0] },
		"border": func(c []*frame.Column) { c[1].Levels = []string{"xy", ""} },
	} {
		changed := base()
		change(changed)
		if digest(changed) == want {
			t.Errorf("a changed %s did not change the digest", name)
		}
	}
}
