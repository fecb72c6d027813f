package linear

import "math"

// The loops that fits spend their time in, as they are on any processor; on
// amd64 they have twins in kernel_amd64.s, which compute the same sums in another
// order.

// dotPlain is the inner product.
func dotPlain(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// axpyPlain adds c times from to to.
func axpyPlain(c float64, from, to []float64) {
	to = to[:len(from)]
	for i, v := range from {
		to[i] += c * v
	}
}

// scalePlain standardises numbers, of which missing ones count as impute.
func scalePlain(to, from []float64, impute, center, inverse float64) {
	from = from[:len(to)]
	for i, v := range from {
		if math.IsNaN(v) {
			v = impute
		}
		to[i] = (v - center) * inverse
	}
}

// tilePlain is the inner products of four columns of a block with three: sums
// has those of the first of b, then of the second, then of the third.
func tilePlain(a *[4]*[block]float64, b *[3]*[block]float64, sums *[12]float64) {
	for r := 0; r < 4; r += 2 {
		a0, a1, b0, b1, b2 := a[r], a[r+1], b[0], b[1], b[2]
		var s00, s01, s02, s10, s11, s12 float64
		for i := range block {
			x, y, z := b0[i], b1[i], b2[i]
			v, w := a0[i], a1[i]
			s00 += v * x
			s01 += v * y
			s02 += v * z
			s10 += w * x
			s11 += w * y
			s12 += w * z
		}
		sums[r], sums[4+r], sums[8+r] = s00, s01, s02
		sums[r+1], sums[5+r], sums[9+r] = s10, s11, s12
	}
}

// products adds the inner products of the columns of a with those of b to the
// lower triangle of a matrix of the given width. Tiles that stick out of it
// compute some products twice, and leave them.
//
// Two loads feed three multiplications and additions, which is what a core can
// do in a cycle: the loop is bound by arithmetic as long as a block's columns
// stay in the nearest caches.
func products(a, b [][block]float64, to []float64, width int) {
	var left [4]*[block]float64
	var right [3]*[block]float64
	var sums [12]float64
	for i := 0; i < len(a); i += 4 {
		for r := range left {
			left[r] = &a[min(i+r, len(a)-1)]
		}
		for j := 0; j < min(i+4, len(b)); j += 3 {
			for c := range right {
				right[c] = &b[min(j+c, len(b)-1)]
			}
			tile(&left, &right, &sums)
			for r := range min(4, len(a)-i) {
				row := to[(i+r)*width : (i+r+1)*width]
				for c := range min(3, len(b)-j) {
					row[j+c] += sums[4*c+r]
				}
			}
		}
	}
}

// add4Plain adds four columns times their weights.
func add4Plain(to, a, b, c, d *[block]float64, w []float64) {
	wa, wb, wc, wd := w[0], w[1], w[2], w[3]
	for i := range to {
		to[i] += (wa*a[i] + wb*b[i]) + (wc*c[i] + wd*d[i])
	}
}

// dot4Plain adds the inner products of v with four columns.
func dot4Plain(v, a, b, c, d *[block]float64, to []float64) {
	var sa, sb, sc, sd float64
	for i, x := range v {
		sa += x * a[i]
		sb += x * b[i]
		sc += x * c[i]
		sd += x * d[i]
	}
	to[0] += sa
	to[1] += sb
	to[2] += sc
	to[3] += sd
}
