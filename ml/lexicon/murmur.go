package lexicon

import (
	"encoding/binary"
	"math/bits"
)

// murmur is MurmurHash3's x86_32 with the seed 0 (Appleby, 2011, public domain),
// as scikit-learn's hashers use it: read as a signed number.
func murmur(text []byte) int32 {
	const c1, c2 = 0xcc9e2d51, 0x1b873593
	mix := func(k uint32) uint32 { return bits.RotateLeft32(k*c1, 15) * c2 }
	h, rest := uint32(0), text
	for ; len(rest) >= 4; rest = rest[4:] {
		h ^= mix(binary.LittleEndian.Uint32(rest))
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	if len(rest) > 0 {
		var last [4]byte
		copy(last[:], rest)
		h ^= mix(binary.LittleEndian.Uint32(last[:]))
	}
	h ^= uint32(len(text)) //nolint:gosec // a term is short
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return int32(h ^ h>>16) //nolint:gosec // its bits are meant
}
