package frame

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"dasier/fault"
)

// chunkBytes is about how much of a file is read at a time. A chunk's text and
// the numbers read from it fit a processor's second cache.
const chunkBytes = 256 << 10

// chunk is some whole records of a text.
type chunk struct {
	text  []byte // followed by padding: a line end, then zeros
	line  int    // of its first byte, from 1
	first bool   // nothing but a byte order mark is before it
}

// cutter cuts a text into chunks at ends of records. The places depend on the
// text alone, whatever the reader gives at a time.
type cutter struct {
	name   string
	r      io.Reader
	limit  int64
	quotes bool // a line end within quotes ends no record
	read   int64
	begun  bool
	line   int
	rest   []byte // read, not yet given
	ended  bool
}

func newCutter(r io.Reader, name string, limit int64, quotes bool) *cutter {
	return &cutter{name: name, r: r, limit: limit, quotes: quotes, line: 1}
}

// next fills c, whose memory it uses again; false after the last chunk. A
// record that is longer than a chunk makes one of its own.
func (k *cutter) next(c *chunk) (bool, error) {
	text := c.text[:0]
	text = append(text, k.rest...)
	k.rest = k.rest[:0]
	end := -1
	for want := chunkBytes; end < 0; want *= 2 {
		text = slices.Grow(text, want+padding-len(text))
		if err := k.fill(&text, want); err != nil {
			return false, err
		}
		if k.ended {
			end = len(text)
		} else {
			end = recordsEnd(text, k.quotes)
		}
	}
	if len(text) == 0 && k.begun {
		return false, nil
	}
	if !k.begun && bytes.HasPrefix(text, byteOrderMark) {
		text = text[len(byteOrderMark):]
		end -= len(byteOrderMark)
	}
	k.rest = append(k.rest, text[end:]...)
	c.line, c.first = k.line, !k.begun
	k.begun = true
	c.text = text[:end]
	pad := text[end : end+padding]
	clear(pad)
	pad[0] = '\n'
	k.line += bytes.Count(c.text, []byte{'\n'})
	return true, nil
}

func (k *cutter) fill(text *[]byte, want int) error {
	for !k.ended && len(*text) < want {
		n, err := io.ReadFull(k.r, (*text)[len(*text):want])
		*text = (*text)[:len(*text)+n]
		if k.read += int64(n); k.read > k.limit {
			return tooLarge(k.name, k.limit)
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			k.ended = true
		case err != nil:
			return fmt.Errorf("reading %s: %w", k.name, err)
		}
	}
	return nil
}

func tooLarge(name string, limit int64) error {
	return fault.Errorf(fault.Invalid, "%s: the file is larger than %d bytes", name, limit)
}

// recordsEnd is the place after the last line end that is not in quotes, which
// an odd number of quotes before it would mean; -1 when there is none. In a
// text with a wrong quote the place may be wrong, but not before that quote,
// and nothing after it is read.
func recordsEnd(text []byte, quotes bool) int {
	inside := quotes && bytes.Count(text, []byte{'"'})%2 == 1
	for end := len(text); ; {
		at := bytes.LastIndexByte(text[:end], '\n')
		if at < 0 {
			return -1
		}
		if quotes && bytes.Count(text[at:end], []byte{'"'})%2 == 1 {
			inside = !inside
		}
		if !inside {
			return at + 1
		}
		end = at
	}
}
