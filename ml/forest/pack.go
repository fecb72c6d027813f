package forest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"

	"dasier/fault"
)

// packed is how trees stand in JSON. Forests have millions of nodes; as arrays
// of decimal numbers they would take a hundred bytes each. Nodes holds them in
// the order of the arrays, in the base64 of:
//
//	the number of nodes, then per node
//	  the feature and 1, as uvarint; 0 at a leaf
//	  of a leaf: its values, 8 bytes each
//	  of others: where its children are, from itself, as varints;
//	             flags: 1 missing goes left, 2 tests a set, 4 zero is missing;
//	             the place of the set as uvarint, or the threshold, 8 bytes
//	  the cover: whole numbers below 2^52 as uvarint of twice the number,
//	             others as the uvarint 1 and 8 bytes
//
// Numbers of 8 bytes are IEEE 754 doubles, the lowest byte first.
type packed struct {
	Roots  []int32   `json:"roots"`
	Output []int32   `json:"output,omitempty"`
	Width  int       `json:"width"` // values of a leaf
	Nodes  string    `json:"nodes"`
	Base   []float64 `json:"base"`
	Rule   Rule      `json:"rule"`
	Mean   bool      `json:"mean,omitempty"`
	Single bool      `json:"single,omitempty"`
	Sets   []Set     `json:"sets,omitempty"`
	Lines  []Line    `json:"lines,omitempty"`
}

// The flags of a node.
const (
	flagMissingLeft = 1 << iota
	flagSet
	flagZeroMissing
)

// MarshalJSON packs the nodes.
func (t *Trees) MarshalJSON() ([]byte, error) {
	width := 1
	if len(t.Feature) > 0 {
		width = len(t.Value) / len(t.Feature)
	}
	return json.Marshal(packed{
		Roots: t.Roots, Output: t.Output, Width: width, Nodes: base64.StdEncoding.EncodeToString(t.pack(width)),
		Base: t.Base, Rule: t.Rule, Mean: t.Mean, Single: t.Single, Sets: t.Sets, Lines: t.Lines,
	})
}

func (t *Trees) pack(width int) []byte {
	out := binary.AppendUvarint(nil, uint64(len(t.Feature)))
	number := func(v float64) { out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v)) }
	for n, f := range t.Feature {
		out = binary.AppendUvarint(out, uint64(int64(f)+1)) //nolint:gosec // -1 is the least
		if f < 0 {
			for _, v := range t.Value[n*width : (n+1)*width] {
				number(v)
			}
		} else {
			out = binary.AppendVarint(out, int64(t.Left[n])-int64(n))
			out = binary.AppendVarint(out, int64(t.Right[n])-int64(n))
			flags := t.flags(n)
			if out = append(out, flags); flags&flagSet != 0 {
				out = binary.AppendUvarint(out, uint64(t.Set[n])) //nolint:gosec // a place in Sets
			} else {
				number(t.Threshold[n])
			}
		}
		if c := t.Cover[n]; c >= 0 && c < 1<<52 && c == math.Trunc(c) {
			out = binary.AppendUvarint(out, 2*uint64(c))
		} else {
			out = append(out, 1)
			number(c)
		}
	}
	return out
}

func (t *Trees) flags(n int) byte {
	var flags byte
	if t.MissingLeft[n] {
		flags |= flagMissingLeft
	}
	if t.testsSet(int32(n)) { //nolint:gosec // Check bounds nodes
		flags |= flagSet
	}
	if t.ZeroMissing != nil && t.ZeroMissing[n] {
		flags |= flagZeroMissing
	}
	return flags
}

// UnmarshalJSON reads what MarshalJSON writes, and the arrays as they are, which
// is how packages were written before. What it gives is not checked beyond that:
// Check does.
func (t *Trees) UnmarshalJSON(text []byte) error {
	type arrays Trees
	var form struct {
		Nodes *string `json:"nodes"`
	}
	if err := json.Unmarshal(text, &form); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if form.Nodes == nil {
		return decoder.Decode((*arrays)(t))
	}
	var p packed
	if err := decoder.Decode(&p); err != nil {
		return err
	}
	nodes, err := base64.StdEncoding.DecodeString(p.Nodes)
	if err != nil {
		return fault.Errorf(fault.Invalid, "the nodes of the trees are no base64: %w", err)
	}
	*t = Trees{Roots: p.Roots, Output: p.Output, Base: p.Base, Rule: p.Rule, Mean: p.Mean, Single: p.Single, Sets: p.Sets, Lines: p.Lines}
	if err := t.unpack(nodes, p.Width); err != nil {
		return fault.Errorf(fault.Invalid, "the nodes of the trees: %w", err)
	}
	return nil
}

var errShort = errors.New("they end early")

// leastNode is the bytes that a node takes at least: one that tests a set. A leaf
// takes 10, a test of a threshold 13.
const leastNode = 6

// unpack fills the arrays of nodes. The bytes of a node bound what a short text
// can make us allocate.
func (t *Trees) unpack(in []byte, width int) error {
	r := unpacker{in: in}
	count := r.uvarint()
	if width < 1 || count > maxNodes || count > uint64(len(in))/leastNode || count*uint64(width) > uint64(len(in)) {
		return fault.Errorf(fault.Invalid, "there are %d nodes of %d values in %d bytes", count, width, len(in))
	}
	n := int(count) //nolint:gosec // bounded above
	t.Feature, t.Left, t.Right = make([]int32, n), make([]int32, n), make([]int32, n)
	t.Threshold, t.Cover, t.MissingLeft = make([]float64, n), make([]float64, n), make([]bool, n)
	t.Value = make([]float64, n*width)
	if len(t.Sets) > 0 {
		t.Set = make([]int32, n)
	}
	for i := range n {
		t.unpackNode(&r, i, width)
		if r.wrong {
			return errShort
		}
	}
	if len(r.in) > 0 {
		return fault.Errorf(fault.Invalid, "%d bytes are left over", len(r.in))
	}
	return nil
}

func (t *Trees) unpackNode(r *unpacker, i, width int) {
	if t.Set != nil {
		t.Set[i] = -1
	}
	t.Feature[i] = clip(int64(r.uvarint())) - 1 //nolint:gosec // clip bounds it
	if t.Feature[i] < 0 {
		t.Left[i], t.Right[i] = -1, -1
		for k := range width {
			t.Value[i*width+k] = r.number()
		}
	} else {
		t.Left[i], t.Right[i] = clip(int64(i)+r.varint()), clip(int64(i)+r.varint())
		flags := r.byte()
		t.MissingLeft[i] = flags&flagMissingLeft != 0
		switch {
		case flags&flagSet == 0:
			t.Threshold[i] = r.number()
		case t.Set == nil:
			r.wrong = true
		default:
			t.Set[i] = clip(int64(r.uvarint())) //nolint:gosec // clip bounds it
		}
		if flags&flagZeroMissing != 0 {
			if t.ZeroMissing == nil {
				t.ZeroMissing = make([]bool, len(t.Feature))
			}
			t.ZeroMissing[i] = true
		}
	}
	if twice := r.uvarint(); twice == 1 {
		t.Cover[i] = r.number()
	} else {
		t.Cover[i] = float64(twice / 2)
	}
}

// clip brings what cannot be a place to one that Check refuses.
func clip(v int64) int32 { return int32(min(max(v, -2), math.MaxInt32)) } //nolint:gosec // just that

// unpacker reads from the front; wrong is set where there is too little.
type unpacker struct {
	in    []byte
	wrong bool
}

func (r *unpacker) uvarint() uint64 {
	v, n := binary.Uvarint(r.in)
	return skip(r, v, n)
}

func (r *unpacker) varint() int64 {
	v, n := binary.Varint(r.in)
	return skip(r, v, n)
}

func skip[T any](r *unpacker, v T, n int) T {
	if n <= 0 {
		r.wrong, r.in = true, nil
		var nothing T
		return nothing
	}
	r.in = r.in[n:]
	return v
}

func (r *unpacker) byte() byte {
	if len(r.in) == 0 {
		r.wrong = true
		return 0
	}
	v := r.in[0]
	r.in = r.in[1:]
	return v
}

func (r *unpacker) number() float64 {
	if len(r.in) < 8 {
		r.wrong, r.in = true, nil
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(r.in))
	r.in = r.in[8:]
	return v
}
