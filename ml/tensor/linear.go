package tensor

import "dasier/fault"

// linearOperators are ai.onnx.ml's linear models.
var linearOperators = map[string]operator{
	"LinearRegressor":  {1, 1, 1, makeLinearRegressor},
	"LinearClassifier": {1, 1, 1, makeLinearClassifier},
}

// weights are a linear model: a row of coefficients per score.
type weights struct {
	coefficients []float32
	intercepts   []float32
	scores       int
}

// score computes all scores of a batch: x W' + b.
func (w *weights) score(r *run, in *Tensor, result []float32, stride int) error {
	count, width, err := rows(in)
	if err != nil {
		return err
	}
	if width*w.scores != len(w.coefficients) {
		return fault.Errorf(fault.Invalid, "it has %d coefficients for %d scores, the rows have %d features", len(w.coefficients), w.scores, width)
	}
	x, err := floats32(r, in)
	if err != nil {
		return err
	}
	if err := r.charge(count * len(w.coefficients)); err != nil {
		return err
	}
	depth := strip(false, w.scores)
	for i := range count {
		row := x[i*width : (i+1)*width]
		for k := range w.scores {
			sum := dot32(w.coefficients[k*width:(k+1)*width], row, depth)
			if k < len(w.intercepts) {
				sum += w.intercepts[k]
			}
			result[i*stride+k] = sum
		}
	}
	return nil
}

func (n *node) linear(scores int) (*weights, transform, error) {
	n.need(0, Float, Double, Int64, Int32)
	w := &weights{n.floats("coefficients"), n.floats("intercepts"), scores}
	if scores < 1 || len(w.coefficients) == 0 || len(w.coefficients)%scores != 0 {
		return nil, 0, fault.Errorf(fault.Invalid, "it has %d coefficients for %d scores", len(w.coefficients), scores)
	}
	if len(w.intercepts) > 0 && len(w.intercepts) != scores {
		return nil, 0, fault.Errorf(fault.Invalid, "it has %d intercepts for %d scores", len(w.intercepts), scores)
	}
	if have := n.width(); have >= 0 && have*scores != len(w.coefficients) {
		return nil, 0, fault.Errorf(fault.Invalid, "it has %d coefficients for %d scores, the rows have %d features", len(w.coefficients), scores, have)
	}
	end, err := transformOf(n.text("post_transform", "NONE"))
	return w, end, err
}

func makeLinearRegressor(n *node) (kernel, error) {
	n.gives = []Type{Float}
	targets := n.int("targets", 1)
	if targets < 1 || targets > maxCells {
		return nil, fault.Errorf(fault.Invalid, "it has %d targets", targets)
	}
	w, end, err := n.linear(int(targets))
	if err != nil {
		return nil, err
	}
	return func(r *run, in, out []*Tensor) error {
		count, _, err := rows(in[0])
		if err != nil {
			return err
		}
		result, err := give[float32](r, out[0], []int{count, w.scores})
		if err != nil {
			return err
		}
		if err := w.score(r, in[0], result, w.scores); err != nil {
			return err
		}
		// The runtime transforms a single score by PROBIT only.
		if w.scores > 1 || end == probit {
			for i := range count {
				end.applyFast(result[i*w.scores : (i+1)*w.scores])
			}
		}
		return nil
	}, nil
}

// makeLinearClassifier: one score for two classes is that of the second, and
// the first gets 1 minus it, after a transform or not; the label looks at the
// score before.
func makeLinearClassifier(n *node) (kernel, error) {
	classes, err := n.labelsOf("classlabels_ints")
	if err != nil {
		return nil, err
	}
	scores := len(n.floats("intercepts"))
	if scores == 0 {
		scores = classes.count()
	}
	w, end, err := n.linear(scores)
	if err != nil {
		return nil, err
	}
	if scores > 1 && scores != classes.count() || scores == 1 && classes.count() > 2 {
		return nil, fault.Errorf(fault.Invalid, "it has %d scores for %d classes", scores, classes.count())
	}
	if scores == 1 && classes.count() == 1 {
		// One class alone: the runtime calls the answers 0 and 1.
		if len(classes.texts) > 0 {
			classes.texts = []string{"0", "1"}
		} else {
			classes.ints = []int64{0, 1}
		}
	}
	n.gives = []Type{classes.kind(), Float}
	columns := scores
	if scores == 1 && len(n.texts("classlabels_strings"))+len(n.ints("classlabels_ints")) == 2 {
		columns = 2
	}
	return func(r *run, in, out []*Tensor) error {
		count, _, err := rows(in[0])
		if err != nil {
			return err
		}
		if err := r.make(out[0], classes.kind(), []int{count}); err != nil {
			return err
		}
		result, err := give[float32](r, out[1], []int{count, columns})
		if err != nil {
			return err
		}
		if err := w.score(r, in[0], result, columns); err != nil {
			return err
		}
		for i := range count {
			row := result[i*columns : (i+1)*columns]
			if scores > 1 {
				classes.write(out[0], i, first(row))
				end.applyFast(row)
				continue
			}
			class := 0
			if row[0] > 0 {
				class = 1
			}
			classes.write(out[0], i, class)
			end.pair(row)
		}
		return nil
	}, nil
}

// pair makes the scores of two classes of the one of the second.
func (t transform) pair(row []float32) {
	s := row[0]
	switch {
	case t == probit:
		row[0] = probit32(s)
		if len(row) == 2 {
			row[1] = row[0]
		}
	case len(row) == 2:
		if t == logistic {
			s = logistic32(s)
		}
		row[0], row[1] = 1-s, s
	}
}

// first is the place of the largest number, the first of equals.
func first(row []float32) int {
	best := 0
	for i, v := range row {
		if v > row[best] {
			best = i
		}
	}
	return best
}
