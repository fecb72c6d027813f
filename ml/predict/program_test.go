package predict_test

import (
	"math"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/predict/spectest"
)

func compile(t testing.TB, spec predict.Spec) *predict.Program {
	t.Helper()
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The fused program is the model that the spec spells out.
func TestScoreIsWhatTheSpecSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := spectest.Draw(t)
		p, err := predict.Compile(spec)
		if err != nil {
			t.Fatal(err)
		}
		row := p.NewRow()
		for range 3 { // a reused row forgets the one before
			values := spectest.DrawValues(t, spec)
			spectest.Fill(row, values)
			want, size := spectest.Score(spec, values)
			if got := p.Score(row); math.Abs(got-want) > 1e-12*size {
				t.Fatalf("score %v, want %v (terms add up to %v)\nvalues %v", got, want, size, values)
			}
			partials := spec.Linear.Bias
			for i := range spec.Inputs {
				partials += p.Partial(row, i)
			}
			if math.Abs(partials-want) > 1e-12*size {
				t.Fatalf("bias and partials are %v, want %v", partials, want)
			}
		}
	})
}

func TestPredictHouse(t *testing.T) {
	for _, log := range []bool{false, true} {
		p := compile(t, spectest.House(log))
		row := p.NewRow()
		values := []any{1500.0, "Gilbert", 1.0, 8000.0, nil, 1.2e9, "a new one"}
		spectest.Fill(row, values)
		want, _ := spectest.Score(spectest.House(log), values)
		if log {
			want = math.Exp(want)
		}
		if got := p.Predict(row); math.Abs(got/want-1) > 1e-13 {
			t.Errorf("log %t: predicted %v, want %v", log, got, want)
		}
	}
}

// A column that is far from 0 and narrow loses nothing to the fusing.
func TestCentreIsNotMultipliedOut(t *testing.T) {
	spec := predict.Spec{
		Version: 1, Task: "regression", Target: predict.Target{Name: "y"},
		Inputs:   []predict.Input{{Name: "t", Kind: frame.Time}},
		Features: []predict.Feature{{Name: "t", Op: "value", Center: 1e15, Scale: 0.5}},
		Linear:   &predict.Linear{Weights: []float64{1}, Base: []float64{0}},
	}
	p := compile(t, spec)
	row := p.NewRow()
	row.SetNumber(0, 1e15+1)
	if got := p.Predict(row); got != 2 {
		t.Errorf("got %v, want 2", got)
	}
}

func TestAlwaysFinite(t *testing.T) {
	spec := spectest.House(true)
	spec.Linear.Weights[0] = 1e149
	p := compile(t, spec)
	row := p.NewRow()
	for _, x := range []float64{math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, -math.MaxFloat64, 0, -1, -2} {
		for i := range p.Inputs() {
			row.SetNumber(i, x)
		}
		score, answer := p.Score(row), p.Predict(row)
		if !finite(score) || !finite(answer) {
			t.Errorf("at %v: score %v, answer %v", x, score, answer)
		}
		if low, high, ok := p.Interval(row, score, 0.9); ok && !(finite(low) && finite(high)) {
			t.Errorf("at %v: interval %v to %v", x, low, high)
		}
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func TestSpecIsCopied(t *testing.T) {
	spec := spectest.House(false)
	p := compile(t, spec)
	row := p.NewRow()
	row.SetNumber(0, 2000)
	before := p.Predict(row)
	spec.Linear.Weights[0], spec.Features[0].Center, spec.Inputs[1].Levels[0] = 7, 7, "x"
	spec.Interval.Residuals[89] = -1
	if after := p.Predict(row); after != before {
		t.Errorf("changing the spec changed the program: %v, before %v", after, before)
	}
	if _, err := predict.MarshalSpec(p.Spec()); err != nil {
		t.Errorf("changing the spec changed the program's: %v", err)
	}
}

func TestRowOfAnotherProgram(t *testing.T) {
	a, b := compile(t, spectest.House(false)), compile(t, spectest.House(false))
	defer func() {
		if recover() == nil {
			t.Error("a row of another program was taken")
		}
	}()
	a.Score(b.NewRow())
}

func TestManyGoroutines(t *testing.T) {
	p := compile(t, spectest.House(true))
	first := p.NewRow()
	first.SetNumber(0, 1234)
	want := p.Predict(first)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			row := p.NewRow()
			for range 1000 {
				row.Reset()
				row.SetNumber(0, 1234)
				if got := p.Predict(row); got != want {
					t.Errorf("got %v, want %v", got, want)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestPredictDoesNotAllocate(t *testing.T) {
	p := compile(t, spectest.House(true))
	row := p.NewRow()
	name, level := []byte("Neighborhood"), []byte("Gilbert")
	allocations := testing.AllocsPerRun(100, func() {
		row.Reset()
		row.SetNumber(0, 1500)
		if i, ok := p.InputIndexBytes(name); ok {
			row.SetCategoryBytes(i, level)
		}
		score := p.Score(row)
		if _, _, ok := p.Interval(row, score, 0.9); !ok || p.Answer(score) <= 0 {
			t.Error("no answer")
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations per row", allocations)
	}
}

func TestOddity(t *testing.T) {
	p := compile(t, spectest.House(false))
	row := p.NewRow()
	for _, c := range []struct {
		input  int
		value  any
		want   predict.Oddity
		notice string
	}{
		{0, 1500.0, predict.Usual, ""},
		{0, 500.0, predict.Rare, "unusual: 98 % of the training data lies between 600 sq ft and 3200 sq ft"},
		{0, 9000.0, predict.Unseen, "unlike the training data, which lies between 334 sq ft and 5642 sq ft: the prediction extrapolates"},
		{0, nil, predict.Imputed, "not given: the model assumes 1442 sq ft"},
		{1, "Gilbert", predict.Usual, ""},
		{1, "Paris", predict.Unknown, "not among the categories of the training data: the model treats it as none of them"},
		{1, nil, predict.Imputed, "not given: the model assumes North_Ames"},
		{2, nil, predict.Imputed, "not given: the model assumes yes"},
		{2, 1.0, predict.Usual, ""},
		{4, nil, predict.Imputed, "not given: the model has a case for that"},
		{5, 0.0, predict.Unseen, "unlike the training data, which lies between 2006-01-01 and 2010-08-01: the prediction extrapolates"},
	} {
		values := make([]any, len(p.Inputs()))
		values[c.input] = c.value
		spectest.Fill(row, values)
		got := row.Oddity(c.input)
		if got != c.want || p.Notice(c.input, got) != c.notice {
			t.Errorf("%s = %v: %s, %q; want %s, %q", p.Inputs()[c.input].Name, c.value, got, p.Notice(c.input, got), c.want, c.notice)
		}
	}
}

func TestInterval(t *testing.T) {
	p := compile(t, spectest.House(false)) // residuals 500, 1000, …, 49500
	for _, c := range []struct {
		level, half float64
		ok          bool
	}{
		{0.9, 45000, true},
		{0.5, 25000, true},
		{0.7, 35000, true},
		{0.99, 49500, true},
		{0.001, 500, true},
		{0.995, 0, false},
		{0, 0, false},
		{1, 0, false},
		{math.NaN(), 0, false},
		{-1, 0, false},
	} {
		low, high, ok := p.Interval(p.NewRow(), 100000, c.level)
		if ok != c.ok || ok && (low != 100000-c.half || high != 100000+c.half) {
			t.Errorf("level %v: %v to %v, %t; want ±%v, %t", c.level, low, high, ok, c.half, c.ok)
		}
	}
	logs := compile(t, spectest.House(true))
	low, high, ok := logs.Interval(logs.NewRow(), 12, 0.9)
	if !ok || math.Abs(low/math.Exp(12-0.45)-1) > 1e-12 || math.Abs(high/math.Exp(12+0.45)-1) > 1e-12 {
		t.Errorf("log target: %v to %v, %t", low, high, ok)
	}
	spec := spectest.House(false)
	spec.Interval = nil
	bare := compile(t, spec)
	if _, _, ok := bare.Interval(bare.NewRow(), 1, 0.9); ok {
		t.Error("a model without calibration gave an interval")
	}
}

func BenchmarkPredict(b *testing.B) {
	p := compile(b, spectest.House(true))
	row := p.NewRow()
	spectest.Fill(row, []any{1500.0, "Gilbert", 1.0, 8000.0, "Good", 1.2e9, "60"})
	b.ReportAllocs()
	for b.Loop() {
		p.Predict(row)
	}
}

// BenchmarkScoreWide is a model of the size that the raw Ames table gives: 30
// numbers and 44 categories with 270 levels.
func BenchmarkScoreWide(b *testing.B) {
	p := compile(b, wide())
	row := p.NewRow()
	for i, in := range p.Inputs() {
		if in.Kind == frame.Category {
			row.SetCategory(i, in.Levels[i%len(in.Levels)])
		} else {
			row.SetNumber(i, float64(i))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		p.Score(row)
	}
}

func wide() predict.Spec {
	spec := predict.Spec{Version: 1, Task: "regression", Target: predict.Target{Name: "y"}, Linear: &predict.Linear{}}
	for i := range 74 {
		name := string(rune('a'+i/26)) + string(rune('a'+i%26))
		in := predict.Input{Name: name}
		features := []predict.Feature{{Name: name, Input: i, Op: "value", Center: 3, Scale: 2}}
		if i >= 30 {
			in.Kind, in.Unknown, features = frame.Category, "ignore", nil
			for _, level := range []string{"a", "b", "c", "d", "e", "f"} {
				in.Levels = append(in.Levels, level)
				features = append(features, predict.Feature{Name: name + "=" + level, Input: i, Op: "equals", Level: level, Scale: 1})
			}
		}
		spec.Inputs = append(spec.Inputs, in)
		for _, f := range features {
			spec.Features = append(spec.Features, f)
			spec.Linear.Weights = append(spec.Linear.Weights, float64(i))
			spec.Linear.Base = append(spec.Linear.Base, 0)
		}
	}
	return spec
}
