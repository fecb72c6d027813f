package inspect

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/metric"
	"dasier/ml/predict"
)

// ImportanceConfig says how columns are shuffled. The zero value is sensible.
type ImportanceConfig struct {
	Rows    int    // looked at, a sample where there are more. Default: 2000
	Repeats int    // shuffles of every column. Default: 5
	Metric  string // default: the first usual one of the task
	// Groups are columns that are shuffled together, as one: those that say nearly
	// the same, of which the model may use either.
	Groups [][]string
	Level  float64 // default: 0.95
	Seed   uint64
}

// ImportanceReport is how much worse the predictions get without each column.
type ImportanceReport struct {
	Metric   string  `json:"metric"`
	Title    string  `json:"title"`
	Baseline float64 `json:"baseline"` // the metric with every column as it is
	Rows     int     `json:"rows"`
	Of       int     `json:"of"`
	Repeats  int     `json:"repeats"`
	Level    float64 `json:"level"`
	// Columns, the most needed first.
	Columns   []ColumnImportance `json:"columns"`
	Sentences []string           `json:"sentences,omitempty"`
}

// ColumnImportance is what shuffling one column, or a group, costs.
type ColumnImportance struct {
	Columns []string `json:"columns"`
	// Rise is how much worse the metric is, whichever way it goes; with an interval
	// over rows and shuffles. 0: the model does not need it.
	Rise   float64 `json:"rise"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Needed bool    `json:"needed"` // the interval lies above 0
}

// Importance shuffles each input of a model among the rows and measures what that
// does to the predictions: Breiman 2001, "Random forests", section 10; Fisher,
// Rudin and Dominici 2019, "All models are wrong, but many are useful", section 3.
// Every column is shuffled in the same orders, so that columns compare fairly; the
// interval draws rows together with all that was predicted for them.
//
// A shuffled column breaks its ties with the others: of two columns that say the
// same each seems less needed than they are together. Groups mend that.
func Importance(ctx context.Context, p *predict.Program, f *frame.Frame, target learn.Target, cfg ImportanceConfig) (*ImportanceReport, error) {
	cfg.Rows, cfg.Repeats, cfg.Level = cmp.Or(cfg.Rows, 2000), cmp.Or(cfg.Repeats, 5), level(cfg.Level)
	if err := checkRows(f, target, 2); err != nil {
		return nil, err
	}
	if cfg.Repeats < 1 || cfg.Repeats > 100 {
		return nil, fault.Errorf(fault.Invalid, "%d shuffles are too few or too many: use 1 to 100", cfg.Repeats)
	}
	rows := sample(f.Rows(), cfg.Rows, cfg.Seed)
	own, err := known(p, f)
	if err != nil {
		return nil, err
	}
	s := shuffling{program: p, features: own.Take(rows), target: target.Take(rows)}
	if s.measure, s.metric, err = measure(target, cfg.Metric, cfg.Level, cfg.Seed); err != nil {
		return nil, err
	}
	s.measure.Resamples = 400
	if err := s.prepare(cfg); err != nil {
		return nil, err
	}
	r := &ImportanceReport{
		Metric: s.metric.Name, Title: s.metric.Title, Baseline: s.metric.Weighted(s.target.Y, s.plain, s.target.Weights),
		Rows: len(rows), Of: f.Rows(), Repeats: cfg.Repeats, Level: cfg.Level,
	}
	if math.IsNaN(r.Baseline) || math.IsInf(r.Baseline, 0) {
		return nil, s.undefined()
	}
	parts, err := s.parts(cfg.Groups)
	if err != nil {
		return nil, err
	}
	r.Columns = make([]ColumnImportance, len(parts))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k, part := range parts {
		group.Go(func() error {
			var err error
			r.Columns[k], err = s.without(ctx, part)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(r.Columns, func(a, b ColumnImportance) int { return cmp.Compare(b.Rise, a.Rise) })
	r.words()
	return r, nil
}

// shuffling is what the columns' measurements share.
type shuffling struct {
	program  *predict.Program
	features *frame.Frame
	target   learn.Target
	measure  metric.Config
	metric   metric.Metric
	plain    []float64 // predictions of the columns as they are

	orders       [][]int
	y, unchanged []float64 // of every repeat, one after the other
}

func (s *shuffling) prepare(cfg ImportanceConfig) (err error) {
	if s.plain, err = learn.Predictions(s.program, s.features); err != nil {
		return err
	}
	random, n := source(cfg.Seed, "shuffle"), len(s.target.Y)
	weights := s.target.Weights
	s.measure.Weights = nil
	for range cfg.Repeats {
		s.orders = append(s.orders, random.Perm(n))
		s.y, s.unchanged = append(s.y, s.target.Y...), append(s.unchanged, s.plain...)
		if weights != nil {
			s.measure.Weights = append(s.measure.Weights, weights...)
		}
		for i := range n {
			s.measure.Groups = append(s.measure.Groups, i)
		}
	}
	return nil
}

// parts are the columns that are shuffled together: the groups, then each other.
func (s *shuffling) parts(groups [][]string) ([][]string, error) {
	var parts [][]string
	taken := map[string]bool{}
	for _, group := range groups {
		var part []string
		for _, name := range group {
			if _, ok := s.program.InputIndex(name); !ok {
				return nil, fault.Errorf(fault.Missing, "the model has no input %q to shuffle", name)
			}
			if taken[name] {
				return nil, fault.Errorf(fault.Invalid, "the input %q stands in two groups", name)
			}
			taken[name] = true
			part = append(part, name)
		}
		if len(part) > 0 {
			parts = append(parts, part)
		}
	}
	for _, in := range s.program.Inputs() {
		if !taken[in.Name] {
			parts = append(parts, []string{in.Name})
		}
	}
	return parts, nil
}

// without measures the predictions where some columns are shuffled.
func (s *shuffling) without(ctx context.Context, names []string) (ColumnImportance, error) {
	c := ColumnImportance{Columns: names}
	var present []*frame.Column
	for _, name := range names {
		if column, ok := s.features.Column(name); ok {
			present = append(present, column)
		}
	}
	shuffled := make([]float64, 0, len(s.unchanged))
	for _, order := range s.orders {
		if err := ctx.Err(); err != nil {
			return c, err
		}
		columns := make([]*frame.Column, len(present))
		for k, column := range present {
			columns[k] = column.Take(order)
		}
		table, err := replaced(s.features, columns...)
		if err != nil {
			return c, err
		}
		predictions, err := learn.Predictions(s.program, table)
		if err != nil {
			return c, err
		}
		if len(shuffled) == 0 && slices.Equal(predictions, s.plain) {
			return c, nil // the model does not look at it: further shuffles would show the same
		}
		shuffled = append(shuffled, predictions...)
	}
	compared, err := metric.Compare(s.y, s.unchanged, shuffled, s.measure)
	if err != nil {
		return c, err
	}
	if len(compared) == 0 {
		return c, s.undefined()
	}
	c.Rise, c.Low, c.High = compared[0].Difference, compared[0].Low, compared[0].High
	if s.metric.Greater {
		c.Rise, c.Low, c.High = -c.Rise, -c.High, -c.Low
	}
	c.Needed = c.Low > 0
	return c, nil
}

func (s *shuffling) undefined() error {
	return fault.Errorf(fault.Invalid, "%s is undefined on the %d rows, or has no interval: choose another metric, or hold out more rows", s.metric.Title, len(s.target.Y))
}

// words says what the columns amount to.
func (r *ImportanceReport) words() {
	needed := 0
	for _, c := range r.Columns {
		if c.Needed {
			needed++
		}
	}
	if needed == 0 {
		r.Sentences = append(r.Sentences, "shuffling any one column does no measurable harm: the model answers much the same for every row, or columns stand in for each other")
		return
	}
	top := r.Columns[0]
	r.Sentences = append(r.Sentences, fmt.Sprintf("the model needs %s most: shuffled among the rows, %s gets worse by %s (%s to %s) from %s",
		strings.Join(top.Columns, ", "), r.Title, figure(top.Rise), figure(top.Low), figure(top.High), figure(r.Baseline)))
	if rest := len(r.Columns) - needed; rest > 0 {
		r.Sentences = append(r.Sentences, fmt.Sprintf("%d of %d columns make no measurable difference when shuffled", rest, len(r.Columns)))
	}
	if len(r.Columns) > 2 && math.Abs(r.Baseline) > 0 && top.Rise > 10*max(r.Columns[1].Rise, 0) {
		r.Sentences = append(r.Sentences, fmt.Sprintf("%s matters more than ten times as much as any other column: make sure that it is known before the prediction is wanted", strings.Join(top.Columns, ", ")))
	}
}
