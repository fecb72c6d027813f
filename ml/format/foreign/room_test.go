package foreign_test

import (
	"errors"
	"math"
	"runtime"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"dasier/fault"
	"dasier/ml/format/foreign"
)

// network is an ONNX file: x·W, with a constant of so many columns.
func network(columns int) []byte {
	bytesOf := func(m []byte, field protowire.Number, value []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), value)
	}
	number := func(m []byte, field protowire.Number, value int) []byte {
		return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), uint64(value)) //nolint:gosec // small
	}
	port := func(name string, second int) []byte {
		shape := bytesOf(nil, 1, bytesOf(nil, 2, []byte("N")))
		shape = bytesOf(shape, 1, number(nil, 1, second))
		return bytesOf(bytesOf(nil, 1, []byte(name)), 2, bytesOf(nil, 1, bytesOf(number(nil, 1, 1), 2, shape)))
	}
	constant := func(name string, rows, columns int) []byte {
		t := bytesOf(number(number(number(nil, 1, rows), 1, columns), 2, 1), 8, []byte(name))
		return bytesOf(t, 9, make([]byte, 4*rows*columns))
	}
	node := func(op, a, b, out string) []byte {
		return bytesOf(bytesOf(bytesOf(bytesOf(nil, 1, []byte(a)), 1, []byte(b)), 2, []byte(out)), 4, []byte(op))
	}
	graph := bytesOf(bytesOf(nil, 1, node("MatMul", "X", "W", "H")), 1, node("MatMul", "H", "V", "Y"))
	graph = bytesOf(bytesOf(bytesOf(graph, 2, []byte("g")), 5, constant("W", 4, columns)), 5, constant("V", columns, 1))
	graph = bytesOf(bytesOf(graph, 11, port("X", 4)), 12, port("Y", 1))
	return bytesOf(bytesOf(number(nil, 1, 8), 7, graph), 8, number(bytesOf(nil, 1, nil), 2, 17))
}

// TestConstantsAreWeighedBeforeTheyAreRead: of a network of 20 MB.
func TestConstantsAreWeighedBeforeTheyAreRead(t *testing.T) {
	data := network(1 << 20)
	read := func(memory int64) (taken uint64, err error) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = foreign.Read(data, foreign.Hint{Memory: memory})
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc, err
	}
	for _, memory := range []int64{1, 1 << 20} {
		taken, err := read(memory)
		if !heavy(err) || !fault.Is(err, fault.Limited) || taken > 1<<20 {
			t.Errorf("with %d: %v, and %d bytes were taken", memory, err, taken)
		}
	}
	for _, memory := range []int64{0, 8 << 20, math.MaxInt64} {
		if _, err := read(memory); err != nil {
			t.Errorf("with %d: %v", memory, err)
		}
	}
}

func heavy(err error) bool {
	_, ok := errors.AsType[*foreign.MemoryError](err)
	return ok
}
