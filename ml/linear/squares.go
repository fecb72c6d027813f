package linear

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

// widest is how many features have their cross products computed: 50 MB of
// them. Wider designs are solved without.
const widest = 2_500

// squares is a least squares problem: the rows, their cross products, and what
// is asked of them.
type squares struct {
	rows     *rows
	prepared *prep.Preparation
	target   learn.Target
	mean     float64 // of the target
	gram     *gram   // nil: the design is too wide for it

	orthogonal *Decomposition // once it was needed
}

func newSquares(ctx context.Context, features *frame.Frame, target learn.Target, cfg prep.Config) (*squares, error) {
	p, x, err := prepare(ctx, features, target, cfg, predict.TaskRegression)
	if err != nil {
		return nil, err
	}
	s := &squares{rows: x, prepared: p, target: target, mean: mean(target.Y, target.Weights)}
	if x.cols() > widest {
		return s, nil
	}
	s.gram, err = x.cross(ctx, x.targets(target.Y, s.mean))
	return s, err
}

// The steps of refinement that a smallest pivot asks for: normal equations lose
// twice the digits of the condition number, of which the pivot is about the
// inverse square, and a step of refinement against the rows gives as many back
// as a solution has: Björck, "Stability analysis of the method of seminormal
// equations for linear least squares problems", Linear Algebra and its
// Applications 88/89, 1987, section 3. Below the last bound the normal equations
// are left for the orthogonal decomposition.
func refinements(least float64) (steps int, ok bool) {
	switch {
	case least > 1e-5:
		return 0, true
	case least > 1e-7:
		return 1, true
	case least > 1e-9:
		return 3, true
	}
	return 0, false
}

// solve gives the weights in the order of the features, for which alpha 0 is
// least squares of least norm.
func (s *squares) solve(ctx context.Context, alpha float64) (*Model, error) {
	if s.gram == nil {
		return s.wide(ctx, alpha)
	}
	f := factorize(s.gram.products, s.rows.cols(), alpha)
	steps, ok := refinements(f.least)
	null := f.null()
	if !ok || len(null) > max(f.rank, 64) {
		return s.decomposed(ctx, alpha)
	}
	if exact, err := s.vanishes(ctx, s.rows, null); err != nil {
		return nil, err
	} else if !exact {
		return s.decomposed(ctx, alpha)
	}
	w := shortest(f.solve(s.gram.withTarget), null)
	for range steps {
		gradient, err := s.normal(ctx, w)
		if err != nil {
			return nil, err
		}
		axpy(-alpha, w, gradient)
		axpy(1, shortest(f.solve(gradient), null), w)
	}
	return s.model(w, f.rank), nil
}

// model is weights, in the order of the rows, as they are known outside.
func (s *squares) model(w []float64, rank int) *Model {
	intercept := s.mean
	if s.gram != nil {
		intercept = s.centred(w)[len(w)]
	}
	intercept = s.rows.bias(intercept, w)
	return &Model{Bias: intercept, Weights: s.rows.restore(w), Base: s.base(), Rank: rank}
}

// base is the mean of each feature.
func (s *squares) base() []float64 { return s.rows.base(s.gram.means) }

// base gives means of features counted from their shifts in the order of the
// features, without the shifts.
func (x *rows) base(means []float64) []float64 {
	base := slices.Clone(means)
	for at, shift := range x.shift {
		base[at] += shift
	}
	return x.restore(base)
}

// centred is weights and the intercept with which scores have the target's mean.
func (s *squares) centred(w []float64) []float64 {
	return append(slices.Clone(w), s.mean+s.gram.targetMean-dot(w, s.gram.means))
}

// normal is XᵀW(y - Xw) from the rows, centred.
func (s *squares) normal(ctx context.Context, w []float64) ([]float64, error) {
	_, gradient, err := s.rows.pass(ctx, [][]float64{s.centred(w)}, func(first, n int, scores, slopes [][block]float64) float64 {
		for i := range n {
			slopes[0][i] = weight(s.target.Weights, first+i) * (s.target.Y[first+i] - scores[0][i])
		}
		return 0
	})
	if err != nil {
		return nil, err
	}
	g := gradient[0]
	rest := g[len(w)]
	g = g[:len(w)]
	axpy(-rest, s.gram.means, g) // the intercept is free
	for j, flat := range s.gram.flat {
		if flat {
			g[j] = 0
		}
	}
	return g, nil
}

// vanishing is the length, as a share of what its parts have, at which a
// combination of columns counts as 0.
const vanishing = 1e-7

// vanishes looks at the rows whether combinations of columns are 0, which cross
// products tell to half the digits only. Instead of each it tries random sums of
// them: one that is not 0 vanishes from such a sum with probability 0 (Halko,
// Martinsson and Tropp, "Finding Structure with Randomness", SIAM Review 53(2),
// 2011, section 4.3).
func (s *squares) vanishes(ctx context.Context, x *rows, null [][]float64) (bool, error) {
	if len(null) == 0 {
		return true, nil
	}
	p := s.rows.cols()
	random := rand.New(rand.NewPCG(1, uint64(p))) //nolint:gosec // the draw must repeat
	tries := make([][]float64, 2)
	sizes := make([]float64, len(tries))
	for k := range tries {
		tries[k] = make([]float64, p+1)
		for _, v := range null {
			axpy(random.NormFloat64(), v, tries[k][:p])
		}
		tries[k][p] = -dot(tries[k][:p], s.gram.means)
		for j, v := range tries[k][:p] {
			sizes[k] += v * v * s.gram.products[j*p+j]
		}
	}
	squares, err := s.lengths(ctx, x, tries)
	if err != nil {
		return false, err
	}
	for k, v := range squares {
		if v > vanishing*vanishing*sizes[k] {
			return false, nil
		}
	}
	return true, nil
}

// lengths are the weighted sums of the squared scores of several weights, in
// proportion to all rows where x is a sample of them.
func (s *squares) lengths(ctx context.Context, x *rows, tries [][]float64) ([]float64, error) {
	parts := make([][]float64, (x.n+chunk-1)/chunk)
	_, _, err := x.passOf(ctx, tries, func(first, n int, scores, _ [][block]float64) float64 {
		sums := parts[first/chunk] // one goroutine walks a chunk
		if sums == nil {
			sums = make([]float64, len(tries))
			parts[first/chunk] = sums
		}
		for k := range tries {
			for i, v := range scores[k][:n] {
				sums[k] += weight(x.weights, first+i) * v * v
			}
		}
		return 0
	}, nil)
	squares := make([]float64, len(tries))
	for _, part := range parts {
		if part != nil {
			axpy(s.rows.total/x.total, part, squares)
		}
	}
	return squares, err
}

// decomposed solves by the orthogonal decomposition, which costs more and keeps
// all digits.
func (s *squares) decomposed(ctx context.Context, alpha float64) (*Model, error) {
	if err := s.decompose(ctx); err != nil {
		return nil, err
	}
	return s.orthogonal.Ridge(alpha)
}

func (s *squares) decompose(ctx context.Context) error {
	if s.orthogonal != nil {
		return nil
	}
	var err error
	s.orthogonal, err = DecomposeWeighted(s.rows.matrix(), s.target.Y, s.target.Weights)
	if err != nil {
		return err
	}
	return ctx.Err()
}

// dependencies are as Decomposition.Dependencies has them, without the
// references.
func (s *squares) dependencies(ctx context.Context) ([]Dependency, error) {
	if s.gram == nil {
		return nil, nil // so wide a design is not searched
	}
	if s.orthogonal == nil {
		found, sure, err := s.dependent(ctx)
		if err != nil || sure {
			return found, err
		}
		if err := s.decompose(ctx); err != nil {
			return nil, err
		}
	}
	return s.orthogonal.Dependencies(s.prepared.References()...), nil
}

// dependent finds dependencies from the cross products, and tells whether the
// rows confirm them.
func (s *squares) dependent(ctx context.Context) (found []Dependency, sure bool, err error) {
	p := s.rows.cols()
	reference := make([]bool, p)
	for _, j := range s.prepared.References() {
		reference[j] = true
	}
	var columns []int // in the order of the rows
	for at, j := range s.rows.order {
		if !reference[j] {
			columns = append(columns, at)
		}
	}
	m := len(columns)
	part := make([]float64, m*m)
	for i, from := range columns {
		for j, to := range columns[:i+1] {
			part[i*m+j] = s.gram.products[from*p+to]
		}
	}
	f := factorize(part, m, 0)
	var null [][]float64
	past := f.past()
	for k, v := range f.null() {
		wide := make([]float64, p)
		for i, c := range v {
			wide[columns[i]] = c
		}
		null = append(null, wide)
		own := f.pivot[past[k]]
		dependency := Dependency{Column: s.rows.order[columns[own]]}
		unit := math.Abs(v[own] / f.scale[own])
		for i, c := range v {
			if i != own && math.Abs(c) > share*unit*f.scale[i] {
				dependency.On = append(dependency.On, s.rows.order[columns[i]])
			}
		}
		slices.Sort(dependency.On)
		found = append(found, dependency)
	}
	for at, none := range s.gram.flat {
		if none && !reference[s.rows.order[at]] {
			found = append(found, Dependency{Column: s.rows.order[at]})
		}
	}
	slices.SortFunc(found, func(a, b Dependency) int { return a.Column - b.Column })
	if _, ok := refinements(f.least); !ok {
		return nil, false, nil
	}
	// A sample of a large table is enough to say so in a warning.
	x := s.rows
	if every := x.n / sampleRows; every > 1 {
		x = x.sample(every)
	}
	sure, err = s.vanishes(ctx, x, null)
	return found, sure, err
}
