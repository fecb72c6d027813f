package search_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/ml/search"
)

func TestGridOrder(t *testing.T) {
	space := search.Space{search.List("trees", 100, 300), search.List("loss", "squared", "absolute")}
	got, err := space.Grid()
	if err != nil {
		t.Fatal(err)
	}
	want := []search.Settings{
		{"trees": 100.0, "loss": "squared"},
		{"trees": 100.0, "loss": "absolute"},
		{"trees": 300.0, "loss": "squared"},
		{"trees": 300.0, "loss": "absolute"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"trees": "300", "loss": "absolute"}, got[3].Params()); diff != "" {
		t.Error(diff)
	}
}

func TestDraws(t *testing.T) {
	space := search.Space{search.LogUniform("rate", 0.001, 1), search.Uniform("share", 0.5, 1), search.Whole("depth", 2, 5), {Name: "trees", Low: 10, High: 1000, Log: true, Whole: true}}
	got, err := space.Draw(2000, 7)
	if err != nil {
		t.Fatal(err)
	}
	again, err := space.Draw(2000, 7)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, again); diff != "" || len(got) != 2000 {
		t.Errorf("%d draws, and others the second time: %s", len(got), diff)
	}
	small, low, depths, few := 0, 0, map[float64]int{}, 0
	for _, s := range got {
		rate, share, depth, trees := s["rate"].(float64), s["share"].(float64), s["depth"].(float64), s["trees"].(float64)
		if rate < 0.001 || rate > 1 || share < 0.5 || share > 1 || trees < 10 || trees > 1000 || trees != math.Trunc(trees) {
			t.Fatalf("out of range: %v", s)
		}
		depths[depth]++
		if rate < math.Sqrt(0.001) {
			small++
		}
		if share < 0.75 {
			low++
		}
		if trees <= 100 {
			few++
		}
		if text := s.Params()["rate"]; len(strings.Trim(strings.Split(text, "e")[0], "0.")) > 3 {
			t.Fatalf("the rate %s has more than three digits", text)
		}
	}
	// Halves of 2000 draws: four standard deviations are 90.
	for what, n := range map[string]int{"rates below the geometric middle": small, "shares below the middle": low, "trees below the geometric middle": few} {
		if n < 910 || n > 1090 {
			t.Errorf("%d of 2000 %s", n, what)
		}
	}
	for depth := 2.0; depth <= 5; depth++ {
		if depths[depth] < 420 || depths[depth] > 580 {
			t.Errorf("the depth %g was drawn %d times of 2000", depth, depths[depth])
		}
	}
	if len(depths) != 4 {
		t.Errorf("the depths are %v", depths)
	}
}

func TestFewCombinationsAreAllDrawn(t *testing.T) {
	for n, want := range map[int]int{3: 3, 6: 6, 50: 6} {
		space := search.Space{search.List("a", 1, 2), search.List("b", "x", "y", "z")}
		got, err := space.Draw(n, 1)
		if err != nil {
			t.Fatal(err)
		}
		different := map[string]bool{}
		for _, s := range got {
			different[fmt.Sprint(s)] = true
		}
		if len(got) != want || len(different) != want {
			t.Errorf("of %d wanted, %d are drawn, %d of them different", n, len(got), len(different))
		}
	}
}

func TestParseParam(t *testing.T) {
	for name, c := range map[string]struct {
		written any
		want    search.Param
	}{
		"one":       {100, search.List("p", 100.0)},
		"text":      {"squared", search.List("p", "squared")},
		"list":      {[]any{1, 2.5, "auto", true}, search.List("p", 1.0, 2.5, "auto", true)},
		"uniform":   {map[string]any{"uniform": []any{0, 1}}, search.Uniform("p", 0, 1)},
		"log":       {map[string]any{"log": []any{0.01, 0.3}}, search.LogUniform("p", 0.01, 0.3)},
		"whole":     {map[string]any{"whole": []any{uint64(2), int64(10)}}, search.Whole("p", 2, 10)},
		"log-whole": {map[string]any{"log-whole": []any{10, 1000}}, search.Param{Name: "p", Low: 10, High: 1000, Log: true, Whole: true}},
	} {
		got, err := search.ParseParam("p", c.written)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, written := range map[string]any{
		"an empty list": []any{}, "nothing": nil, "a list in a list": []any{[]any{1}}, "another range": map[string]any{"normal": []any{0, 1}},
		"one end": map[string]any{"log": []any{1}}, "a text as end": map[string]any{"log": []any{"a", 1}}, "backwards": map[string]any{"uniform": []any{2, 1}},
		"log from 0": map[string]any{"log": []any{0, 1}}, "no whole number": map[string]any{"whole": []any{1.2, 1.8}}, "two kinds": map[string]any{"log": []any{1, 2}, "whole": []any{1, 2}},
		"no number": math.NaN(), "endless": map[string]any{"uniform": []any{0, math.Inf(1)}},
	} {
		if p, err := search.ParseParam("p", written); err == nil || !strings.HasPrefix(err.Error(), "p: ") {
			t.Errorf("%s: %v, the error is %v", name, p, err)
		}
	}
}

func TestSettings(t *testing.T) {
	s := search.Settings{"n": 2.5, "t": "x", "b": true}
	for name, try := range map[string]func() error{
		"a text as number":      func() error { _, err := s.Number("t", 0); return err },
		"a share as whole":      func() error { _, err := s.Int("n", 0); return err },
		"a number as text":      func() error { _, err := s.Text("n", ""); return err },
		"a number as yes or no": func() error { _, err := s.Bool("n", false); return err },
	} {
		if try() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if n, err := s.Int("other", 7); err != nil || n != 7 {
		t.Errorf("what stands otherwise is %d, %v", n, err)
	}
	if b, err := s.Bool("b", false); err != nil || !b {
		t.Errorf("b is %t, %v", b, err)
	}
}
