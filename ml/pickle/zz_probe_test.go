package pickle_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"testing"
	"time"

	"dasier/ml/pickle"
)

func TestZZProbe(t *testing.T) {
	dir := os.Getenv("PROBE")
	if dir == "" {
		return
	}
	files, _ := filepath.Glob(dir)
	ok := 0
	reasons := map[string][]string{}
	for _, f := range files {
		if strings.HasSuffix(f, ".json") || strings.HasSuffix(f, ".txt") || strings.HasSuffix(f, ".ubj") || strings.HasSuffix(f, ".deprecated") || strings.HasSuffix(f, ".onnx") {
			continue
		}
		data, _ := os.ReadFile(f)
		var a, b runtime.MemStats
		runtime.ReadMemStats(&a)
		start := time.Now()
		_, err := pickle.Read(data, pickle.Limits{})
		took := time.Since(start)
		runtime.ReadMemStats(&b)
		if mb := (b.TotalAlloc - a.TotalAlloc) >> 20; took > 30*time.Millisecond || mb > 20 || os.Getenv("V") != "" {
			fmt.Println(filepath.Base(f), took, mb, "MB", err)
		}
		if err != nil {
			reasons[err.Error()] = append(reasons[err.Error()], filepath.Base(filepath.Dir(f))+"/"+filepath.Base(f))
		} else {
			ok++
		}
	}
	fmt.Println("ok", ok)
	var keys []string
	for k := range reasons {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Println(len(reasons[k]), k, reasons[k][:min(len(reasons[k]), 3)])
	}
}
