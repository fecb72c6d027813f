package prep

import (
	"math"
	"slices"
)

// sortedBelow is the number of values that are sorted rather than divided
// further.
const sortedBelow = 1024

// ordered gives the values that would stand at the given places if values were
// sorted (places ascending). Sorting would take most of the time of a linear fit;
// this looks at the values once: a sample says between which two values a place
// lies for all but certain, and only what lies between them is looked at again.
// That is Floyd and Rivest, "Expected Time Bounds for Selection", Communications
// of the ACM 18(3), 1975, with the sample taken at equal distances, so that the
// same column gives the same work, and several places looked for at once. Where
// the sample misleads, values are sorted.
func ordered(values []float64, places []int) []float64 {
	found := make([]float64, len(places))
	if len(values) <= sortedBelow {
		sorted := slices.Clone(values)
		slices.Sort(sorted)
		for i, place := range places {
			found[i] = sorted[place]
		}
		return found
	}
	sample := sampled(values)
	var brackets []*between
	for first := 0; first < len(places); {
		b := bracket(sample, len(values), places[first:])
		brackets = append(brackets, b)
		first += len(b.places)
	}
	apart := len(brackets) == 3 && brackets[0].high < brackets[1].low && brackets[1].high < brackets[2].low
	for first := 0; first < len(values); first += blockValues {
		block := values[first:min(first+blockValues, len(values))]
		if apart {
			brackets[1].below += lookAtThree(block, brackets)
			continue
		}
		for _, b := range brackets {
			b.look(block)
		}
	}
	if apart { // the outer two were looked at from below and from above
		brackets[0].below, brackets[2].below = 0, len(values)-len(brackets[2].inside)
		brackets[1].below += len(brackets[0].inside)
	}
	rest := found
	for _, b := range brackets {
		if !b.holds(len(values)) {
			sorted := slices.Clone(values)
			slices.Sort(sorted)
			for i, place := range places {
				found[i] = sorted[place]
			}
			return found
		}
		for i := range b.places {
			b.places[i] -= b.below
		}
		copy(rest, ordered(b.inside, b.places))
		rest = rest[len(b.places):]
	}
	return found
}

// blockValues is how many values are looked at together, so that they stay in
// the nearest cache while every bracket looks at them.
const blockValues = 512

func sampled(values []float64) []float64 {
	size := int(math.Pow(float64(len(values)), 2./3)) / 2
	sample := make([]float64, size)
	for i := range sample {
		sample[i] = values[i*len(values)/size]
	}
	slices.Sort(sample)
	return sample
}

// between gathers the values from low to high, in which places lie.
type between struct {
	low, high float64
	places    []int
	below     int // values less than low
	inside    []float64
	kept      [blockValues]float64
}

// bracket takes the places that are close to the first.
func bracket(sample []float64, n int, places []int) *between {
	b := &between{low: math.Inf(-1), high: math.Inf(1)}
	size := float64(len(sample))
	share := float64(places[0]) / float64(n)
	margin := 4*math.Sqrt(share*(1-share)*size) + 4
	together := 0
	for together < len(places) && float64(places[together]-places[0])/float64(n)*size < margin/4 {
		together++
	}
	b.places = slices.Clone(places[:together])
	if at := int(share*size - margin); at >= 0 {
		b.low = sample[at]
	}
	last := float64(places[together-1]) / float64(n) * size
	if at := int(last + margin); at < len(sample) {
		b.high = sample[at]
	}
	b.inside = make([]float64, 0, int(3*margin/size*float64(n))+64)
	return b
}

// look has no branch that depends on values: it would be mispredicted.
func (b *between) look(block []float64) {
	n, below, low, high := 0, 0, b.low, b.high
	for _, v := range block {
		b.kept[n&(blockValues-1)] = v
		under, over := 0, 0
		if v < low {
			under = 1
		}
		if v > high {
			over = 1
		}
		below += under
		n += 1 - under - over
	}
	b.below += below
	b.inside = append(b.inside, b.kept[:n]...)
}

// lookAtThree is look for a low bracket, a middle one and a high one at once,
// where the low one takes all that is below it and the high one all above. It
// counts the values between the low and the middle one.
func lookAtThree(block []float64, brackets []*between) (belowMiddle int) {
	low, first, last, high := brackets[0].high, brackets[1].low, brackets[1].high, brackets[2].low
	kept := &brackets[0].kept
	n, below := 0, 0
	for _, v := range block {
		kept[n&(blockValues-1)] = v
		under, over, middle, tail := 0, 0, 0, 0
		if v > low {
			over = 1
		}
		if v < first {
			under = 1
		}
		if v > last {
			middle = 1
		}
		if v < high {
			tail = 1
		}
		gap := over & under // between the low and the middle one
		below += gap
		n += 1 - gap - middle&tail
	}
	for _, v := range kept[:n] {
		switch {
		case v <= low:
			brackets[0].inside = append(brackets[0].inside, v)
		case v >= high:
			brackets[2].inside = append(brackets[2].inside, v)
		default:
			brackets[1].inside = append(brackets[1].inside, v)
		}
	}
	return below
}

// holds tells whether the places lie in what was gathered, and that is much less
// than all.
func (b *between) holds(n int) bool {
	return b.places[0] >= b.below && b.places[len(b.places)-1] < b.below+len(b.inside) && len(b.inside) <= n/2
}

// quantiles of values in any order, with the least and the greatest, interpolate
// between order statistics: type 7 of Hyndman and Fan, "Sample Quantiles in
// Statistical Packages", The American Statistician 50(4), 1996, which is what
// numpy and R do by default.
func quantiles(present []float64, shares ...float64) (least, greatest float64, found []float64) {
	least, greatest = present[0], present[0]
	for _, v := range present {
		if v < least {
			least = v
		}
		if v > greatest {
			greatest = v
		}
	}
	var places []int
	for _, q := range shares {
		below := int(q * float64(len(present)-1))
		places = append(places, below, min(below+1, len(present)-1))
	}
	order := slices.Clone(places)
	slices.Sort(order)
	order = slices.Compact(order)
	values := ordered(present, order)
	at := func(place int) float64 {
		k, _ := slices.BinarySearch(order, place)
		return values[k]
	}
	for i, q := range shares {
		share := q*float64(len(present)-1) - float64(places[2*i])
		low, high := at(places[2*i]), at(places[2*i+1])
		if share == 0 || low == high {
			found = append(found, low)
		} else {
			found = append(found, low*(1-share)+high*share)
		}
	}
	return least, greatest, found
}
