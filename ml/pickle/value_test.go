package pickle_test

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/pickle"
)

// TestAt: paths, and what is said of those that lead nowhere.
func TestAt(t *testing.T) {
	model := "csklearn.linear_model.base\nLinearRegression\n)\x81}U\x05coef_K\x03sb"
	v, err := pickle.Read([]byte("\x80\x02}(U\x05model(K\x01"+model+"tU\x03a.bK\x07K\x05U\x04fiveu."), pickle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{"model.0": int64(1), "model.-2": int64(1), "model.1.coef_": int64(3), "a.b": int64(7), "5": "five"} {
		if got, err := pickle.At(v, path); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", path, got, err, want)
		}
	}
	for path, want := range map[string]string{
		"network":       `no "network" in the file: there is a dict with "model" (a tuple), "a.b" (an int), 5 (a text)`,
		"model.2":       `no "2" in model: there is a tuple with 0 (an int), 1 (an instance of sklearn.linear_model._base.LinearRegression)`,
		"model.1.coef":  `no "coef" in model.1: there is an instance of sklearn.linear_model._base.LinearRegression with "coef_" (an int)`,
		"model.0.steps": `no "steps" in model.0: there is an int`,
	} {
		if _, err := pickle.At(v, path); err == nil || err.Error() != want || !fault.Is(err, fault.Missing) {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	if got, err := pickle.At(v, ""); err != nil || got != v {
		t.Errorf("no path: %v, %v", got, err)
	}
}

func TestCanonical(t *testing.T) {
	for given, want := range map[pickle.Global]pickle.Global{
		{Module: "sklearn.ensemble.gradient_boosting", Name: "BinomialDeviance"}: {Module: "sklearn.ensemble._gb_losses", Name: "BinomialDeviance"},
		{Module: "sklearn.svm.classes", Name: "SVC"}:                             {Module: "sklearn.svm._classes", Name: "SVC"},
		{Module: "_loss", Name: "CyPinballLoss"}:                                 {Module: "sklearn._loss._loss", Name: "CyPinballLoss"},
		{Module: "numpy._core.multiarray", Name: "scalar"}:                       {Module: "numpy.core.multiarray", Name: "scalar"},
		{Module: "numpy._core._multiarray_umath", Name: "log1p"}:                 {Module: "numpy", Name: "log1p"},
		{Module: "scipy.sparse.csr", Name: "csr_matrix"}:                         {Module: "scipy.sparse._csr", Name: "csr_matrix"},
		{Module: "sklearn.externals.joblib.numpy_pickle", Name: "X"}:             {Module: "joblib.numpy_pickle", Name: "X"},
		{Module: "sklearn.utils", Name: "Bunch"}:                                 {Module: "sklearn.utils._bunch", Name: "Bunch"},
		{Module: "os", Name: "system"}:                                           {Module: "os", Name: "system"},
	} {
		if got := pickle.Canonical(given); got != want {
			t.Errorf("%s: got %s, want %s", given, got, want)
		}
	}
}

// TestDepth: values within values are counted however they were built.
func TestDepth(t *testing.T) {
	lists := func(n int) string { return "\x80\x02" + strings.Repeat("]", n) + strings.Repeat("a", n-1) + "." }
	// Each list is given to the one before it is filled: outermost first.
	inward := func(n int) string {
		text := "\x80\x02]q\x00"
		for i := range n {
			from, to := byte(i%2), byte((i+1)%2)
			text += "]q" + string([]byte{to}) + "0h" + string([]byte{from}) + "h" + string([]byte{to}) + "a0"
		}
		return text + "."
	}
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"900 lists":      {lists(900), true},
		"1,100 lists":    {lists(1100), false},
		"900 tuples":     {"\x80\x02)" + strings.Repeat("\x85", 900) + ".", true},
		"1,100 tuples":   {"\x80\x02)" + strings.Repeat("\x85", 1100) + ".", false},
		"1,100 by marks": {"\x80\x02" + strings.Repeat("(", 1100) + strings.Repeat("t", 1100) + ".", false},
		"1,100 inward":   {strings.Replace(inward(1100), "]q\x00", "]q\x00q\x02", 1), false},
	} {
		text := c.text
		if strings.Contains(name, "inward") {
			text = strings.TrimSuffix(text, ".") + "h\x02."
		}
		_, err := pickle.Read([]byte(text), pickle.Limits{})
		if c.ok && err != nil || !c.ok && !fault.Is(err, fault.Limited) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := pickle.Read([]byte("\x80\x02]q\x00]q\x01h\x00aa."), pickle.Limits{}); err == nil || !strings.Contains(err.Error(), "contains itself") {
		t.Errorf("a circle of two: %v", err)
	}
}

// TestOldTexts: what Python 2 wrote, and halves of surrogate pairs.
func TestOldTexts(t *testing.T) {
	for text, want := range map[string]any{
		"S'a\\'b\\n\\x41\\\\'\n.": "a'b\nA\\",
		"S\"it's\"\n.":            "it's",
		"\x8c\x03\xed\xa0\x80.":   "\uFFFD",
		"X\x02\x00\x00\x00é.":     "é",
		"I01\n.":                  true,
		"L5L\n.":                  int64(5),
	} {
		if got, err := pickle.Read([]byte(text), pickle.Limits{}); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	v, err := pickle.Read([]byte("S'\\xff\\x00'\n."), pickle.Limits{})
	if raw, ok := v.(pickle.Bytes); err != nil || !ok || string(raw) != "\xff\x00" {
		t.Errorf("got %v, %v", v, err)
	}
	for _, text := range []string{"S'a\n.", "Sa\n.", "S'\\q'\n.", "S'\\x4'\n.", "S'\\'\n.", "\x8c\x01\xff."} {
		if v, err := pickle.Read([]byte(text), pickle.Limits{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, %v", text, v, err)
		}
	}
}

// TestArrowTexts reads column names of pandas 3: texts in Arrow's layout.
func TestArrowTexts(t *testing.T) {
	offsets := "\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00"
	buffer := func(raw string) string {
		return "cpyarrow.lib\npy_buffer\nC" + string([]byte{byte(len(raw))}) + raw + "\x85R"
	}
	array := func(kind, validity string) string {
		return "cpyarrow.lib\n_restore_array\n(cpyarrow.lib\ntype_for_alias\nU" + string([]byte{byte(len(kind))}) + kind + "\x85RK\x03K\x01K\x00](" + validity + buffer(offsets) + buffer("ab\xc3") + "e]Nt\x85R"
	}
	index := func(array string) string {
		return "\x80\x04cpandas.core.indexes.base\n_new_Index\n(cpandas\nIndex\n}U\x04datacpandas.arrays\nArrowStringArray\n)\x81}U\x09_pa_array" + array + "sbstR."
	}
	if _, err := pickle.Read([]byte(index(array("string", buffer("\x05")))), pickle.Limits{}); err == nil {
		t.Error("texts that are not in UTF-8 were read")
	}
	good := strings.Replace(index(array("string", buffer("\x05"))), "ab\xc3", "abc", 1)
	v, err := pickle.Read([]byte(good), pickle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if items, _ := pickle.Items(v); len(items) != 3 || items[0] != "a" || items[1] != nil || items[2] != "bc" {
		t.Errorf("got %v", items)
	}
	short := strings.Replace(good, "K\x03K\x01K\x00]", "K\x04K\x01K\x00]", 1)
	if _, err := pickle.Read([]byte(short), pickle.Limits{}); err == nil {
		t.Error("texts without offsets were read")
	}
}

// TestFields: members of a structure are read in place, from memory in any order.
func TestFields(t *testing.T) {
	d := &pickle.DType{Kind: 'V', Size: 13, Fields: []pickle.Field{
		{Name: "a", Offset: 1, Type: &pickle.DType{Kind: 'i', Size: 4}},
		{Name: "b", Offset: 5, Type: &pickle.DType{Kind: 'f', Size: 8, Big: true}},
	}}
	data := []byte("\x00\xff\xff\xff\xff\x3f\xf0\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x7f\xf0\x00\x00\x00\x00\x00\x00")
	a, err := pickle.NewArray(d, []int{2}, false, data)
	if err != nil {
		t.Fatal(err)
	}
	whole, ok := a.Field("a")
	real, ok2 := a.Field("b")
	if _, ok3 := a.Field("c"); !ok || !ok2 || ok3 {
		t.Fatal("fields are found by their names alone")
	}
	if x, err := whole.Ints(); err != nil || x[0] != -1 || x[1] != 2 {
		t.Errorf("a is %v, %v", x, err)
	}
	if x, err := whole.Int32s(); err != nil || x[0] != -1 || x[1] != 2 {
		t.Errorf("a is %v, %v", x, err)
	}
	if x, err := real.Floats(); err != nil || x[0] != 1 || !math.IsInf(x[1], 1) {
		t.Errorf("b is %v, %v", x, err)
	}
	if _, err := a.Floats(); err == nil {
		t.Error("a structure was read as a number")
	}
}

// TestInt32s: numbers of 64 bits that fit 32, and those that do not.
func TestInt32s(t *testing.T) {
	for _, c := range []struct {
		raw string
		ok  bool
		x   int32
	}{
		{"\xff\xff\xff\xff\xff\xff\xff\xff", true, -1},
		{"\x07\x00\x00\x00\x00\x00\x00\x00", true, 7},
		{"\x00\x00\x00\x80\xff\xff\xff\xff", true, math.MinInt32},
		{"\x00\x00\x00\x80\x00\x00\x00\x00", false, 0},
		{"\x00\x00\x00\x00\x01\x00\x00\x00", false, 0},
		{"\xff\xff\xff\x7f\xff\xff\xff\xff", false, 0},
	} {
		for _, kind := range []byte("iu") {
			a, err := pickle.NewArray(&pickle.DType{Kind: kind, Size: 8}, []int{1}, false, []byte(c.raw))
			if err != nil {
				t.Fatal(err)
			}
			x, err := a.Int32s()
			if (err == nil) != (c.ok && (kind == 'i' || c.x > 0)) || err == nil && x[0] != c.x {
				t.Errorf("%q as %c: got %v, %v", c.raw, kind, x, err)
			}
		}
	}
}

// TestMatrix: sparse matrices that lie about themselves.
func TestMatrix(t *testing.T) {
	numbers := func(values ...float64) *pickle.Array {
		var raw []byte
		for _, x := range values {
			bits := math.Float64bits(x)
			for i := range 8 {
				raw = append(raw, byte(bits>>(8*i)))
			}
		}
		a, err := pickle.NewArray(&pickle.DType{Kind: 'f', Size: 8}, []int{len(values)}, false, raw)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	matrix := func(kind string, rows, columns int64, data, indices, pointers *pickle.Array) *pickle.Object {
		state := &pickle.Dict{}
		state.Set("_shape", &pickle.Tuple{Items: []any{rows, columns}})
		state.Set("data", data)
		state.Set("indices", indices)
		state.Set("indptr", pointers)
		return &pickle.Object{Class: pickle.Global{Module: "scipy.sparse._" + kind, Name: kind + "_matrix"}, State: state}
	}
	_, _, cells, err := pickle.Matrix(matrix("csr", 2, 3, numbers(1, 2, 3), numbers(0, 2, 1), numbers(0, 2, 3)))
	if err != nil || fmt.Sprint(cells) != "[1 0 2 0 3 0]" {
		t.Errorf("CSR: %v, %v", cells, err)
	}
	_, _, cells, err = pickle.Matrix(matrix("csc", 3, 2, numbers(1, 2, 3), numbers(0, 2, 1), numbers(0, 2, 3)))
	if err != nil || fmt.Sprint(cells) != "[1 0 0 3 2 0]" {
		t.Errorf("CSC: %v, %v", cells, err)
	}
	for name, m := range map[string]*pickle.Object{
		"outside":        matrix("csr", 2, 3, numbers(1), numbers(3), numbers(0, 1, 1)),
		"before":         matrix("csr", 2, 3, numbers(1), numbers(-1), numbers(0, 1, 1)),
		"back":           matrix("csr", 2, 3, numbers(1, 2), numbers(0, 1), numbers(0, 2, 1)),
		"back and forth": matrix("csr", 3, 3, numbers(1, 2), numbers(0, 1), numbers(0, 3, 1, 2)),
		"too few":        matrix("csr", 2, 3, numbers(1, 2), numbers(0), numbers(0, 1, 2)),
		"no pointers":    matrix("csr", 2, 3, numbers(1, 2), numbers(0, 1), numbers()),
		"huge":           matrix("csr", 1<<20, 1<<20, numbers(), numbers(), numbers()),
		"other":          matrix("dia", 2, 2, numbers(), numbers(), numbers()),
	} {
		if _, _, _, err := pickle.Matrix(m); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	if _, _, _, err := pickle.Matrix("text"); err == nil {
		t.Error("a text was read")
	}
}

// TestLargeArraysAreNotCopied: the bytes of arrays stay where the file has them.
func TestLargeArraysAreNotCopied(t *testing.T) {
	const size = 8 << 20
	text := "\x80\x04cnumpy._core.numeric\n_frombuffer\n(\x8e\x00\x00\x80\x00\x00\x00\x00\x00" + strings.Repeat("\x00", size) +
		"cnumpy\ndtype\nU\x02f8\x89\x88\x87RJ\x00\x00\x10\x00\x85U\x01CtR."
	data := []byte(text)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	v, err := pickle.Read(data, pickle.Limits{})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	allocated := after.TotalAlloc - before.TotalAlloc
	if a, ok := v.(*pickle.Array); !ok || a.Len() != size/8 || allocated > 1<<20 {
		t.Errorf("%T, %d bytes were allocated for an array of %d", v, allocated, size)
	}
}

// TestConstructors: the spellings of arrays, functions and types that other
// picklers have.
func TestConstructors(t *testing.T) {
	dtype := "cnumpy\ndtype\nU\x02i2\x89\x88\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
	array := "cdill._dill\n_create_array\n(cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01bt(K\x01K\x02\x85" + dtype + "\x89C\x04\x01\x00\x02\x00tNtR"
	v, err := pickle.Read([]byte("\x80\x04"+array+"."), pickle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if items, _ := pickle.Items(v); fmt.Sprint(items) != "[1 2]" {
		t.Errorf("dill's array: %v", items)
	}
	for text, want := range map[string]any{
		"cnumpy.core\n_ufunc_reconstruct\n(U\x10numpy.core.umathU\x05log1ptR.":  pickle.Global{Module: "numpy", Name: "log1p"},
		"cdill._dill\n_load_type\n(U\x03inttR.":                                 pickle.Global{Module: "builtins", Name: "int"},
		"cnumpy._core.multiarray\nscalar\n(" + dtype + "U\x02\xff\xfftR.":       int64(-1),
		"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x06\x00\x00\x00latin1tR0K\x05.": int64(5),
		"ccollections\ndefaultdict\n(c__builtin__\nlist\ntR(U\x01aK\x01u0N.":    nil,
		"c__builtin__\nunicode\n.":                                              pickle.Global{Module: "builtins", Name: "str"},
		"cnumpy.core._multiarray_umath\nlog1p\n.":                               pickle.Global{Module: "numpy", Name: "log1p"},
	} {
		if got, err := pickle.Read([]byte("\x80\x02"+text), pickle.Limits{}); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"cnumpy.core\n_ufunc_reconstruct\n(U\x02osU\x06systemtR.":        "names os.system",
		"cdill._dill\n_load_type\n(U\x04evaltR.":                         "names builtins.eval",
		"cdill._dill\n_create_array\n(cdatetime\ndate\n)NNtR.":           "an array is made by datetime.date",
		"cpandas.core.indexes.base\n_new_Index\n(NNtR.":                  "has no data",
		"cpandas.core.indexes.base\n_new_Index\n(csomeones\nIndex\n}tR.": "names someones.Index",
		"cnumpy\ndtype\nU\x03f99\x85R.":                                  "not supported",
		"cnumpy\nlog1p\nK\x01\x85R.":                                     "which models only name",
	} {
		if got, err := pickle.Read([]byte("\x80\x02"+text), pickle.Limits{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, %v, want %q", text, got, err, want)
		}
	}
}

// TestCopiesAreCounted: a value that is in the file once may be given to a
// constructor as often as the file likes, and is not copied as often.
func TestCopiesAreCounted(t *testing.T) {
	const n, times = 100_000, 20_000
	raw := strings.Repeat("a", n)
	length := string([]byte{n & 255, n >> 8 & 255, n >> 16, 0})
	dtype := "cnumpy\ndtype\nU\x02u1\x89\x88\x87R"
	pairs := "(" + strings.Repeat("K\x01K\x01\x86", n/10) + "t"
	for name, c := range map[string]struct{ value, call string }{
		"a set of an array":   {"cnumpy.core.numeric\n_frombuffer\n(B" + length + raw + dtype + "J" + length + "\x85U\x01CtR", "c__builtin__\nset\nh\x01\x85R"},
		"a list of a tuple":   {"(" + strings.Repeat("N", n) + "t", "c__builtin__\nlist\nh\x01\x85R"},
		"a dict of pairs":     {pairs, "c__builtin__\ndict\nh\x01\x85R"},
		"bytes of a text":     {"X" + length + raw, "c_codecs\nencode\nh\x01\x85R"},
		"a bytearray":         {"X" + length + raw, "c__builtin__\nbytearray\nh\x01U\x06latin1\x86R"},
		"a range of an Index": {"(cpandas\nRangeIndex\n}(U\x04stopM\xe8\x03U\x04stepK\x01ut", "cpandas.core.indexes.base\n_new_Index\nh\x01R"},
		"a wide scalar":       {"(cnumpy\ndtype\nU\x07S100000\x89\x88\x87RB" + length + raw + "t", "cnumpy.core.multiarray\nscalar\nh\x01R"},
	} {
		text := []byte("\x80\x02(" + c.value + "q\x01" + strings.Repeat(c.call, times) + "l.")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := pickle.Read(text, pickle.Limits{})
		runtime.ReadMemStats(&after)
		if !fault.Is(err, fault.Limited) || !strings.Contains(err.Error(), "copies its values") {
			t.Errorf("%s: got %v", name, err)
		}
		if used, most := after.TotalAlloc-before.TotalAlloc, uint64(128*len(text)+64<<20); used > most {
			t.Errorf("%s: %d bytes were allocated for a file of %d", name, used, len(text))
		}
	}
}

// TestSlots: the state of a class with slots is two dicts.
func TestSlots(t *testing.T) {
	for state, want := range map[string]any{
		"}U\x01aK\x01s}U\x01bK\x02s\x86": int64(2), "N}U\x01bK\x02s\x86": int64(2), "}U\x01bK\x02sN\x86": int64(2), "}U\x01bK\x02s": int64(2),
	} {
		v, err := pickle.Read([]byte("\x80\x02csklearn.linear_model._ridge\nRidge\n)\x81"+state+"b."), pickle.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := pickle.At(v, "b"); err != nil || got != want {
			t.Errorf("%q: got %v, %v", state, got, err)
		}
	}
}

// TestTypesDoNotChangeUnderArrays: a type that gets another state when an array
// of it is there already does not move the array's fields out of its bytes.
func TestTypesDoNotChangeUnderArrays(t *testing.T) {
	field := func(offset, size string) string {
		return "(K\x03U\x01|NU\x01a\x85}U\x01ah\x01K" + offset + "\x86sK" + size + "K\x01K\x10tb"
	}
	text := "\x80\x04cnumpy\ndtype\nU\x02i1\x89\x88\x87Rq\x010cnumpy\ndtype\nU\x02V2\x89\x88\x87Rq\x02" + field("\x01", "\x02") + "0" +
		"cnumpy.core.numeric\n_frombuffer\n(C\x04\x01\x02\x03\x04h\x02K\x02\x85U\x01CtRq\x030h\x02" + field("\x60", "\x70") + "0h\x03."
	v, err := pickle.Read([]byte(text), pickle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	a, ok := v.(*pickle.Array)
	if !ok {
		t.Fatalf("%T", v)
	}
	b, ok := a.Field("a")
	if !ok {
		t.Fatal("no field a")
	}
	if x, err := b.Ints(); err != nil || fmt.Sprint(x) != "[2 4]" {
		t.Errorf("got %v, %v", x, err)
	}
}
