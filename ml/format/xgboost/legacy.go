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

// readLegacy reads what follows the optional "binf".
func readLegacy(data []byte, options Options) (*Model, error) {
	l := &legacy{data: data}
	param := l.take(136)
	objective, name := l.text(), l.text()
	if l.err != nil {
		return nil, l.err
	}
	base, major := math.Float32frombits(u32(param)), u32(param[20:])
	m := &Model{
		Objective: objective, Features: int(u32(param[4:])), Groups: max(int(i32(param[8:])), 1), Wrapped: options.Wrapped,
		Version: fmt.Sprintf("%d.%d", major, u32(param[24:])),
	}
	if name != "gbtree" {
		return nil, fault.Errorf(fault.Invalid, "the XGBoost model has the booster %q in the legacy binary layout: gbtree is read; save it as JSON", name)
	}
	head := l.take(160)
	count := i32(head)
	if l.err != nil || count < 0 || int64(count)*148 > int64(len(l.data)) {
		return nil, fault.Errorf(fault.Invalid, "the file is no XGBoost model, or cut off: it announces %d trees", count)
	}
	b := &builder{model: m, parallel: 1}
	if err := b.begin(strconv.FormatFloat(float64(base), 'g', -1, 32), major == 0); err != nil {
		return nil, err
	}
	trees := make([][]node, count)
	for i := range trees {
		trees[i] = l.tree()
	}
	groups := l.take(uint64(count) * 4)
	best := options.Best
	if l.err == nil && best == 0 && m.Wrapped && i32(param[12:]) != 0 {
		best = l.best()
	}
	if l.err != nil {
		return nil, l.err
	}
	for i := range trees[:b.rounds(len(trees), best)] {
		b.add(i, i32(groups[4*i:]), trees[i])
	}
	return m, nil
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
