package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"dasier/ml/frame"
)

// The million rows are made, not shipped: 28 columns of float32, of which 21 are
// drawn and 7 are made of those, and a target with steps and interactions, like
// the HIGGS table that boosting is usually timed on. Every number comes from a
// counter and from + - * / and the square root, so that another program can make
// the same bytes.
const (
	millionWidth = 28
	millionTrain = 1_000_000
	millionTest  = 100_000
	millionSeed  = 20240607
)

// uniform is draw k of a row: splitmix64 (Steele, Lea and Flood, "Fast Splittable
// Pseudorandom Number Generators", OOPSLA 2014) of a counter.
func uniform(row, k int) float64 {
	z := millionSeed + (uint64(row)*64+uint64(k)+1)*0x9E3779B97F4A7C15 //nolint:gosec // counts from 0
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	z ^= z >> 31
	return float64(z>>11) / (1 << 53)
}

// millionRow fills in a row and gives its target.
func millionRow(row int, x *[millionWidth]float32) float32 {
	u := func(k int) float64 { return uniform(row, k) }
	var v [millionWidth]float64
	for j := range 8 {
		v[j] = ((u(3*j) + u(3*j+1) + u(3*j+2)) - 1.5) * 2 // bell-shaped
	}
	for j := range 6 {
		v[8+j] = u(24 + j)
	}
	for j := range 4 {
		v[14+j] = 1/(0.1+u(30+j)) - 0.9 // a heavy right tail
	}
	v[18], v[19] = math.Floor(u(34)*8), math.Floor(u(35)*3)
	v[20] = float64((u(36)*2 - 1) * u(37))
	v[21] = v[0] * v[1]
	v[22] = math.Sqrt(float64(v[2]*v[2]) + float64(v[3]*v[3]))
	v[23], v[24], v[25] = v[8]*v[14], v[4]+v[5], math.Abs(v[6]-v[7])
	v[26], v[27] = v[9]/(0.5+v[10]), v[15]*v[20]
	for j := range x {
		x[j] = float32(v[j])
		v[j] = float64(x[j])
	}
	// float64(…) around products keeps them from being fused with what follows.
	y := v[0] - float64(0.5*v[4]) + float64(1.5*v[21])
	y += where(v[22] > 1.5, 2, 0)
	y += float64(4 * (v[8] - 0.5) * (v[9] - 0.5))
	y += where(v[18] >= 3 && v[11] > 0.3, 1, -1)
	y = y + float64(0.3*v[23]) - float64(float64(0.2*v[16])*v[12])
	y += where(v[25] < 0.7, v[1], 0)
	noise := ((u(38) + u(39)) - 1) * 2.4494897427831781
	return float32(y + noise)
}

func where(is bool, a, b float64) float64 {
	if is {
		return a
	}
	return b
}

// makeMillion writes the rows into the folder, unless they are there.
func makeMillion(folder string) error {
	if _, err := os.Stat(millionFile(folder, "test", "y")); err == nil {
		return nil
	}
	fmt.Println("making the million rows")
	if err := writeMillion(folder, "train", 0, millionTrain); err != nil {
		return err
	}
	return writeMillion(folder, "test", millionTrain, millionTest)
}

func millionFile(folder, part, what string) string {
	return filepath.Join(folder, "million_"+part+"_"+what+".f32")
}

func writeMillion(folder, part string, first, rows int) error {
	xs, err := os.Create(millionFile(folder, part, "x"))
	if err != nil {
		return err
	}
	ys, err := os.Create(millionFile(folder, part, "y") + ".part")
	if err != nil {
		return errors.Join(err, xs.Close())
	}
	x, y := bufio.NewWriterSize(xs, 1<<20), bufio.NewWriterSize(ys, 1<<20)
	var row [millionWidth]float32
	for i := range rows {
		target := millionRow(first+i, &row)
		if err = errors.Join(binary.Write(x, binary.LittleEndian, row[:]), binary.Write(y, binary.LittleEndian, target)); err != nil {
			break
		}
	}
	if err = errors.Join(err, x.Flush(), y.Flush(), xs.Close(), ys.Close()); err != nil {
		return err
	}
	return os.Rename(millionFile(folder, part, "y")+".part", millionFile(folder, part, "y"))
}

// readMillion reads a part into columns of float32, which the peers are given as
// well.
func readMillion(folder, part string) (*frame.Frame, []float64, error) {
	y, err := readColumns(millionFile(folder, part, "y"), 1)
	if err != nil {
		return nil, nil, err
	}
	x, err := readColumns(millionFile(folder, part, "x"), millionWidth)
	if err != nil {
		return nil, nil, err
	}
	columns := make([]*frame.Column, len(x))
	for j, values := range x {
		columns[j] = &frame.Column{Name: fmt.Sprintf("f%d", j), Kind: frame.Number, Singles: values}
	}
	f, err := frame.New(columns...)
	return f, frame.Singles(y[0]).Floats(), err
}

func readColumns(file string, width int) ([][]float32, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // only read from
	about, err := in.Stat()
	if err != nil {
		return nil, err
	}
	rows := int(about.Size()) / (4 * width)
	columns := make([][]float32, width)
	for j := range columns {
		columns[j] = make([]float32, rows)
	}
	buffer := bufio.NewReaderSize(in, 1<<20)
	row := make([]byte, 4*width)
	for i := range rows {
		if _, err := io.ReadFull(buffer, row); err != nil {
			return nil, err
		}
		for j := range columns {
			columns[j][i] = math.Float32frombits(binary.LittleEndian.Uint32(row[4*j:]))
		}
	}
	return columns, nil
}
