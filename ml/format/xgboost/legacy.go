package xgboost

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"dasier/fault"
)

// legacy is the binary layout of XGBoost before 3.1 on its way in.
type legacy struct {
	data []byte
	err  error
}

func (l *legacy) take(n uint64) []byte {
	if l.err == nil && n > uint64(len(l.data)) {
		l.err = fault.Errorf(fault.Invalid, "the file is no XGBoost model, or cut off: %d bytes are announced, %d are left", n, len(l.data))
	}
	if l.err != nil {
		return make([]byte, min(n, 4096))
	}
	raw := l.data[:n]
	l.data = l.data[n:]
	return raw
}

func (l *legacy) text() string {
	n := binary.LittleEndian.Uint64(l.take(8))
	if n > 1<<20 {
		l.err = fault.Errorf(fault.Invalid, "the file is no XGBoost model: a text of %d bytes", n)
		return ""
	}
	return string(l.take(n))
}

func u32(raw []byte) uint32 { return binary.LittleEndian.Uint32(raw) }
func i32(raw []byte) int32  { return int32(u32(raw)) } //nolint:gosec // two's complement is meant

// isLegacy tells a file of this layout without the optional "binf": the name of
// a known objective stands after the parameters.
func isLegacy(head []byte) bool {
	const at = paramBytes + 8
	if len(head) < at {
		return false
	}
	n := binary.LittleEndian.Uint64(head[paramBytes:])
	if n > uint64(len(head)-at) {
		return false
	}
	_, known := objectives[string(head[at:at+int(n)])] //nolint:gosec // at most the length of head
	return known
}

// paramBytes is the length of the parameters that such a file begins with.
const paramBytes = 136

// readLegacy reads what follows the optional "binf".
func readLegacy(data []byte, options Options) (*Model, error) {
	l := &legacy{data: data}
	param := l.take(paramBytes)
	objective, name := l.text(), l.text()
	if l.err != nil {
		return nil, l.err
	}
	major, minor := u32(param[20:]), u32(param[24:])
	m := &Model{
		Objective: objective, Features: int(u32(param[4:])), Groups: max(int(i32(param[8:])), 1), Wrapped: options.Wrapped,
		Version: fmt.Sprintf("%d.%d", major, minor),
	}
	if targets := u32(param[28:]); major >= 1 && targets > 1 {
		m.Groups = int(targets)
	}
	base, err := m.begin(strconv.FormatFloat(float64(math.Float32frombits(u32(param))), 'g', -1, 32), major == 0)
	if err != nil {
		return nil, err
	}
	switch name {
	case "gbtree", "dart":
		return m, l.trees(m, base, name == "dart", i32(param[12:]) != 0, options.Best)
	case "gblinear":
		l.take(paramBytes)
		weights := l.floats()
		if l.err != nil {
			return nil, l.err
		}
		m.Linear, err = newLinear(m, weights, base)
		return m, err
	}
	return nil, fault.Errorf(fault.Invalid, "the XGBoost model has the booster %.60q: gbtree, dart and gblinear are read", name)
}

// trees reads a gbtree, or a dart, which is one with a weight per tree.
func (l *legacy) trees(m *Model, base []float64, dart, attributes bool, best int) error {
	count := i32(l.take(160))
	if l.err != nil || count < 0 || int64(count)*148 > int64(len(l.data)) {
		return fault.Errorf(fault.Invalid, "the file is no XGBoost model, or cut off: it announces %d trees", count)
	}
	b := newBuilder(m, base)
	trees := make([][]node, count)
	for i := range trees {
		trees[i] = l.tree()
	}
	groups := l.take(uint64(count) * 4)
	if dart && count > 0 {
		b.weights = l.floats()
	}
	if l.err == nil && best == 0 && m.Wrapped && attributes {
		best = l.best()
	}
	if l.err != nil {
		return l.err
	}
	for i := range trees[:b.count(len(trees), best)] {
		if err := b.add(i, i32(groups[4*i:]), trees[i]); err != nil {
			return err
		}
	}
	return nil
}

// floats reads a list of numbers with its length.
func (l *legacy) floats() []float64 {
	n := binary.LittleEndian.Uint64(l.take(8))
	if n > uint64(len(l.data))/4 {
		n = uint64(len(l.data)) // too many: take says so
	}
	raw := l.take(4 * n)
	if l.err != nil {
		return nil
	}
	values := make([]float64, n)
	for k := range values {
		values[k] = float64(math.Float32frombits(u32(raw[4*k:])))
	}
	return values
}

// best is one more than the attribute best_iteration; 0 without one.
func (l *legacy) best() int {
	pairs := binary.LittleEndian.Uint64(l.take(8))
	best := 0
	for range min(pairs, 1000) {
		key, value := l.text(), l.text()
		if n, err := strconv.Atoi(value); key == "best_iteration" && err == nil && n >= 0 {
			best = n + 1
		}
	}
	return best
}

func (l *legacy) tree() []node {
	head := l.take(148)
	count := i32(head[4:])
	if l.err == nil && (count < 1 || int64(count)*36 > int64(len(l.data))) {
		l.err = fault.Errorf(fault.Invalid, "a tree announces %d nodes", count)
	}
	if width := i32(head[20:]); l.err == nil && width > 1 {
		l.err = fault.Errorf(fault.Invalid, "a tree's leaves have %d values, which the legacy layout does not hold: save the model as JSON", width)
	}
	if l.err != nil {
		return nil
	}
	raw, stats := l.take(uint64(count)*20), l.take(uint64(count)*16) //nolint:gosec // positive
	nodes := make([]node, count)
	for i := range nodes {
		n, s := raw[20*i:], stats[16*i:]
		split := u32(n[12:])
		nodes[i] = node{
			left: i32(n[4:]), right: i32(n[8:]), feature: int32(split & 0x7fffffff), missingLeft: split>>31 != 0, //nolint:gosec // 31 bits
			value: float64(math.Float32frombits(u32(n[16:]))), cover: float64(math.Float32frombits(u32(s[4:]))),
		}
		if left := nodes[i].left; left != -1 && (left <= 0 || left >= count || nodes[i].right <= 0 || nodes[i].right >= count) {
			l.err = fault.Errorf(fault.Invalid, "node %d of a tree has a child that is none: %d", i, left)
			return nil
		}
	}
	return nodes
}
