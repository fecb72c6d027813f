package inspect

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"dasier/fault"
)

// ResidualConfig says how errors are described.
type ResidualConfig struct {
	Target string  // the target's name, for sentences. Default: the prediction
	Unit   string  // of the target
	Level  float64 // of intervals. Default: 0.95
	Seed   uint64  // of the points' sample
	// Proportional says that the model learns a logarithm or another transform of
	// the target that makes errors in proportion to it. Errors that grow are no news.
	Proportional bool
}

// ResidualReport describes the errors of a regression: true minus predicted, so
// that an error above 0 means that the prediction was too low.
type ResidualReport struct {
	Rows  int     `json:"rows"`
	Level float64 `json:"level"`
	// Quantiles of the errors: 1, 5, 25, 50, 75, 95 and 99 per cent.
	Quantiles [7]float64 `json:"quantiles"`
	Mean      float64    `json:"mean"`
	Tenths    []Tenth    `json:"tenths"` // by rising prediction
	// Growth is the rank correlation of the size of the error with the prediction,
	// and P its two-sided p-value.
	Growth float64 `json:"growth"`
	P      float64 `json:"p"`
	// Points are at most 300 rows: predicted, true.
	Points    [][2]float64 `json:"points"`
	Sentences []string     `json:"sentences"`
}

// Tenth is a tenth of the rows, by their prediction.
type Tenth struct {
	From    float64 `json:"from"` // predictions
	To      float64 `json:"to"`
	Rows    int     `json:"rows"`
	Mean    float64 `json:"mean"` // error, with a Student interval
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Typical float64 `json:"typical"` // the median size of the error
	P10     float64 `json:"p10"`     // of the error
	P90     float64 `json:"p90"`
}

// maxScatter bounds the rows that are given as points.
const maxScatter = 300

// Residuals describes the errors on held-out rows.
func Residuals(y, predictions []float64, cfg ResidualConfig) (*ResidualReport, error) {
	cfg.Level, cfg.Target = level(cfg.Level), cmp.Or(cfg.Target, "the target")
	n := len(y)
	switch {
	case len(predictions) != n:
		return nil, fault.Errorf(fault.Invalid, "%d true values have %d predictions", n, len(predictions))
	case n < 10:
		return nil, fault.Errorf(fault.Invalid, "%d rows are too few to describe errors: hold out at least 10", n)
	}
	order, errors := make([]int, n), make([]float64, n)
	for i := range y {
		order[i], errors[i] = i, y[i]-predictions[i]
		if math.IsNaN(errors[i]) || math.IsInf(errors[i], 0) {
			return nil, fault.Errorf(fault.Invalid, "row %d has the value %g and the prediction %g: both must be finite", i+1, y[i], predictions[i])
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(predictions[a], predictions[b]) })
	r := &ResidualReport{Rows: n, Level: cfg.Level, Mean: stat.Mean(errors, nil)}
	sorted := slices.Sorted(slices.Values(errors))
	for k, share := range [...]float64{0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99} {
		r.Quantiles[k] = stat.Quantile(share, stat.LinInterp, sorted, nil)
	}
	parts := min(10, n/5)
	for k := range parts {
		r.Tenths = append(r.Tenths, tenth(order[k*n/parts:(k+1)*n/parts], errors, predictions, cfg.Level))
	}
	sizes := make([]float64, n)
	for i, e := range errors {
		sizes[i] = math.Abs(e)
	}
	r.Growth = stat.Correlation(ranks(sizes), ranks(predictions), nil)
	if math.IsNaN(r.Growth) { // all the same
		r.Growth = 0
	}
	t := r.Growth * math.Sqrt(float64(n-2)/max(1e-300, 1-r.Growth*r.Growth))
	r.P = 2 * distuv.StudentsT{Sigma: 1, Nu: float64(n - 2)}.Survival(math.Abs(t))
	for _, i := range sample(n, maxScatter, cfg.Seed) {
		r.Points = append(r.Points, [2]float64{digits(predictions[i]), digits(y[i])})
	}
	r.words(cfg)
	return r, nil
}

func tenth(rows []int, errors, predictions []float64, level float64) Tenth {
	t := Tenth{From: predictions[rows[0]], To: predictions[rows[len(rows)-1]], Rows: len(rows)}
	own := slices.Sorted(slices.Values(pick(errors, rows)))
	sizes := make([]float64, len(own))
	for k, e := range own {
		sizes[k] = math.Abs(e)
	}
	slices.Sort(sizes)
	n := float64(len(own))
	t.Mean = stat.Mean(own, nil)
	half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(1-(1-level)/2) * stat.StdDev(own, nil) / math.Sqrt(n)
	t.Low, t.High = t.Mean-half, t.Mean+half
	t.Typical = stat.Quantile(0.5, stat.LinInterp, sizes, nil)
	t.P10, t.P90 = stat.Quantile(0.1, stat.LinInterp, own, nil), stat.Quantile(0.9, stat.LinInterp, own, nil)
	return t
}

// ranks are the places in sorted order, of equal values their mean.
func ranks(values []float64) []float64 {
	order, ranks := make([]int, len(values)), make([]float64, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+to-1) / 2
		}
		from = to
	}
	return ranks
}

// words says what stands out.
func (r *ResidualReport) words(cfg ResidualConfig) {
	unit := cfg.Unit
	if unit != "" {
		unit = " " + unit
	}
	r.Sentences = append(r.Sentences, fmt.Sprintf("half of the errors lie between %s and %s%s (true minus predicted), nine of ten between %s and %s",
		figure(r.Quantiles[2]), figure(r.Quantiles[4]), unit, figure(r.Quantiles[1]), figure(r.Quantiles[5])))
	first, last := r.Tenths[0], r.Tenths[len(r.Tenths)-1]
	switch {
	case r.P < 0.01 && r.Growth > 0.1:
		grow := fmt.Sprintf("errors grow with the prediction: half are above %s%s in the lowest tenth, above %s in the highest", figure(first.Typical), unit, figure(last.Typical))
		if !cfg.Proportional {
			grow += "; predicting the logarithm may suit " + cfg.Target
		}
		r.Sentences = append(r.Sentences, grow)
	case r.P < 0.01 && r.Growth < -0.1:
		r.Sentences = append(r.Sentences, fmt.Sprintf("errors shrink as the prediction grows: half are above %s%s in the lowest tenth, above %s in the highest", figure(first.Typical), unit, figure(last.Typical)))
	default:
		r.Sentences = append(r.Sentences, "errors are about as large for low predictions as for high ones")
	}
	// The tenths are ten looks: a tenth counts as biased far outside its interval.
	for _, end := range []struct {
		tenth Tenth
		name  string
	}{{first, "lowest"}, {last, "highest"}} {
		half := (end.tenth.High - end.tenth.Low) / 2
		if math.Abs(end.tenth.Mean) <= 1.5*half || half == 0 {
			continue
		}
		way := "too low"
		if end.tenth.Mean < 0 {
			way = "too high"
		}
		r.Sentences = append(r.Sentences, fmt.Sprintf("the %s tenth of the predictions is %s by %s%s on average", end.name, way, figure(math.Abs(end.tenth.Mean)), unit))
	}
}
