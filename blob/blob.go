// Package blob keeps bytes by their content.
//
// A blob's name is the SHA-256 of its bytes, so it never changes, equal bytes
// are kept once, and what is read can be checked against its name. The package
// knows nothing of what the bytes mean or who may read them.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"

	"dasier/fault"
)

// Digest names a blob: "sha256:" and 64 lower-case hexadecimal digits.
type Digest string

const prefix = "sha256:"

// DigestOf is the name of the given bytes.
func DigestOf(content []byte) Digest {
	sum := sha256.Sum256(content)
	return FromSum(sum[:])
}

// FromSum makes a name of a finished SHA-256.
func FromSum(sum []byte) Digest { return Digest(prefix + hex.EncodeToString(sum)) }

// ParseDigest reads a name and refuses whatever is not one.
func ParseDigest(text string) (Digest, error) {
	digits, ok := strings.CutPrefix(text, prefix)
	if ok && len(digits) == 2*sha256.Size && strings.Trim(digits, "0123456789abcdef") == "" {
		return Digest(text), nil
	}
	return "", fault.Errorf(fault.Invalid, "digest %q: expected sha256: and 64 hexadecimal digits", text)
}

// Hex is the name without its prefix.
func (d Digest) Hex() string { return strings.TrimPrefix(string(d), prefix) }

// Store keeps blobs. Methods are safe for concurrent use.
type Store interface {
	// Put reads r to its end and keeps it. When Put has answered, the blob
	// survives a crash. More than limit bytes are refused with fault.Limited,
	// and nothing is kept.
	Put(ctx context.Context, r io.Reader, limit int64) (Digest, int64, error)
	// Open reads a blob and tells its size; fault.Missing when it is not kept.
	Open(ctx context.Context, d Digest) (io.ReadSeekCloser, int64, error)
	// Delete forgets a blob. One that is not kept is no error.
	Delete(ctx context.Context, d Digest) error
}
