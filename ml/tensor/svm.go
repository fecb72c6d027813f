package tensor

import (
	"math"

	"dasier/fault"
)

// svmOperators are ai.onnx.ml's support vector machines.
var svmOperators = map[string]operator{
	"SVMRegressor":  {1, 1, 1, makeSVMRegressor},
	"SVMClassifier": {1, 1, 1, makeSVMClassifier},
}

// similarity is a kernel function with support vectors.
type similarity struct {
	kind                 string
	gamma, coef0, degree float32
	vectors              []float32 // a row per support vector
	count, width         int
}

func (n *node) similarity(vectors []float32, count int) (*similarity, error) {
	s := &similarity{kind: n.text("kernel_type", "LINEAR"), vectors: vectors, count: count}
	switch s.kind {
	case "LINEAR", "POLY", "RBF", "SIGMOID":
	default:
		return nil, fault.Errorf(fault.Invalid, "there is no kernel %q", s.kind)
	}
	if p := n.floats("kernel_params"); len(p) >= 3 {
		s.gamma, s.coef0, s.degree = p[0], p[1], p[2]
	} else if len(p) > 0 {
		return nil, fault.Errorf(fault.Invalid, "it has %d parameters of the kernel, not 3", len(p))
	}
	if count < 1 || len(vectors)%count != 0 {
		return nil, fault.Errorf(fault.Invalid, "%d numbers make no %d support vectors", len(vectors), count)
	}
	s.width = len(vectors) / count
	if have := n.width(); have >= 0 && have != s.width {
		return nil, fault.Errorf(fault.Invalid, "its support vectors have %d features, the rows have %d", s.width, have)
	}
	return s, nil
}

// compare gives the kernel's value for a row and each support vector, in the
// runtime's steps of float32; rho is added to a linear one.
func (s *similarity) compare(row, values []float32, rho float32) {
	depth := strip(false, s.count)
	for k := range values {
		v := s.vectors[k*s.width : (k+1)*s.width]
		if s.kind == "RBF" {
			sum := float32(0)
			for j, x := range row {
				d := x - v[j]
				sum += d * d
			}
			values[k] = single32(math.Exp(float64(-s.gamma * sum)))
			continue
		}
		sum := dot32(row, v, depth)
		switch s.kind {
		case "LINEAR":
			sum += rho
		case "POLY":
			sum = scaled(sum, s.gamma, s.coef0)
			switch s.degree {
			case 2:
				sum *= sum
			case 3:
				sum = sum * sum * sum
			default:
				sum = single32(math.Pow(float64(sum), float64(s.degree)))
			}
		default:
			sum = tanhCurve.at(scaled(sum, s.gamma, s.coef0))
		}
		values[k] = sum
	}
}

// scaled is sum*gamma + coef0 with one rounding.
func scaled(sum, gamma, coef0 float32) float32 {
	return float32(float64(sum)*float64(gamma) + float64(coef0))
}

func makeSVMRegressor(n *node) (kernel, error) {
	n.need(0, Float, Double, Int64, Int32)
	n.gives = []Type{Float}
	coefficients, rho := n.floats("coefficients"), n.floats("rho")
	supports := n.int("n_supports", 0)
	if len(coefficients) == 0 || len(rho) == 0 || supports < 0 || supports > maxCells {
		return nil, fault.Errorf(fault.Invalid, "it has %d coefficients, %d offsets and %d support vectors", len(coefficients), len(rho), supports)
	}
	vectors, count := n.floats("support_vectors"), int(supports)
	if count == 0 { // a linear model
		vectors, count = coefficients, 1
	} else if len(coefficients) != count {
		return nil, fault.Errorf(fault.Invalid, "it has %d coefficients for %d support vectors", len(coefficients), count)
	}
	s, err := n.similarity(vectors, count)
	if err != nil {
		return nil, err
	}
	if supports == 0 {
		s.kind = "LINEAR"
	}
	offset, one := rho[0], n.int("one_class", 0) != 0
	return func(r *run, in, out []*Tensor) error {
		return s.each(r, in[0], out[0], 1, func(row, values, result []float32) {
			if supports == 0 {
				s.compare(row, values, offset)
				result[0] = values[0]
			} else {
				s.compare(row, values, 0)
				result[0] = dot32(values, coefficients, strip(false, 1)) + offset
			}
			if one { // an outlier or not
				if result[0] > 0 {
					result[0] = 1
				} else {
					result[0] = -1
				}
			}
		})
	}, nil
}

// each calls a function for every row, with room for the kernel's values and
// for the row of the result.
func (s *similarity) each(r *run, in, out *Tensor, columns int, f func(row, values, result []float32)) error {
	count, width, err := rows(in)
	if err != nil {
		return err
	}
	if width != s.width {
		return fault.Errorf(fault.Invalid, "its support vectors have %d features, the rows have %d", s.width, width)
	}
	x, err := floats32(r, in)
	if err != nil {
		return err
	}
	result, err := give[float32](r, out, []int{count, columns})
	if err != nil {
		return err
	}
	var room Tensor
	values, err := give[float32](r, &room, []int{s.count})
	if err != nil {
		return err
	}
	if err := r.charge(count * len(s.vectors)); err != nil {
		return err
	}
	for i := range count {
		f(x[i*width:(i+1)*width], values, result[i*columns:(i+1)*columns])
	}
	return nil
}

// machines is a classifier: one decision per pair of classes (libsvm), or one
// score per class (liblinear).
type machines struct {
	*similarity
	classes      labels
	count        int // of classes
	starts, many []int
	coefficients []float32
	rho          []float32
	a, b         []float32 // Platt's, per pair
	end          transform
	linear       bool
	positive     bool // no coefficient is negative
}

func makeSVMClassifier(n *node) (kernel, error) {
	n.need(0, Float, Double, Int64, Int32)
	m, err := n.machines()
	if err != nil {
		return nil, err
	}
	n.gives = []Type{m.classes.kind(), Float}
	pairs := m.count * (m.count - 1) / 2
	columns := m.count
	if !m.linear && len(m.a) == 0 && m.count > 2 {
		columns = pairs
	}
	return func(r *run, in, out []*Tensor) error {
		count, _, err := rows(in[0])
		if err != nil {
			return err
		}
		if err := r.make(out[0], m.classes.kind(), []int{count}); err != nil {
			return err
		}
		var room [2]Tensor
		scores, err := give[float32](r, &room[0], []int{max(pairs, m.count)})
		if err != nil {
			return err
		}
		votes, err := give[float32](r, &room[1], []int{m.count})
		if err != nil {
			return err
		}
		matrix, err := r.scratch(2*m.count*m.count + m.count)
		if err != nil {
			return err
		}
		i := 0
		return m.each(r, in[0], out[1], columns, func(row, values, result []float32) {
			var class int
			if m.linear {
				m.compare(row, values, m.rho[0])
				copy(result, values)
				class = m.choose(first(result), result[first(result)])
				m.end.applyFast(result)
			} else {
				class = m.decide(row, values, scores[:pairs], votes, result, matrix)
			}
			m.classes.write(out[0], i, class)
			i++
		})
	}, nil
}

func (n *node) machines() (*machines, error) {
	classes, err := n.labelsOf("classlabels_ints")
	if err != nil {
		return nil, err
	}
	m := &machines{classes: classes, count: classes.count(), coefficients: n.floats("coefficients"), rho: n.floats("rho"), a: n.floats("prob_a"), b: n.floats("prob_b")}
	if m.end, err = transformOf(n.text("post_transform", "NONE")); err != nil {
		return nil, err
	}
	if m.count < 2 || m.count > 1000 {
		return nil, fault.Errorf(fault.Invalid, "it chooses among %d classes", m.count)
	}
	total := 0
	for _, many := range n.ints("vectors_per_class") {
		if many < 0 || many > maxCells || total > maxCells {
			return nil, fault.Errorf(fault.Invalid, "a class has %d support vectors", many)
		}
		m.starts, m.many = append(m.starts, total), append(m.many, int(many))
		total += int(many)
	}
	pairs := m.count * (m.count - 1) / 2
	m.linear = total == 0
	m.positive = true
	for _, c := range m.coefficients {
		m.positive = m.positive && c >= 0
	}
	if m.linear {
		if len(m.rho) == 0 {
			return nil, fault.Errorf(fault.Invalid, "it has no offset")
		}
		if m.similarity, err = n.similarity(m.coefficients, m.count); err == nil {
			m.kind = "LINEAR"
		}
		return m, err
	}
	if len(m.many) != m.count || len(m.coefficients) < (m.count-1)*total || len(m.rho) < pairs || len(m.a) != len(m.b) || len(m.a) > 0 && len(m.a) < pairs {
		return nil, fault.Errorf(fault.Invalid, "its lists do not fit %d classes and %d support vectors", m.count, total)
	}
	m.similarity, err = n.similarity(n.floats("support_vectors"), total)
	return m, err
}

// choose is the class of two where the largest score decides, as the runtime
// does for a linear machine.
func (m *machines) choose(best int, score float32) int {
	if m.count == 2 && len(m.a) == 0 && (m.positive && score >= 0.5 || !m.positive && score > 0) {
		return 1
	}
	return best
}

// decide lets every pair of classes vote; the label is the class with most
// votes, also where probabilities are asked for.
func (m *machines) decide(row, values, scores, votes, result []float32, matrix []float64) int {
	m.compare(row, values, 0)
	clear(votes)
	pair := 0
	for i := range m.count - 1 {
		for j := i + 1; j < m.count; j++ {
			sum := m.part(j-1, i, values) + m.part(i, j, values) + float64(m.rho[pair])
			scores[pair] = float32(sum)
			if sum > 0 {
				votes[i]++
			} else {
				votes[j]++
			}
			pair++
		}
	}
	class := first(votes)
	switch {
	case len(m.a) > 0:
		m.couple(scores, result, matrix)
		m.end.applyFast(result)
	case m.count == 2 && m.end == plain:
		result[0], result[1] = -scores[0], scores[0]
	case m.count == 2 && m.end == logistic:
		result[0], result[1] = logistic32(-scores[0]), logistic32(scores[0])
	case m.count == 2:
		result[0], result[1] = 1-scores[0], scores[0]
	default:
		copy(result, scores)
		m.end.applyFast(result)
	}
	return class
}

// part adds up what the support vectors of a class say in a row of coefficients.
func (m *machines) part(row, class int, values []float32) float64 {
	sum := 0.0
	begin, end := m.starts[class], m.starts[class]+m.many[class]
	coefficients := m.coefficients[row*m.similarity.count:]
	for k := begin; k < end; k++ {
		sum += float64(coefficients[k] * values[k])
	}
	return sum
}

// couple turns decisions into probabilities: Platt's sigmoid per pair, and the
// second method of Wu, Lin and Weng 2004, "Probability estimates for multi-class
// classification by pairwise coupling", section 4 with algorithm 2, at most 100
// rounds.
func (m *machines) couple(scores, result []float32, matrix []float64) {
	k := m.count
	r, q, qp := matrix[:k*k], matrix[k*k:2*k*k], matrix[2*k*k:]
	pair := 0
	for i := range k {
		r[i*k+i] = 0
		for j := i + 1; j < k; j++ {
			p := float64(1 - logistic32(scores[pair]*m.a[pair]+m.b[pair]))
			p = min(max(p, 1e-7), 1-1e-7)
			r[i*k+j], r[j*k+i] = p, 1-p
			pair++
		}
	}
	for i := range k {
		result[i] = 1 / float32(k)
		q[i*k+i] = 0
		for j := range k {
			if j != i {
				q[i*k+i] += r[j*k+i] * r[j*k+i]
				q[i*k+j] = -r[j*k+i] * r[i*k+j]
			}
		}
	}
	for range 100 {
		pqp := 0.0
		for i := range k {
			qp[i] = 0
			for j := range k {
				qp[i] += q[i*k+j] * float64(result[j])
			}
			pqp += float64(result[i]) * qp[i]
		}
		worst := 0.0
		for i := range k {
			worst = max(worst, math.Abs(qp[i]-pqp))
		}
		if worst < 0.005/float64(k) {
			return
		}
		for i := range k {
			d := (pqp - qp[i]) / q[i*k+i]
			result[i] += float32(d)
			pqp = (pqp + d*(d*q[i*k+i]+2*qp[i])) / (1 + d) / (1 + d)
			for j := range k {
				qp[j] = (qp[j] + d*q[i*k+j]) / (1 + d)
				result[j] = float32(float64(result[j]) / (1 + d))
			}
		}
	}
}
