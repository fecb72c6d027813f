//go:build !purego

package boost

// ahead is how many entries on the loops of histogram_amd64.s look: that many more
// must be there to read.
const ahead = 16

//go:noescape
func addRowsAhead(cells *int64, codes *uint8, entries *entry, n, stride, used int, shift uint)

//go:noescape
func addRowsSecondsAhead(cells *int64, codes *uint8, entries *entry, n, stride, used int, shift uint, seconds *int32)

// addRows adds rows to a histogram of cellsApart cells a column, one number a cell.
func addRows(cells []int64, c *codes, entries []entry, shift uint) {
	// Entries behind the last may be of other leaves or old: they name rows all the
	// same, and are only fetched.
	n := min(len(entries), cap(entries)-ahead)
	if n > 0 {
		addRowsAhead(&cells[0], &c.all[0], &entries[0], n, c.stride, c.used, shift)
	}
	addRowsInGo(cells, c, entries[max(n, 0):], shift)
}

// addRowsSeconds is addRows for cells of two numbers; seconds are of all rows.
func addRowsSeconds(cells []int64, c *codes, entries []entry, seconds []int32, shift uint) {
	n := min(len(entries), cap(entries)-ahead)
	if n > 0 {
		addRowsSecondsAhead(&cells[0], &c.all[0], &entries[0], n, c.stride, c.used, shift, &seconds[0])
	}
	addRowsSecondsInGo(cells, c, entries[max(n, 0):], seconds, shift)
}
