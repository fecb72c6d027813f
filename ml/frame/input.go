package frame

import (
	"bytes"
	"fmt"
	"io"
)

// input is a text that can be read more than once: anew, or from the chunks
// that were kept.
type input struct {
	size  int64 // -1: unknown
	first io.Reader
	again func() (io.Reader, error) // nil: the chunks are kept
	kept  []chunk
}

// newInput reads from r's place on. What can seek is read again from there.
func newInput(r io.Reader) *input {
	in := &input{size: -1, first: r}
	seeker, ok := r.(io.Seeker)
	if !ok {
		return in
	}
	start, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return in // a pipe
	}
	if end, err := seeker.Seek(0, io.SeekEnd); err == nil {
		in.size = end - start
	}
	in.again = func() (io.Reader, error) {
		if _, err := seeker.Seek(start, io.SeekStart); err != nil {
			return nil, fmt.Errorf("reading again: %w", err)
		}
		return r, nil
	}
	if _, err := seeker.Seek(start, io.SeekStart); err != nil {
		in.first = failing{err} // it could not be read from its beginning
	}
	return in
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// feed gives the chunks of one pass.
type feed func(c *chunk) (bool, error)

// open begins a pass.
func (in *input) open(cfg *Config, quotes bool) (feed, error) {
	if in.first != nil {
		cut := newCutter(in.first, cfg.Name, cfg.MaxBytes, quotes)
		in.first = nil
		if in.again != nil {
			return cut.next, nil
		}
		return func(c *chunk) (bool, error) {
			more, err := cut.next(c)
			if more {
				in.kept = append(in.kept, *c)
				kept := &in.kept[len(in.kept)-1]
				kept.text = append(bytes.Clone(c.text), make([]byte, padding)...)
				kept.text[len(c.text)] = '\n'
				kept.text = kept.text[:len(c.text)]
			}
			return more, err
		}, nil
	}
	if in.again == nil {
		at := 0
		return func(c *chunk) (bool, error) {
			if at == len(in.kept) {
				return false, nil
			}
			text, size := c.text[:0], len(in.kept[at].text)
			text = append(text, in.kept[at].text[:size+padding]...)
			*c = in.kept[at]
			c.text = text[:size]
			at++
			return true, nil
		}, nil
	}
	r, err := in.again()
	if err != nil {
		return nil, err
	}
	return newCutter(r, cfg.Name, cfg.MaxBytes, quotes).next, nil
}
