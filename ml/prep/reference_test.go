package prep_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/prep"
)

// reference is testdata/reference.json, which testdata/reference.py prints.
type reference struct {
	Numbers []struct {
		Name   string               `json:"name"`
		X      []float64            `json:"x"`
		Lambda float64              `json:"lambda"`
		Made   map[string][]float64 `json:"made"`
	} `json:"numbers"`
	Imputed []struct {
		Fill string     `json:"fill"`
		X    []*float64 `json:"x"`
		Made []float64  `json:"made"`
	} `json:"imputed"`
	Categories []struct {
		Rare  int         `json:"rare"`
		Most  int         `json:"most"`
		Train []string    `json:"train"`
		Asked []string    `json:"asked"`
		Made  [][]float64 `json:"made"`
	} `json:"categories"`
}

func readReference(t *testing.T) reference {
	t.Helper()
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestNumbersAsScikitLearn holds the treatments of numbers to scikit-learn's.
func TestNumbersAsScikitLearn(t *testing.T) {
	for _, column := range readReference(t).Numbers {
		for name, want := range column.Made {
			treatment, err := prep.ParseTreatment(name)
			if err != nil {
				t.Fatal(err)
			}
			cfg := prep.Config{Columns: map[string]prep.Column{"x": {Treatment: treatment}}}
			p := fit(t, cfg, number("x", column.X...))
			tolerance := 1e-12
			if treatment == prep.Power { // two searches end near the same power
				tolerance = 1e-5
				if got := p.Features()[0].Steps[2].A; math.Abs(got-column.Lambda) > 1e-5*math.Max(1, math.Abs(column.Lambda)) {
					t.Errorf("%s: the power is %v, scikit-learn's %v", column.Name, got, column.Lambda)
				}
			}
			m, err := p.Design(table(t, number("x", column.X...)))
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range want {
				if treatment == prep.Normal && math.Abs(v) > 4 {
					tolerance = 1e-6 // where both are cut off
				}
				if math.Abs(m.Data[i]-v) > tolerance*math.Max(1, math.Abs(v)) {
					t.Errorf("%s, %s, row %d: %v, scikit-learn has %v", column.Name, name, i, m.Data[i], v)
					break
				}
			}
		}
	}
}

// TestFillsAsScikitLearn holds what stands for missing numbers to SimpleImputer's.
func TestFillsAsScikitLearn(t *testing.T) {
	for _, test := range readReference(t).Imputed {
		fill, err := prep.ParseFill(test.Fill)
		if err != nil {
			t.Fatal(err)
		}
		values := make([]float64, len(test.X))
		for i, v := range test.X {
			values[i] = nan
			if v != nil {
				values[i] = *v
			}
		}
		cfg := prep.Config{Columns: map[string]prep.Column{"x": {Treatment: prep.Plain, Fill: fill, Constant: 7.5}}}
		m, err := fit(t, cfg, number("x", values...)).Design(table(t, number("x", values...)))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range test.Made {
			if math.Abs(m.Data[i]-v) > 1e-12 {
				t.Errorf("%s, row %d: %v, scikit-learn has %v", test.Fill, i, m.Data[i], v)
			}
		}
	}
}

func texted(name string, values []string) *frame.Column {
	levels := slices.Clone(values)
	slices.Sort(levels)
	c := &frame.Column{Name: name, Kind: frame.Category, Levels: slices.Compact(levels)}
	for _, v := range values {
		k, _ := slices.BinarySearch(c.Levels, v)
		c.Codes = append(c.Codes, int32(k))
	}
	return c
}

// TestRareLevelsAsScikitLearn holds the grouping of rare levels to
// OneHotEncoder's infrequent categories, of unseen levels too.
func TestRareLevelsAsScikitLearn(t *testing.T) {
	for _, test := range readReference(t).Categories {
		cfg := prep.Config{Columns: map[string]prep.Column{"x": {Rare: test.Rare, Levels: test.Most, Grouped: true}}}
		m, err := fit(t, cfg, texted("x", test.Train)).Design(table(t, texted("x", test.Asked)))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range test.Made {
			if !slices.Equal(m.Row(i), want) {
				t.Errorf("rare %d, most %d: %q is %v, scikit-learn has %v", test.Rare, test.Most, test.Asked[i], m.Row(i), want)
			}
		}
	}
}
