package stage

// dot is the product of two vectors of one length. Four sums run side by side:
// a processor adds them at once.
func dot(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	j := 0
	for ; j+4 <= len(a); j += 4 {
		s0 += a[j] * b[j]
		s1 += a[j+1] * b[j+1]
		s2 += a[j+2] * b[j+2]
		s3 += a[j+3] * b[j+3]
	}
	for ; j < len(a); j++ {
		s0 += a[j] * b[j]
	}
	return (s0 + s1) + (s2 + s3)
}

// squares is the sum of the squared differences of two vectors of one length.
func squares(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	j := 0
	for ; j+4 <= len(a); j += 4 {
		d0, d1, d2, d3 := a[j]-b[j], a[j+1]-b[j+1], a[j+2]-b[j+2], a[j+3]-b[j+3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
	}
	for ; j < len(a); j++ {
		d := a[j] - b[j]
		s0 += d * d
	}
	return (s0 + s1) + (s2 + s3)
}

// rows is how many vectors of a width stand in a flat slice; an error when they
// do not come out even.
func rows(what string, flat []float64, width int) (int, error) {
	switch {
	case width == 0:
		return 0, wrong("there are no cells for %s", what)
	case len(flat) == 0:
		return 0, wrong("there are no %s", what)
	case len(flat)%width != 0:
		return 0, wrong("the %s are %d numbers, which are no rows of %d", what, len(flat), width)
	case len(flat) > maxCells:
		return 0, wrong("the %s are %d numbers, at most %d are allowed", what, len(flat), maxCells)
	}
	return len(flat) / width, nil
}
