package stack

import (
	"math"
	"slices"
)

// moments are the sums that a least squares fit of weights needs: products of
// the learners' predictions with each other and with the truth.
type moments struct {
	gram  [][]float64
	cross []float64
}

// sumMoments adds up over all rows and scores. truth has as many numbers a row as
// predictions; a row weighs what weight says.
func sumMoments(predictions [][]float64, truth []float64, width int, weight func(row int) float64) *moments {
	n := len(predictions)
	m := &moments{gram: make([][]float64, n), cross: make([]float64, n)}
	for a := range n {
		m.gram[a] = make([]float64, n)
	}
	for i, y := range truth {
		w := weight(i / width)
		if w == 0 {
			continue
		}
		for a, one := range predictions {
			p := w * one[i]
			m.cross[a] += p * y
			for b := a; b < n; b++ {
				m.gram[a][b] += p * predictions[b][i]
			}
		}
	}
	for a := range n {
		for b := range a {
			m.gram[a][b] = m.gram[b][a]
		}
	}
	return m
}

// nonNegative finds the weights of at least 0 with the least squared error, by
// the active set method NNLS: Lawson and Hanson, "Solving Least Squares
// Problems", 1974, chapter 23, on the moments (Bro and De Jong, Journal of
// Chemometrics 11, 1997, section 3). With toOne the weights add up to 1: every
// system gets the Lagrange multiplier of that, and the search begins at the best
// learner alone.
func (m *moments) nonNegative(toOne bool) []float64 {
	n := len(m.cross)
	weights, in, barred := make([]float64, n), make([]bool, n), make([]bool, n)
	if toOne {
		best := m.best()
		weights[best], in[best] = 1, true
	}
	// Each pass lowers the error, so that none comes twice; the bound is for
	// rounding.
	for range 10 * (n + 1) {
		gradient, multiplier := m.gradient(weights, in, toOne)
		next, most := -1, 0.0
		for k, g := range gradient {
			if g -= multiplier; !in[k] && !barred[k] && g > most && g > 1e-12*math.Abs(m.cross[k]) {
				next, most = k, g
			}
		}
		if next < 0 {
			break
		}
		in[next] = true
		if !m.descend(weights, in, toOne) || !in[next] {
			in[next], barred[next], weights[next] = false, true, 0 // it says what the others say
		}
	}
	return weights
}

// best is the learner of the least squared error on its own.
func (m *moments) best() int {
	best := 0
	for k := range m.cross {
		if m.gram[k][k]-2*m.cross[k] < m.gram[best][best]-2*m.cross[best] {
			best = k
		}
	}
	return best
}

// gradient is half the fall of the error by each weight, and what that is for
// the weights that are in, when they must add up.
func (m *moments) gradient(weights []float64, in []bool, toOne bool) (gradient []float64, multiplier float64) {
	gradient = slices.Clone(m.cross)
	count := 0.0
	for a := range gradient {
		for b, w := range weights {
			gradient[a] -= m.gram[a][b] * w
		}
	}
	for a, is := range in {
		if toOne && is {
			multiplier += gradient[a]
			count++
		}
	}
	return gradient, multiplier / max(count, 1)
}

// descend goes to the least error of the weights that are in; weights that would
// turn negative on the way leave. False where the system cannot be solved.
func (m *moments) descend(weights []float64, in []bool, toOne bool) bool {
	for slices.Contains(in, true) {
		goal, ok := m.solve(in, toOne)
		if !ok {
			return false
		}
		step, leaves := 1.0, -1
		for k, is := range in {
			if !is || goal[k] > 0 {
				continue
			}
			s := 0.0
			if weights[k] > 0 {
				s = weights[k] / (weights[k] - goal[k])
			}
			if leaves < 0 || s < step {
				step, leaves = s, k
			}
		}
		for k, is := range in {
			if is {
				weights[k] += step * (goal[k] - weights[k])
			}
		}
		if leaves < 0 {
			return true
		}
		weights[leaves], in[leaves] = 0, false
	}
	return true
}

// solve is the least squares solution of the weights that are in, by Gaussian
// elimination.
func (m *moments) solve(in []bool, toOne bool) ([]float64, bool) {
	var which []int
	for k, is := range in {
		if is {
			which = append(which, k)
		}
	}
	n := len(which)
	size := n
	if toOne {
		size++
	}
	scale := 0.0
	rows := make([][]float64, size)
	for i := range rows {
		rows[i] = make([]float64, size+1)
	}
	for i, a := range which {
		for j, b := range which {
			rows[i][j] = m.gram[a][b]
		}
		rows[i][size] = m.cross[a]
		scale = max(scale, m.gram[a][a])
	}
	if toOne { // in the scale of the rest
		for i := range n {
			rows[i][n], rows[n][i] = scale, scale
		}
		rows[n][size] = scale
	}
	solution, ok := eliminate(rows, 1e-13*scale)
	if !ok {
		return nil, false
	}
	weights := make([]float64, len(in))
	for i, a := range which {
		weights[a] = solution[i]
	}
	return weights, true
}

// eliminate solves rows whose last number is the right hand side; false when a
// pivot is no more than rounding.
func eliminate(rows [][]float64, least float64) ([]float64, bool) {
	n := len(rows)
	for c := range n {
		pivot := c
		for r := c + 1; r < n; r++ {
			if math.Abs(rows[r][c]) > math.Abs(rows[pivot][c]) {
				pivot = r
			}
		}
		if !(math.Abs(rows[pivot][c]) > least) {
			return nil, false
		}
		rows[c], rows[pivot] = rows[pivot], rows[c]
		for r := c + 1; r < n; r++ {
			f := rows[r][c] / rows[c][c]
			for k := c; k <= n; k++ {
				rows[r][k] -= f * rows[c][k]
			}
		}
	}
	solution := make([]float64, n)
	for c := n - 1; c >= 0; c-- {
		v := rows[c][n]
		for k := c + 1; k < n; k++ {
			v -= rows[c][k] * solution[k]
		}
		solution[c] = v / rows[c][c]
	}
	return solution, true
}
