package train

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"dasier/fault"
	"dasier/ml/conformal"
	"dasier/ml/format/mlflow"
	"dasier/ml/learn"
	"dasier/ml/metric"
	"dasier/ml/predict"
	"dasier/ml/prep"
	"dasier/ml/profile"
	"dasier/ml/search"
)

// Result is a trained model with its evidence.
type Result struct {
	Spec      predict.Spec
	Report    Report
	Profile   *profile.Profile // of the training rows
	Reference []mlflow.Reference
}

// Report is the evidence for a model, as report.json keeps it.
type Report struct {
	Version     int               `json:"version"` // of this layout: 1
	Name        string            `json:"name"`
	Title       string            `json:"title"`
	Description string            `json:"description,omitempty"`
	Target      predict.Target    `json:"target"`
	Data        DataReport        `json:"data"`
	Algorithm   string            `json:"algorithm"` // of the chosen candidate
	Params      map[string]string `json:"params"`
	Features    int               `json:"features"`
	Rank        int               `json:"rank"` // independent directions among the features
	Search      SearchReport      `json:"search"`
	Candidates  []CandidateReport `json:"candidates"` // the leaderboard, the best first
	Metrics     []MetricReport    `json:"metrics"`    // on the held-out rows
	Baseline    []MetricReport    `json:"baseline"`   // of always answering the same, on the same rows
	Interval    IntervalReport    `json:"interval"`
	Residuals   []Quantile        `json:"residuals"`  // prediction error on the held-out rows: true value minus prediction
	Importance  []Share           `json:"importance"` // the strongest first
	Gates       []GateReport      `json:"gates"`
	Passed      bool              `json:"passed"` // every gate passes
	Left        []learn.Omission  `json:"left"`   // columns that give no feature
	Form        []string          `json:"form"`   // inputs that the recipe wants shown first
	Warnings    []string          `json:"warnings"`
}

// DataReport says which rows were used for what.
type DataReport struct {
	Path        string `json:"path"`
	Digest      string `json:"digest"` // of the file: "sha256:<hex>"
	Rows        int    `json:"rows"`   // in use, of those in the file
	Train       int    `json:"train"`
	Calibration int    `json:"calibration"`
	Holdout     int    `json:"holdout"`
	Split       string `json:"split"` // "random", "grouped" or "time"
	Seed        uint64 `json:"seed"`
}

// SearchReport says how candidates were compared.
type SearchReport struct {
	Metric string `json:"metric"`
	Folds  int    `json:"folds"`
	Seed   uint64 `json:"seed"`
}

// CandidateReport is a line of the leaderboard: the mean score over the folds
// with its 95 % interval.
type CandidateReport struct {
	Name   string            `json:"name"`
	Params map[string]string `json:"params"`
	Score  float64           `json:"score"`
	Low    float64           `json:"score_low"`
	High   float64           `json:"score_high"`
	P      float64           `json:"p"` // of the paired test against the best
	Chosen bool              `json:"chosen"`
	Tied   bool              `json:"tied"` // the test cannot tell it from the best
	// Seconds is the mean time of a fit. It is the only figure that differs
	// between runs of the same recipe; packages leave it out.
	Seconds float64 `json:"fit_seconds,omitempty"`
}

// MetricReport is a metric with its interval and unit.
type MetricReport struct {
	metric.Estimate
	Unit string `json:"unit,omitempty"`
}

// IntervalReport says how well the prediction interval keeps its promise.
type IntervalReport struct {
	conformal.Coverage
	Method string `json:"method"` // "split conformal" or "cross-conformal"
	Rows   int    `json:"rows"`   // calibrated on
}

// Quantile is a point of a distribution.
type Quantile struct {
	Share float64 `json:"share"`
	Value float64 `json:"value"`
}

// Share is how much of what moves the predictions is due to an input.
type Share struct {
	Input string  `json:"input"`
	Label string  `json:"label,omitempty"`
	Share float64 `json:"share"`
}

// WithoutTimes is the report with nothing in it that differs between runs of
// the same recipe on the same data.
func (r Report) WithoutTimes() Report {
	r.Candidates = slices.Clone(r.Candidates)
	for i := range r.Candidates {
		r.Candidates[i].Seconds = 0
	}
	return r
}

// Package gathers what the version's package holds. created, runID and tags are
// the caller's: the run has no clock and knows no commit.
func (r *Result) Package(created time.Time, runID string, tags map[string]string) (*mlflow.Package, error) {
	described, err := json.Marshal(r.Profile)
	if err != nil {
		return nil, fmt.Errorf("writing the profile: %w", err)
	}
	report, err := json.Marshal(r.Report.WithoutTimes())
	if err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	p := &mlflow.Package{
		Spec: r.Spec, Algorithm: r.Report.Algorithm, Created: created, RunID: runID,
		Tags: map[string]string{"data_digest": r.Report.Data.Digest}, Reference: r.Reference, Profile: described, Report: report,
	}
	maps.Copy(p.Tags, tags)
	for _, m := range r.Report.Metrics {
		p.Metrics = append(p.Metrics, mlflow.Metric{Name: m.Name, Value: m.Value, Low: m.Low, High: m.High, Level: m.Level, N: m.N, Unit: m.Unit})
	}
	return p, nil
}

func (u *run) report() Report {
	r := u.recipe
	best := u.board[0]
	report := Report{
		Version: 1, Name: r.Name, Title: r.Title, Description: r.Description, Target: u.spec.Target,
		Data: DataReport{
			Path: r.Data.Path, Digest: u.table.digest, Rows: u.table.all.Rows(),
			Train: len(u.parts.train), Calibration: len(u.parts.calibration), Holdout: len(u.parts.holdout),
			Split: splitName(r), Seed: r.Split.Seed,
		},
		Algorithm: best.Name, Params: best.Params,
		Features: len(u.spec.Features), Rank: u.model.Rank,
		Search:     SearchReport{Metric: r.Search.Metric, Folds: r.Search.Folds, Seed: r.Search.Seed},
		Candidates: leaderboard(u.board),
		Metrics:    withUnits(u.metrics, r.Target.Unit), Baseline: withUnits(u.baseline, r.Target.Unit),
		Interval:   IntervalReport{Coverage: u.coverage, Method: "split conformal", Rows: len(u.calibration.Residuals())},
		Residuals:  u.residuals(),
		Importance: u.ranking(),
		Left:       u.prepared.Left(),
		Form:       slices.Clone(r.Serve.Inputs),
	}
	if len(u.parts.calibration) == 0 {
		report.Interval.Method = "cross-conformal"
	}
	report.Gates, report.Passed = judge(r.Gates, u.metrics, u.coverage)
	report.Warnings = u.warnings()
	return report
}

func splitName(r *Recipe) string {
	switch {
	case r.Data.Time != "":
		return "time"
	case r.Data.Group != "":
		return "grouped"
	}
	return "random"
}

func leaderboard(board []search.Standing) []CandidateReport {
	lines := make([]CandidateReport, len(board))
	for i, s := range board {
		lines[i] = CandidateReport{
			Name: s.Name, Params: s.Params, Score: s.Score, Low: s.Low, High: s.High,
			P: s.P, Chosen: i == 0, Tied: s.Tied, Seconds: s.Seconds,
		}
	}
	return lines
}

func withUnits(estimates []metric.Estimate, unit string) []MetricReport {
	lines := make([]MetricReport, len(estimates))
	for i, e := range estimates {
		lines[i] = MetricReport{Estimate: e}
		if m, err := metric.Lookup(e.Name); err == nil && m.Unit {
			lines[i].Unit = unit
		}
	}
	return lines
}

// residuals are the quantiles of the held-out errors.
func (u *run) residuals() []Quantile {
	errors := make([]float64, len(u.holdout))
	for i, row := range u.parts.holdout {
		errors[i] = u.table.y[row] - u.holdout[i]
	}
	slices.Sort(errors)
	var quantiles []Quantile
	for _, share := range []float64{0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1} {
		position := share * float64(len(errors)-1)
		below := int(math.Floor(position))
		above := min(below+1, len(errors)-1)
		rest := position - float64(below)
		quantiles = append(quantiles, Quantile{Share: share, Value: errors[below]*(1-rest) + errors[above]*rest})
	}
	return quantiles
}

func (u *run) ranking() []Share {
	ranking := make([]Share, len(u.spec.Inputs))
	for i, in := range u.spec.Inputs {
		ranking[i] = Share{Input: in.Name, Label: in.Label, Share: u.importance[i]}
	}
	slices.SortStableFunc(ranking, func(a, b Share) int { return cmp.Compare(b.Share, a.Share) })
	return ranking
}

// warnings are what a person should look at before trusting the model.
func (u *run) warnings() []string {
	warnings := slices.Clone(u.table.left)
	if warnings == nil {
		warnings = []string{}
	}
	for _, o := range u.prepared.Left() {
		if u.recipe.Features.Columns[o.Column].Treatment != prep.Drop {
			warnings = append(warnings, fmt.Sprintf("the column %q is left out: %s", o.Column, o.Reason))
		}
	}
	warnings = append(warnings, u.collinear()...)
	if tied := len(slices.DeleteFunc(slices.Clone(u.board), func(s search.Standing) bool { return !s.Tied })); tied > 1 {
		warnings = append(warnings, fmt.Sprintf("the folds cannot tell %d of the other %s from the best: the choice among them is a matter of luck", tied-1, plural(len(u.board)-1, "candidate")))
	}
	if c := u.coverage; c.Low > c.Level || c.High < c.Level {
		warnings = append(warnings, fmt.Sprintf("the %g %% interval covered %.1f %% of the held-out rows (95 %% confidence: %.1f to %.1f %%): calibration and held-out rows seem to differ",
			100*c.Level, 100*c.Share, 100*c.Low, 100*c.High))
	}
	return warnings
}

// collinear names the features that others determine, across inputs: within
// one category that is so by construction.
func (u *run) collinear() []string {
	const shown = 4
	var warnings []string
	for _, d := range u.design.Dependencies(u.prepared.References()...) {
		feature := u.spec.Features[d.Column]
		if len(d.On) == 0 {
			warnings = append(warnings, fmt.Sprintf("the feature %q does not vary", feature.Name))
			continue
		}
		var names []string
		for _, j := range d.On[:min(shown, len(d.On))] {
			names = append(names, u.spec.Features[j].Name)
		}
		if more := len(d.On) - len(names); more > 0 {
			names = append(names, fmt.Sprintf("%d more", more))
		}
		warnings = append(warnings, fmt.Sprintf("the feature %q says nothing that %s %s not: their weights are shared out, not measured",
			feature.Name, strings.Join(names, ", "), map[bool]string{true: "does", false: "do"}[len(d.On) == 1]))
	}
	return warnings
}

// JSON is the report as an indented file.
func (r Report) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the report cannot be written: %w", err)
	}
	return append(text, '\n'), nil
}
