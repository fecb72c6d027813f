package skops_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"

	"dasier/fault"
	"dasier/ml/format/skops"
	"dasier/ml/pickle"
)

// TestPairs reads objects that were saved in both ways: the values are the same.
func TestPairs(t *testing.T) {
	files, err := filepath.Glob("testdata/made/*.skops")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { pair(t, file) })
	}
}

func pair(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !skops.Is(data) {
		t.Errorf("it is not taken for a skops file")
	}
	got, err := skops.Read(data, pickle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if data, err = os.ReadFile(strings.TrimSuffix(file, "skops") + "pkl"); err != nil {
		t.Fatal(err)
	}
	want, err := pickle.Read(data, pickle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, difference := range differ("", got, want) {
		if i > 10 {
			break
		}
		t.Error(difference)
	}
}

// unread are objects that the two containers say differently, and that nobody
// reads.
var unread = map[string]bool{
	"_mareconstruct": true, "MaskedArray": true, "__randomstate_ctor": true, "RandomState": true, "__generator_ctor": true, "Generator": true,
	"newObj": true, "KDTree": true, "BallTree": true, "KDTree64": true, "BallTree64": true, "EuclideanDistance": true, "EuclideanDistance64": true,
}

// differ compares two values, without what is unread.
func differ(at string, got, want any) []string {
	wrong := func(format string, args ...any) []string {
		return []string{at + ": " + fmt.Sprintf(format, args...)}
	}
	if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
		return wrong("got %T, want %T", got, want)
	}
	switch want := want.(type) {
	case *pickle.Object:
		got, _ := got.(*pickle.Object)
		if unread[want.Class.Name] && unread[got.Class.Name] || strings.HasPrefix(got.Class.Name, "Cy") && strings.HasSuffix(want.Class.Name, got.Class.Name) {
			return nil
		}
		if got.Class != want.Class {
			return wrong("got the class %s, want %s", got.Class, want.Class)
		}
		all := differ(at+".args", &pickle.Tuple{Items: got.Args}, &pickle.Tuple{Items: want.Args})
		all = append(all, differ(at+".list", &pickle.List{Items: got.List}, &pickle.List{Items: want.List})...)
		if want.Items != nil && got.Items != nil {
			all = append(all, differ(at+".items", got.Items, want.Items)...)
		}
		if want.Class.Name == "Bunch" || strings.HasPrefix(want.Class.Module, "scipy.sparse") {
			return append(all, sparse(at, got, want)...)
		}
		return append(all, differ(at, got.State, want.State)...)
	case *pickle.Dict:
		got, _ := got.(*pickle.Dict)
		return dicts(at, got, want)
	case *pickle.Array:
		got, _ := got.(*pickle.Array)
		if fmt.Sprint(got.Shape) != fmt.Sprint(want.Shape) || got.DType.Kind != want.DType.Kind || got.DType.Size != want.DType.Size {
			return wrong("got shape %v of %c%d, want %v of %c%d", got.Shape, got.DType.Kind, got.DType.Size, want.Shape, want.DType.Kind, want.DType.Size)
		}
		if want.DType.Fields != nil {
			var all []string
			for _, f := range want.DType.Fields {
				a, ok := got.Field(f.Name)
				b, _ := want.Field(f.Name)
				if !ok {
					return wrong("no field %s", f.Name)
				}
				all = append(all, differ(at+"."+f.Name, a, b)...)
			}
			return all
		}
	case *pickle.DType:
		got, _ := got.(*pickle.DType)
		if got.Kind != want.Kind || got.Size != want.Size {
			return wrong("got %+v, want %+v", got, want)
		}
		return nil
	case *big.Int:
		got, _ := got.(*big.Int)
		if got.Cmp(want) != 0 {
			return wrong("got %v, want %v", got, want)
		}
		return nil
	case float64:
		got, _ := got.(float64)
		if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
			return wrong("got %v, want %v", got, want)
		}
		return nil
	case pickle.Bytes:
		got, _ := got.(pickle.Bytes)
		if !bytes.Equal(got, want) {
			return wrong("got %v, want %v", got, want)
		}
		return nil
	}
	b, isList := pickle.Items(want)
	if !isList {
		if got != want {
			return wrong("got %v, want %v", got, want)
		}
		return nil
	}
	a, _ := pickle.Items(got)
	if len(a) != len(b) {
		return wrong("got %d elements, want %d", len(a), len(b))
	}
	var all []string
	for i := range b {
		all = append(all, differ(fmt.Sprintf("%s.%d", at, i), a[i], b[i])...)
	}
	return all
}

func dicts(at string, got, want *pickle.Dict) []string {
	type entry struct{ key, value any }
	var a, b []entry
	for k, v := range got.All {
		a = append(a, entry{k, v})
	}
	for k, v := range want.All {
		b = append(b, entry{k, v})
	}
	if len(a) != len(b) {
		return []string{fmt.Sprintf("%s: got %d entries, want %d", at, len(a), len(b))}
	}
	var all []string
	for i := range b {
		if a[i].key != b[i].key {
			all = append(all, fmt.Sprintf("%s: got the key %v, want %v", at, a[i].key, b[i].key))
		}
		all = append(all, differ(fmt.Sprintf("%s.%v", at, b[i].key), a[i].value, b[i].value)...)
	}
	return all
}

// sparse compares sparse matrices as numbers: the containers keep other helpers.
func sparse(at string, got, want *pickle.Object) []string {
	if !pickle.IsSparse(want) {
		return nil
	}
	rows, columns, a, err := pickle.Matrix(got)
	if err != nil {
		return []string{at + ": " + err.Error()}
	}
	rows2, columns2, b, err := pickle.Matrix(want)
	if err != nil || rows != rows2 || columns != columns2 || fmt.Sprint(a) != fmt.Sprint(b) {
		return []string{fmt.Sprintf("%s: got %d rows, %d columns, %v; want %d, %d, %v (%v)", at, rows, columns, a, rows2, columns2, b, err)}
	}
	return nil
}

// archive makes a zip file of members.
func archive(t testing.TB, members ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: members[i], Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// npy is an array with a header.
func npy(header, content string) string {
	return "\x93NUMPY\x01\x00" + string(rune(len(header))) + "\x00" + header + content
}

const leaf = `{"__loader__":"JsonNode","__id__":2,"content":"1"}`

// TestMemory: what the members say that they grow to is held against it first.
func TestMemory(t *testing.T) {
	schema := `{"__class__":"list","__module__":"builtins","__loader__":"ListNode","content":[` + leaf + `],"__id__":1}`
	data := archive(t, "schema.json", schema, "other.npy", strings.Repeat("x", 1<<20))
	if _, err := skops.Read(data, pickle.Limits{Memory: 1 << 20}); !heavy(err) || !fault.Is(err, fault.Limited) {
		t.Errorf("a megabyte and a schema in one: %v", err)
	}
	if _, err := skops.Read(data, pickle.Limits{Memory: 2 << 20}); err != nil {
		t.Errorf("in two: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	node := func(loader, rest string) string {
		return `{"__class__":"X","__module__":"builtins","__loader__":"` + loader + `","__id__":1` + rest + `}`
	}
	object := func(module, class, rest string) string {
		return `{"__class__":"` + class + `","__module__":"` + module + `","__loader__":"ObjectNode"` + rest + `}`
	}
	arrayNode := node("NdArrayNode", `,"type":"numpy","file":"1.npy"`)
	for name, c := range map[string]struct {
		members []string
		want    string
	}{
		"no schema":         {[]string{"a.npy", ""}, "without schema.json"},
		"a path":            {[]string{"schema.json", leaf, "../a", ""}, "is a path"},
		"a folder":          {[]string{"schema.json", leaf, "a/b.npy", ""}, "is a path"},
		"two of one name":   {[]string{"schema.json", leaf, "schema.json", leaf}, "two members"},
		"no JSON":           {[]string{"schema.json", "{"}, "is no JSON"},
		"a function":        {[]string{"schema.json", `{"__class__":"system","__module__":"os","__loader__":"FunctionNode"}`}, "at the root: the file names os.system"},
		"an old function":   {[]string{"schema.json", node("FunctionNode", `,"content":{"module_path":"os","function":"system"}`)}, "the file names os.system"},
		"a type":            {[]string{"schema.json", `{"__class__":"Popen","__module__":"subprocess","__loader__":"TypeNode"}`}, "the file names subprocess.Popen"},
		"a class":           {[]string{"schema.json", object("someones", "Thing", "")}, "the file names someones.Thing"},
		"the script's":      {[]string{"schema.json", object("__main__", "Thing", "")}, "of the script that trained the model"},
		"dots":              {[]string{"schema.json", object("sklearn.utils", "_joblib.os.system", "")}, "names with dots"},
		"a method":          {[]string{"schema.json", node("MethodNode", `,"content":{"func":"run"}`)}, "the file names builtins.X.run"},
		"an operator":       {[]string{"schema.json", `{"__class__":"methodcaller","__module__":"operator","__loader__":"OperatorFuncNode"}`}, "operator.methodcaller"},
		"a loader":          {[]string{"schema.json", node("EvilNode", "")}, `"EvilNode" is not known`},
		"a circle":          {[]string{"schema.json", node("ListNode", `,"content":[{"__id__":1}]`)}, "contains itself"},
		"no member":         {[]string{"schema.json", arrayNode}, `no member "1.npy"`},
		"no magic":          {[]string{"schema.json", arrayNode, "1.npy", "not numpy's at all"}, "magic word"},
		"version 9":         {[]string{"schema.json", arrayNode, "1.npy", "\x93NUMPY\x09\x00\x01\x00{} "}, "version 9"},
		"a long header":     {[]string{"schema.json", arrayNode, "1.npy", "\x93NUMPY\x01\x00\xff\xff{} "}, "65535 bytes, 3 are left"},
		"a short array":     {[]string{"schema.json", arrayNode, "1.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000,), }", "x")}, "larger than what the file holds"},
		"an overflow":       {[]string{"schema.json", arrayNode, "1.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "x")}, "larger than what the file holds"},
		"objects":           {[]string{"schema.json", arrayNode, "1.npy", npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "\x80\x04N.")}, "which is a pickle"},
		"a call in it":      {[]string{"schema.json", arrayNode, "1.npy", npy("{'descr': __import__('os'), }", "")}, "no literal"},
		"brackets":          {[]string{"schema.json", arrayNode, "1.npy", npy(strings.Repeat("[", 100), "")}, "nests deeper"},
		"dates":             {[]string{"schema.json", arrayNode, "1.npy", npy("{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (0,), }", "")}, "is not supported"},
		"an unlisted inner": {[]string{"schema.json", object("sklearn.linear_model._ridge", "Ridge", `,"content":`+node("DictNode", `,"content":{"solver":`+object("someones", "Thing", "")+`}`))}, "at solver: the file names someones.Thing"},
		"lists in lists":    {[]string{"schema.json", node("NdArrayNode", `,"type":"json","content":[],"shape":{"__loader__":"TupleNode","__class__":"tuple","__module__":"builtins","content":[`+leaf+`]}`)}, "has 0 objects"},
		"an empty dict":     {[]string{"schema.json", node("DictNode", "")}, "a dict has nothing for content"},
		"an empty list":     {[]string{"schema.json", node("ListNode", "")}, "is nothing"},
		"an empty partial":  {[]string{"schema.json", node("PartialNode", "")}, "should be a node is none"},
		"an empty tree":     {[]string{"schema.json", node("TreeNode", "")}, "should be a node is none"},
		"an empty default":  {[]string{"schema.json", node("DefaultDictNode", "")}, "should be a node is none"},
		"an empty array":    {[]string{"schema.json", node("NdArrayNode", "")}, "not known"},
		"an empty type":     {[]string{"schema.json", node("DTypeNode", "")}, "should be a node is none"},
		"an empty sparse":   {[]string{"schema.json", `{"__class__":"csr_matrix","__module__":"scipy.sparse._csr","__loader__":"SparseMatrixNode"}`}, "no member"},
		"an empty text":     {[]string{"schema.json", node("JsonNode", "")}, "a value is missing"},
		"no key types":      {[]string{"schema.json", node("DictNode", `,"content":{"a":`+leaf+`},"key_types":{"__loader__":"ListNode","__class__":"list","__module__":"builtins","content":[]}`)}, "types of 0"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := skops.Read(archive(t, c.members...), pickle.Limits{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestSearchKeepsOut: what a search tried may be anyone's, and gives way.
func TestSearchKeepsOut(t *testing.T) {
	entry := func(name string) string {
		return `"` + name + `":{"__class__":"Thing","__module__":"someones","__loader__":"ObjectNode"}`
	}
	text := `{"__class__":"GridSearchCV","__module__":"sklearn.model_selection._search","__loader__":"ObjectNode","content":{"__class__":"dict","__module__":"builtins","__loader__":"DictNode","content":{` + entry("param_grid") + `}}}`
	v, err := skops.Read(archive(t, "schema.json", text), pickle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	o, ok := v.(*pickle.Object)
	if !ok {
		t.Fatalf("got %T", v)
	}
	held, _ := o.Attribute("param_grid")
	if opaque, ok := held.(*pickle.Opaque); !ok || opaque.Class.Name != "Thing" {
		t.Errorf("got %v, want it opaque", held)
	}
	if v, err = skops.Read(archive(t, "schema.json", strings.ReplaceAll(text, "param_grid", "best_estimator_")), pickle.Limits{}); err == nil {
		t.Errorf("got %v for the model itself", v)
	}
}

// TestBombs: what grows too much is not inflated.
func TestBombs(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(bytes.Repeat([]byte(" "), 64<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := skops.Read(b.Bytes(), pickle.Limits{}); !fault.Is(err, fault.Limited) {
		t.Errorf("got %v, want it to be limited", err)
	}
	deep := strings.Repeat(`{"__loader__":"ListNode","content":[`, 10_000) + strings.Repeat("]}", 10_000)
	if _, err := skops.Read(archive(t, "schema.json", deep), pickle.Limits{}); err == nil {
		t.Error("ten thousand lists in one another were read")
	}
}

// TestDamage: a byte that changed is found, in members stored and deflated.
func TestDamage(t *testing.T) {
	for _, name := range []string{"sgd", "histogram"} {
		data, err := os.ReadFile("testdata/made/" + name + ".skops")
		if err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		at, err := z.File[0].DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		data[at+int64(z.File[0].CompressedSize64)-3] ^= 0x10
		if _, err := skops.Read(data, pickle.Limits{}); err == nil || !strings.Contains(err.Error(), "is damaged") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestHostile: an archive with a path, a large member and a function to call.
func TestHostile(t *testing.T) {
	packed, err := os.Open("../../../../shared/models/hostile.tar.xz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packed.Close() }() // it was read only
	source, err := xz.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	for members := tar.NewReader(source); ; {
		header, err := members.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(header.Name, "75_skops_evil.skops") {
			continue
		}
		data, err := io.ReadAll(members)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = skops.Read(data, pickle.Limits{})
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), `"../../evil.npy", which is a path`) || after.TotalAlloc-before.TotalAlloc > 1<<20 {
			t.Errorf("got %v, with %d bytes of memory", err, after.TotalAlloc-before.TotalAlloc)
		}
		return
	}
}

func heavy(err error) bool {
	_, ok := errors.AsType[*pickle.MemoryError](err)
	return ok
}
