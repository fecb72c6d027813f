package deploy

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/ml/metric"
)

// Comparison is how "only if better" was decided. The figures are those that
// the versions were registered with, from rows held out of their training.
type Comparison struct {
	Metric    string        `json:"metric"`
	Goal      string        `json:"goal"` // which way is better: "min", "max", or "zero", the nearer to it
	Candidate Figure        `json:"candidate"`
	Deployed  *Figure       `json:"deployed,omitempty"` // nil: nothing comparable serves
	Verdict   ComparisonEnd `json:"verdict"`
	// Words say it in a sentence, with both numbers and their intervals.
	Words string `json:"words"`
}

// ComparisonEnd is what a comparison decided.
type ComparisonEnd string

// What a comparison may decide. Clearly says that the intervals do not even
// touch; without it, the better number decides, and the words say that the
// difference is within what chance could make.
const (
	ClearlyBetter ComparisonEnd = "clearly_better"
	Better        ComparisonEnd = "better"
	NotBetter     ComparisonEnd = "not_better"
	NothingThere  ComparisonEnd = "nothing_deployed"
)

// Figure is a version's metric with its confidence interval.
type Figure struct {
	Version int     `json:"version"`
	Value   float64 `json:"value"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Level   float64 `json:"level"` // of the interval; 0: there is none
}

func (f Figure) String() string {
	if f.Level == 0 {
		return short(f.Value)
	}
	return fmt.Sprintf("%s [%s to %s]", short(f.Value), short(f.Low), short(f.High))
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 5, 64) }

// compare decides whether the candidate is better than what serves in the
// environment.
func (s *Service) compare(ctx context.Context, actor auth.Actor, env Environment, candidate Version, name string) (*Comparison, error) {
	found, err := figureOf(candidate, name)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Metric: name, Goal: goalOf(found), Candidate: figure(candidate, found), Verdict: NothingThere}
	if env.Current == 0 {
		c.Words = fmt.Sprintf("%s is %s; nothing is deployed to %s yet", name, c.Candidate, env.Name)
		return c, nil
	}
	deployed, err := s.store.Deployment(ctx, env.Current)
	if err != nil {
		return nil, err
	}
	served, err := s.versionOf(ctx, actor, env.Project, deployed)
	if err != nil {
		return nil, err
	}
	if candidate.Model == served.Model && candidate.Number == served.Number {
		c.Verdict, c.Deployed = NotBetter, &c.Candidate
		c.Words = fmt.Sprintf("version %d is deployed already", candidate.Number)
		return c, nil
	}
	reference, err := figureOf(served, name)
	if err != nil {
		c.Words = fmt.Sprintf("%s is %s; the deployed version %d was registered without it", name, c.Candidate, served.Number)
		return c, nil //nolint:nilerr // it is the words of the comparison
	}
	before := figure(served, reference)
	c.Deployed = &before
	decide(c)
	return c, nil
}

// decide is the rule of a comparison between two figures.
func decide(c *Comparison) {
	a, b := c.Candidate, *c.Deployed
	less, more := a.towards(c.Goal), b.towards(c.Goal)
	apart := a.Level != 0 && b.Level != 0 && (less.High < more.Low || more.High < less.Low)
	switch {
	case !(less.Value < more.Value):
		c.Verdict = NotBetter
		c.Words = fmt.Sprintf("%s of version %d is %s, not better than %s of the deployed version %d", c.Metric, a.Version, a, b, b.Version)
	case apart:
		c.Verdict = ClearlyBetter
		c.Words = fmt.Sprintf("%s of version %d is %s, clearly better than %s of the deployed version %d", c.Metric, a.Version, a, b, b.Version)
	default:
		c.Verdict = Better
		c.Words = fmt.Sprintf("%s of version %d is %s, better than %s of the deployed version %d, though within what chance could make", c.Metric, a.Version, a, b, b.Version)
	}
}

func (s *Service) versionOf(ctx context.Context, actor auth.Actor, id project.ID, d Deployment) (Version, error) {
	if d.Kind != KindModel {
		return Version{}, fault.Errorf(fault.Conflict, "%s is deployed: there is no metric to compare with", d.Title())
	}
	return s.registry.Resolve(ctx, actor, id, VersionRef{Model: d.Model, Number: d.ModelVersion})
}

func figureOf(v Version, name string) (Metric, error) {
	for _, m := range v.Metrics {
		if m.Name == name {
			if goalOf(m) == "" {
				return m, fault.Errorf(fault.Invalid, "which way is %q better? it can be decided for %s", name, strings.Join(slices.Concat(metric.Names(metric.Regression, metric.Binary, metric.Multiclass), smaller, greater), ", ")).At("only_if_better")
			}
			return m, nil
		}
	}
	names := make([]string, len(v.Metrics))
	for i, m := range v.Metrics {
		names[i] = m.Name
	}
	return Metric{}, fault.Errorf(fault.Invalid, "version %d of %s was registered without the metric %q: it has %s", v.Number, v.Model, name, or(strings.Join(names, ", "), "none")).At("only_if_better")
}

func figure(v Version, m Metric) Figure {
	return Figure{v.Number, m.Value, m.Low, m.High, m.Level}
}

// towards is the figure turned so that less is better.
func (f Figure) towards(goal string) Figure {
	turned := f
	switch goal {
	case "max":
		turned.Value, turned.Low, turned.High = -f.Value, -f.High, -f.Low
	case "zero":
		turned.Value, turned.Low, turned.High = math.Abs(f.Value), min(math.Abs(f.Low), math.Abs(f.High)), max(math.Abs(f.Low), math.Abs(f.High))
		if f.Low <= 0 && f.High >= 0 {
			turned.Low = 0
		}
	}
	return turned
}

// Metrics that other systems name and package metric does not.
var (
	smaller = []string{"mse", "error_rate"}
	greater = []string{"roc_auc", "pr_auc"}
)

func goalOf(m Metric) string {
	known, err := metric.Lookup(m.Name)
	switch {
	case m.Goal != "":
		return m.Goal
	case err == nil && known.NearZero():
		return "zero"
	case err == nil && known.Greater || slices.Contains(greater, m.Name):
		return "max"
	case err == nil || slices.Contains(smaller, m.Name):
		return "min"
	}
	return ""
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
