package pickle

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
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
	c := compression(data)
	if c.open == nil {
		return data, nil
	}
	limit := min(limits.Bytes, int64(limits.Ratio)*int64(len(data))+smallest)
	if err := limits.measure(c, data, limit); err != nil {
		return nil, err
	}
	out, err := inflate(c, data, limit)
	switch {
	case errors.Is(err, errBomb):
		return nil, fault.Errorf(fault.Limited, "the file is compressed with %s and grows beyond %d bytes from %d: this is no model", c.name, limit, len(data))
	case err != nil:
		return nil, fault.Errorf(fault.Invalid, "the file is compressed with %s and damaged: %w", c.name, err)
	}
	return out, nil
}

// measure refuses what grows beyond Memory, before memory is taken for it: where
// the format does not say how large it will be, it is inflated once for nothing.
// What is damaged is for inflate to tell.
func (l Limits) measure(c codec, data []byte, limit int64) error {
	const grows = "inflated the file has"
	if err := l.beyond(c.size, grows); err != nil || l.Memory == 0 || l.Memory >= limit {
		return err
	}
	source, err := c.open(bytes.NewReader(data))
	if err != nil {
		return nil //nolint:nilerr // inflate meets it again
	}
	n, _ := io.Copy(io.Discard, io.LimitReader(source, l.Memory+1)) // an error is for inflate to meet
	return l.beyond(n, grows)
}

var errBomb = errors.New("it grows beyond its limit")

// inflate gives what data grows to. The formats that say how much it will be are
// believed as far as the limit goes.
func inflate(c codec, data []byte, limit int64) ([]byte, error) {
	if c.size > limit {
		return nil, errBomb
	}
	source, err := c.open(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var parts [][]byte
	size, total := max(c.size+1, 64<<10), int64(0)
	for total <= limit {
		part := make([]byte, min(size, limit+1-total))
		n, err := fill(source, part)
		total += int64(n)
		parts = append(parts, part[:n])
		if errors.Is(err, io.EOF) && total <= limit {
			return join(parts, total), nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		size = min(2*size, 16<<20)
	}
	return nil, errBomb
}

// fill reads until the buffer is full, or to the source's own end or error.
func fill(source io.Reader, buffer []byte) (int, error) {
	total := 0
	for idle := 0; total < len(buffer); {
		n, err := source.Read(buffer[total:])
		total += n
		if err != nil {
			return total, err
		}
		if idle++; n > 0 {
			idle = 0
		} else if idle > 100 {
			return total, io.ErrNoProgress
		}
	}
	return total, nil
}

func join(parts [][]byte, total int64) []byte {
	if len(parts) == 1 {
		return parts[0]
	}
	out := make([]byte, 0, total)
	for i, part := range parts {
		out = append(out, part...)
		parts[i] = nil // no longer needed
	}
	return out
}

// smallest is what any compressed file may grow to.
const smallest = 8 << 20

// codec is a compression that a file uses.
type codec struct {
	name string
	size int64 // what it says that it grows to; 0 when it does not
	open func(io.Reader) (io.Reader, error)
}

func compression(data []byte) codec {
	has := func(prefix string) bool { return bytes.HasPrefix(data, []byte(prefix)) }
	switch {
	case has("\x1f\x8b"):
		return codec{"gzip", 0, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }}
	case len(data) > 2 && data[0] == 0x78 && (uint16(data[0])<<8|uint16(data[1]))%31 == 0:
		return codec{"zlib", 0, func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }}
	case has("BZh"):
		return codec{"bz2", 0, func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }}
	case has("\xfd7zXZ\x00"):
		size, err := checkXZ(data)
		return codec{"xz", size, func(r io.Reader) (io.Reader, error) {
			if err != nil {
				return nil, err
			}
			return xz.ReaderConfig{SingleStream: true}.NewReader(r)
		}}
	case len(data) > 13 && has("\x5d\x00"):
		return codec{"lzma", 0, func(r io.Reader) (io.Reader, error) {
			if size := binary.LittleEndian.Uint32(data[1:]); size > maxDictionary {
				return nil, fault.Errorf(fault.Limited, "it asks for a dictionary of %d bytes", size)
			}
			return lzma.NewReader(r)
		}}
	case has("\x04\x22\x4d\x18"):
		return codec{"lz4", 0, func(r io.Reader) (io.Reader, error) { return lz4.NewReader(r), nil }}
	}
	return codec{}
}

// checkXZ holds an xz file to one block with a dictionary of a sensible size:
// the decoder makes the memory that a block's header asks for ("The .xz File
// Format", sections 3.1 and 4.3). It gives the size that the index tells.
func checkXZ(data []byte) (int64, error) {
	wrong := fault.Errorf(fault.Invalid, "it has a header or footer that is none")
	if len(data) < 32 {
		return 0, wrong
	}
	at := 14 // after the stream's header, the block header's size and its flags
	flags := data[13]
	for _, present := range []bool{flags&0x40 != 0, flags&0x80 != 0} {
		if present {
			_, n := binary.Uvarint(data[at:min(at+9, len(data))])
			if n <= 0 {
				return 0, wrong
			}
			at += n
		}
	}
	if flags&3 != 0 || at+3 > len(data) || data[at] != 0x21 || data[at+1] != 1 || data[at+2] > 40 {
		return 0, fault.Errorf(fault.Invalid, "it uses a filter other than LZMA2")
	}
	bits := uint(data[at+2])
	if size := uint64(2|bits&1) << (bits/2 + 11); size > maxDictionary {
		return 0, fault.Errorf(fault.Limited, "it asks for a dictionary of %d bytes", size)
	}
	backward := (int64(binary.LittleEndian.Uint32(data[len(data)-8:])) + 1) * 4
	index := int64(len(data)) - 12 - backward
	if index < 12 || data[index] != 0 {
		return 0, wrong
	}
	rest := data[index+1:]
	record := [3]uint64{} // how many, the size of the first block, what it grows to
	for i := range record {
		x, n := binary.Uvarint(rest)
		if n <= 0 {
			return 0, wrong
		}
		record[i], rest = x, rest[n:]
		if i == 0 && x != 1 {
			return 0, fault.Errorf(fault.Invalid, "it has %d blocks: joblib writes one", x)
		}
	}
	return int64(min(record[2], 1<<62)), nil //nolint:gosec // bounded
}
