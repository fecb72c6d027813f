// Command ort measures ONNX Runtime, in this process through its C interface: a
// peer of bench/predict. It is a module of its own, because it needs cgo and a
// binding that the product has no use for.
//
//	ort LIBRARY FOLDER NAME
//
// It loads NAME.onnx, prints "ready LARGEST-DIFFERENCE MEGABYTES", then for each
// line "BATCH SECONDS" the median seconds of a call with so many rows.
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	ort "github.com/yalue/onnxruntime_go"
)

const (
	rows    = 100_000
	checked = 1_000
)

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: ort LIBRARY FOLDER NAME"))
	}
	fail(run(os.Args[1], os.Args[2]+"/"+os.Args[3]))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "ort:", err)
		os.Exit(1)
	}
}

func run(library, model string) error {
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(); err != nil {
		return err
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return err
	}
	if err := options.SetIntraOpNumThreads(1); err != nil {
		return err
	}
	if err := options.SetInterOpNumThreads(1); err != nil {
		return err
	}
	session, err := ort.NewDynamicAdvancedSession(model+".onnx", []string{"X"}, []string{"Y"}, options)
	if err != nil {
		return err
	}
	x, expected, err := read(model)
	if err != nil {
		return err
	}
	features, answers := len(x)/rows, make([]float32, rows)
	predict := func(first, n int) error {
		in, err := ort.NewTensor(ort.NewShape(int64(n), int64(features)), x[first*features:(first+n)*features])
		if err != nil {
			return err
		}
		out, err := ort.NewTensor(ort.NewShape(int64(n), 1), answers[:n])
		if err != nil {
			return err
		}
		if err := session.Run([]ort.Value{in}, []ort.Value{out}); err != nil {
			return err
		}
		if err := in.Destroy(); err != nil {
			return err
		}
		return out.Destroy()
	}
	if err := predict(0, checked); err != nil {
		return err
	}
	difference := 0.0
	for i, want := range expected {
		difference = max(difference, math.Abs(float64(answers[i])-want)/max(1, math.Abs(want)))
	}
	fmt.Printf("ready %g %.0f\n", difference, resident())
	return serve(predict)
}

func serve(predict func(first, n int) error) error {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var batch int
		var seconds float64
		if _, err := fmt.Sscan(lines.Text(), &batch, &seconds); err != nil {
			return err
		}
		var times []time.Duration
		for begin, at := time.Now(), 0; len(times) == 0 || time.Since(begin).Seconds() < seconds; {
			before := time.Now()
			if err := predict(at, batch); err != nil {
				return err
			}
			times = append(times, time.Since(before))
			if at += batch; at+batch > rows {
				at = 0
			}
		}
		slices.Sort(times)
		fmt.Println(times[len(times)/2].Seconds())
	}
	return lines.Err()
}

func read(model string) ([]float32, []float64, error) {
	b, err := os.ReadFile(model + ".rows.f32")
	if err != nil {
		return nil, nil, err
	}
	x := make([]float32, len(b)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	if b, err = os.ReadFile(model + ".expected.f64"); err != nil {
		return nil, nil, err
	}
	expected := make([]float64, len(b)/8)
	for i := range expected {
		expected[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return x, expected, nil
}

// resident is this process's memory in megabytes; 0 where the system does not say.
func resident() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		var kilobytes float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kilobytes); err == nil {
			return kilobytes / 1024
		}
	}
	return 0
}
