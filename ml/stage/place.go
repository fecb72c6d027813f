package stage

import "math"

// Lookup gives the number that stands at the place which the cell tells: it
// turns places of classes into labels, or into places of other classes. What is
// no place becomes missing.
type Lookup struct{ Table []float64 }

// Check wants one cell.
func (l *Lookup) Check(in int) (int, error) {
	if in != 1 || len(l.Table) == 0 {
		return 0, wrong("%d cells are looked up in a table of %d", in, len(l.Table))
	}
	return 1, nil
}

// Work is nothing.
func (l *Lookup) Work(int) int { return 0 }

// Apply looks up.
func (l *Lookup) Apply(in, out, _ []float64) {
	out[0] = math.NaN()
	if in[0] >= 0 && in[0] < float64(len(l.Table)) {
		out[0] = l.Table[int(in[0])]
	}
}

// Scatter puts each cell in a place of a longer vector, whose other places are
// 0: the probabilities of a classifier that saw some of the classes only.
type Scatter struct {
	To    []int // per cell in
	Width int
}

// Check wants a place for every cell.
func (s *Scatter) Check(in int) (int, error) {
	if len(s.To) != in || s.Width < 1 || s.Width > maxCells {
		return 0, wrong("there are places for %d cells of %d", len(s.To), in)
	}
	for _, to := range s.To {
		if to < 0 || to >= s.Width {
			return 0, wrong("there is no place %d of %d", to, s.Width)
		}
	}
	return s.Width, nil
}

// Work is nothing.
func (s *Scatter) Work(int) int { return 0 }

// Apply puts.
func (s *Scatter) Apply(in, out, _ []float64) {
	clear(out)
	for j, v := range in {
		out[s.To[j]] = v
	}
}

// LastLargest is the place of the largest cell, the last of equals: how
// one-vs-rest chooses.
type LastLargest struct{}

// Check wants a cell.
func (LastLargest) Check(in int) (int, error) {
	_, err := some(in)
	return 1, err
}

// Work is nothing.
func (LastLargest) Work(int) int { return 0 }

// Apply looks.
func (LastLargest) Apply(in, out, _ []float64) {
	at := 0
	for k, v := range in {
		if v >= in[at] {
			at = k
		}
	}
	out[0] = float64(at)
}

// Cut is 1 where the cell is at least At (or above it, with Above), else 0.
type Cut struct {
	At    float64
	Above bool
}

// Check wants one cell.
func (c Cut) Check(in int) (int, error) {
	if in != 1 {
		return 0, wrong("one cell is compared, there are %d", in)
	}
	return 1, nil
}

// Work is nothing.
func (c Cut) Work(int) int { return 0 }

// Apply compares.
func (c Cut) Apply(in, out, _ []float64) {
	out[0] = 0
	if in[0] > c.At || in[0] == c.At && !c.Above {
		out[0] = 1
	}
}

// Tournament makes of a classifier per pair of classes one number per class: the
// pairs it wins, and the sum of how surely, squeezed into less than a third. The
// cells are the winners of 0 against 1, 0 against 2 … 1 against 2 … (0 for the
// first of the two, 1 for the second), and then how surely the second wins.
type Tournament struct{ Classes int }

// Check wants two cells per pair.
func (t Tournament) Check(in int) (int, error) {
	if t.Classes < 2 || t.Classes > 10_000 || in != t.Classes*(t.Classes-1) {
		return 0, wrong("%d classes do not make pairs of %d cells", t.Classes, in)
	}
	return t.Classes, nil
}

// Work is room for the sums.
func (t Tournament) Work(int) int { return t.Classes }

// Apply counts and adds.
func (t Tournament) Apply(in, out, work []float64) {
	sums, winners, sure := work[:t.Classes], in[:len(in)/2], in[len(in)/2:]
	clear(sums)
	clear(out)
	p := 0
	for i := range t.Classes {
		for j := i + 1; j < t.Classes; j++ {
			sums[i] -= sure[p]
			sums[j] += sure[p]
			switch winners[p] {
			case 0:
				out[i]++
			case 1:
				out[j]++
			}
			p++
		}
	}
	for k, sum := range sums {
		out[k] += sum / (3 * (math.Abs(sum) + 1))
	}
}

// Cap makes 1 of what exceeds it by rounding, up to 1.00001.
type Cap struct{}

// Check wants a cell.
func (Cap) Check(in int) (int, error) { return some(in) }

// Work is nothing.
func (Cap) Work(int) int { return 0 }

// Apply compares.
func (Cap) Apply(in, out, _ []float64) {
	for k, v := range in {
		if v > 1 && v <= 1+1e-5 {
			v = 1
		}
		out[k] = v
	}
}
