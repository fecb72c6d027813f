package forest

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// some is trees with everything that trees may have.
func some() *Trees {
	return &Trees{
		Roots: []int32{0, 3}, Output: []int32{0, 0},
		Feature:     []int32{2, -1, -1, 0, -1, 1, -1, -1},
		Threshold:   []float64{1.25, 0, 0, 0, 0, -2.5e-310, 0, 0},
		Left:        []int32{1, -1, -1, 4, -1, 6, -1, -1},
		Right:       []int32{2, -1, -1, 5, -1, 7, -1, -1},
		MissingLeft: []bool{true, false, false, true, false, false, false, false},
		Value:       []float64{0, 1.5, -2, 0, 0.1, 0, 1e-300, -1e100},
		Cover:       []float64{10, 4, 6, 0.75, 0.5, 0.25, 0, 1 << 53},
		Base:        []float64{0.5}, Rule: DoubleAtMost, Mean: true, Single: true,
		Set: []int32{-1, -1, -1, 0, -1, -1, -1, -1}, Sets: []Set{{Bits: []uint32{5}, Others: true, Known: []uint32{7}}},
		ZeroMissing: []bool{true, false, false, false, false, false, false, false},
		Lines:       []Line{{Node: 4, Constant: 1, Features: []int32{1}, Weights: []float64{2}}},
	}
}

func TestTreesSurviveJSON(t *testing.T) {
	want := some()
	if err := want.Check(3, 1); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Trees
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Errorf("(-written +read)\n%s", diff)
	}
}

func TestArraysAreReadToo(t *testing.T) {
	type arrays Trees
	want := some()
	text, err := json.Marshal((*arrays)(want))
	if err != nil {
		t.Fatal(err)
	}
	var got Trees
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Errorf("(-written +read)\n%s", diff)
	}
}

func TestPackedNodesAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no base64":       `{"width": 1, "nodes": "*"}`,
		"an end too soon": `{"width": 1, "nodes": "AQA="}`,
		"too many nodes":  `{"width": 1, "nodes": "//////8D"}`,
		"no width":        `{"width": 0, "nodes": "AA=="}`,
		"bytes left over": `{"width": 1, "nodes": "AAE="}`,
		"no object":       `[]`,
		"another field":   `{"width": 1, "nodes": "AA==", "depth": 3}`,
	} {
		var got Trees
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzPackedTrees(f *testing.F) {
	f.Add(some().pack(1), 1)
	f.Add([]byte{1, 0}, 2)
	f.Fuzz(func(t *testing.T, nodes []byte, width int) {
		read := Trees{Sets: []Set{{Bits: []uint32{1}}}}
		if read.unpack(nodes, width) != nil {
			return
		}
		again := Trees{Sets: read.Sets}
		if err := again.unpack(read.pack(width), width); err != nil {
			t.Fatalf("what was read cannot be written and read: %v", err)
		}
		if width == 1 && len(read.Feature) > 0 {
			read.Roots, read.Base, read.Rule = []int32{0}, []float64{0}, DoubleAtMost
			_ = read.Check(4, 1) // nothing that was read makes it panic
		}
	})
}

// A test of a set takes fewer bytes than any other node.
func TestTreesOfSetsAloneSurviveJSON(t *testing.T) {
	const tests = 200 // each with a leaf on the left, and the next test on the right
	want := &Trees{Roots: []int32{0}, Output: []int32{0}, Base: []float64{0}, Rule: DoubleAtMost, Sets: []Set{{Bits: []uint32{5}}}}
	node := func(feature, left, right, set int32, cover float64) {
		want.Feature, want.Left, want.Right = append(want.Feature, feature), append(want.Left, left), append(want.Right, right)
		want.Set, want.Cover, want.Threshold = append(want.Set, set), append(want.Cover, cover), append(want.Threshold, 0)
		want.MissingLeft, want.Value = append(want.MissingLeft, false), append(want.Value, 0)
	}
	for k := range int32(tests) {
		node(0, 2*k+1, 2*k+2, 0, float64(tests+1-k))
		node(-1, -1, -1, -1, 1)
	}
	node(-1, -1, -1, -1, 1)
	if err := want.Check(1, 1); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Trees
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Errorf("(-written +read)\n%s", diff)
	}
}
