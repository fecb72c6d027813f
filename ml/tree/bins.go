package tree

import "math/bits"

// tiny is up to how many rows bins are found by insertion.
const tiny = 8

// collect makes bins of a node's rows, ascending by code (or bucket); false when
// there is one only.
func (g *grower) collect(s *space, n *task, k int, c *column) (bins []bin, gap cell, found bool) {
	rows, codes := s.ids[n.lo:n.hi], s.codes[k]
	shift := c.shift
	if s.local {
		shift = 0
	}
	bins = g.bins[:0]
	last := c.gap >> shift
	width := int(last) + 1
	switch {
	case len(rows) <= tiny:
		bins, gap = insert(bins, rows, codes, s.cells, last, shift)
		return bins, gap, len(bins) > 1 || len(bins) == 1 && gap.weight > 0
	case n.hist != nil:
		h := n.hist[g.offsets[k] : g.offsets[k]+width]
		bins = gather(bins, h[:last])
		gap = h[last]
	case width <= buckets:
		count(g.few, rows, codes, s.cells, shift)
		bins = gather(bins, g.few[:last])
		gap = g.few[last]
		clear(g.few[:width])
	case len(rows) > width/8:
		h := g.many[:width]
		countMany(h, rows, codes, s.cells)
		bins = gather(bins, h[:last])
		gap = h[last]
		clear(h)
	default:
		h := g.many[:width]
		countMarked(h, g.marks, rows, codes, s.cells)
		for w := range width>>6 + 1 {
			for m := g.marks[w]; m != 0; m &= m - 1 {
				code := w<<6 + bits.TrailingZeros64(m)
				if code == int(last) {
					gap = h[code]
				} else {
					bins = append(bins, bin{cell: h[code], code: uint16(code)}) //nolint:gosec // a code
				}
				h[code] = cell{}
			}
			g.marks[w] = 0
		}
	}
	return bins, gap, len(bins) > 1 || len(bins) == 1 && gap.weight > 0
}

// insert makes bins of a few rows.
func insert(bins []bin, rows []uint32, codes []uint16, cells []cell, last uint16, shift uint8) (of []bin, gap cell) {
	for _, r := range rows {
		code, c := codes[r]>>(shift&15), cells[r]
		if code == last {
			gap = gap.plus(c)
			continue
		}
		at := len(bins)
		for at > 0 && bins[at-1].code > code {
			at--
		}
		if at > 0 && bins[at-1].code == code {
			bins[at-1].cell = bins[at-1].plus(c)
			continue
		}
		bins = append(bins, bin{})
		copy(bins[at+1:], bins[at:])
		bins[at] = bin{cell: c, code: code}
	}
	return bins, gap
}

// gather makes bins of the buckets that are not empty.
func gather(bins []bin, h []cell) []bin {
	for code, c := range h {
		if c.weight != 0 {
			bins = append(bins, bin{cell: c, code: uint16(code)}) //nolint:gosec // at most 2^16
		}
	}
	return bins
}
