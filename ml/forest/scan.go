package forest

import (
	"math"
	"slices"
)

// scan is trees answered without walking and without a branch: all their tests
// are read through, those of 128 trees side by side, a byte of a wide register
// each. It wants a processor that looks bytes up in a table of bytes; see
// scan_amd64.s.
//
// A leaf is named after the test whose right child begins with it, the first leaf
// is 0. The tests of a tree stand in preorder, and a row is at the leaf that it
// would come to by going left from here on: a test concerns it when the tree below
// the test begins with that leaf, and if it fails the row is at the leaf that the
// right child begins with. So a test is three bytes: the feature, the limit, and
// the leaf that the tree below begins with; the leaf to go to is its own place.
//
// That tests are done abreast, whether they concern a row or not, is of Lucchese et
// al. 2016, "Exploiting CPU SIMD extensions to speed-up document scoring with tree
// ensembles", section 3 (V-QuickScorer); that a limit is a byte, its rank among
// those of its feature, of Ye et al. 2018, "RapidScorer: fast tree ensemble
// evaluation by maximizing compactness in data level parallelization", section 4.
// There rows stand side by side and leaves are bits that tests clear. Here trees
// do, so that one row alone fills the registers, and a leaf is a byte.
type scan struct {
	tests  []uint8 // by group, place in the tree, kind of byte and tree
	groups []group
	views  []view
	ranks  []int64 // rankCells per view
	tables int     // of 16 keys
	cast   bool

	values  []float64 // width per leaf, by tree
	singles []float32 // the same, where sums are float32
}

// group is trees side by side.
type group struct {
	first  int // in tests
	places int // how many tests the largest of them has
	// values is where those of the first tree stand; one for each place, and one more,
	// stand after those of the tree before.
	values int
	trees  int
}

// view is a key of a feature: how many of its limits are less than the row's
// value, a byte that is greater than a test's where the test fails. A feature has
// a view for each way that missing values go, and for each 255 limits.
type view struct {
	feature int32
	missing uint8 // the key
}

const (
	side       = 128 // trees side by side
	testBytes  = 3
	scanTrees  = 8 // fewer are walked sooner
	mostViews  = 128
	viewLimits = 255 // of a view; a limit of 255 is of no test
	scanLeaves = 256
	// scanMost bounds what an odd ensemble may take: one large tree among small ones,
	// and hundreds of scores.
	scanMost = 1 << 20
	// A view's limits stand in 16 blocks of 16, before them the last of each block.
	rankBlock = 16
	rankCells = rankBlock + rankBlock*rankBlock
)

// newScan lays out trees, or gives nil where they are of another kind or do not
// fit.
func newScan(t *Trees, width int) *scan {
	s := &scan{cast: t.Rule != DoubleAtMost}
	cells := 0
	for first := 0; first < len(t.Roots); first += side {
		roots := t.Roots[first:min(first+side, len(t.Roots))]
		places, ok := t.places(roots)
		if cells += (places + 1) * len(roots) * width; !ok || cells > 4*len(t.Value)+scanMost {
			return nil
		}
		s.groups = append(s.groups, group{places: places, trees: len(roots)})
	}
	tests := s.rank(t)
	if tests == nil {
		return nil
	}
	for s.tables = 1; s.tables*16 < len(s.views); s.tables *= 2 {
	}
	for k := range s.groups {
		s.lay(t, t.Roots[k*side:], &s.groups[k], width, tests)
	}
	if t.Single && width == 1 {
		s.singles = make([]float32, len(s.values))
		for k, v := range s.values {
			s.singles[k] = float32(v)
		}
		s.values = nil
	}
	s.tests, s.values = slices.Clip(s.tests), slices.Clip(s.values)
	return s
}

// pays tells whether this is faster than walking. Measured in nanoseconds on one
// machine: a place of a group 4, a key 2, a walk through a small tree 9.
func (s *scan) pays(trees int) bool {
	places := 0
	for _, g := range s.groups {
		places += g.places
	}
	features, last := 0, int32(-1)
	for _, v := range s.views {
		if v.feature != last {
			features, last = features+1, v.feature
		}
	}
	return places+(len(s.views)-features)/2 <= 2*trees
}

// scanTest is a node's test.
type scanTest struct{ view, limit uint8 }

// rank makes the views and gives the test of every node; nil where there are too
// many views.
func (s *scan) rank(t *Trees) []scanTest {
	byFeature := map[int32][]int32{} // nodes
	for n, f := range t.Feature {
		if f >= 0 {
			byFeature[f] = append(byFeature[f], int32(n)) //nolint:gosec // Check bounds nodes
		}
	}
	features := make([]int32, 0, len(byFeature))
	for f := range byFeature {
		features = append(features, f)
	}
	slices.Sort(features)
	tests := make([]scanTest, len(t.Feature))
	for _, f := range features {
		nodes := byFeature[f]
		limits := make([]int64, len(nodes))
		for k, n := range nodes {
			limits[k] = order(t.limit(n))
		}
		distinct := slices.Compact(slices.Sorted(slices.Values(limits)))
		type part struct {
			begin   int
			missing uint8
		}
		places := map[part]int{}
		for k, n := range nodes {
			rank, _ := slices.BinarySearch(distinct, limits[k])
			of := part{begin: rank / viewLimits * viewLimits}
			if !t.MissingLeft[n] {
				of.missing = math.MaxUint8
			}
			place, ok := places[of]
			if !ok {
				if place = len(s.views); place == mostViews {
					return nil
				}
				places[of] = place
				s.views = append(s.views, view{f, of.missing})
				s.ranks = append(s.ranks, rankTable(distinct[of.begin:min(of.begin+viewLimits, len(distinct))])...)
			}
			tests[n] = scanTest{uint8(place), uint8(rank % viewLimits)} //nolint:gosec // less than 128, 255
		}
	}
	return tests
}

// order gives numbers the order of whole ones. NaN comes before all: as a limit
// nothing is at most that.
func order(x float64) int64 {
	if x != x { //nolint:gocritic // NaN
		return math.MinInt64
	}
	b := int64(math.Float64bits(x + 0)) //nolint:gosec // the bits; -0 is 0
	return b ^ b>>63&math.MaxInt64
}

// rankTable is what rankKeys searches: up to 255 limits, then the largest number.
func rankTable(limits []int64) []int64 {
	table := slices.Repeat([]int64{math.MaxInt64}, rankCells)
	blocks := table[rankBlock:]
	copy(blocks, limits)
	for k := range rankBlock {
		table[k] = blocks[k*rankBlock+rankBlock-1]
	}
	return table
}

// places is how many tests the largest of some trees has; false where one has too
// many leaves, or tests of an unusual kind.
func (t *Trees) places(roots []int32) (most int, ok bool) {
	for _, root := range roots {
		leaves, ok := t.usualLeaves(root, scanLeaves, false)
		if !ok {
			return 0, false
		}
		most = max(most, leaves-1)
	}
	return most, true
}

// lay lays out a group of trees, which begin with the first of roots.
func (s *scan) lay(t *Trees, roots []int32, g *group, width int, tests []scanTest) {
	g.first, g.values = len(s.tests), len(s.values)
	bytes := make([]uint8, g.places*testBytes*side)
	for place := range g.places {
		limits := bytes[(place*testBytes+1)*side:][:side]
		for k := range limits {
			limits[k] = viewLimits
		}
	}
	values := make([]float64, (g.places+1)*g.trees*width)
	for k, root := range roots[:g.trees] {
		of, place := values[k*(g.places+1)*width:], 0
		var visit func(n int32, leaf int)
		visit = func(n int32, leaf int) { // as deep as a tree of 256 leaves
			if t.Feature[n] < 0 {
				copy(of[leaf*width:], t.Value[int(n)*width:(int(n)+1)*width])
				return
			}
			to := bytes[place*testBytes*side+k:]
			to[0], to[side], to[2*side] = tests[n].view, tests[n].limit, uint8(leaf) //nolint:gosec // up to 255
			place++
			right := place
			visit(t.Left[n], leaf)
			visit(t.Right[n], right)
		}
		visit(root, 0)
	}
	s.tests, s.values = append(s.tests, bytes...), append(s.values, values...)
}
