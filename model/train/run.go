package train

import (
	"context"
	"fmt"
	"io/fs"
	"math"

	"dasier/fault"
	"dasier/ml/conformal"
	"dasier/ml/linear"
	"dasier/ml/metric"
	"dasier/ml/predict"
	"dasier/ml/prep"
	"dasier/ml/profile"
	"dasier/ml/search"
)

// Config says how a run behaves; it has no influence on what comes out.
type Config struct {
	// Progress, when set, hears what the run is at: a stage ("read", "search",
	// "fit", "evaluate", "profile") and how much of it is done. One call at a
	// time.
	Progress func(stage string, done, total int)
	// Workers is how many folds are fitted at once. Default: the processors.
	Workers int
}

// Run trains as the recipe says on data below dir. It stops with the error of
// ctx soon after ctx ends. A gate that does not hold is a finding of the
// report, not an error.
func Run(ctx context.Context, r *Recipe, dir fs.FS, cfg Config) (*Result, error) {
	if cfg.Progress == nil {
		cfg.Progress = func(string, int, int) {}
	}
	cfg.Progress("read", 0, 1)
	t, err := load(r, dir)
	if err != nil {
		return nil, err
	}
	split, err := t.divide(r)
	if err != nil {
		return nil, err
	}
	run := &run{recipe: r, table: t, parts: split}
	if err := run.search(ctx, cfg); err != nil {
		return nil, err
	}
	cfg.Progress("fit", 0, 1)
	if err := run.fit(); err != nil {
		return nil, err
	}
	cfg.Progress("evaluate", 0, 1)
	if err := run.evaluate(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cfg.Progress("profile", 0, 1)
	return run.result()
}

// run is the state of one training: each step fills in what the next needs.
type run struct {
	recipe *Recipe
	table  *table
	parts  parts

	family *linearFamily // search
	board  []search.Standing

	prepared *prep.Preparation // fit
	design   *linear.Decomposition
	model    *linear.Model
	spec     predict.Spec

	calibration *conformal.Calibration // evaluate
	coverage    conformal.Coverage
	holdout     []float64 // predictions of the held-out rows
	metrics     []metric.Estimate
	baseline    []metric.Estimate
	importance  []float64
}

// search cross-validates the candidates on the training rows.
func (u *run) search(ctx context.Context, cfg Config) error {
	folds, err := u.table.folds(u.recipe, u.parts.train)
	if err != nil {
		return err
	}
	u.family = &linearFamily{
		inputs:     u.table.inputs.Take(u.parts.train),
		score:      pick(u.table.score, u.parts.train),
		log:        u.recipe.Target.Log,
		prep:       u.table.prep,
		candidates: linearCandidates(u.recipe),
	}
	u.board, err = search.Run(ctx, pick(u.table.y, u.parts.train), folds, []search.Family{u.family}, search.Config{
		Metric:   u.recipe.Search.Metric,
		Workers:  cfg.Workers,
		Progress: func(done, total int) { cfg.Progress("search", done, total) },
	})
	return err
}

// fit fits the winner to all training rows.
func (u *run) fit() error {
	rows := make([]int, u.family.inputs.Rows())
	for i := range rows {
		rows[i] = i
	}
	var err error
	if u.prepared, u.design, err = u.family.decompose(rows); err != nil {
		return err
	}
	if u.model, err = u.family.candidates[u.board[0].Index].fit(u.design); err != nil {
		return err
	}
	r := u.recipe
	u.spec = predict.Spec{
		Version:  1,
		Task:     "regression",
		Target:   predict.Target{Name: r.Data.Target, Unit: r.Target.Unit, Log: r.Target.Log},
		Inputs:   u.inputs(),
		Features: u.prepared.Features(),
		Linear:   &predict.Linear{Bias: u.model.Bias, Weights: u.model.Weights, Base: u.model.Base},
	}
	return nil
}

// inputs are the model's inputs with what the recipe says of them for people.
func (u *run) inputs() []predict.Input {
	inputs := u.prepared.Inputs()
	for i := range inputs {
		in := &inputs[i]
		c := u.recipe.Features.Columns[in.Name]
		in.Label, in.Unit, in.Description, in.Required = c.Label, c.Unit, c.Description, c.Required
		if c.Unknown != "" && in.Unknown != "" {
			in.Unknown = c.Unknown
		}
	}
	return inputs
}

// evaluate looks at the calibration rows, and then at the held-out ones for the
// first and only time.
func (u *run) evaluate() error {
	if err := u.calibrate(); err != nil {
		return err
	}
	design, err := u.prepared.Design(u.table.inputs.Take(u.parts.holdout))
	if err != nil {
		return err
	}
	scores := u.model.Predict(design)
	u.holdout = answers(scores, u.recipe.Target.Log)
	u.importance = u.shares(design)

	level := u.recipe.Interval.Level
	if u.coverage, err = u.calibration.Cover(pick(u.table.score, u.parts.holdout), scores, level); err != nil {
		return u.recipe.wrong(fault.KindOf(err), "interval.level", "%s", fault.Message(err))
	}
	u.spec.Interval = &predict.Interval{
		Level: level, Residuals: u.calibration.Residuals(),
		Coverage: u.coverage.Share, CoveredOf: u.coverage.Of,
	}
	y := pick(u.table.y, u.parts.holdout)
	measure := metric.Config{Seed: u.recipe.Split.Seed}
	if u.metrics, err = metric.Evaluate(y, u.holdout, measure); err != nil {
		return err
	}
	u.baseline, err = metric.Evaluate(y, u.constant(len(y)), measure)
	return err
}

// calibrate takes the errors of the served model on the calibration rows, or,
// when the recipe gives it none, those of the search's fits on their test rows.
// Both are on the score's scale.
func (u *run) calibrate() error {
	var truth, scores []float64
	if len(u.parts.calibration) > 0 {
		design, err := u.prepared.Design(u.table.inputs.Take(u.parts.calibration))
		if err != nil {
			return err
		}
		truth, scores = pick(u.table.score, u.parts.calibration), u.model.Predict(design)
	} else {
		for i, p := range u.board[0].OutOfFold {
			if math.IsNaN(p) { // the first block of a split along time is never tested
				continue
			}
			if u.recipe.Target.Log {
				p = math.Log(p)
			}
			truth, scores = append(truth, u.family.score[i]), append(scores, p)
		}
	}
	var err error
	u.calibration, err = conformal.New(truth, scores)
	return err
}

// constant is the answer of knowing nothing but the training targets: their
// mean (geometric for a logarithmic target).
func (u *run) constant(n int) []float64 {
	mean := 0.0
	for _, v := range u.family.score {
		mean += v / float64(len(u.family.score))
	}
	scores := make([]float64, n)
	for i := range scores {
		scores[i] = mean
	}
	return answers(scores, u.recipe.Target.Log)
}

// shares is each input's share of what moves the predictions: its mean absolute
// contribution over that of all inputs.
func (u *run) shares(design *prep.Matrix) []float64 {
	shares := make([]float64, len(u.spec.Inputs))
	effects := make([]float64, len(shares))
	for i := range design.Rows {
		clear(effects)
		for j, x := range design.Row(i) {
			effects[u.spec.Features[j].Input] += u.model.Weights[j] * (x - u.model.Base[j])
		}
		for k, e := range effects {
			shares[k] += math.Abs(e)
		}
	}
	total := 0.0
	for _, s := range shares {
		total += s
	}
	for k := range shares {
		if total > 0 {
			shares[k] /= total
		}
	}
	return shares
}

// result checks that the compiled model answers as the fitted one, and gathers
// everything.
func (u *run) result() (*Result, error) {
	program, err := predict.Compile(u.spec)
	if err != nil {
		return nil, err
	}
	inputs := u.table.inputs.Take(u.parts.holdout)
	var compiled []float64
	if !u.refusesUnknown() {
		if compiled, err = program.ScoreFrame(inputs); err != nil {
			return nil, err
		}
	}
	for i, score := range compiled {
		if got, want := program.Answer(score), u.holdout[i]; math.Abs(got-want) > 1e-9*max(math.Abs(got), math.Abs(want)) {
			return nil, fmt.Errorf("the compiled model answers %v where the fitted one answers %v (held-out row %d)", got, want, i+1)
		}
	}
	r := u.recipe
	of := profile.Config{Title: r.Title, Target: r.Data.Target, Time: r.Data.Time, Longitude: r.Data.Longitude, Latitude: r.Data.Latitude}
	described, err := profile.New(u.table.all.Take(u.parts.train), of)
	if err != nil {
		return nil, err
	}
	rows, err := u.reference(program, inputs)
	if err != nil {
		return nil, err
	}
	return &Result{Spec: u.spec, Report: u.report(), Profile: described, Reference: rows}, nil
}

// refusesUnknown tells whether held-out rows may have a level that the recipe
// wants refused; those rows cannot be replayed through the compiled model.
func (u *run) refusesUnknown() bool {
	for _, in := range u.spec.Inputs {
		if in.Unknown == predict.UnknownError {
			return true
		}
	}
	return false
}
