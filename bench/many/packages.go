package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"dasier/ml/forest"
	"dasier/ml/format/mlflow"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

const (
	inputs     = 20
	categories = 4 // of the inputs
	trees      = 20
	references = 20 // rows that a package carries
)

func nameOf(n int) string { return fmt.Sprintf("team-%03d.model-%04d.production", n/100, n) }

func folderOf(folder string, n int) string { return filepath.Join(folder, strconv.Itoa(n)) }

// writePackages writes all packages, and tells how many bytes they are.
func writePackages(ctx context.Context, folder string, models int) (size int64, err error) {
	for n := range models {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		written, err := writePackage(folderOf(folder, n), n)
		if err != nil {
			return 0, fmt.Errorf("model %d: %w", n, err)
		}
		size += written
	}
	return size, nil
}

func writePackage(folder string, n int) (size int64, err error) {
	draw := rand.New(rand.NewPCG(uint64(n), 1)) //nolint:gosec // the same models in every run
	spec := linear(draw)
	files, err := filesOf(spec, draw)
	if err != nil {
		return 0, err
	}
	if n%2 == 1 { // the model and its answers change, what describes its inputs does not
		spec = boosted(spec, draw)
		if files["dasier.json"], err = predict.MarshalSpec(spec); err != nil {
			return 0, err
		}
		rows, err := answered(spec, draw)
		if err != nil {
			return 0, err
		}
		if files["reference.json"], err = json.Marshal(map[string]any{"version": 1, "rows": rows}); err != nil {
			return 0, err
		}
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return 0, err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return 0, err
		}
		size += int64(len(text))
	}
	return size, nil
}

func filesOf(spec predict.Spec, draw *rand.Rand) (map[string][]byte, error) {
	rows, err := answered(spec, draw)
	if err != nil {
		return nil, err
	}
	return mlflow.Files(&mlflow.Package{Spec: spec, Algorithm: "ridge", Created: time.Unix(0, 0).UTC(), Reference: rows})
}

// answered makes reference rows with the model's own answers.
func answered(spec predict.Spec, draw *rand.Rand) ([]mlflow.Reference, error) {
	program, err := predict.Compile(spec)
	if err != nil {
		return nil, err
	}
	rows := make([]json.RawMessage, references)
	for k := range rows {
		rows[k] = rowOf(&spec, draw)
	}
	return mlflow.NewReference(program, rows)
}

func rowOf(spec *predict.Spec, draw *rand.Rand) json.RawMessage {
	text := []byte("{")
	for i := range spec.Inputs {
		in := &spec.Inputs[i]
		if i > 0 {
			text = append(text, ',')
		}
		text = append(strconv.AppendQuote(text, in.Name), ':')
		if in.Kind == frame.Category {
			text = strconv.AppendQuote(text, in.Levels[draw.IntN(len(in.Levels))])
		} else {
			text = strconv.AppendFloat(text, in.Min+(in.Max-in.Min)*draw.Float64(), 'f', 4, 64)
		}
	}
	return append(text, '}')
}

// linear draws a linear model with numbers and categories and an interval.
func linear(draw *rand.Rand) predict.Spec {
	spec := predict.Spec{
		Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "price", Unit: "EUR"},
		Linear: &predict.Linear{Bias: draw.NormFloat64()},
		// As many as a training set of some thousand rows leaves for calibration.
		Interval: &predict.Interval{Level: 0.9, Coverage: 0.9, CoveredOf: 500, Residuals: make([]float64, 500)},
	}
	for i := range spec.Interval.Residuals {
		spec.Interval.Residuals[i] = float64(i) * draw.Float64() / 100
		if i > 0 {
			spec.Interval.Residuals[i] = max(spec.Interval.Residuals[i], spec.Interval.Residuals[i-1])
		}
	}
	add := func(f predict.Feature) {
		spec.Features = append(spec.Features, f)
		spec.Linear.Weights = append(spec.Linear.Weights, draw.NormFloat64())
		spec.Linear.Base = append(spec.Linear.Base, draw.Float64())
	}
	for i := range inputs {
		name := fmt.Sprintf("measurement_%02d", i)
		if i >= inputs-categories {
			in := predict.Input{Name: name, Kind: frame.Category, Required: true, Unknown: predict.UnknownIgnore, Mode: "level_0"}
			for k := range 6 {
				level := fmt.Sprintf("level_%d", k)
				in.Levels = append(in.Levels, level)
				add(predict.Feature{Name: name + "=" + level, Input: i, Op: "equals", Level: level, Scale: 1})
			}
			spec.Inputs = append(spec.Inputs, in)
			continue
		}
		spec.Inputs = append(spec.Inputs, predict.Input{
			Name: name, Kind: frame.Number, Unit: "m", Label: "Measurement", Min: -2, Max: 2, Low: -1.9, High: 1.9, Median: draw.Float64(),
		})
		add(predict.Feature{Name: name, Input: i, Op: "value", Impute: draw.Float64(), Center: draw.Float64(), Scale: 1 + draw.Float64()})
	}
	return spec
}

// boosted puts trees of three levels over the same features.
func boosted(spec predict.Spec, draw *rand.Rand) predict.Spec {
	t := &forest.Trees{Rule: forest.DoubleAtMost, Base: []float64{draw.NormFloat64()}}
	var grow func(level int) int32
	grow = func(level int) int32 {
		n := int32(len(t.Feature)) //nolint:gosec // a few hundred
		t.Feature, t.Threshold, t.Value = append(t.Feature, -1), append(t.Threshold, 0), append(t.Value, draw.NormFloat64())
		t.Left, t.Right, t.MissingLeft = append(t.Left, -1), append(t.Right, -1), append(t.MissingLeft, false)
		t.Cover = append(t.Cover, float64(int(1)<<(3-level)))
		if level == 3 {
			return n
		}
		t.Feature[n], t.Threshold[n], t.Value[n] = int32(draw.IntN(inputs-categories)), draw.NormFloat64(), 0 //nolint:gosec // a few
		left := grow(level + 1)
		right := grow(level + 1)
		t.Left[n], t.Right[n] = left, right
		return n
	}
	for range trees {
		t.Roots = append(t.Roots, grow(0))
	}
	spec.Linear, spec.Trees = nil, t
	return spec
}
