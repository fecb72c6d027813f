package inspect

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/metric"
)

// SliceConfig says how slices are searched. The zero value is sensible.
type SliceConfig struct {
	Conditions   int     // that describe a slice, at most 3. Default: 2
	Least        int     // rows of a slice. Default: 40, or a fiftieth of the rows if that is more
	Most         int     // slices given. Default: 5
	Rows         int     // looked at, a sample where there are more. Default: 20,000
	Relative     bool    // errors of a number count as shares of the true value, which must not be 0
	Significance float64 // the chance of naming any slice where there is none. Default: 0.05
	Level        float64 // of intervals. Default: 0.95
	Seed         uint64
}

// SliceReport is where a model is worse than elsewhere.
type SliceReport struct {
	Metric  string          `json:"metric"` // mae, mape where errors are relative, or log_loss of a classifier
	Title   string          `json:"title"`
	Overall metric.Estimate `json:"overall"`
	Rows    int             `json:"rows"` // looked at
	Of      int             `json:"of"`
	// Tried is how many descriptions were looked at in the one half of the rows;
	// Checked how many of them were held to the other half.
	Tried   int     `json:"tried"`
	Checked int     `json:"checked"`
	Slices  []Slice `json:"slices"` // the surest first
	// Guard says why these are no chance finds.
	Guard     string   `json:"guard"`
	Sentences []string `json:"sentences"`
}

// Slice is rows of a kind for which the model is worse. Its figures are of the
// rows that had no part in finding it.
type Slice struct {
	Conditions []Condition `json:"conditions"`
	Text       string      `json:"text"`  // "Neighborhood = Old_Town and Year_Built <= 1940"
	Share      float64     `json:"share"` // of all rows
	N          int         `json:"n"`     // rows that it was checked on
	Value      float64     `json:"value"`
	Low        float64     `json:"low"`
	High       float64     `json:"high"`
	Rest       float64     `json:"rest"` // the metric on the other rows
	// Difference is value minus rest with its interval.
	Difference     float64 `json:"difference"`
	DifferenceLow  float64 `json:"difference_low"`
	DifferenceHigh float64 `json:"difference_high"`
	P              float64 `json:"p"` // corrected for how many were checked
}

// Slices searches rows of a kind on which the model is worse than on others, as a
// shallow tree on its errors would: the conditions whose rows have the largest
// mean loss, by Welch's t, and the best of these narrowed by a second one (Chung
// et al. 2019, "Slice Finder: automated data slicing for model validation",
// section 3; they search one table and correct for it).
//
// Searching thousands of descriptions finds bad ones by luck. So half of the rows
// is searched, and what was found there is held to the other half: a one-sided
// Welch test at the significance divided by the number of slices checked
// (Bonferroni). What is said of a slice is said of that half alone.
//
// The features may hold columns that the model does not use. Weights of rows do
// not count: every row is one that someone may have asked about.
func Slices(ctx context.Context, f *frame.Frame, target learn.Target, predictions []float64, cfg SliceConfig) (*SliceReport, error) {
	cfg.Conditions, cfg.Most = min(cmp.Or(cfg.Conditions, 2), 3), cmp.Or(cfg.Most, 5)
	cfg.Rows, cfg.Significance, cfg.Level = cmp.Or(cfg.Rows, 20_000), cmp.Or(cfg.Significance, 0.05), level(cfg.Level)
	if err := checkRows(f, target, 2); err != nil {
		return nil, err
	}
	s, err := newSlicing(f, target, predictions, cfg)
	if err != nil {
		return nil, err
	}
	found, err := s.search(ctx)
	if err != nil {
		return nil, err
	}
	r := &SliceReport{
		Metric: s.metric.Name, Title: s.metric.Title, Overall: s.overall, Rows: len(s.found) + len(s.kept), Of: f.Rows(),
		Tried: s.tried, Checked: len(found), Slices: []Slice{},
		Guard: fmt.Sprintf("found on %s rows, held to %s others at the significance %g/%d (Bonferroni)", group(int64(len(s.found))), group(int64(len(s.kept))), cfg.Significance, max(len(found), 1)),
	}
	for _, candidate := range found {
		slice, err := s.check(candidate, len(found))
		if err != nil {
			return nil, err
		}
		if slice != nil && slice.P < cfg.Significance {
			r.Slices = append(r.Slices, *slice)
		}
	}
	slices.SortStableFunc(r.Slices, func(a, b Slice) int { return cmp.Compare(a.P, b.P) })
	for _, slice := range r.Slices {
		r.Sentences = append(r.Sentences, fmt.Sprintf("where %s, %s is %s (%s to %s), elsewhere %s; %.0f %% of the rows are so",
			slice.Text, r.Title, figure(slice.Value), figure(slice.Low), figure(slice.High), figure(slice.Rest), 100*slice.Share))
	}
	if len(r.Slices) == 0 {
		r.Sentences = []string{fmt.Sprintf("no kind of rows was found on which the model is surely worse than on others (%s descriptions of at least %d rows tried)", group(int64(s.tried)), s.least)}
	}
	return r, nil
}
