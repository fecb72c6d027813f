package inspect

import (
	"context"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Surface is the mean answer where two columns are set at once.
type Surface struct {
	Inputs [2]string `json:"inputs"`
	Class  string    `json:"class,omitempty"` // whose probability: the second of two, the first of more
	First  []Point   `json:"first"`           // values of the first column; means are not filled in
	Second []Point   `json:"second"`
	// Mean[i][j] is the answer at First[i] and Second[j].
	Mean [][]float64 `json:"mean"`
	// Together is how much of the surface's variation the two columns have only
	// together: 0 where their effects add up (Friedman and Popescu 2008,
	// "Predictive learning via rule ensembles", equation 44, on the grid).
	Together float64 `json:"together"`
	Rows     int     `json:"rows"`
	Of       int     `json:"of"`
}

// maxSide bounds a surface's points in each direction.
const maxSide = 15

// DependenceOfTwo computes partial dependence on two columns: Friedman 2001,
// section 8.2.
func DependenceOfTwo(ctx context.Context, p *predict.Program, f *frame.Frame, first, second string, cfg DependenceConfig) (*Surface, error) {
	cfg = cfg.defaults(p)
	rows := sample(f.Rows(), min(cfg.Rows, 300), cfg.Seed)
	own, err := known(p, f)
	if err != nil {
		return nil, err
	}
	d := dependence{program: p, features: own.Take(rows), cfg: cfg}
	var columns [2]*frame.Column
	for k, name := range []string{first, second} {
		c, ok := d.features.Column(name)
		if !ok || k == 1 && first == second {
			return nil, fault.Errorf(fault.Missing, "the model or the table has no column %q besides", name)
		}
		columns[k] = c
	}
	s := &Surface{Inputs: [2]string{first, second}, Rows: len(rows), Of: f.Rows()}
	var values [2]*frame.Column
	s.First, values[0] = grid(columns[0], min(cfg.Points, maxSide))
	s.Second, values[1] = grid(columns[1], min(cfg.Points, maxSide))
	if len(s.First) == 0 || len(s.Second) == 0 || len(rows) < 2 {
		return nil, fault.Errorf(fault.Invalid, "%q or %q has no value in any of the %d rows", first, second, len(rows))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var a, b []int
	for i := range s.First {
		for j := range s.Second {
			a, b = append(a, i), append(b, j)
		}
	}
	answers, err := d.answers(values[0].Take(a), values[1].Take(b))
	if err != nil {
		return nil, err
	}
	points := len(a)
	width := len(answers) / (len(rows) * points)
	switch classes := p.Classes(); {
	case width > 1:
		s.Class = classes[0]
	case len(classes) == 2:
		s.Class = classes[1]
	}
	means := make([]float64, points)
	for row := range rows {
		for k := range means {
			means[k] += answers[(row*points+k)*width] / float64(len(rows))
		}
	}
	s.Mean = slices.Collect(slices.Chunk(means, len(s.Second)))
	s.Together = together(s.Mean)
	return s, nil
}

// together is the share of the variation that rows and columns do not add up to.
func together(mean [][]float64) float64 {
	total, ofRow, ofColumn := 0.0, make([]float64, len(mean)), make([]float64, len(mean[0]))
	cells := float64(len(mean) * len(mean[0]))
	for i, line := range mean {
		for j, v := range line {
			total += v / cells
			ofRow[i] += v / float64(len(line))
			ofColumn[j] += v / float64(len(mean))
		}
	}
	rest, all := 0.0, 0.0
	for i, line := range mean {
		for j, v := range line {
			rest += (v - ofRow[i] - ofColumn[j] + total) * (v - ofRow[i] - ofColumn[j] + total)
			all += (v - total) * (v - total)
		}
	}
	if all == 0 {
		return 0
	}
	return rest / all
}
