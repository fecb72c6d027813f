package pickle

import "dasier/fault"

// meter counts what arrays become when they are read as numbers. A file has an
// array's bytes once, and may have it stand in ten thousand places, of which
// each would make numbers of its own.
type meter struct{ left int64 }

// What reading may make of a file's arrays: eight bytes of memory for one of the
// file, and four of a large one. A forest comes to less than one, float32 to two.
const (
	readSmall = 64 << 20
	readLarge = 2 << 30
)

func newMeter(size int) *meter {
	s := int64(size)
	return &meter{left: min(8*s+readSmall, max(4*s, readLarge))}
}

// charge counts n elements that take so many bytes each.
func (a *Array) charge(n, bytes int) error {
	if a.meter == nil {
		return nil
	}
	if a.meter.left -= int64(n) * int64(bytes); a.meter.left < 0 {
		return fault.Errorf(fault.Limited, "the file uses its arrays more often than any model does")
	}
	return nil
}
