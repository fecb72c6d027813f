package prep

import (
	"math"
	"slices"
	"testing"

	"dasier/ml/frame"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawn is a column of many equal values, or few, in order or not, with holes.
func drawn(t *rapid.T) []float64 {
	n := rapid.IntRange(1, 9000).Draw(t, "rows")
	different := rapid.IntRange(1, 10_000).Draw(t, "different")
	step := rapid.IntRange(1, 97).Draw(t, "step")
	each := rapid.SampledFrom([]float64{1, 1. / 7, 1e9, 1e-9}).Draw(t, "each")
	far := rapid.SampledFrom([]float64{0, -3, 1e9}).Draw(t, "far")
	values := make([]float64, n)
	for i := range values {
		values[i] = far + float64((i*i*step+i)%different)*each
	}
	if rapid.Bool().Draw(t, "in order") {
		slices.Sort(values)
	}
	if holes := rapid.IntRange(0, 5).Draw(t, "holes"); holes > 0 {
		for i := 1; i < n; i += holes {
			values[i] = math.NaN()
		}
	}
	return values
}

// What a survey finds must be what sorting and two passes find, whatever the
// values.
func TestSurveyIsExact(t *testing.T) {
	r := &room{}
	rapid.Check(t, func(t *rapid.T) {
		values := drawn(t)
		got := r.surveyOf(frame.Doubles(values))
		sorted := frame.Doubles(values).Present()
		slices.Sort(sorted)
		want := survey{
			rows: len(values), missing: len(values) - len(sorted), whole: true, least: sorted[0], greatest: sorted[len(sorted)-1],
			shift: got.shift, sum: got.sum, squares: got.squares, quantiles: quantilesOf(slices.Clone(sorted)),
		}
		for _, v := range sorted {
			want.whole = want.whole && v == math.Trunc(v)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(survey{})); diff != "" {
			t.Fatalf("%d values (-want +got):\n%s", len(values), diff)
		}
		for _, impute := range []float64{got.quantiles[1], 0, 1e12} {
			mean, deviation := got.moments(impute, frame.Doubles(values))
			exactMean, exactDeviation := plainMoments(impute, frame.Doubles(values))
			if !(math.Abs(mean-exactMean) <= 1e-13*exactDeviation+1e-14*math.Abs(exactMean)) || !(math.Abs(deviation-exactDeviation) <= 1e-12*exactDeviation+1e-14*math.Abs(exactMean)) {
				t.Fatalf("moments %g %g, want %g %g", mean, deviation, exactMean, exactDeviation)
			}
		}
	})
}

// Where the sample shows other values than there are, the rest must be looked at.
func TestSurveyOfAMisleadingSample(t *testing.T) {
	const n = 40_000
	values := make([]float64, n)
	size := sampleSize(n)
	for i := range values {
		values[i] = float64(i % 1000)
	}
	for i := range size {
		values[i*n/size] = 1e6 + float64(i)
	}
	got := (&room{}).surveyOf(frame.Doubles(values))
	if want := quantilesOf(slices.Clone(values)); got.quantiles != want {
		t.Errorf("quantiles %v, want %v", got.quantiles, want)
	}
	mean, deviation := got.moments(0, frame.Doubles(values))
	exactMean, exactDeviation := plainMoments(0, frame.Doubles(values))
	if !(math.Abs(mean-exactMean) <= 1e-12*exactDeviation) || !(math.Abs(deviation-exactDeviation) <= 1e-12*exactDeviation) {
		t.Errorf("moments %g %g, want %g %g", mean, deviation, exactMean, exactDeviation)
	}
}

// What lies around a quantile has room from the start: rooms that grow leave
// several times as much behind, while the rows take most of the memory.
func TestSurveyTakesItsRoomAtOnce(t *testing.T) {
	const n = 200_000
	for name, of := range map[string]func(i int) float64{
		"different":    func(i int) float64 { return float64(i * 7919 % n) },
		"few":          func(i int) float64 { return float64(i * 7919 % n * 8 / n) },
		"mostly holes": func(i int) float64 { return [4]float64{math.NaN(), math.NaN(), math.NaN(), float64(i * 7919 % n)}[i%4] },
	} {
		values := make([]float64, n)
		for i := range values {
			values[i] = of(i)
		}
		r := &room{}
		brackets, ok := r.brackets(frame.Doubles(values))
		if !ok {
			t.Fatalf("%s: no brackets", name)
		}
		for k := range brackets {
			room := cap(brackets[k].inside)
			for block := range slices.Chunk(values, surveyed) {
				brackets[k].look(block)
			}
			if cap(brackets[k].inside) != room {
				t.Errorf("%s: what lies around quantile %d has grown from %d to %d", name, k, room, cap(brackets[k].inside))
			}
		}
	}
}

// Both twins of every loop must compute the same bits.
func TestKernelsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := drawn(t)
		shift := values[0]
		got, want := newTally(), newTally()
		for first := 0; first < len(values); first += surveyed {
			block := values[first:min(first+surveyed, len(values))]
			got.add(block, shift)
			want.addPlain(block, shift)
		}
		for k := range want.part { // any bits tell
			got.part[k] = min(got.part[k], 1)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(tally{})); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		low := values[rapid.IntRange(0, len(values)-1).Draw(t, "low")]
		high := values[rapid.IntRange(0, len(values)-1).Draw(t, "high")]
		a, b := make([]float64, len(values)), slices.Clone(values)
		inside, below := gather(values, low, high, a)
		insidePlain, belowPlain := gatherPlain(b, low, high, b) // in place
		if inside != insidePlain || below != belowPlain || !slices.Equal(a[:inside], b[:inside]) {
			t.Fatalf("from %g to %g: %d and %d below, want %d and %d", low, high, inside, below, insidePlain, belowPlain)
		}
		b = slices.Clone(values)
		if again, _ := gather(b, low, high, b); again != inside || !slices.Equal(a[:inside], b[:inside]) {
			t.Fatalf("in place: %d, want %d", again, inside)
		}
	})
}
