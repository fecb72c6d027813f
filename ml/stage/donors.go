package stage

import "math"

// Donors fills missing cells in from the nearest rows of the training data that
// have a value there (scikit-learn, KNNImputer). The distance of two rows is
// euclidean over the cells that both have, scaled up by the share of those.
type Donors struct {
	Rows     []float64 // of the training data, row by row; NaN is missing
	Width    int       // cells of a row
	Nearest  int       // how many rows a value is the mean of
	Weighted bool      // by 1/distance
	// Means stand in where no row has a distance.
	Means []float64 // per cell
}

// maxKeptInOrder bounds the moves that a row may take.
const maxKeptInOrder = 1 << 31

// Check wants whole rows.
func (d *Donors) Check(in int) (int, error) {
	switch {
	case d.Width != in || in == 0 || len(d.Rows)%in != 0 || len(d.Means) != in:
		return 0, wrong("rows of %d cells, %d numbers and %d means for %d cells", d.Width, len(d.Rows), len(d.Means), in)
	case d.Nearest < 1:
		return 0, wrong("a mean of %d rows", d.Nearest)
	}
	// A row without any value has as many donors sought as it has cells, and those
	// found are kept in order.
	if n := float64(len(d.Rows) / in); n*float64(in)*min(float64(d.Nearest), n) > maxKeptInOrder {
		return 0, wrong("%d neighbours of %d rows of %d cells are more than can be searched for one row", d.Nearest, len(d.Rows)/in, in)
	}
	return in, nil
}

// Work is a distance per row, and the rows that are nearest.
func (d *Donors) Work(in int) int { return 2 * len(d.Rows) / in }

// Apply looks for donors where something is missing.
func (d *Donors) Apply(in, out, work []float64) {
	copy(out, in)
	n := len(d.Rows) / d.Width
	distances, nearest := work[:n], work[n:2*n]
	measured := false
	for j, x := range in {
		if !math.IsNaN(x) {
			continue
		}
		if !measured {
			d.measure(in, distances)
			measured = true
		}
		out[j] = d.impute(j, distances, nearest)
	}
}

// measure computes the squared distance to every row; NaN where they share no
// cell. It is the sum of all squares less twice the product and less what only
// one of the two has, as scikit-learn has it: rounding decides whether a row is
// at a distance of 0.
func (d *Donors) measure(in, distances []float64) {
	for r := range distances {
		var mine, its, product, onlyMine, onlyIts float64
		shared := 0
		for j, y := range d.Rows[r*d.Width : (r+1)*d.Width] {
			x := in[j]
			switch missingX, missingY := math.IsNaN(x), math.IsNaN(y); {
			case missingX && missingY:
			case missingX:
				its += float64(y * y)
				onlyIts += float64(y * y)
			case missingY:
				mine += float64(x * x)
				onlyMine += float64(x * x)
			default:
				mine += float64(x * x)
				its += float64(y * y)
				product += float64(x * y)
				shared++
			}
		}
		square := max(max(-2*product+mine+its, 0)-onlyMine-onlyIts, 0)
		distances[r] = square / float64(shared) * float64(d.Width)
		if shared == 0 {
			distances[r] = math.NaN()
		}
	}
}

// impute is the mean of cell j over the rows nearest, which it keeps in order in
// nearest; of equal distances the first row.
func (d *Donors) impute(j int, distances, nearest []float64) float64 {
	found, finite := 0, false
	for r, distance := range distances {
		if math.IsNaN(d.Rows[r*d.Width+j]) {
			continue
		}
		finite = finite || !math.IsNaN(distance)
		at := found
		for at > 0 && further(distances[int(nearest[at-1])], distance) {
			at--
		}
		if at >= d.Nearest {
			continue
		}
		found = min(found+1, d.Nearest)
		copy(nearest[at+1:found], nearest[at:found-1])
		nearest[at] = float64(r)
	}
	if !finite {
		return d.Means[j]
	}
	sum, weights, exact := 0.0, 0.0, d.Weighted && distances[int(nearest[0])] == 0
	for _, r := range nearest[:found] {
		weight, distance := 1.0, distances[int(r)]
		switch {
		case !d.Weighted:
		case math.IsNaN(distance):
			weight = 0
		case exact && distance > 0:
			weight = 0
		case !exact:
			weight = 1 / math.Sqrt(distance)
		}
		sum += weight * d.Rows[int(r)*d.Width+j]
		weights += weight
	}
	return sum / weights
}

// further tells whether a is a longer distance than b; none is the longest.
func further(a, b float64) bool { return a > b || math.IsNaN(a) && !math.IsNaN(b) }
