package sklearn_test

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dasier/ml/explain"
	"dasier/ml/format/sklearn"
	"dasier/ml/parity"
	"dasier/ml/pickle"
	"dasier/ml/predict"
)

// judged is a row of testdata/words.
type judged struct {
	Row         int
	Base, Score float64
	Words       map[string]float64
}

// TestWordsAreReasons holds what words add to a score to coefficient times number, as
// scikit-learn has them (testdata/words/make.py).
func TestWordsAreReasons(t *testing.T) {
	files, err := filepath.Glob("testdata/words/*.json")
	if err != nil || len(files) < 22 {
		t.Fatalf("%d references are there: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			var want struct{ Rows []judged }
			data, err := os.ReadFile(filepath.Clean(file))
			if err == nil {
				err = json.Unmarshal(data, &want)
			}
			if err != nil || len(want.Rows) == 0 {
				t.Fatalf("%d rows: %v", len(want.Rows), err)
			}
			p, rows := texts(t, strings.TrimSuffix(filepath.Base(file), ".json"))
			if p.Explanation() != predict.Exact {
				t.Fatalf("explained by %q", p.Explanation())
			}
			tolerance := 1e-9
			if strings.HasPrefix(filepath.Base(file), "single") {
				tolerance = 1e-5
			}
			for _, w := range want.Rows {
				w.holds(t, p, rows[w.Row], tolerance)
			}
		})
	}
}

// holds compares what is told of a row.
func (w *judged) holds(t *testing.T, p *predict.Program, row *predict.Row, tolerance float64) {
	t.Helper()
	near := func(a, b float64) bool { return math.Abs(a-b) <= tolerance*max(1, math.Abs(w.Score)) }
	outcome := p.Outcome(row)
	base := p.BaseOf(max(outcome.Class, 0))
	if !near(outcome.Score, w.Score) || !near(base, w.Base) {
		t.Errorf("row %d: the score is %v from %v, scikit-learn's %v from %v", w.Row, outcome.Score, base, w.Score, w.Base)
	}
	told := explain.InWords(p, row)
	if len(told) != 1 {
		t.Fatalf("row %d: %d texts have words", w.Row, len(told))
	}
	rest, least := 0.0, math.Inf(1)
	left := maps.Clone(w.Words)
	for _, word := range told[0].Words {
		want, known := left[word.Text]
		if !known || !near(word.Effect, want) {
			t.Errorf("row %d: %q adds %v, want %v", w.Row, word.Text, word.Effect, want)
		}
		delete(left, word.Text)
		least = min(least, math.Abs(want))
	}
	for word, effect := range left {
		rest += effect
		if math.Abs(effect) > least+tolerance {
			t.Errorf("row %d: %q adds %v and is among the others", w.Row, word, effect)
		}
	}
	if len(told[0].Words) > 20 || told[0].Others != len(left) || !near(told[0].Rest, rest) {
		t.Errorf("row %d: %d words, %d others with %v, want %d with %v", w.Row, len(told[0].Words), told[0].Others, told[0].Rest, len(left), rest)
	}
}

// TestWordsAddUp: of every file of texts that is explained, base and effects are the
// score, and a text's words are its effect; trees and what can only be asked have no
// words.
func TestWordsAddUp(t *testing.T) {
	how := map[predict.Explanation][]string{}
	for _, name := range []string{
		"apart_descent", "apart_logistic", "ascii", "beside_dict", "beside_three", "calibrated", "count_bernoulli", "hashed_wide", "one_rest",
		"pattern_space", "projected", "search", "table", "table_filled", "table_twice", "vote",
	} {
		p, rows := texts(t, name)
		how[p.Explanation()] = append(how[p.Explanation()], name)
		moved := 0.0
		for i, row := range rows {
			outcome := p.Outcome(row)
			total := p.BaseOf(max(outcome.Class, 0))
			byInput := map[int]float64{}
			for _, c := range explain.Contributions(p, row, nil) {
				total += c.Effect
				byInput[c.Input] = c.Effect
			}
			if math.Abs(total-outcome.Score) > 1e-9*max(1, math.Abs(outcome.Score)) {
				t.Errorf("%s, row %d: base and effects are %v, the score %v", name, i, total, outcome.Score)
			}
			told := explain.InWords(p, row)
			if len(told) != 1 {
				t.Fatalf("%s: %d texts have words", name, len(told))
			}
			sum := told[0].Rest
			for _, w := range told[0].Words {
				sum += w.Effect
				moved += math.Abs(w.Effect)
			}
			if effect := byInput[told[0].Input]; math.Abs(sum-effect) > 1e-9*max(1, math.Abs(effect)) {
				t.Errorf("%s, row %d: the words add %v, their text %v", name, i, sum, effect)
			}
		}
		if moved == 0 {
			t.Errorf("%s: no word moves anything", name)
		}
	}
	if chained := how[predict.Chained]; len(chained) == 0 || len(how[predict.Exact]) < 12 || slices.Contains(chained, "projected") {
		t.Errorf("explained: %v", how)
	}
	for _, name := range []string{"forest", "table_boosted", "boosted", "neighbours", "kernel_sigmoid"} {
		p, rows := texts(t, name)
		if told := explain.InWords(p, rows[0]); told != nil || p.Wording() {
			t.Errorf("%s tells %v", name, told)
		}
	}
}

// texts reads a model of texts and the rows that it was asked.
func texts(t *testing.T, name string) (*predict.Program, []*predict.Row) {
	t.Helper()
	reference, err := os.ReadFile(filepath.Clean("testdata/text/" + name + ".ref.json"))
	if err != nil {
		t.Fatal(err)
	}
	asked, err := parity.Parse(reference)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Clean("testdata/text/" + name + ".pkl"))
	if err != nil {
		t.Fatal(err)
	}
	value, err := pickle.Read(data, pickle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	spec, _, err := sklearn.Read(value, sklearn.Hint{Columns: asked.Columns})
	if err != nil {
		t.Fatal(err)
	}
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	var plain struct{ Rows [][]any }
	if err := json.Unmarshal(reference, &plain); err != nil {
		t.Fatal(err)
	}
	rows := make([]*predict.Row, len(plain.Rows))
	for k, values := range plain.Rows {
		rows[k] = p.NewRow()
		for j, v := range values {
			i, used := p.InputIndex(asked.Columns[j])
			if !used {
				continue
			}
			switch v := v.(type) {
			case string:
				rows[k].SetCategory(i, v)
			case float64:
				rows[k].SetNumber(i, v)
			}
		}
	}
	return p, rows
}
