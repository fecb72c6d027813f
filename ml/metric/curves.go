package metric

import (
	"math"

	"dasier/fault"
)

// maxPoints bounds the points of a curve: what a page can show.
const maxPoints = 200

// Curve is what a classifier could do at every threshold.
type Curve struct {
	Points []Point `json:"points"`
	// Area is the AUC of a ROC curve, the average precision of the other.
	Area float64 `json:"area"`
	// Base is what guessing gives: precision at every recall.
	Base float64 `json:"base"`
}

// Point is what choosing the rows above a threshold does.
type Point struct {
	X         float64 `json:"x"`
	Y         float64 `json:"y"`
	Threshold float64 `json:"threshold"` // rows of at least this probability are chosen
}

// ROC is recall (Y) over the share of other rows that are chosen too (X), of a
// class against the rest; of a binary choice the class is 1. It is thinned to 200
// points at equal distances along the curve.
func ROC(y, predictions []float64, class int, cfg Config) (*Curve, error) {
	s, err := newSweep(y, predictions, class, cfg)
	if err != nil {
		return nil, err
	}
	c := &Curve{Area: oneArea(s.d, class, 1, nil), Base: 0.5}
	s.each(func(threshold, in, out float64) {
		c.Points = append(c.Points, Point{X: out / s.out, Y: in / s.in, Threshold: threshold})
	})
	c.Points = thin(append([]Point{{Threshold: 1}}, c.Points...))
	return c, nil
}

// PrecisionRecall is precision (Y) over recall (X).
func PrecisionRecall(y, predictions []float64, class int, cfg Config) (*Curve, error) {
	s, err := newSweep(y, predictions, class, cfg)
	if err != nil {
		return nil, err
	}
	c := &Curve{Base: s.in / (s.in + s.out)}
	before := 0.0
	s.each(func(threshold, in, out float64) {
		c.Area += (in - before) / s.in * in / (in + out)
		before = in
		c.Points = append(c.Points, Point{X: in / s.in, Y: in / (in + out), Threshold: threshold})
	})
	c.Points = thin(c.Points)
	return c, nil
}

// Gain is what choosing the most probable rows finds.
type Gain struct {
	Share float64 `json:"share"` // of the rows that are chosen
	Found float64 `json:"found"` // share of the class's rows among them, of all of the class
	Lift  float64 `json:"lift"`  // how many times more than a chance choice finds
}

// Gains says what choosing 5, 10, …, 100 per cent of the rows finds, the most
// probable first. A group of rows with the same probability counts in part.
func Gains(y, predictions []float64, class int, cfg Config) ([]Gain, error) {
	s, err := newSweep(y, predictions, class, cfg)
	if err != nil {
		return nil, err
	}
	const steps = 20
	gains := make([]Gain, 0, steps)
	in0, all0 := 0.0, 0.0
	s.each(func(_, in, out float64) {
		all := in + out
		for len(gains) < steps {
			share := float64(len(gains)+1) / steps
			if wanted := share * (s.in + s.out); wanted > all*(1+1e-12) {
				break
			} else if all > all0 {
				found := (in0 + (in-in0)*(wanted-all0)/(all-all0)) / s.in
				gains = append(gains, Gain{Share: share, Found: min(found, 1), Lift: min(found, 1) / share})
			}
		}
		in0, all0 = in, all
	})
	return gains, nil
}

// sweep goes down the ranking by the probability of a class.
type sweep struct {
	d       *data
	class   int
	in, out float64
}

func newSweep(y, predictions []float64, class int, cfg Config) (*sweep, error) {
	if cfg.Task == "" && len(y) == len(predictions) {
		cfg.Task = Binary
	}
	cfg = cfg.defaults(len(y), len(predictions))
	if err := check(y, predictions, cfg); err != nil {
		return nil, err
	}
	s := &sweep{d: newData(y, predictions, cfg.Weights, cfg.Threshold), class: class}
	if class < 0 || class >= s.d.classes() {
		return nil, fault.Errorf(fault.Invalid, "there is no class %d: there are %d", class, s.d.classes())
	}
	for i := range y {
		if s.d.class(i) == class {
			s.in += s.d.weight(i)
		} else {
			s.out += s.d.weight(i)
		}
	}
	if s.in == 0 || s.out == 0 {
		return nil, fault.Errorf(fault.Invalid, "the curve needs rows of the class %q and others: hold out more rows, or split so that every class is on both sides (stratified)", cfg.class(class))
	}
	return s, nil
}

// each visits every threshold with the weight chosen at it.
func (s *sweep) each(visit func(threshold, in, out float64)) {
	order := s.d.order(s.class)
	in, out := 0.0, 0.0
	for from := 0; from < len(order); {
		score := s.d.probability(int(order[from]), s.class)
		to := from
		for ; to < len(order) && s.d.probability(int(order[to]), s.class) == score; to++ {
			if w := s.d.weight(int(order[to])); s.d.class(int(order[to])) == s.class {
				in += w
			} else {
				out += w
			}
		}
		if from = to; in+out > 0 {
			visit(score, in, out)
		}
	}
}

// thin keeps points at nearly equal distances along the curve, the ends among
// them.
func thin(points []Point) []Point {
	if len(points) <= maxPoints {
		return points
	}
	way := make([]float64, len(points))
	for i := 1; i < len(points); i++ {
		way[i] = way[i-1] + math.Abs(points[i].X-points[i-1].X) + math.Abs(points[i].Y-points[i-1].Y)
	}
	kept, last := points[:1:1], len(points)-1
	step := way[last] / (maxPoints - 2)
	for i := 1; i < last; i++ {
		if next := float64(len(kept)) * step; way[i] >= next && len(kept) < maxPoints-1 {
			kept = append(kept, points[i])
		}
	}
	return append(kept, points[last])
}
