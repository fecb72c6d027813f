// Package seal keeps secrets in the database unreadable without a key that is
// not in the database.
//
// A Key lives in a file of its own. From it come, by HKDF (RFC 5869), one key
// per purpose: for XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha, section 2),
// whose 24-byte nonces may be random, and for whoever needs a key of their own
// (the audit log's chain). What a secret belongs to is sealed along as
// additional data, so that nobody who can write to the database can make one
// secret stand in another's place. The package knows no database and no user.
package seal

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/chacha20poly1305"

	"dasier/fault"
)

// size of a key in bytes.
const size = 32

// Key seals and opens. Its zero value does not.
type Key struct {
	root []byte
	aead cipher.AEAD
}

// New makes a Key of 32 secret bytes.
func New(root []byte) (*Key, error) {
	if len(root) != size {
		return nil, fault.Errorf(fault.Invalid, "a secret key has %d bytes, not %d", size, len(root))
	}
	k := &Key{root: bytes.Clone(root)}
	own, err := k.Derive("seal")
	if err != nil {
		return nil, err
	}
	if k.aead, err = chacha20poly1305.NewX(own); err != nil {
		return nil, fmt.Errorf("preparing the cipher: %w", err)
	}
	return k, nil
}

// Load reads a key's file: 64 hexadecimal digits. A file that is not there is
// fault.Missing.
func Load(path string) (*Key, error) {
	text, err := os.ReadFile(path) // #nosec G304 -- the operator names the file
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Errorf(fault.Missing, "there is no secret key file %s", path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the secret key: %w", err)
	}
	root, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(root) != size {
		return nil, fault.Errorf(fault.Invalid, "%s is no secret key: expected 64 hexadecimal digits, as `openssl rand -hex 32` prints them", path)
	}
	return New(root)
}

// Create makes a key and its file, which only the owner may read. It never
// writes over a file: without the old key all that it sealed would be lost.
func Create(path string) (*Key, error) {
	root := make([]byte, size)
	_, _ = rand.Read(root) // never fails (crypto/rand)
	file, err := os.CreateTemp(filepath.Dir(path), ".secret-key-*")
	if err != nil {
		return nil, fmt.Errorf("making the secret key: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.WriteString(hex.EncodeToString(root) + "\n")
	// The key must be on the disk before anything that was sealed with it.
	if err := errors.Join(err, file.Chmod(0o600), file.Sync(), file.Close()); err != nil {
		return nil, fmt.Errorf("writing the secret key: %w", err)
	}
	if err := os.Link(file.Name(), path); err != nil { // fails when there is one
		return nil, fmt.Errorf("placing the secret key: %w", err)
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("placing the secret key: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return nil, fmt.Errorf("placing the secret key: %w", err)
	}
	return New(root)
}

// Derive makes a key of 32 bytes for one purpose. Knowing it does not tell the
// others.
func (k *Key) Derive(purpose string) ([]byte, error) {
	derived, err := hkdf.Key(sha256.New, k.root, nil, "dasier "+purpose, size)
	if err != nil {
		return nil, fmt.Errorf("deriving the key for %s: %w", purpose, err)
	}
	return derived, nil
}

// Seal encrypts plain as the secret of the named owner. The answer is nonce and
// ciphertext.
func (k *Key) Seal(owner string, plain []byte) []byte {
	nonce := make([]byte, k.aead.NonceSize(), k.aead.NonceSize()+len(plain)+k.aead.Overhead())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return k.aead.Seal(nonce, nonce, plain, []byte(owner))
}

// errForeign tells that a secret was sealed with another key, for another
// owner, or changed since.
var errForeign = errors.New("it was sealed with another key, for something else, or was changed since")

// Open is the inverse of Seal.
func (k *Key) Open(owner string, sealed []byte) ([]byte, error) {
	n := k.aead.NonceSize()
	if len(sealed) < n {
		return nil, fmt.Errorf("opening the secret of %s: %w", owner, errForeign)
	}
	plain, err := k.aead.Open(nil, sealed[:n], sealed[n:], []byte(owner))
	if err != nil {
		return nil, fmt.Errorf("opening the secret of %s: %w", owner, errForeign)
	}
	return plain, nil
}
