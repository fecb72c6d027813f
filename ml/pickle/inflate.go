package pickle

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"io"

	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"

	"dasier/fault"
)

// maxDictionary bounds the window that a compressed file may ask for: what
// xz's highest preset uses.
const maxDictionary = 64 << 20

// Inflate undoes joblib's compressions, which are told by the first bytes:
// zlib, gzip, bz2, xz, lzma and lz4. What is not compressed is given back as it
// is. Models shrink to a third or a tenth; what grows beyond Limits.Ratio is
// taken for a bomb.
func Inflate(data []byte, limits Limits) ([]byte, error) {
	limits = limits.orDefault()
	name, open := compression(data)
	if open == nil {
		return data, nil
	}
	limit := min(limits.Bytes, int64(limits.Ratio)*int64(len(data))+smallest)
	// Once to count, which takes no memory, and once to keep.
	n, err := inflate(io.Discard, open, data, limit)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the file is compressed with %s and damaged: %w", name, err)
	}
	if n > limit {
		return nil, fault.Errorf(fault.Limited, "the file is compressed with %s and grows beyond %d bytes from %d: this is no model", name, limit, len(data))
	}
	out := bytes.NewBuffer(make([]byte, 0, n+bytes.MinRead))
	if _, err := inflate(out, open, data, limit); err != nil {
		return nil, fault.Errorf(fault.Invalid, "the file is compressed with %s and damaged: %w", name, err)
	}
	return out.Bytes(), nil
}

func inflate(to io.Writer, open func(io.Reader) (io.Reader, error), data []byte, limit int64) (int64, error) {
	source, err := open(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	return io.Copy(to, io.LimitReader(source, limit+1))
}

// smallest is what any compressed file may grow to.
const smallest = 8 << 20

func compression(data []byte) (string, func(io.Reader) (io.Reader, error)) {
	has := func(prefix string) bool { return bytes.HasPrefix(data, []byte(prefix)) }
	switch {
	case has("\x1f\x8b"):
		return "gzip", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }
	case len(data) > 2 && data[0] == 0x78 && (uint16(data[0])<<8|uint16(data[1]))%31 == 0:
		return "zlib", func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }
	case has("BZh"):
		return "bz2", func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }
	case has("\xfd7zXZ\x00"):
		return "xz", func(r io.Reader) (io.Reader, error) {
			if err := checkXZ(data); err != nil {
				return nil, err
			}
			return xz.ReaderConfig{SingleStream: true}.NewReader(r)
		}
	case len(data) > 13 && has("\x5d\x00"):
		return "lzma", func(r io.Reader) (io.Reader, error) {
			if size := binary.LittleEndian.Uint32(data[1:]); size > maxDictionary {
				return nil, fault.Errorf(fault.Limited, "it asks for a dictionary of %d bytes", size)
			}
			return lzma.NewReader(r)
		}
	case has("\x04\x22\x4d\x18"):
		return "lz4", func(r io.Reader) (io.Reader, error) { return lz4.NewReader(r), nil }
	}
	return "", nil
}

// checkXZ holds an xz file to one block with a dictionary of a sensible size:
// the decoder makes the memory that a block's header asks for ("The .xz File
// Format", sections 3.1 and 4.3).
func checkXZ(data []byte) error {
	wrong := fault.Errorf(fault.Invalid, "it has a header or footer that is none")
	if len(data) < 32 {
		return wrong
	}
	at := 14 // after the stream's header, the block header's size and its flags
	flags := data[13]
	for _, present := range []bool{flags&0x40 != 0, flags&0x80 != 0} {
		if present {
			_, n := binary.Uvarint(data[at:min(at+9, len(data))])
			if n <= 0 {
				return wrong
			}
			at += n
		}
	}
	if flags&3 != 0 || at+3 > len(data) || data[at] != 0x21 || data[at+1] != 1 || data[at+2] > 40 {
		return fault.Errorf(fault.Invalid, "it uses a filter other than LZMA2")
	}
	bits := uint(data[at+2])
	if size := uint64(2|bits&1) << (bits/2 + 11); size > maxDictionary {
		return fault.Errorf(fault.Limited, "it asks for a dictionary of %d bytes", size)
	}
	backward := (int64(binary.LittleEndian.Uint32(data[len(data)-8:])) + 1) * 4
	index := int64(len(data)) - 12 - backward
	if index < 12 || data[index] != 0 {
		return wrong
	}
	if blocks, n := binary.Uvarint(data[index+1:]); n <= 0 || blocks > 1 {
		return fault.Errorf(fault.Invalid, "it has %d blocks: joblib writes one", blocks)
	}
	return nil
}
