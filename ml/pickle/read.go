package pickle

import (
	"bytes"
	"fmt"

	"dasier/fault"
)

// MemoryError is in the chain of a refusal because reading takes more memory than
// Limits.Memory.
type MemoryError struct {
	Most int64 // bytes that it may take
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("reading it may take %d bytes of memory", e.Most)
}

// Limits bound what a file may cost. The zero value means the defaults.
type Limits struct {
	Bytes   int64 // of the file, and of what it inflates to; default 1 GiB
	Ratio   int   // of inflating; default 20
	Objects int   // values made; default 4 million
	Stack   int   // values on the stack; default 1 million
	Marks   int   // marks on the stack: how deep literals nest; default 10,000
	Memo    int   // values kept for later; default 4 million
	Depth   int   // of values within values; default 1,000
	// Memory that what the file inflates to may take, its values, and again its
	// arrays as numbers: what takes more is refused with a MemoryError, and as early as
	// it shows. Default: the other limits alone hold.
	Memory int64
}

// beyond refuses what takes more than Memory.
func (l Limits) beyond(bytes int64, what string) error {
	if l.Memory == 0 || bytes <= l.Memory {
		return nil
	}
	return fault.Errorf(fault.Limited, "%s more: %w", what, &MemoryError{l.Memory})
}

func (l Limits) orDefault() Limits {
	if l.Bytes == 0 {
		l.Bytes = 1 << 30
	}
	if l.Ratio == 0 {
		l.Ratio = 20
	}
	if l.Objects == 0 {
		l.Objects = 4_000_000
	}
	if l.Stack == 0 {
		l.Stack = 1_000_000
	}
	if l.Marks == 0 {
		l.Marks = 10_000
	}
	if l.Memo == 0 {
		l.Memo = 4_000_000
	}
	if l.Depth == 0 {
		l.Depth = 1000
	}
	return l
}

// Read reads a pickle or joblib file, compressed or not, and gives its value. A
// file may hold several pickles, one after the other, as scripts write that dump
// a model and then its scaler into one file: it is a tuple of their values then.
// Anything else behind the first pickle's end is not looked at.
func Read(data []byte, limits Limits) (any, error) {
	limits = limits.orDefault()
	if int64(len(data)) > limits.Bytes {
		return nil, fault.Errorf(fault.Limited, "the file has %d bytes, at most %d are read", len(data), limits.Bytes)
	}
	if err := limits.beyond(int64(len(data)), "the file has"); err != nil {
		return nil, err
	}
	if err := noPickle(data); err != nil {
		return nil, err
	}
	data, err := Inflate(data, limits)
	if err != nil {
		return nil, err
	}
	if err := noPickle(data); err != nil {
		return nil, err
	}
	m := newMachine(data, limits)
	v, err := m.run()
	if err != nil {
		return nil, m.maker.blame(err)
	}
	if v, err = m.maker.Finish(v); err != nil {
		return nil, err
	}
	return followed(v, data[m.pos:], limits), nil
}

// maxFollowing is how many pickles are read of one file.
const maxFollowing = 16

// followed gives a value with those of the pickles that follow it, as far as they
// can be read.
func followed(first any, rest []byte, limits Limits) any {
	all := []any{first}
	for len(all) < maxFollowing && len(rest) > 2 && rest[0] == 0x80 && rest[1] >= 2 && rest[1] <= 5 {
		m := newMachine(rest, limits)
		v, err := m.run()
		if err == nil {
			v, err = m.maker.Finish(v)
		}
		if err != nil {
			break
		}
		all, rest = append(all, v), rest[m.pos:]
	}
	if len(all) == 1 {
		return first
	}
	return &Tuple{Items: all}
}

// noPickle says what a file is that people save under a pickle's name.
func noPickle(data []byte) error {
	head := bytes.ToLower(bytes.TrimSpace(data[:min(len(data), 512)]))
	switch {
	case len(data) == 0:
		return fault.Errorf(fault.Invalid, "the file is empty")
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		return fault.Errorf(fault.Invalid, "the file is a Git LFS pointer, not the model: run git lfs pull")
	case bytes.HasPrefix(head, []byte("<!doctype")), bytes.HasPrefix(head, []byte("<html")):
		return fault.Errorf(fault.Invalid, "the file is an HTML page, not a pickle: it was downloaded from a page that shows the model")
	case bytes.HasPrefix(data, []byte("ZF")) && len(data) > 2 && data[2] == '0':
		return fault.Errorf(fault.Invalid, "the file was written by joblib before 0.10, with arrays in files beside it: load it with that joblib and save it again")
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return fault.Errorf(fault.Invalid, "the file is a zip archive, not a pickle")
	}
	return nil
}
