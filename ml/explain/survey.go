package explain

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat/distuv"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Config says how much a survey looks at. The zero Config is sensible.
type Config struct {
	// Rows to explain, a sample where there are more; fewer for ensembles so large
	// that these would take long. Default: 1000
	Rows int
	// Detailed is how many of the inputs get a shape, the strongest first.
	// Default: 20
	Detailed int
	Level    float64 // of intervals. Default: 0.95
	Seed     uint64  // of the sample
}

func (c Config) defaults() Config {
	if c.Rows <= 0 {
		c.Rows = 1000
	}
	if c.Detailed == 0 {
		c.Detailed = 20
	}
	if !(c.Level > 0 && c.Level < 1) {
		c.Level = 0.95
	}
	return c
}

// Overview is what moves a model's answers, over many rows.
type Overview struct {
	Scale Scale `json:"scale"` // how effects combine
	// By says how they were found, where that is not exact.
	By     predict.Explanation `json:"by,omitempty"`
	Rows   int                 `json:"rows"` // explained
	Of     int                 `json:"of"`   // rows there are
	Level  float64             `json:"level"`
	Inputs []Effect            `json:"inputs"` // the strongest first
	// Warnings are findings that a person should read, as whole sentences.
	Warnings []string `json:"warnings,omitempty"`
}

// Effect is what one input does.
type Effect struct {
	Input string `json:"input"`
	Label string `json:"label,omitempty"`
	Unit  string `json:"unit,omitempty"`
	// Mean is the mean size of its contributions, on the score's scale, with an
	// interval over rows; of several classes it is added up over them.
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Share is Mean over the sum of all inputs'.
	Share float64 `json:"share"`
	// Class is whose score Shape and Sentence are about, where there are several:
	// the one that the input moves most.
	Class string `json:"class,omitempty"`
	// Shape is the contributions by the input's value.
	Shape []Bin `json:"shape,omitempty"`
	// Direction and Sentence say in words what Shape shows.
	Direction Direction `json:"direction,omitempty"`
	// Rising is the share of the ups in all ups and downs of Shape: 1 where the
	// answer never falls as the value grows. Categories have none.
	Rising   *float64 `json:"rising,omitempty"`
	Sentence string   `json:"sentence,omitempty"`
}

// maxClasses bounds the classes that are surveyed.
const maxClasses = 20

// Survey explains many rows of a table, whose columns are matched as
// Program.PredictFrame does, and sums up: the mean size of contributions (the
// global importance of Lundberg et al. 2020, "From local explanations to global
// understanding with explainable AI for trees"), their shape by value (their dependence plots, as quantiles),
// and the direction in words.
func Survey(ctx context.Context, p *predict.Program, f *frame.Frame, cfg Config) (*Overview, error) {
	cfg = cfg.defaults()
	if !p.Explained() {
		return nil, fault.Errorf(fault.Invalid, "this model's numbers are each computed from several inputs, and it keeps no rows to be asked about: use permutation importance")
	}
	if f.Rows() < 2 {
		return nil, fault.Errorf(fault.Invalid, "%d rows are too few to survey: give at least 2", f.Rows())
	}
	s := newSurvey(p, cfg)
	rows := sample(f.Rows(), min(cfg.Rows, s.affordable()), cfg.Seed)
	if err := s.run(ctx, f, rows); err != nil {
		return nil, err
	}
	o := &Overview{Scale: ScaleOf(p), Rows: len(rows), Of: f.Rows(), Level: cfg.Level}
	if by := p.Explanation(); by != predict.Exact {
		o.By = by
	}
	total := 0.0
	for i := range p.Inputs() {
		e := s.strength(i)
		total += e.Mean
		o.Inputs = append(o.Inputs, e)
	}
	order := make([]int, len(o.Inputs))
	for i := range order {
		order[i] = i
		if total > 0 {
			o.Inputs[i].Share = o.Inputs[i].Mean / total
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(o.Inputs[b].Mean, o.Inputs[a].Mean) })
	sorted := make([]Effect, len(order))
	for rank, i := range order {
		sorted[rank] = o.Inputs[i]
		if rank < cfg.Detailed && sorted[rank].Mean > 0 {
			s.describe(i, &sorted[rank])
		}
	}
	o.Inputs = sorted
	o.Warnings = warnings(sorted)
	return o, nil
}

// suspicious is a share of all effects that one input seldom has honestly.
const suspicious = 0.8

func warnings(inputs []Effect) []string {
	if len(inputs) < 3 || inputs[0].Share < suspicious {
		return nil
	}
	return []string{fmt.Sprintf("%q carries %.0f %% of what moves the predictions: make sure that it is known before the prediction is wanted, and does not follow from the target (leakage)",
		inputs[0].Input, 100*inputs[0].Share)}
}

// survey holds the contributions of the sampled rows.
type survey struct {
	program *predict.Program
	cfg     Config
	classes []int       // whose scores are explained; one entry where there is one score
	effects [][]float64 // per class: rows times inputs
	values  []float64   // rows times inputs: a number, or a place in levels; NaN is missing
	levels  [][]string  // per input of texts
	rows    int
}

func newSurvey(p *predict.Program, cfg Config) *survey {
	s := &survey{program: p, cfg: cfg, classes: []int{0}, levels: make([][]string, len(p.Inputs()))}
	if byClass(p) && !p.Fused() {
		s.classes = nil
		for k := range min(len(p.Classes()), maxClasses) {
			s.classes = append(s.classes, k)
		}
	}
	for i, in := range p.Inputs() {
		if in.Kind == frame.Category {
			s.levels[i] = append(slices.Clone(in.Levels), "(another)")
		}
	}
	return s
}

// affordable is how many rows take a few seconds at most.
func (s *survey) affordable() int {
	const budget, asking, fewest = 500_000_000, 10_000_000_000, 50 // of multiplications; and of plain ones, where a model is asked
	if s.program.Explanation() == predict.Sampled {
		return Affordable(s.program, asking/float64(len(s.classes)), fewest/2)
	}
	return Affordable(s.program, budget/float64(len(s.classes)), fewest)
}

// sample draws rows without replacement, ascending.
func sample(n, most int, seed uint64) []int {
	rows := rand.New(rand.NewPCG(seed, 0x737572766579)).Perm(n) //nolint:gosec // a reproducible draw is the point
	rows = rows[:min(n, most)]
	slices.Sort(rows)
	return rows
}

// run explains the rows, in chunks of a fixed size that share nothing.
func (s *survey) run(ctx context.Context, f *frame.Frame, rows []int) error {
	inputs := len(s.program.Inputs())
	s.rows, s.values = len(rows), make([]float64, len(rows)*inputs)
	for range s.classes {
		s.effects = append(s.effects, make([]float64, len(rows)*inputs))
	}
	const chunk = 32
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for first := 0; first < len(rows); first += chunk {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			at := first * inputs
			var into []Contribution
			return s.program.EachRow(f.Take(rows[first:min(first+chunk, len(rows))]), func(row *predict.Row) {
				s.look(row, s.values[at:at+inputs])
				for k, class := range s.classes {
					if into = effects(s.program, row, class, into); len(into) == inputs {
						for i, c := range into {
							s.effects[k][at+i] = c.Effect
						}
					}
				}
				at += inputs
			})
		})
	}
	return group.Wait()
}

// look keeps the values of a row.
func (s *survey) look(row *predict.Row, values []float64) {
	for i := range values {
		switch level, known := row.Level(i); {
		case row.Missing(i):
			values[i] = math.NaN()
		case s.levels[i] == nil:
			values[i] = row.Number(i)
		case known && len(s.levels[i]) > 1: // free text has no levels
			values[i] = float64(slices.Index(s.levels[i], level))
		default:
			values[i] = float64(len(s.levels[i]) - 1)
		}
	}
}

// strength is the mean size of an input's effects with a Student interval.
func (s *survey) strength(i int) Effect {
	in, inputs := &s.program.Inputs()[i], len(s.program.Inputs())
	e := Effect{Input: in.Name, Label: in.Label, Unit: in.Unit}
	sizes := make([]float64, s.rows)
	most := -1.0
	for k, class := range s.classes {
		own := 0.0
		for r := range sizes {
			size := math.Abs(s.effects[k][r*inputs+i])
			sizes[r] += size
			own += size
		}
		if own > most && len(s.classes) > 1 {
			most, e.Class = own, s.program.Classes()[class]
		}
	}
	squares, n := 0.0, float64(s.rows)
	for _, size := range sizes {
		e.Mean += size / n
	}
	for _, size := range sizes {
		squares += (size - e.Mean) * (size - e.Mean)
	}
	half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(1-(1-s.cfg.Level)/2) * math.Sqrt(squares/(n-1)/n)
	e.Low, e.High = max(0, e.Mean-half), e.Mean+half
	return e
}
