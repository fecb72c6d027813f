package pickle_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/pickle"
)

// TestWhatIsInflatedIsMeasuredFirst: no memory is taken for a file that grows
// beyond what it may.
func TestWhatIsInflatedIsMeasuredFirst(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // not for secrets
	text := make([]byte, 24<<20)
	for i := 0; i < len(text); i += 16 { // so that it is no bomb: a tenth
		text[i] = byte(r.Uint32()) //nolint:gosec // a byte
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	inflate := func(memory int64) (taken uint64, err error) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		plain, err := pickle.Inflate(packed.Bytes(), pickle.Limits{Memory: memory})
		runtime.ReadMemStats(&after)
		if err == nil && !bytes.Equal(plain, text) {
			t.Error("what was inflated differs")
		}
		return after.TotalAlloc - before.TotalAlloc, err
	}
	if taken, err := inflate(20 << 20); !heavy(err) || !fault.Is(err, fault.Limited) || taken > 4<<20 {
		t.Errorf("with 20 MiB: %v, and %d bytes were taken", err, taken)
	}
	for _, memory := range []int64{0, 24 << 20, 1 << 40} {
		if _, err := inflate(memory); err != nil {
			t.Errorf("with %d: %v", memory, err)
		}
	}
}

// TestValuesAndArraysTakeMemoryToo: a file of a byte a value, and one whose arrays
// are read as numbers.
func TestValuesAndArraysTakeMemoryToo(t *testing.T) {
	text := []byte("\x80\x02](" + strings.Repeat("K\x01", 100_000) + "e.")
	if _, err := pickle.Read(text, pickle.Limits{Memory: 1 << 20}); !heavy(err) {
		t.Errorf("100,000 values in a megabyte: %v", err)
	}
	if _, err := pickle.Read(text, pickle.Limits{Memory: 4 << 20}); err != nil {
		t.Errorf("100,000 values in four: %v", err)
	}
	if _, err := pickle.Read(text, pickle.Limits{Memory: 1000}); !heavy(err) {
		t.Errorf("a file of 200 kB in 1 kB: %v", err)
	}
	for memory, most := range map[int64]int{8 << 20: 1, 20 << 20: 2} {
		a := judged(t, 1<<20, pickle.Limits{Memory: memory})
		for n := 1; n <= most+1; n++ {
			if _, err := a.Floats(); (err == nil) != (n <= most) || err != nil && !heavy(err) {
				t.Errorf("read for the %dth time with %d: %v", n, memory, err)
			}
		}
	}
}

func heavy(err error) bool {
	_, ok := errors.AsType[*pickle.MemoryError](err)
	return ok
}

// TestSidesOfNothing: an array without elements has sides all the same, for which
// readers make room.
func TestSidesOfNothing(t *testing.T) {
	double, err := pickle.ParseDType("<f8")
	if err != nil {
		t.Fatal(err)
	}
	for _, shape := range [][]int{{0, 1 << 31, 1 << 30}, {1 << 41, 0}, {1 << 21, 0, 1 << 21}} {
		if _, err := pickle.NewArray(double, shape, false, nil); err == nil || !strings.Contains(err.Error(), "larger than what the file holds") {
			t.Errorf("%v: got %v", shape, err)
		}
		if _, err := pickle.NewObjects(&pickle.DType{Kind: 'O', Size: 8}, shape, false, nil); err == nil || !strings.Contains(err.Error(), "larger than what the file holds") {
			t.Errorf("%v of objects: got %v", shape, err)
		}
	}
	for _, shape := range [][]int{{0}, {0, 30_000}, {500, 0, 2}} {
		if a, err := pickle.NewArray(double, shape, false, nil); err != nil || a.Len() != 0 {
			t.Errorf("%v: got %v", shape, err)
		}
	}
}
