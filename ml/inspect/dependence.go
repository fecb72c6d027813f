package inspect

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat/distuv"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// DependenceConfig says which curves are made. The zero value is sensible.
type DependenceConfig struct {
	Columns []string // default: the first 10 inputs of the model
	Rows    int      // averaged over, a sample where there are more. Default: 300
	Points  int      // of a curve, at most 50. Default: 25
	Lines   int      // single rows' curves that are kept, at most 50. Default: 10; -1: none
	Level   float64  // default: 0.95
	Seed    uint64
}

// DependenceReport is how the answer moves with single columns.
type DependenceReport struct {
	Rows   int     `json:"rows"`
	Of     int     `json:"of"`
	Level  float64 `json:"level"`
	Curves []Curve `json:"curves"`
}

// Curve is the mean answer where one column is set to a value in every row: of a
// classifier the probability of Class.
type Curve struct {
	Input  string  `json:"input"`
	Class  string  `json:"class,omitempty"`
	Points []Point `json:"points"`
	// Lines are the answers of single rows at the points (Goldstein et al. 2015),
	// to five digits.
	Lines [][]float64 `json:"lines,omitempty"`
}

// Point is a value that the column is set to.
type Point struct {
	Value float64 `json:"value"`
	Level string  `json:"level,omitempty"`
	// Share of the rows that are nearest to this point: where there are few, the
	// curve says what the model does, not what the data show.
	Share float64 `json:"share"`
	Mean  float64 `json:"mean"`
	// Low and High say how sure the curve's shape is: the interval of the mean
	// difference between the row's answer here and its mean over the curve.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// How much is answered at most.
const (
	maxPoints  = 50
	maxLines   = 50
	maxCurves  = 5 // classes with a curve of their own
	maxAnswers = 20_000_000
)

// Dependence computes partial dependence (Friedman 2001, "Greedy function
// approximation: a gradient boosting machine", section 8.2) and the single rows'
// curves behind it (Goldstein et al. 2015, "Peeking inside the black box").
func Dependence(ctx context.Context, p *predict.Program, f *frame.Frame, cfg DependenceConfig) (*DependenceReport, error) {
	cfg = cfg.defaults(p)
	rows := sample(f.Rows(), cfg.Rows, cfg.Seed)
	own, err := known(p, f)
	if err != nil {
		return nil, err
	}
	d := dependence{program: p, features: own.Take(rows), cfg: cfg}
	for _, name := range cfg.Columns {
		if _, ok := own.Column(name); !ok {
			return nil, fault.Errorf(fault.Missing, "the model or the table has no column %q", name)
		}
	}
	switch {
	case len(rows) < 2:
		return nil, fault.Errorf(fault.Invalid, "%d rows are too few for partial dependence: give at least 2", len(rows))
	case len(rows)*cfg.Points*len(cfg.Columns) > maxAnswers:
		return nil, fault.Errorf(fault.Limited, "%d columns, %d points and %d rows are more than %d answers: choose fewer of them", len(cfg.Columns), cfg.Points, len(rows), maxAnswers)
	}
	curves := make([][]Curve, len(cfg.Columns))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k, name := range cfg.Columns {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			curves[k], err = d.along(name)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return &DependenceReport{Rows: len(rows), Of: f.Rows(), Level: cfg.Level, Curves: slices.Concat(curves...)}, nil
}

func (c DependenceConfig) defaults(p *predict.Program) DependenceConfig {
	c.Rows, c.Level = cmp.Or(c.Rows, 300), level(c.Level)
	c.Points = min(max(cmp.Or(c.Points, 25), 2), maxPoints)
	c.Lines = min(max(cmp.Or(c.Lines, 10), 0), maxLines)
	if c.Columns == nil {
		for _, in := range p.Inputs() {
			if len(c.Columns) < 10 {
				c.Columns = append(c.Columns, in.Name)
			}
		}
	}
	return c
}

type dependence struct {
	program  *predict.Program
	features *frame.Frame
	cfg      DependenceConfig
}

// along makes the curves of one column: one, or one per class.
func (d *dependence) along(name string) ([]Curve, error) {
	column, _ := d.features.Column(name)
	points, values := grid(column, d.cfg.Points)
	if len(points) == 0 {
		return []Curve{{Input: name, Points: []Point{}}}, nil // missing in every row
	}
	answers, err := d.answers(values)
	if err != nil {
		return nil, err
	}
	classes := d.program.Classes()
	width := len(answers) / (d.features.Rows() * len(points))
	var curves []Curve
	for k := range min(width, maxCurves) {
		c := Curve{Input: name, Points: slices.Clone(points)}
		switch {
		case width > 1:
			c.Class = classes[k]
		case len(classes) == 2:
			c.Class = classes[1]
		}
		d.fill(&c, func(row, point int) float64 { return answers[(row*len(points)+point)*width+k] })
		curves = append(curves, c)
	}
	return curves, nil
}

// answers predicts every row with every value: the points of a row side by side.
func (d *dependence) answers(columns ...*frame.Column) ([]float64, error) {
	points := columns[0].Len()
	repeat := make([]int, 0, d.features.Rows()*points)
	which := make([]int, 0, cap(repeat))
	for row := range d.features.Rows() {
		for point := range points {
			repeat, which = append(repeat, row), append(which, point)
		}
	}
	set := make([]*frame.Column, len(columns))
	for k, c := range columns {
		set[k] = c.Take(which)
	}
	table, err := replaced(d.features.Take(repeat), set...)
	if err != nil {
		return nil, err
	}
	return learn.Predictions(d.program, table)
}

// fill averages.
func (d *dependence) fill(c *Curve, answer func(row, point int) float64) {
	n := d.features.Rows()
	middle := make([]float64, n) // of each row's curve
	for row := range n {
		for point := range c.Points {
			middle[row] += answer(row, point) / float64(len(c.Points))
		}
	}
	t := distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}.Quantile(1 - (1-d.cfg.Level)/2)
	for point := range c.Points {
		p := &c.Points[point]
		moved, squares := 0.0, 0.0
		for row := range n {
			p.Mean += answer(row, point) / float64(n)
			moved += (answer(row, point) - middle[row]) / float64(n)
		}
		for row := range n {
			e := answer(row, point) - middle[row] - moved
			squares += e * e
		}
		half := t * math.Sqrt(squares/float64(n-1)/float64(n))
		p.Low, p.High = p.Mean-half, p.Mean+half
	}
	for _, row := range sample(n, d.cfg.Lines, d.cfg.Seed) {
		if d.cfg.Lines == 0 {
			break
		}
		line := make([]float64, len(c.Points))
		for point := range line {
			line[point] = digits(answer(row, point))
		}
		c.Lines = append(c.Lines, line)
	}
}

// grid is the values that a column is set to: quantiles of a number, the most
// frequent levels of a category; and the column of them.
func grid(c *frame.Column, most int) ([]Point, *frame.Column) {
	values := &frame.Column{Name: c.Name, Kind: c.Kind, Levels: c.Levels}
	var points []Point
	if c.Kind == frame.Category {
		counts, present := make([]int, len(c.Levels)), 0
		for _, code := range c.Codes {
			if code >= 0 {
				counts[code]++
				present++
			}
		}
		order := make([]int32, len(counts))
		for k := range order {
			order[k] = int32(k) //nolint:gosec // codes are int32
		}
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(counts[b], counts[a]) })
		for _, code := range order[:min(len(order), most)] {
			if counts[code] > 0 {
				points = append(points, Point{Level: c.Levels[code], Share: float64(counts[code]) / float64(present)})
				values.Codes = append(values.Codes, code)
			}
		}
		return points, values
	}
	var present []float64
	for _, v := range c.Numbers().All() {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			present = append(present, v)
		}
	}
	slices.Sort(present)
	different := slices.Compact(slices.Clone(present))
	if len(different) > most {
		different = different[:0]
		for k := range most {
			different = append(different, present[int(math.Round(float64(k)/float64(most-1)*float64(len(present)-1)))])
		}
		different = slices.Compact(different)
	}
	shares := make([]float64, len(different))
	at := 0
	for _, v := range present {
		for at+1 < len(different) && math.Abs(different[at+1]-v) <= math.Abs(different[at]-v) {
			at++
		}
		shares[at] += 1 / float64(len(present))
	}
	for k, v := range different {
		points = append(points, Point{Value: v, Share: shares[k]})
	}
	values.Values = different
	return points, values
}
