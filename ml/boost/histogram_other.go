//go:build !amd64 || purego

package boost

const ahead = 0 // nothing is looked at before its turn

// addRows adds rows to a histogram of cellsApart cells a column, one number a cell.
func addRows(cells []int64, c *codes, entries []entry, shift uint) {
	if c.far() {
		cells[len(cells)-1] += c.fetch(entries)
	}
	addRowsInGo(cells, c, entries, shift)
}

// addRowsSeconds is addRows for cells of two numbers; seconds are of all rows.
func addRowsSeconds(cells []int64, c *codes, entries []entry, seconds []int32, shift uint) {
	if c.far() {
		cells[len(cells)-1] += c.fetch(entries)
	}
	addRowsSecondsInGo(cells, c, entries, seconds, shift)
}

// fetch reads a code of each row, so that all are on their way from memory at once
// before the first is needed. What it gives means nothing: it is there so that the
// reading is not left out.
func (c *codes) fetch(entries []entry) (nothing int64) {
	for _, e := range entries {
		nothing += int64(c.all[e.row()*c.stride])
	}
	return nothing
}
