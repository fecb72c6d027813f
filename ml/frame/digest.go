package frame

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
)

// Digest is the SHA-256 of the frame's content, as "sha256:<hex>": names, kinds,
// levels and values in column order. Equal digests mean equal data, however
// the file spelt it and the columns keep it. A level that no row has counts: it is part of the schema.
func (f *Frame) Digest() string {
	w := digester{hash: sha256.New()}
	w.text("frame/1")
	w.word(uint64(len(f.columns)))
	w.word(uint64(f.rows)) //nolint:gosec // a count
	for _, c := range f.columns {
		w.text(c.Name)
		w.word(uint64(c.Kind))
		if c.Kind != Category {
			w.numbers(c.Numbers())
			continue
		}
		w.word(uint64(len(c.Levels)))
		for _, level := range c.Levels {
			w.text(level)
		}
		for _, code := range c.Codes {
			w.word(uint64(int64(code))) //nolint:gosec // -1 keeps its own pattern
		}
	}
	w.flush()
	return "sha256:" + hex.EncodeToString(w.hash.Sum(nil))
}

// digester gathers small writes: the hash is fast on long ones only.
type digester struct {
	hash   hash.Hash
	buffer bytes.Buffer
}

func (w *digester) word(v uint64) {
	w.buffer.Write(binary.LittleEndian.AppendUint64(w.buffer.AvailableBuffer(), v))
	if w.buffer.Len() >= 1<<16 {
		w.flush()
	}
}

// numbers writes many words at a time: those of float64, whichever way the
// numbers are kept.
func (w *digester) numbers(values Numbers) {
	w.flush()
	missing := math.Float64bits(math.NaN())
	var room [1024]float64
	for _, block := range values.Blocks(room[:]) {
		words := w.buffer.AvailableBuffer()
		for _, v := range block {
			word := math.Float64bits(v)
			if math.IsNaN(v) {
				word = missing // one of the many bit patterns
			}
			words = binary.LittleEndian.AppendUint64(words, word)
		}
		w.buffer.Write(words)
		w.flush()
	}
}

// text writes the length first, so that no two sequences of texts look alike.
func (w *digester) text(s string) {
	w.word(uint64(len(s)))
	w.buffer.WriteString(s)
}

func (w *digester) flush() {
	w.hash.Write(w.buffer.Bytes())
	w.buffer.Reset()
}
