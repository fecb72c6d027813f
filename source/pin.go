package source

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"dasier/fault"
)

// pin is the SHA-256 that data must have, in hex; empty when nobody said it.
type pin string

func newPin(digest string) (pin, error) {
	text := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(digest), "sha256:"))
	if raw, err := hex.DecodeString(text); text != "" && (err != nil || len(raw) != sha256.Size) {
		return "", fault.Errorf(fault.Invalid, "%q is no SHA-256: it has 64 hexadecimal digits", digest)
	}
	return pin(text), nil
}

// check refuses what has another digest.
func (p pin) check(shown, digest string) error {
	if p == "" || digest == "sha256:"+string(p) {
		return nil
	}
	return fault.Errorf(fault.Conflict, "%s is not the data that were meant: their SHA-256 is %s, expected %s: if the change is meant, write the new one", shown, strings.TrimPrefix(digest, "sha256:"), string(p))
}

// openCached is the data of that digest, if they were kept and are whole.
func (f *Fetcher) openCached(place *place, want pin) *File {
	if f.cfg.Cache == "" || want == "" {
		return nil
	}
	file, err := os.Open(filepath.Join(f.cfg.Cache, string(want)))
	if err != nil {
		return nil // not there, or of no use
	}
	kept := &File{File: file, Name: place.name, format: place.format, shown: place.shown, pin: want}
	if digest, err := digestOf(file); err != nil || kept.pin.check("", digest) != nil || kept.rewind() != nil {
		_ = file.Close()           // it was only read from
		_ = os.Remove(file.Name()) // damaged; if it stays, it is found damaged again
		return nil
	}
	return kept
}

// keep checks what was fetched, and puts it into the cache under its digest.
func (f *Fetcher) keep(file *File) error {
	if err := file.rewind(); err != nil {
		return err
	}
	if file.pin == "" {
		return nil
	}
	digest, err := digestOf(file.File)
	if err != nil {
		return err
	}
	if err := file.pin.check(file.shown, digest); err != nil {
		return err
	}
	if f.cfg.Cache != "" {
		path := filepath.Join(f.cfg.Cache, string(file.pin))
		if err := os.Rename(file.File.Name(), path); err != nil {
			return fmt.Errorf("keeping the data: %w", err)
		}
		file.remove = false
	}
	return file.rewind()
}

func digestOf(r io.Reader) (string, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, r); err != nil {
		return "", fmt.Errorf("reading for the digest: %w", err)
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil)), nil
}
