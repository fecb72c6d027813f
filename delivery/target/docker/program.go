package docker

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"dasier/fault"
)

// program is the dasier program that models are served with.
type program struct {
	path string

	once sync.Once
	sum  string
	err  error
}

// digest reads the program once: it is the one that runs, whatever becomes of
// its file.
func (p *program) digest() (string, error) {
	p.once.Do(func() { p.sum, p.err = readProgram(p.path) })
	return p.sum, p.err
}

// CheckProgram tells whether a program can serve models in containers: a
// fault.Invalid says why not.
func CheckProgram(path string) error {
	_, err := readProgram(path)
	return err
}

func readProgram(path string) (string, error) {
	file, err := os.Open(path) // #nosec G304 -- the operator's
	if err != nil {
		return "", fmt.Errorf("reading the dasier program: %w", err)
	}
	head := make([]byte, headBytes)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", errors.Join(fmt.Errorf("reading the dasier program: %w", err), file.Close())
	}
	if err := needsNothing(head[:n]); err != nil {
		return "", errors.Join(fault.Errorf(fault.Invalid, "the dasier program cannot run in a container of its own: it %w (build it with CGO_ENABLED=0)", err), file.Close())
	}
	sum := sha256.New()
	sum.Write(head[:n])
	_, err = io.Copy(sum, file)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", fmt.Errorf("reading the dasier program: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// pack writes the program into an archive.
func (p *program) pack(w *tar.Writer) error {
	file, err := os.Open(p.path)
	if err != nil {
		return fmt.Errorf("reading the dasier program: %w", err)
	}
	info, err := file.Stat()
	if err == nil {
		err = w.WriteHeader(&tar.Header{Name: "dasier", Mode: 0o755, Size: info.Size(), Typeflag: tar.TypeReg})
	}
	if err == nil {
		_, err = io.Copy(w, file)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("packing the dasier program: %w", err)
	}
	return nil
}

// headBytes is how much of a program is read to see what it needs: its header
// and the table behind it are at the beginning.
const headBytes = 64 << 10

// needsNothing tells why a program cannot run where there is no other file:
// because it is none, or asks for a dynamic linker (ELF's segment PT_INTERP;
// System V ABI, chapter 5).
func needsNothing(head []byte) error {
	const (
		headerSize  = 64
		segmentSize = 56
		interpreter = 3
	)
	if len(head) >= 2 && head[0] == '#' && head[1] == '!' {
		return errors.New("is a script, which needs its interpreter")
	}
	if len(head) < headerSize || string(head[:4]) != "\x7fELF" || head[4] != 2 || head[5] != 1 {
		return errors.New("is no 64-bit Linux program")
	}
	offset, count := binary.LittleEndian.Uint64(head[32:]), int(binary.LittleEndian.Uint16(head[56:]))
	if binary.LittleEndian.Uint16(head[54:]) != segmentSize || offset > uint64(len(head)) {
		return errors.New("is no Linux program that can be read here")
	}
	table := head[offset:]
	for range count {
		if len(table) < segmentSize {
			return errors.New("is no Linux program that can be read here")
		}
		if binary.LittleEndian.Uint32(table) == interpreter {
			return errors.New("is linked dynamically, so it needs the libraries of a system")
		}
		table = table[segmentSize:]
	}
	return nil
}
