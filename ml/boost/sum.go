package boost

import "context"

// sum adds entries to an empty histogram. Workers sum parts of the rows; that the
// sums are of whole numbers makes them the same for any parts.
func (g *grower) sum(ctx context.Context, cells []int64, entries []entry) error {
	workers := g.workersFor(len(entries))
	g.makeParts(workers)
	if err := parallel(ctx, workers, workers, func(_, part int) {
		g.add(g.partOf(cells, part), entries[part*len(entries)/workers:(part+1)*len(entries)/workers])
	}); err != nil {
		return err
	}
	g.joinParts(cells, workers)
	return nil
}

// partOf is the histogram that a worker's part is added to.
func (g *grower) partOf(cells []int64, part int) []int64 {
	if part == 0 || cells == nil {
		return cells
	}
	return g.parts[part-1]
}

func (g *grower) joinParts(cells []int64, parts int) {
	if cells == nil {
		return
	}
	for _, more := range g.parts[:parts-1] {
		join(cells, more)
		clear(more)
	}
}

// makeParts has histograms for so many workers, empty.
func (g *grower) makeParts(workers int) {
	for len(g.parts) < workers-1 {
		g.parts = append(g.parts, make([]int64, g.length))
	}
}

// add adds entries to a histogram, some at a time, so that the goroutine can be
// stopped between them.
func (g *grower) add(cells []int64, entries []entry) {
	for len(entries) > 0 {
		some := entries[:min(len(entries), 16*blockRows)]
		entries = entries[len(some):]
		switch {
		case g.some != nil:
			addSome(cells, g.codes, g.firsts, some, g.seconds, g.grid.shift, g.some)
		case g.alike && g.seconds != nil:
			addRowsSeconds(cells, g.codes, some, g.seconds, g.grid.shift)
		case g.alike:
			addRows(cells, g.codes, some, g.grid.shift)
		case g.seconds != nil:
			addRowsSecondsPacked(cells, g.codes, g.firsts, some, g.seconds, g.grid.shift)
		default:
			addRowsPacked(cells, g.codes, g.firsts, some, g.grid.shift)
		}
	}
}

// sumsOf adds up a column's cells: every row has one of them.
func (g *grower) sumsOf(cells []int64) (s sums) {
	j := int32(0)
	if g.some != nil {
		j = g.some[0]
	}
	c := &g.columns[j]
	for b := range c.bins + 1 {
		s = s.plus(g.cell(cells, c, b))
	}
	return s
}

func (s sums) plus(other sums) sums {
	return sums{s.first + other.first, s.second + other.second, s.rows + other.rows}
}

// cell is the sums of a bin.
func (g *grower) cell(cells []int64, c *column, bin int) sums {
	at := c.first + bin*g.numbers
	v := cells[at]
	s := sums{first: v >> g.grid.shift, rows: v & (1<<g.grid.shift - 1)}
	s.second = s.rows
	if g.numbers == 2 {
		s.second = cells[at+1]
	}
	return s
}

// partition orders a node's entries by its split, those on the left first, and
// adds those on one side to a histogram (nil: none) while their codes are near. It
// gives where the right ones begin.
func (g *grower) partition(ctx context.Context, n *node, sumLeft bool, cells []int64) (int32, error) {
	entries, spare := g.entries[n.begin:n.end], g.spare[n.begin:n.end]
	ask := g.question(&n.best)
	workers := g.workersFor(len(entries))
	g.makeParts(workers)
	lefts := make([]int, workers)
	cut := func(part int) int { return part * len(entries) / workers }
	err := parallel(ctx, workers, workers, func(_, part int) {
		begin, end := cut(part), cut(part+1)
		lefts[part] = g.partitionPart(entries[begin:end], spare[begin:end], ask, sumLeft, g.partOf(cells, part))
	})
	if err != nil {
		return 0, err
	}
	g.joinParts(cells, workers)
	to := 0
	for part, left := range lefts {
		to += copy(entries[to:], entries[cut(part):cut(part)+left])
	}
	middle := to
	for part, left := range lefts {
		to += copy(entries[to:], spare[cut(part):cut(part+1)-left])
	}
	return n.begin + int32(middle), nil
}

// question is how a split divides entries.
func (g *grower) question(s *split) func(from, left, right []entry) int {
	c, ways := &g.columns[s.column], &s.ways
	if c.Values.Len() > 0 {
		cut, missingLeft := c.threshold(int(ways.bin)), ways.goesLeft(uint8(c.bins))
		doubles, singles := c.Values.Kept()
		if singles != nil {
			return byNumbers(singles, cut, missingLeft)
		}
		return byNumbers(doubles, cut, missingLeft)
	}
	codes, stride := c.coded, 1
	if codes == nil {
		codes, stride = g.codes.all[s.column:], g.codes.stride
	}
	var table [256]uint8
	ways.table(&table)
	return func(from, left, right []entry) int { return partition(codes, stride, from, left, right, &table) }
}

func byNumbers[T float32 | float64](values []T, cut float64, missingLeft bool) func(from, left, right []entry) int {
	if missingLeft {
		return func(from, left, right []entry) int { return partitionHollow(values, cut, from, left, right) }
	}
	return func(from, left, right []entry) int { return partitionNumbers(values, cut, from, left, right) }
}

// partitionPart leaves the left ones at the front of entries, the right ones at
// the front of spare.
func (g *grower) partitionPart(entries, spare []entry, ask func(from, left, right []entry) int, sumLeft bool, cells []int64) int {
	left, right := 0, 0
	for begin := 0; begin < len(entries); begin += blockRows {
		end := min(begin+blockRows, len(entries))
		k := ask(entries[begin:end], entries[left:], spare[right:])
		some := entries[left : left+k]
		if !sumLeft {
			some = spare[right : right+end-begin-k]
		}
		if cells != nil {
			g.add(cells, some)
		}
		left, right = left+k, right+end-begin-k
	}
	return left
}
