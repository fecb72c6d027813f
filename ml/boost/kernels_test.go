package boost

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// someCodes is rows of codes below 256, and entries of some of them.
func someCodes(rows, columns, every int) (*codes, []entry, []int32) {
	random := rand.New(rand.NewPCG(uint64(rows), uint64(columns)))
	c := &codes{stride: (columns + 3) &^ 3, used: (columns + 3) &^ 3, rows: rows}
	c.all = make([]uint8, rows*c.stride)
	for i := range c.all {
		if i%c.stride < columns {
			c.all[i] = uint8(random.IntN(256))
		}
	}
	var entries []entry
	seconds := make([]int32, rows)
	for row := range rows {
		seconds[row] = random.Int32N(1 << 30)
		if random.IntN(every) == 0 {
			entries = append(entries, newEntry(int32(row), random.Int32N(1<<20)-1<<19))
		}
	}
	return c, entries, seconds
}

// Every way to add rows gives the sums that adding one by one does.
func TestSums(t *testing.T) {
	const shift = 12
	for _, columns := range []int{1, 4, 7, 28} {
		for _, n := range []int{0, 1, 15, 16, 17, 900} {
			c, entries, seconds := someCodes(2000, columns, 2)
			entries = entries[:n:min(n+n%40, len(entries))] // more or fewer behind the last
			one, two := make([]int64, c.used*256), make([]int64, c.used*512)
			for _, e := range entries {
				for j, code := range c.of(e.row()) {
					one[j*256+int(code)] += e.slope()<<shift + 1
					two[j*512+int(code)*2] += e.slope()<<shift + 1
					two[j*512+int(code)*2+1] += int64(seconds[e.row()])
				}
			}
			firsts, firsts2, every := make([]uint32, c.used), make([]uint32, c.used), make([]int32, c.used)
			for j := range firsts {
				firsts[j], firsts2[j], every[j] = uint32(j*256*8), uint32(j*256*16), int32(j)
			}
			for name, try := range map[string]struct {
				want []int64
				add  func(cells []int64)
			}{
				"one":             {one, func(cells []int64) { addRows(cells, c, entries, shift) }},
				"one in Go":       {one, func(cells []int64) { addRowsInGo(cells, c, entries, shift) }},
				"one packed":      {one, func(cells []int64) { addRowsPacked(cells, c, firsts, entries, shift) }},
				"one of columns":  {one, func(cells []int64) { addSome(cells, c, firsts, entries, nil, shift, every) }},
				"two":             {two, func(cells []int64) { addRowsSeconds(cells, c, entries, seconds, shift) }},
				"two in Go":       {two, func(cells []int64) { addRowsSecondsInGo(cells, c, entries, seconds, shift) }},
				"two packed":      {two, func(cells []int64) { addRowsSecondsPacked(cells, c, firsts2, entries, seconds, shift) }},
				"two of columns":  {two, func(cells []int64) { addSome(cells, c, firsts2, entries, seconds, shift, every) }},
				"subtracted":      {make([]int64, len(one)), func(cells []int64) { copy(cells, one); subtract(cells, one) }},
				"joined to twice": {one, func(cells []int64) { copy(cells, one); join(cells, one); subtract(cells, one) }},
			} {
				cells := make([]int64, len(try.want))
				try.add(cells)
				if !slices.Equal(cells, try.want) {
					t.Errorf("%s: %d columns, %d rows: other sums", name, columns, n)
				}
			}
		}
	}
}

// Every way to divide rows gives the same, in their order: by codes, and by numbers
// whose bins the codes are.
func TestPartition(t *testing.T) {
	const cut, missing = 100, 255
	c, entries, _ := someCodes(3000, 5, 2)
	codes, stride := c.all[3:], c.stride
	values, small := make([]float64, c.rows), make([]float32, c.rows)
	for row := range values {
		values[row] = float64(codes[row*stride]) - 0.5
		if codes[row*stride] == missing {
			values[row] = math.NaN()
		}
		small[row] = float32(values[row])
	}
	for _, missingLeft := range []bool{false, true} {
		var table [256]uint8
		for k := range table {
			if k <= cut || k == missing && missingLeft {
				table[k] = 1
			}
		}
		var left, right []entry
		for _, e := range entries {
			if table[codes[e.row()*stride]] == 1 {
				left = append(left, e)
			} else {
				right = append(right, e)
			}
		}
		for name, try := range map[string]func(from, left, right []entry) int{
			"codes": func(from, left, right []entry) int { return partition(codes, stride, from, left, right, &table) },
			"numbers": func(from, left, right []entry) int {
				if missingLeft {
					return partitionHollow(values, cut, from, left, right)
				}
				return partitionNumbers(values, cut, from, left, right)
			},
			"small numbers": func(from, left, right []entry) int {
				if missingLeft {
					return partitionHollow(small, cut, from, left, right)
				}
				return partitionNumbers(small, cut, from, left, right)
			},
		} {
			from, spare := slices.Clone(entries), make([]entry, len(entries))
			k := try(from, from, spare)
			if !slices.Equal(from[:k], left) || !slices.Equal(spare[:len(right)], right) {
				t.Errorf("by %s %d go left, wanted %d", name, k, len(left))
			}
		}
	}
}

func TestSort(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := []float64{0, math.Copysign(0, -1), 1, -1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64}
	for range 1000 {
		values = append(values, random.NormFloat64()*math.Pow(10, float64(random.IntN(20)-10)))
	}
	want := slices.Clone(values)
	slices.Sort(want)
	new(sorter).sort(values)
	if diff := cmp.Diff(want, values); diff != "" {
		t.Error(diff)
	}
}

// Sorters in memory that was lent sort as others do, and do not meet.
func TestSortersInLentMemory(t *testing.T) {
	const n = 700
	sorters := newSorters(3, n, make([]float64, 5*n)) // the last one has to find its own
	columns := make([][]float64, len(sorters))
	for k := range sorters {
		sorters[k].values = resize(sorters[k].values, n)
		columns[k] = sorters[k].values
		for i := range columns[k] {
			columns[k][i] = float64((i+k)*7919%n) / 7
		}
	}
	want := slices.Sorted(slices.Values(columns[0])) // columns differ by their order
	for k := range sorters {
		sorters[k].sort(columns[k])
	}
	for k, got := range columns {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sorter %d: %s", k, diff)
		}
	}
}

// Rows that are not listed are those that a list of all would have.
func TestRowList(t *testing.T) {
	const n = 2*blockRows + 3
	listed := make([]int32, n)
	for i := range listed {
		listed[i] = int32(i)
	}
	all, list := rowList{all: n}, rowList{listed: listed}
	if all.len() != n || list.len() != n || (rowList{listed: listed[:0]}).len() != 0 {
		t.Errorf("there are %d and %d rows, wanted %d", all.len(), list.len(), n)
	}
	for begin := 0; begin < n; begin += blockRows {
		end := min(begin+blockRows, n)
		var room, other [blockRows]int32
		if got, want := all.block(begin, end, &room), list.block(begin, end, &other); !slices.Equal(got, want) || all.at(begin) != list.at(begin) {
			t.Errorf("from %d on: %v, wanted %v", begin, got[:3], want[:3])
		}
	}
}

// A value's bin is the number of cuts below it, and cuts are between values.
func TestBins(t *testing.T) {
	for name, values := range map[string][]float64{
		"few":    {3, 1, 2, 2, 2, -7},
		"one":    {5, 5, 5},
		"none":   {},
		"far":    {-math.MaxFloat64, math.MaxFloat64, 0},
		"next":   {1, math.Nextafter(1, 2), math.Nextafter(1, 0)},
		"tiny":   {math.SmallestNonzeroFloat64, 0, -math.SmallestNonzeroFloat64},
		"skewed": append(make([]float64, 1000), manyValues(3000)...),
		"many":   manyValues(5000),
	} {
		sorted := slices.Clone(values)
		new(sorter).sort(sorted)
		for _, most := range []int{2, 3, 16, 255} {
			cuts := cut(sorted, most)
			different, _ := runs(sorted)
			if len(cuts)+1 > most || len(different) <= most && len(cuts)+1 != max(1, len(different)) {
				t.Errorf("%s: %d cuts of %d values for %d bins", name, len(cuts), len(different), most)
			}
			ladder, full := newLadder(cuts), make([]int, len(cuts)+1)
			for _, v := range values {
				want := 0
				for _, at := range cuts {
					if v > at {
						want++
					}
				}
				if got := ladder.place(v); got != want {
					t.Errorf("%s: %v is in bin %d, wanted %d of %v", name, v, got, want, cuts)
				}
				full[want]++
			}
			if len(values) > 0 && slices.Contains(full, 0) {
				t.Errorf("%s: a bin of %v is empty", name, cuts)
			}
			if name == "many" && slices.Max(full) > 2*len(values)/most {
				t.Errorf("%d of %d values are in one of %d bins", slices.Max(full), len(values), most)
			}
		}
	}
}

func manyValues(n int) []float64 {
	random := rand.New(rand.NewPCG(5, uint64(n)))
	values := make([]float64, n)
	for i := range values {
		values[i] = random.NormFloat64()
	}
	return values
}

// Whole numbers are the nearest, and a grid's sums fit.
func TestGrid(t *testing.T) {
	for _, v := range []float64{0, 0.49, 0.51, -0.49, -0.51, 1 << 30, -(1 << 30), 12345.6} {
		if got := whole(v); float64(got) != math.RoundToEven(v) {
			t.Errorf("%v becomes %d", v, got)
		}
	}
	for _, e := range []extent{{}, {most: 1, sum: 1e6}, {most: 1e-200, sum: 1e-195}, {most: 1e100, sum: 1e100}} {
		g := newGrid(20, e)
		if e.most*g.scale >= 1<<30 || e.sum*g.scale >= 1<<41 || g.scale*g.unit != 1 {
			t.Errorf("%+v: %+v", e, g)
		}
	}
}

// The bytes of codes and cells bound this: see histogram.go.
func BenchmarkSums(b *testing.B) {
	for name, every := range map[string]int{"dense": 1, "a sixteenth": 16} {
		c, entries, seconds := someCodes(1<<20, 28, every)
		for kind, add := range map[string]func(cells []int64){
			"one":       func(cells []int64) { addRows(cells, c, entries, 21) },
			"one in Go": func(cells []int64) { addRowsInGo(cells, c, entries, 21) },
			"two":       func(cells []int64) { addRowsSeconds(cells, c, entries, seconds, 21) },
			"two in Go": func(cells []int64) { addRowsSecondsInGo(cells, c, entries, seconds, 21) },
		} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				cells := make([]int64, 512*c.used)
				for b.Loop() {
					add(cells)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(entries)*28), "ns/cell")
			})
		}
	}
}

func BenchmarkPartition(b *testing.B) {
	_, entries, _ := someCodes(1<<20, 1, 1)
	values, codes := manyValues(1<<20), make([]uint8, 1<<20)
	for row, v := range values {
		if v > 0 {
			codes[row] = 1
		}
	}
	table := [256]uint8{0: 1}
	left, right := make([]entry, len(entries)), make([]entry, len(entries))
	for name, try := range map[string]func() int{
		"codes":   func() int { return partition(codes, 1, entries, left, right, &table) },
		"numbers": func() int { return partitionNumbers(values, 0, entries, left, right) },
		"hollow":  func() int { return partitionHollow(values, 0, entries, left, right) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				try()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(entries)), "ns/row")
		})
	}
}
