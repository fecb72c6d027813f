package train

import (
	"context"
	"io/fs"
	"slices"

	"dasier/ml/conformal"
	"dasier/ml/derive"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/metric"
	"dasier/ml/predict"
	"dasier/ml/profile"
	"dasier/ml/search"
)

// Config says how a run behaves.
type Config struct {
	// Watch, when set, hears what the run is at, one call at a time. It must
	// return quickly.
	Watch func(Event)
	// Tables brings rows that are not in a file of the folder. Default: a recipe
	// that needs it is refused.
	Tables Tables
	// Present, when set, is the version in use, to compare with.
	Present *Present
	// Quick finishes in seconds: fewer candidates, folds, trees and rows. The
	// report says what was left out, and its gates bind nobody.
	Quick bool
	// Workers is how many folds are fitted at once. It has no influence on what
	// comes out. Default: the processors.
	Workers int
}

// Run trains as the recipe says on data below dir. It stops with the error of
// ctx soon after ctx ends. A gate that does not hold is a finding of the
// report, not an error.
func Run(ctx context.Context, r *Recipe, dir fs.FS, cfg Config) (*Result, error) {
	if cfg.Watch == nil {
		cfg.Watch = func(Event) {}
	}
	cfg.Watch(Event{Stage: StageRead})
	t, err := load(ctx, r, dir, cfg.Tables)
	if err != nil {
		return nil, err
	}
	var shortcuts *Shortcuts
	if cfg.Quick {
		shortcuts = &Shortcuts{}
		r, shortcuts.Skipped = r.hurried()
		if fewer := t.hurry(r); fewer != "" {
			shortcuts.Skipped = append([]string{fewer}, shortcuts.Skipped...)
		}
	}
	split, err := t.divide(r)
	if err != nil {
		return nil, err
	}
	run := &run{recipe: r, table: t, parts: split, inputs: t.inputs.Take(split.train), target: t.target.Take(split.train), quick: shortcuts}
	for _, step := range []struct {
		stage string
		do    func(context.Context, Config) error
	}{
		{StageSearch, run.search},
		{StageFit, run.fit},
		{StageEvaluate, run.evaluate},
		{StageExplain, run.explain},
	} {
		cfg.Watch(Event{Stage: step.stage})
		if err := step.do(ctx, cfg); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	cfg.Watch(Event{Stage: StageProfile})
	return run.result()
}

// run is the state of one training: each step fills in what the next needs.
type run struct {
	recipe *Recipe
	table  *table
	parts  parts
	inputs *frame.Frame // of the training rows
	target learn.Target

	quick *Shortcuts // nil: the whole

	found *search.Result // search

	model   *learn.Model     // fit
	program *predict.Program // of the model as it was fitted: it takes unknown levels
	spec    predict.Spec     // of the model as it is served

	calibration *conformal.Calibration // evaluate
	coverage    *conformal.Coverage    // nil: nothing is promised
	setSize     float64                // classes in a set, on average
	holdout     []float64              // predictions of the held-out rows
	metrics     []metric.Estimate
	baseline    []metric.Estimate
	against     []Versus

	evidence   Evidence // explain
	importance []Share
	warnings   []string
}

// search cross-validates the candidates on the training rows.
func (u *run) search(ctx context.Context, cfg Config) error {
	r := u.recipe
	measure, err := r.measure(u.target)
	if err != nil {
		return err
	}
	candidates, err := r.candidatesFor(u.target)
	if err != nil {
		return err
	}
	folds, err := u.table.folds(r, u.parts.train)
	if err != nil {
		return err
	}
	plan := search.Plan{
		Config:   search.Config{Metric: measure.Name, Workers: cfg.Workers, Budget: r.Search.Budget, Watch: u.watcher(cfg.Watch)},
		Strategy: r.strategy(), Tries: r.Search.Tries, Seed: r.Search.Seed, Rule: rules[r.Search.Choose],
	}
	cfg.Watch(Event{Stage: StageSearch, Plan: u.plan(measure)})
	u.found, err = search.Choose(ctx, u.inputs, u.target, folds, u.sources(candidates, u.workshop()), plan)
	return err
}

func (u *run) workshop() workshop {
	shop := workshop{
		prep: u.table.prep, task: u.target.Task, seed: u.recipe.Search.Seed,
		monotone: map[string]int{}, interactions: u.recipe.Features.Interactions,
		splines: map[string]derive.Spline{}, products: u.recipe.Features.Products, quick: u.quick != nil,
	}
	for name, c := range u.recipe.Features.Columns {
		if c.Monotone != 0 {
			shop.monotone[name] = c.Monotone
		}
		if c.Splines > 0 {
			shop.splines[name] = derive.Spline{Knots: c.Splines}
		}
	}
	return shop
}

// classified tells whether the run learns classes.
func (u *run) classified() bool { return u.target.Task != predict.TaskRegression }

// fit fits the winner to all training rows.
func (u *run) fit(ctx context.Context, cfg Config) error {
	var err error
	if u.model, err = u.found.Refit(u.steps(ctx, cfg), u.inputs, u.target); err != nil {
		return err
	}
	u.model.Spec.Target.Unit = u.recipe.Target.Unit
	if u.recipe.Target.Positive != "" {
		u.model.Spec.Positive = u.target.Classes[1] // as the file spells it
	}
	if u.program, err = u.model.Compile(); err != nil {
		return err
	}
	u.spec = u.model.Spec
	u.spec.Inputs = u.served(u.spec.Inputs)
	return nil
}

// steps tells the listener of a fit's steps.
func (u *run) steps(ctx context.Context, cfg Config) context.Context {
	return learn.WithProgress(ctx, func(done, total int) { cfg.Watch(Event{Stage: StageFit, Done: done, Total: total}) })
}

// served are the model's inputs with what the recipe says of them for people.
func (u *run) served(inputs []predict.Input) []predict.Input {
	inputs = slices.Clone(inputs)
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
func (u *run) evaluate(ctx context.Context, cfg Config) error {
	inputs := u.table.inputs.Take(u.parts.holdout)
	y := pick(u.table.target.Y, u.parts.holdout)
	var err error
	if u.holdout, err = learn.Predictions(u.program, inputs); err != nil {
		return err
	}
	if err := u.promise(ctx, inputs, y); err != nil {
		return err
	}
	measure := u.measuring()
	if u.metrics, err = metric.Evaluate(y, u.holdout, measure); err != nil {
		return err
	}
	if u.baseline, err = metric.Evaluate(y, u.constant(len(y)), measure); err != nil {
		return err
	}
	return u.compare(ctx, cfg)
}

// compare sets the model beside the plain candidate, and beside the version in
// use.
func (u *run) compare(ctx context.Context, cfg Config) error {
	plain, err := u.againstPlain(ctx)
	if err != nil {
		return err
	}
	if plain != nil {
		u.against = append(u.against, *plain)
	}
	if cfg.Present != nil {
		present, err := u.againstPresent(cfg.Present)
		if err != nil {
			return err
		}
		u.against = append(u.against, *present)
	}
	return nil
}

// measuring says how metrics are measured on the held-out rows.
func (u *run) measuring() metric.Config {
	held := u.table.target.Take(u.parts.holdout)
	return metric.Config{Task: held.Task, Classes: held.Classes, Weights: held.Weights, Seed: u.recipe.Split.Seed, Metrics: u.wanted()}
}

// unanswered turns predictions back into the scores that they are of. Where the
// answer is the mean of several, the score is found between bounds: answers rise
// with scores.
func (u *run) unanswered(predictions []float64) []float64 {
	target := u.model.Spec.Target
	scores := u.scores(predictions)
	if len(target.Smear) == 0 {
		return scores
	}
	reach := max(-slices.Min(target.Smear), slices.Max(target.Smear), 0) + 1e-9
	for i, p := range predictions {
		low, high := scores[i]-reach, scores[i]+reach
		for range 60 {
			if middle := low + (high-low)/2; target.Answer(middle) < p {
				low = middle
			} else {
				high = middle
			}
		}
		scores[i] = low + (high-low)/2
	}
	return scores
}

// constant is the answer of knowing nothing but the training targets: their
// mean (geometric for a logarithmic target), or the shares of the classes.
func (u *run) constant(rows int) []float64 {
	each := make([]float64, u.target.Scores())
	total := 0.0
	for i, v := range u.target.Y {
		w := u.target.Weight(i)
		total += w
		switch {
		case len(each) > 1:
			each[int(v)] += w
		case u.classified():
			each[0] += w * v
		default:
			each[0] += w * u.model.Spec.Target.Score(v)
		}
	}
	for k := range each {
		each[k] /= total
	}
	if !u.classified() {
		each[0] = u.model.Spec.Target.Undo(each[0])
	}
	return slices.Repeat(each, rows)
}

// result gathers everything.
func (u *run) result() (*Result, error) {
	program, err := predict.Compile(u.spec)
	if err != nil {
		return nil, err
	}
	r := u.recipe
	of := profile.Config{Title: r.Title, Target: r.Data.Target, Time: r.Data.Time, Longitude: r.Data.Longitude, Latitude: r.Data.Latitude}
	described, err := profile.New(u.table.all.Take(u.parts.train), of)
	if err != nil {
		return nil, err
	}
	rows, err := u.reference(program, u.table.inputs.Take(u.parts.holdout))
	if err != nil {
		return nil, err
	}
	return &Result{Spec: u.spec, Report: u.report(), Profile: described, Reference: rows}, nil
}
