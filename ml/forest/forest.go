package forest

import "unsafe"

// Forest is Trees laid out for answering, in the way that suits them. It is
// immutable: any number of goroutines may use one, each with memory of its own.
type Forest struct {
	// One of the four:
	scan  *scan  // small trees, where the processor has wide registers
	quick *quick // small trees, elsewhere and where sets are tested
	deep  *deep  // large trees
	plain *plain // any
	// source is the data, which deep does without: of the forests that take
	// memory it is the larger part.
	source *Trees

	trees   int
	outputs int
	output  []int32 // per tree, when width is 1
	width   int     // values per leaf
	base    []float64
	rule    Rule
	cast    bool // features are rounded to float32 first
	mean    bool
	single  bool
}

// Compile lays out trees that were checked.
func Compile(t *Trees, outputs int) *Forest {
	f := &Forest{
		trees: len(t.Roots), outputs: outputs, output: t.Output, width: outputs,
		base: t.Base, rule: t.Rule, cast: t.Rule != DoubleAtMost, mean: t.Mean, single: t.Single,
	}
	if t.Output != nil || outputs == 1 {
		f.width = 1
	}
	if len(t.Lines) == 0 {
		if scans() && f.trees >= scanTrees {
			if s := newScan(t, f.width); s != nil && s.pays(f.trees) {
				f.scan, f.source = s, t
				return f
			}
		}
		if q := newQuick(t, f.width); q != nil && q.pays(f.trees) {
			f.quick, f.source = q, t
			return f
		}
		if f.deep = newDeep(t, f.width); f.deep != nil {
			return f
		}
	}
	f.plain, f.source = newPlain(t, f.width), t
	return f
}

// Cast rounds a row to what the trees compare: float32, where the source does.
func (f *Forest) Cast(x []float64) {
	if !f.cast {
		return
	}
	for j, v := range x {
		x[j] = float64(float32(v))
	}
}

// Work is how many cells of memory Scores needs for a row of so many features.
func (f *Forest) Work(features int) int {
	switch {
	case f.scan != nil:
		return scanRowCells
	case f.quick != nil:
		return f.quick.words
	case f.deep != nil:
		return max(f.deep.dead+1, 1<<narrow)/2 + 1
	case f.cast:
		return features
	}
	return 0
}

// Scores adds the trees up for a row, in their order and with the source's
// precision. It overwrites work, of Work cells, and nothing else besides out.
func (f *Forest) Scores(x, out, work []float64) {
	copy(out, f.base)
	switch {
	case f.scan != nil:
		f.scan.scores(f, x, out, work)
	case f.quick != nil:
		f.quick.scores(f, x, out, words(work, f.quick.words))
	case f.deep != nil:
		keys := halves(work)
		f.deep.keys(x, keys)
		f.deep.trees(f, keys, out)
	default:
		f.plain.scores(f, x, out, work)
	}
	f.finish(out)
}

// blockRows is how many rows ScoresOf takes through the trees at once.
const blockRows = 1024

// WorkOf is how many cells of memory ScoresOf needs, whatever the number of rows.
func (f *Forest) WorkOf(features int) int {
	if f.scan != nil {
		return scanBlockCells
	}
	if f.byColumns() {
		return (blockRows*(f.deep.dead+1) + lanes<<narrow) / 2
	}
	return features + f.Work(features)
}

// byColumns tells whether many rows go through a tree side by side.
func (f *Forest) byColumns() bool { return f.deep != nil && f.deep.shift == narrow }

// ScoresOf is Scores of many rows, kept by columns: x[j*stride+r] is feature j of
// row r. out has the scores of a row side by side; work is of WorkOf cells.
func (f *Forest) ScoresOf(x []float64, features, stride int, out, work []float64) {
	rows := len(out) / f.outputs
	if f.scan != nil {
		for r := range rows {
			copy(out[r*f.outputs:(r+1)*f.outputs], f.base)
		}
		f.scan.rows(f, x, stride, out, work)
		f.finish(out)
		return
	}
	if !f.byColumns() {
		row, work := work[:features], work[features:]
		for r := range rows {
			for j := range row {
				row[j] = x[j*stride+r]
			}
			f.Scores(row, out[r*f.outputs:(r+1)*f.outputs], work)
		}
		return
	}
	keys := halves(work)
	for first := 0; first < rows; first += blockRows {
		n := min(blockRows, rows-first)
		block := out[first*f.outputs : (first+n)*f.outputs]
		for r := range n {
			copy(block[r*f.outputs:(r+1)*f.outputs], f.base)
		}
		for j := range f.deep.dead / 2 {
			f.deep.columnKeys(j, x[j*stride+first:j*stride+first+n], keys)
		}
		f.deep.rows(f, block, keys)
		f.finish(block)
	}
}

// add adds what tree t says.
func (f *Forest) add(t int, values, out []float64) {
	switch {
	case f.width > 1:
		for k := range out {
			if f.single {
				out[k] = float64(float32(out[k]) + float32(values[k]))
				continue
			}
			out[k] += values[k]
		}
	case f.single:
		k := f.score(t)
		out[k] = float64(float32(out[k]) + float32(values[0]))
	default:
		out[f.score(t)] += values[0]
	}
}

// score is the score that tree t adds to.
func (f *Forest) score(t int) int32 {
	if f.outputs == 1 {
		return 0
	}
	return f.output[t]
}

func (f *Forest) finish(out []float64) {
	if !f.mean {
		return
	}
	for k := range out {
		out[k] /= float64(f.trees)
	}
}

// words and halves see the cells of a caller's memory as whole numbers, so that
// one kind of memory does for every layout. What they hold before is not read.
func words(cells []float64, n int) []uint64 {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*uint64)(unsafe.Pointer(&cells[:n][0])), n) //nolint:gosec // numbers of the same size, and no pointers
}

func halves(cells []float64) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(&cells[0])), 2*len(cells)) //nolint:gosec // numbers of half the size, and no pointers
}
