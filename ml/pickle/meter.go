package pickle

import (
	"sync/atomic"

	"dasier/fault"
)

// meter counts what arrays become when they are read as numbers. A file has an
// array's bytes once, and may have it stand in ten thousand places, of which
// each would make numbers of its own.
// Goroutines may read arrays side by side.
type meter struct {
	left   atomic.Int64
	memory int64 // Limits.Memory, if it is that which bounds them
}

// What reading may make of a file's arrays: eight bytes of memory for one of the
// file, and four of a large one. A forest comes to less than one, float32 to two.
const (
	readSmall = 64 << 20
	readLarge = 2 << 30
)

func newMeter(size int, memory int64) *meter {
	s := int64(size)
	m, most := &meter{}, min(8*s+readSmall, max(4*s, readLarge))
	if memory > 0 && memory < most {
		m.memory, most = memory, memory
	}
	m.left.Store(most)
	return m
}

// charge counts n elements that take so many bytes each.
func (a *Array) charge(n, bytes int) error {
	if a.meter == nil {
		return nil
	}
	if a.meter.left.Add(-int64(n)*int64(bytes)) < 0 {
		return a.meter.refusal()
	}
	return nil
}

// Allows refuses what would be too much, if so many elements more were read of the
// array's file, which take so many bytes each. It counts nothing: who makes room
// for elements first is to ask.
func (a *Array) Allows(n, bytes int) error {
	if a.meter == nil || a.meter.left.Load() >= int64(n)*int64(bytes) {
		return nil
	}
	return a.meter.refusal()
}

func (m *meter) refusal() error {
	if m.memory > 0 {
		return fault.Errorf(fault.Limited, "the file's arrays take more: %w", &MemoryError{m.memory})
	}
	return fault.Errorf(fault.Limited, "the file uses its arrays more often than any model does")
}
