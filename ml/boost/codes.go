package boost

import "context"

// codes is the bins of all rows: a row's codes side by side, so that a row of a
// leaf is one line of memory or two, whatever the number of columns.
type codes struct {
	all    []uint8
	stride int // from a row to the next
	used   int // codes of a row, a multiple of 4; those beyond the columns are 0
	rows   int
}

const (
	// blockRows is how many rows are coded, divided or summed at a time: their codes
	// should stay near the processor.
	blockRows = 1024
	// near is how many bytes of codes stay near it.
	near = 1 << 20
)

// newCodes looks up the bins of every value.
func newCodes(ctx context.Context, columns []column, rows, workers int) (*codes, error) {
	c := &codes{used: (len(columns) + 3) &^ 3, rows: rows}
	c.stride = c.used
	for whole := 4; whole <= 64; whole *= 2 { // rows that lie in one line, if it costs little
		if c.used <= whole && c.used*8 >= whole*7 {
			c.stride = whole
		}
	}
	c.all = make([]uint8, rows*c.stride)
	blocks := (rows + blockRows - 1) / blockRows
	return c, parallel(ctx, workers, blocks, func(_, block int) {
		begin, end := block*blockRows, min((block+1)*blockRows, rows)
		for j := range columns {
			columns[j].encode(c.all[begin*c.stride+j:], c.stride, begin, end)
		}
	})
}

// far tells that codes do not stay near the processor.
func (c *codes) far() bool { return len(c.all) > near }

// of are the codes of a row.
func (c *codes) of(row int) []uint8 { return c.all[row*c.stride:][:c.used] }
