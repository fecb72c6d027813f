package serve

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"dasier/delivery/serve/servetest"
	"dasier/fault"
)

func TestBytesOf(t *testing.T) {
	type node struct {
		name string
		next *node
		any  any
	}
	numbers := make([]float64, 10, 100)
	many := make([]int64, 100)
	ring := &node{name: "four"}
	ring.next = ring
	for _, c := range []struct {
		value any
		want  int64
	}{
		{nil, 0},
		{7, 0},
		{"text", 4},
		{numbers, 800},
		{[][]float64{numbers, numbers, nil}, 3*24 + 800},
		{&[2]*int64{new(int64), nil}, 16 + 8},
		{map[int64]int64{1: 1, 2: 2, 3: 3}, 3 * 17 * 4 / 3},
		{map[string][]byte{"abc": make([]byte, 10)}, 41*4/3 + 3 + 10},
		{ring, 16 + 8 + 16 + 4},
		{&node{any: numbers}, 40 + 24 + 800},
		{&struct {
			first *int64
			all   []int64
		}{&many[0], many}, 32 + 8 + 800},
	} {
		if got := bytesOf(c.value); got != c.want {
			t.Errorf("%T: %d bytes, want %d", c.value, got, c.want)
		}
	}
}

// TestAModelsMemoryIsWhatTheRuntimeCounts within a third: it is for a bound on
// many of them.
func TestAModelsMemoryIsWhatTheRuntimeCounts(t *testing.T) {
	const models = 200
	pkg := servetest.Package(t, servetest.Houses(3))
	kept := make([]*model, models)
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // a second time, for what pools had kept
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before, told := live(), int64(0)
	for i := range kept {
		m, err := readModel(pkg, 0)
		if err != nil {
			t.Fatal(err)
		}
		kept[i], told = m, told+m.memory
	}
	took := live() - before
	if ratio := float64(told) / float64(took); math.Abs(math.Log(ratio)) > math.Log(1.5) {
		t.Errorf("%d models are told to take %d bytes and take %d", models, told, took)
	}
	runtime.KeepAlive(kept)
}

func TestModelsBeyondTheMemoryAreRefused(t *testing.T) {
	e := New()
	load := func(name string, version int) error {
		pkg := servetest.Package(t, servetest.Houses(version))
		return e.Load(t.Context(), name, pkg, Meta{Model: "prices", Version: version, Digest: servetest.Digest(t, pkg)})
	}
	if err := load("one", 1); err != nil {
		t.Fatal(err)
	}
	one, most := e.Memory()
	if one < 1000 || most != 0 {
		t.Fatalf("a model takes %d bytes of %d", one, most)
	}
	e.Limit(2*one + one/2)
	if err := load("two", 1); err != nil {
		t.Fatal(err)
	}
	err := load("three", 1)
	if !fault.Is(err, fault.Limited) || !strings.Contains(err.Error(), "--max-model-memory") {
		t.Errorf("a third model: %v", err)
	}
	if _, ok := e.Endpoint("three"); ok {
		t.Error("what was refused answers")
	}
	if err := load("two", 2); err != nil {
		t.Errorf("the next version of one that is there: %v", err)
	}
	if !e.Remove("one") {
		t.Error("it was not there")
	}
	if err := load("three", 1); err != nil {
		t.Errorf("after another was stopped: %v", err)
	}
	if taken, _ := e.Memory(); taken < one*19/10 || taken > one*21/10 {
		t.Errorf("%d bytes are taken, want about %d", taken, 2*one)
	}
}

// padded is a package whose data are followed by so many spaces, which are no
// part of its model. It tells whether somebody read them.
type padded struct {
	fs.FS
	size int
	read bool
}

func (p *padded) Open(name string) (fs.File, error) {
	file, err := p.FS.Open(name)
	if err != nil || name != "dasier.json" {
		return file, err
	}
	return &paddedFile{File: file, of: p, left: p.size}, nil
}

type paddedFile struct {
	fs.File
	of   *padded
	left int
}

func (f *paddedFile) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	return paddedInfo{info, int64(f.of.size)}, err
}

func (f *paddedFile) Read(to []byte) (int, error) {
	f.of.read = true
	n, err := f.File.Read(to)
	if !errors.Is(err, io.EOF) || f.left == 0 {
		return n, err
	}
	n = min(len(to), f.left)
	f.left -= n
	for i := range to[:n] {
		to[i] = ' '
	}
	return n, nil
}

type paddedInfo struct {
	fs.FileInfo
	more int64
}

func (i paddedInfo) Size() int64 { return i.FileInfo.Size() + i.more }

// TestWhatIsTooLargeToBeReadIsNotRead: the refusal comes before the memory is
// taken, at the start as well as for the next version of what answers.
func TestWhatIsTooLargeToBeReadIsNotRead(t *testing.T) {
	const most = 1 << 20
	e := New()
	e.Limit(most)
	load := func(version, more int) (read bool, err error) {
		pkg := &padded{FS: servetest.Package(t, servetest.Houses(version)), size: more}
		err = e.Load(t.Context(), "one", pkg, Meta{Model: "prices", Version: version, Digest: strconv.Itoa(version)})
		return pkg.read, err
	}
	const want = "model prices version 1 takes more than 24.0 MiB of memory to be read, and the other models of this server take 0.0 MiB of the 1.0 MiB that max_model_memory allows: stop an environment that nobody asks, deploy a smaller model, or start the server with a larger --max-model-memory"
	if read, err := load(1, 24<<20); read || !fault.Is(err, fault.Limited) || err.Error() != want {
		t.Errorf("at the start: read %v, %v", read, err)
	}
	if _, ok := e.Endpoint("one"); ok {
		t.Error("what was refused answers")
	}
	if read, err := load(2, 20<<20); !read || err != nil {
		t.Fatalf("a small model in a large file: read %v, %v", read, err)
	}
	if read, err := load(3, 24<<20); read || !fault.Is(err, fault.Limited) {
		t.Errorf("the next version: read %v, %v", read, err)
	}
	if endpoint, ok := e.Endpoint("one"); !ok || endpoint.Version != 2 {
		t.Error("the version before answers no more")
	}
	e.Limit(0)
	if read, err := load(3, 24<<20); !read || err != nil {
		t.Errorf("without a bound: read %v, %v", read, err)
	}
}
