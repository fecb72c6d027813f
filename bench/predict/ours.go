package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"dasier/ml/format/foreign"
	"dasier/ml/predict"
)

const (
	rowsMeasured = 100_000
	rowsChecked  = 1_000
)

// ours is a program of ours, with the rows that it predicts.
type ours struct {
	program  *predict.Program
	batch    *predict.Batch
	row      *predict.Row
	x        []float32
	features int
	answers  []float64

	loading    time.Duration // reading and compiling the file
	file       float64       // its size, in megabytes
	memory     float64       // that the program takes, in megabytes
	difference float64
}

// load reads the file that the peer has written: XGBoost's, else a pickle.
func load(folder, name string) (*ours, error) {
	path := filepath.Join(folder, name)
	data, err := os.ReadFile(path + ".json") //nolint:gosec // the caller's own folder
	if errors.Is(err, fs.ErrNotExist) {
		data, err = os.ReadFile(path + ".pkl") //nolint:gosec // the caller's own folder
	}
	if err != nil {
		return nil, err
	}
	before := heap()
	begin := time.Now()
	model, err := foreign.Read(data, foreign.Hint{Target: "y"})
	if err != nil {
		return nil, err
	}
	program, err := predict.Compile(model.Spec)
	if err != nil {
		return nil, err
	}
	m := &ours{program: program, loading: time.Since(begin), file: float64(len(data)) / 1e6}
	data, model = nil, foreign.Model{}                        //nolint:ineffassign,wastedassign // so that the collector takes them
	m.memory = float64(heap()-before+int64(m.file*1e6)) / 1e6 // the file was there before, and is gone
	m.batch, m.row, m.answers = program.NewBatch(), program.NewRow(), make([]float64, rowsMeasured)
	return m, m.check(path)
}

// check reads the rows and compares the answers to the first.
func (m *ours) check(path string) error {
	rows, err := os.ReadFile(path + ".rows.f32") //nolint:gosec // the caller's own folder
	if err != nil {
		return err
	}
	m.x = make([]float32, len(rows)/4)
	for i := range m.x {
		m.x[i] = math.Float32frombits(binary.LittleEndian.Uint32(rows[4*i:]))
	}
	if m.features = len(m.x) / rowsMeasured; m.features != len(m.program.Inputs()) {
		return fmt.Errorf("the model has %d inputs, the rows %d", len(m.program.Inputs()), m.features)
	}
	expected, err := os.ReadFile(path + ".expected.f64") //nolint:gosec // the caller's own folder
	if err != nil {
		return err
	}
	if err := m.predict(0, rowsChecked); err != nil {
		return err
	}
	for k := range rowsChecked {
		want, alone := math.Float64frombits(binary.LittleEndian.Uint64(expected[8*k:])), m.predictOne(k)
		if alone != m.answers[k] {
			return fmt.Errorf("row %d: %v in a batch, %v alone", k, m.answers[k], alone)
		}
		m.difference = max(m.difference, math.Abs(alone-want)/max(1, math.Abs(want)))
	}
	return nil
}

func (m *ours) predict(first, n int) error {
	columns := predict.RowMajor(m.x[first*m.features:(first+n)*m.features], m.features)
	return m.batch.Predict(columns, m.answers[:n])
}

func (m *ours) predictOne(row int) float64 {
	for i, v := range m.x[row*m.features : (row+1)*m.features] {
		m.row.SetNumber(i, float64(v))
	}
	return m.program.Predict(m.row)
}

func (m *ours) time(batch int, seconds float64) (float64, error) {
	var times []time.Duration
	for begin, at := time.Now(), 0; len(times) == 0 || time.Since(begin).Seconds() < seconds; {
		before := time.Now()
		if batch == 1 {
			m.answers[0] = m.predictOne(at)
		} else if err := m.predict(at, batch); err != nil {
			return 0, err
		}
		times = append(times, time.Since(before))
		if at += batch; at+batch > rowsMeasured {
			at = 0
		}
	}
	slices.Sort(times)
	return times[len(times)/2].Seconds(), nil
}

func (m *ours) about() (difference, megabytes float64) { return m.difference, m.memory }

// heap is what is in use after everything else was thrown away.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc) //nolint:gosec // bytes
}
