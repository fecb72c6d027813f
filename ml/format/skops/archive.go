package skops

import (
	"archive/zip"
	"bytes"
	"hash/crc32"
	"io"
	"strings"

	"dasier/fault"
	"dasier/ml/pickle"
)

// archive is a zip file whose members have been counted.
type archive struct {
	data     []byte
	members  map[string]*zip.File
	inflated map[string][]byte // members that were not stored as they are
	total    int64             // what the members say that they grow to
}

// Bounds of an archive.
const (
	maxMembers = 1 << 17 // a forest of a thousand trees has 3,000
	smallest   = 8 << 20 // what any archive may grow to
	maxRatio   = 20
	maxBytes   = 1 << 30
)

// bound is what the members of an archive may grow to.
func bound(data []byte, limits pickle.Limits) int64 {
	most, ratio := limits.Bytes, int64(limits.Ratio)
	if most == 0 {
		most = maxBytes
	}
	if ratio == 0 {
		ratio = maxRatio
	}
	return min(most, ratio*int64(len(data))+smallest)
}

// open reads an archive's directory. What its members say that they grow to is
// bounded here; read holds them to it. No memory of 0 bounds it besides.
func open(data []byte, most, memory int64) (*archive, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the file is a damaged zip archive: %w", err)
	}
	if len(z.File) > maxMembers {
		return nil, fault.Errorf(fault.Limited, "the archive has %d members, at most %d are read", len(z.File), maxMembers)
	}
	a := &archive{data: data, members: make(map[string]*zip.File, len(z.File)), inflated: map[string][]byte{}}
	for _, f := range z.File {
		if f.Name == "" || f.Name == "." || f.Name == ".." || strings.ContainsAny(f.Name, "/\\:\x00") {
			return nil, fault.Errorf(fault.Invalid, "the archive has a member %.80q, which is a path: it is refused", f.Name)
		}
		if _, twice := a.members[f.Name]; twice {
			return nil, fault.Errorf(fault.Invalid, "the archive has two members of the name %.80q", f.Name)
		}
		a.members[f.Name] = f
		if a.total += int64(min(f.UncompressedSize64, 1<<40)); a.total > most { //nolint:gosec // bounded
			return nil, fault.Errorf(fault.Limited, "the archive grows beyond %d bytes from %d: this is no model", most, len(data))
		}
	}
	if memory > 0 && a.total > memory {
		return nil, fault.Errorf(fault.Limited, "inflated the archive has more: %w", &pickle.MemoryError{Most: memory})
	}
	return a, nil
}

func (a *archive) has(name string) bool { return a.members[name] != nil }

// read gives a member's content: a part of the file when it is stored as it is,
// which is how skops writes.
func (a *archive) read(name string) ([]byte, error) {
	f := a.members[name]
	if f == nil {
		return nil, fault.Errorf(fault.Invalid, "the archive has no member %.80q", name)
	}
	if f.Flags&1 != 0 {
		return nil, fault.Errorf(fault.Invalid, "the member %.80q is encrypted", name)
	}
	if f.Method == zip.Store {
		return a.stored(f)
	}
	if raw, known := a.inflated[name]; known {
		return raw, nil
	}
	r, err := f.Open()
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the member %.80q is damaged: %w", name, err)
	}
	raw := make([]byte, f.UncompressedSize64)
	_, err = io.ReadFull(r, raw)
	if err == nil {
		err = ends(r)
	}
	if closing := r.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the member %.80q is damaged: %w", name, err)
	}
	a.inflated[name] = raw
	return raw, nil
}

// ends reads on to a member's end, where its checksum is held against it.
func ends(r io.Reader) error {
	switch n, err := io.Copy(io.Discard, io.LimitReader(r, 1)); {
	case err != nil:
		return err
	case n > 0:
		return fault.Errorf(fault.Invalid, "it is longer than it says")
	}
	return nil
}

func (a *archive) stored(f *zip.File) ([]byte, error) {
	from, err := f.DataOffset()
	if err != nil || f.CompressedSize64 != f.UncompressedSize64 || from < 0 || f.CompressedSize64 > uint64(max(int64(len(a.data))-from, 0)) { //nolint:gosec // never negative
		return nil, fault.Errorf(fault.Invalid, "the member %.80q lies outside the archive", f.Name)
	}
	raw := a.data[from : from+int64(f.CompressedSize64)] //nolint:gosec // within the data
	if crc32.ChecksumIEEE(raw) != f.CRC32 {
		return nil, fault.Errorf(fault.Invalid, "the member %.80q is damaged: its checksum is another", f.Name)
	}
	return raw, nil
}
