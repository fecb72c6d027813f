package boost_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"dasier/ml/boost"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// Rows as testdata/reference.py makes them.
const (
	peerRows    = 10_000
	peerColumns = 10
	peerRounds  = 60
	peerDraws   = 4
)

func uniform(row, column int) float64 {
	z := (uint64(row)*1000 + uint64(column)) * 0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	z ^= z >> 31
	return float64(z>>11) / (1 << 53)
}

func friedman(t testing.TB, first, rows int) (*frame.Frame, []float64) {
	t.Helper()
	columns, y := make([]*frame.Column, peerColumns), make([]float64, rows)
	for j := range columns {
		values := make([]float64, rows)
		for i := range values {
			values[i] = uniform(first+i+1, j)
		}
		columns[j] = &frame.Column{Name: fmt.Sprint("x", j), Values: values}
	}
	for i := range y {
		x := func(j int) float64 { return columns[j].Values[i] }
		noise := -6.0
		for k := range 12 {
			noise += uniform(first+i+1, 100+k)
		}
		y[i] = 10*math.Sin(math.Pi*x(0)*x(1)) + 20*(x(2)-0.5)*(x(2)-0.5) + 10*x(3) + 5*x(4) + noise
	}
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f, y
}

func fit(t testing.TB, learner learn.Learner, f *frame.Frame, target learn.Target) *learn.Model {
	t.Helper()
	m, err := learner.Fit(context.Background(), f, target)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func predictions(t testing.TB, m *learn.Model, f *frame.Frame) []float64 {
	t.Helper()
	p, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	all, err := learn.Predictions(p, f)
	if err != nil {
		t.Fatal(err)
	}
	if at := learn.Finite(all); at >= 0 {
		t.Fatalf("prediction %d is %g", at, all[at])
	}
	return all
}

// As good as scikit-learn and XGBoost at their settings: within 0.5 % of the better
// one's loss on rows that none has seen, on average of four tables.
func TestLongPeers(t *testing.T) {
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var peers map[string][]float64
	if err := json.Unmarshal(text, &peers); err != nil {
		t.Fatal(err)
	}
	mapped := func(y []float64, to func(float64) float64) []float64 {
		mapped := make([]float64, len(y))
		for i, v := range y {
			mapped[i] = to(v)
		}
		return mapped
	}
	above := func(cuts ...float64) func(float64) float64 {
		return func(v float64) float64 {
			k, _ := slices.BinarySearch(cuts, v)
			return float64(k)
		}
	}
	number := func(v float64) float64 { return v }
	counts := func(v float64) float64 { return math.Floor(math.Exp(v / 12)) }
	mean := func(p, y []float64, loss func(p, y float64) float64) float64 {
		sum := 0.0
		for i := range y {
			sum += loss(p[i], y[i]) / float64(len(y))
		}
		return sum
	}
	entropy := func(p, y []float64) float64 {
		sum, width := 0.0, len(p)/len(y)
		for i, v := range y {
			switch {
			case width > 1:
				sum -= math.Log(p[i*width+int(v)])
			case v == 1:
				sum -= math.Log(p[i])
			default:
				sum -= math.Log(1 - p[i])
			}
		}
		return sum / float64(len(y))
	}
	for name, try := range map[string]struct {
		loss    boost.Loss
		target  func(float64) float64
		classes []string
		score   func(p, y []float64) float64
	}{
		"squared": {boost.Squared{}, number, nil, func(p, y []float64) float64 {
			return math.Sqrt(mean(p, y, func(p, y float64) float64 { return (p - y) * (p - y) }))
		}},
		"absolute": {boost.Absolute{}, number, nil, func(p, y []float64) float64 { return mean(p, y, boost.Absolute{}.Value) }},
		"quantile": {boost.Quantile{Alpha: 0.9}, number, nil, func(p, y []float64) float64 {
			return mean(p, y, func(p, y float64) float64 { return boost.Quantile{Alpha: 0.9}.Value(y, p) })
		}},
		"poisson": {boost.Poisson{}, counts, nil, func(p, y []float64) float64 {
			return mean(p, y, func(p, y float64) float64 { return 2 * (y*math.Log(max(y, 1e-300)/p) - y + p) })
		}},
		"logistic": {nil, above(14), []string{"low", "high"}, entropy},
		"softmax":  {nil, above(11, 17), []string{"a", "b", "c"}, entropy},
	} {
		t.Run(name, func(t *testing.T) {
			got, best := 0.0, slices.Min(peers[name])
			for draw := range peerDraws {
				features, y := friedman(t, 2*draw*peerRows, peerRows)
				others, truth := friedman(t, (2*draw+1)*peerRows, peerRows)
				target := learn.Target{Name: "y", Task: predict.TaskRegression, Y: mapped(y, try.target), Classes: try.classes}
				if try.classes != nil {
					target.Task = predict.TaskBinary
				}
				if len(try.classes) > 2 {
					target.Task = predict.TaskMulticlass
				}
				m := fit(t, boost.Boosting{Trees: peerRounds, Loss: try.loss}, features, target)
				got += try.score(predictions(t, m, others), mapped(truth, try.target)) / peerDraws
			}
			t.Logf("%.6g, the better peer %.6g: %+.2f %%", got, best, 100*(got/best-1))
			if !(got < best*1.005) {
				t.Errorf("loss %g, the better peer has %g", got, best)
			}
		})
	}
}
