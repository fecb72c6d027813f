package pickle_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dasier/ml/pickle"
)

// FuzzRead looks for what panics or takes memory that the file does not have, in
// the reader and in what looks at its values.
func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"testdata/hostile/*", "testdata/made/*", "../format/sklearn/testdata/*/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			if len(data) < 8<<10 && !strings.HasSuffix(file, ".json") {
				f.Add(data)
			}
		}
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		v, err := pickle.Read(data, pickle.Limits{Bytes: 1 << 20, Objects: 100_000})
		if err != nil {
			return
		}
		look(v, 3)
		_, _ = pickle.At(v, "model.0.-1.steps")
		_ = pickle.Inside(v)
	})
}

// look asks a value for all that it can be asked for, some levels down.
func look(v any, levels int) {
	switch v := v.(type) {
	case *pickle.Array:
		_, _ = v.Values()
		_, _ = v.Floats()
		_, _ = v.Ints()
		for _, field := range v.DType.Fields {
			if a, ok := v.Field(field.Name); ok {
				_, _ = a.Values()
				_, _ = a.Floats()
			}
		}
	case *pickle.Object:
		_, _, _, _ = pickle.Matrix(v)
		if state, ok := v.State.(*pickle.Dict); ok && levels > 0 {
			look(state, levels-1)
		}
	case *pickle.Dict:
		for _, value := range v.All {
			if levels > 0 {
				look(value, levels-1)
			}
		}
	}
	items, _ := pickle.Items(v)
	for _, item := range items[:min(len(items), 100)] {
		if levels > 0 {
			look(item, levels-1)
		}
	}
}
