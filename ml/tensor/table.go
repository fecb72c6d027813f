package tensor

import (
	"math"
	"strconv"

	"dasier/fault"
)

// tableOperators prepare the columns of tables: ai.onnx.ml's scalers and
// imputers, and what joins and picks columns.
var tableOperators = map[string]operator{
	"Scaler":                {1, 1, 1, makeScaler},
	"Normalizer":            {1, 1, 1, makeNormalizer},
	"Imputer":               {1, 1, 1, makeImputer},
	"Binarizer":             {1, 1, 1, makeBinarizer},
	"FeatureVectorizer":     {1, 1, -1, makeFeatureVectorizer},
	"ArrayFeatureExtractor": {1, 2, 2, makeArrayFeatureExtractor},
	"ZipMap":                {1, 1, 1, makeZipMap},
}

// makeScaler is (x - offset) * scale, in float32 unless x is float64.
func makeScaler(n *node) (kernel, error) {
	n.need(0, Float, Double, Int64, Int32)
	n.gives = []Type{Float}
	offset, scale := n.floats("offset"), n.floats("scale")
	if len(offset) != len(scale) || len(scale) == 0 {
		return nil, fault.Errorf(fault.Invalid, "it has %d offsets and %d scales", len(offset), len(scale))
	}
	return func(r *run, in, out []*Tensor) error {
		t := in[0]
		_, width, err := rows(t)
		if err != nil {
			return err
		}
		if len(scale) != 1 && len(scale) != width {
			return fault.Errorf(fault.Invalid, "it has %d scales, the rows have %d features", len(scale), width)
		}
		result, err := give[float32](r, out[0], t.Shape)
		if err != nil {
			return err
		}
		k := 0
		for i := range result {
			if t.Type == Double {
				result[i] = float32((t.Double[i] - float64(offset[k])) * float64(scale[k]))
			} else {
				result[i] = (float32(t.real(i)) - offset[k]) * scale[k]
			}
			if k++; k == len(scale) {
				k = 0
			}
		}
		return nil
	}, nil
}

// makeNormalizer divides each row by its norm, unless that is zero.
func makeNormalizer(n *node) (kernel, error) {
	n.need(0, Float, Double, Int64, Int32)
	n.gives = []Type{Float}
	norm := n.text("norm", "MAX")
	if norm != "MAX" && norm != "L1" && norm != "L2" {
		return nil, fault.Errorf(fault.Invalid, "there is no norm %q", norm)
	}
	return func(r *run, in, out []*Tensor) error {
		t := in[0]
		count, width, err := rows(t)
		if err != nil {
			return err
		}
		result, err := give[float32](r, out[0], t.Shape)
		if err != nil {
			return err
		}
		for i := range count {
			size := 0.0
			if norm == "MAX" && width > 0 { // the largest number, not the largest magnitude
				size = math.Inf(-1)
			}
			for j := i * width; j < (i+1)*width; j++ {
				switch v := t.real(j); norm {
				case "MAX":
					size = math.Max(size, v)
				case "L1":
					size += math.Abs(v)
				default:
					size += v * v
				}
			}
			if norm == "L2" {
				size = math.Sqrt(size)
			}
			for j := i * width; j < (i+1)*width; j++ {
				result[j] = float32(t.real(j))
				if size != 0 {
					result[j] = float32(t.real(j) / size)
				}
			}
		}
		return nil
	}, nil
}

// makeImputer puts a value in place of one number: of NaN, of texts that cannot
// be, or of any.
func makeImputer(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	if n.is(0) == Int64 || n.is(0) == Int32 {
		values, replaced := n.ints("imputed_value_int64s"), n.int("replaced_value_int64", 0)
		return imputing(len(values), func(in, out *Tensor, i, k int) {
			v := in.place(i)
			if v == replaced {
				v = values[k]
			}
			if in.Type == Int32 {
				out.Int32[i] = int32(v) //nolint:gosec // the low bits, as the runtime
			} else {
				out.Int64[i] = v
			}
		})
	}
	n.need(0, Float, Double)
	values, replaced := n.floats("imputed_value_floats"), n.float("replaced_value_float", 0)
	nan := math.IsNaN(float64(replaced))
	return imputing(len(values), func(in, out *Tensor, i, k int) {
		v := in.real(i)
		if v == float64(replaced) || nan && math.IsNaN(v) {
			v = float64(values[k])
		}
		out.setReal(i, v)
	})
}

func imputing(values int, cell func(in, out *Tensor, i, k int)) (kernel, error) {
	if values == 0 {
		return nil, fault.Errorf(fault.Invalid, "it has no values of the input's type to put in")
	}
	return func(r *run, in, out []*Tensor) error {
		_, width, err := rows(in[0])
		if err != nil {
			return err
		}
		if values != 1 && values != width {
			return fault.Errorf(fault.Invalid, "it has %d values, the rows have %d features", values, width)
		}
		if err := r.make(out[0], in[0].Type, in[0].Shape); err != nil {
			return err
		}
		for i := range in[0].held() {
			cell(in[0], out[0], i, i%values)
		}
		return nil
	}, nil
}

func makeBinarizer(n *node) (kernel, error) {
	n.need(0, Float, Double, Int64, Int32)
	n.gives = []Type{n.is(0)}
	threshold := float64(n.float("threshold", 0))
	return func(r *run, in, out []*Tensor) error {
		if err := r.make(out[0], in[0].Type, in[0].Shape); err != nil {
			return err
		}
		for i := range in[0].held() {
			v := 0.0
			if in[0].real(i) > threshold {
				v = 1
			}
			out[0].setReal(i, v)
		}
		return nil
	}, nil
}

// makeFeatureVectorizer joins columns as float32; each input is cut or filled
// up with zeros to its dimension.
func makeFeatureVectorizer(n *node) (kernel, error) {
	n.gives = []Type{Float}
	for i := range n.types {
		n.need(i, Float, Double, Int64, Int32)
	}
	widths := n.ints("inputdimensions")
	total := 0
	for _, w := range widths {
		if w < 0 || w > maxCells {
			return nil, fault.Errorf(fault.Invalid, "an input has %d columns", w)
		}
		total += int(w)
	}
	if len(widths) != len(n.types) {
		return nil, fault.Errorf(fault.Invalid, "it has dimensions of %d inputs, not of %d", len(widths), len(n.types))
	}
	return func(r *run, in, out []*Tensor) error {
		count, _, err := rows(in[0])
		if err != nil {
			return err
		}
		result, err := give[float32](r, out[0], []int{count, total})
		if err != nil {
			return err
		}
		begin := 0
		for k, t := range in {
			have, width, err := rows(t)
			if err != nil {
				return err
			}
			if have != count {
				return fault.Errorf(fault.Invalid, "its inputs have %d and %d rows", count, have)
			}
			for i := range count {
				for j := range int(widths[k]) {
					v := float32(0)
					if j < width {
						v = float32(t.real(i*width + j))
					}
					result[i*total+begin+j] = v
				}
			}
			begin += int(widths[k])
		}
		return nil
	}, nil
}

// makeArrayFeatureExtractor picks columns; of a vector the result is one row.
func makeArrayFeatureExtractor(n *node) (kernel, error) {
	n.need(1, Int64)
	n.gives = []Type{n.is(0)}
	return func(r *run, in, out []*Tensor) error {
		t, places := in[0], in[1].Int64
		if len(t.Shape) == 0 || len(places) == 0 {
			return fault.Errorf(fault.Invalid, "it picks %d columns of a tensor of %d axes", len(places), len(t.Shape))
		}
		last := len(t.Shape) - 1
		width := t.Shape[last]
		for _, p := range places {
			if p < 0 || p >= int64(width) {
				return fault.Errorf(fault.Invalid, "there is no place %d among %d", p, width)
			}
		}
		var shape [maxRank]int
		copy(shape[:], t.Shape[:last])
		rank := last + 1
		if last == 0 {
			shape[0], rank = 1, 2
		}
		shape[rank-1] = len(places)
		if err := r.make(out[0], t.Type, shape[:rank]); err != nil {
			return err
		}
		for i := range out[0].held() {
			copyCells(out[0], i, t, i/len(places)*width+int(places[i%len(places)]), 1)
		}
		return nil
	}, nil
}

// makeZipMap gives names to columns. Its result is its input; the names go to
// the Port.
func makeZipMap(n *node) (kernel, error) {
	n.need(0, Float)
	n.gives = []Type{Float}
	n.keys = n.texts("classlabels_strings")
	if len(n.keys) == 0 {
		for _, key := range n.ints("classlabels_int64s") {
			n.keys = append(n.keys, strconv.FormatInt(key, 10))
		}
	}
	if len(n.keys) == 0 {
		return nil, fault.Errorf(fault.Invalid, "it names no classes")
	}
	return func(_ *run, in, out []*Tensor) error {
		_, width, err := rows(in[0])
		if err != nil {
			return err
		}
		if width != len(n.keys) {
			return fault.Errorf(fault.Invalid, "it has %d names for %d columns", len(n.keys), width)
		}
		*out[0] = *in[0]
		return nil
	}, nil
}
