package stage

// Bisection goes down a tree in which every branch asks which of two points is
// nearer, the first at equal distance, and gives the label of the leaf.
type Bisection struct {
	Points []float64 // row by row: per node, the point that it stands for
	Left   []int32   // per node; -1 at leaves
	Right  []int32
	Label  []float64 // of leaves
}

// Check wants children after their parents, so that every way ends.
func (b *Bisection) Check(in int) (int, error) {
	n, err := rows("points", b.Points, in)
	if err != nil {
		return 0, err
	}
	if len(b.Left) != n || len(b.Right) != n || len(b.Label) != n {
		return 0, wrong("there are %d, %d and %d branches and labels for %d points", len(b.Left), len(b.Right), len(b.Label), n)
	}
	for i, left := range b.Left {
		if left >= 0 && (int(left) <= i || int(left) >= n || int(b.Right[i]) <= i || int(b.Right[i]) >= n) {
			return 0, wrong("node %d has the children %d and %d", i, left, b.Right[i])
		}
	}
	return 1, nil
}

// Work is nothing.
func (b *Bisection) Work(int) int { return 0 }

// Apply descends.
func (b *Bisection) Apply(in, out, _ []float64) {
	at, d := 0, len(in)
	for b.Left[at] >= 0 {
		l, r := int(b.Left[at]), int(b.Right[at])
		if squares(in, b.Points[r*d:(r+1)*d]) < squares(in, b.Points[l*d:(l+1)*d]) {
			l = r
		}
		at = l
	}
	out[0] = b.Label[at]
}
