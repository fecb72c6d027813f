package tensor

// Limits of what a graph may be and do. They are far above what models of
// tables need and low enough that a hostile file fails in seconds.
const (
	maxRank      = 8
	maxNodes     = 100_000
	maxDepth     = 4         // of bodies within bodies
	maxCells     = 1 << 26   // of one tensor
	maxLiveBytes = 512 << 20 // of one run
	maxWork      = 1 << 28   // multiplications, copies and steps of one run,
	maxRowWork   = 1 << 25   // and as many more for each row
	maxFold      = 1 << 26   // work that may be spent at compile time
	maxKept      = 64 << 20  // bytes of an arena that goes back to the pool
	textBytes    = 16        // what a string costs in an arena, without its text
	maxScan      = 1_000_000 // steps of a Scan
)

// A file of two hundred bytes may ask for as much as a network of a hundred
// megabytes: what a run may take goes with the size of the file, from what small
// ones need for a batch of rows.
const (
	smallRoom, roomPerByte = 64 << 20, 8
	smallWork, workPerByte = 1 << 26, 64
)

// roomOf is the bytes of memory that a run of a file of so many bytes may take.
func roomOf(size int) int {
	if size <= 0 {
		return maxLiveBytes
	}
	return min(smallRoom+roomPerByte*size, maxLiveBytes)
}

// workOf is the steps that it may take, besides those for each row.
func workOf(size int) int {
	if size <= 0 {
		return maxWork
	}
	return min(smallWork+workPerByte*size, maxWork)
}
