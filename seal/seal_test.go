package seal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"dasier/fault"
	"dasier/seal"
)

func key(t *testing.T, fill byte) *seal.Key {
	t.Helper()
	k, err := seal.New(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestOnlyTheOwnerOpens: neither another key, nor another owner, nor any flipped
// bit opens a secret, and the same secret never looks the same.
func TestOnlyTheOwnerOpens(t *testing.T) {
	k := key(t, 1)
	for _, plain := range []string{"", "hunter2", "two\nlines\x00and a zero"} {
		sealed := k.Seal("project 1 KEY *", []byte(plain))
		if got, err := k.Open("project 1 KEY *", sealed); err != nil || string(got) != plain {
			t.Errorf("%q came back as %q, %v", plain, got, err)
		}
		if bytes.Equal(sealed, k.Seal("project 1 KEY *", []byte(plain))) {
			t.Error("sealed twice, it looks the same")
		}
		if _, err := k.Open("project 2 KEY *", sealed); err == nil {
			t.Error("another owner opened it")
		}
		if _, err := key(t, 2).Open("project 1 KEY *", sealed); err == nil {
			t.Error("another key opened it")
		}
		for i := range sealed {
			sealed[i] ^= 1
			if _, err := k.Open("project 1 KEY *", sealed); err == nil {
				t.Errorf("with byte %d changed it was opened", i)
			}
			sealed[i] ^= 1
		}
		if _, err := k.Open("project 1 KEY *", sealed[:len(sealed)-1]); err == nil {
			t.Error("cut off, it was opened")
		}
	}
	if _, err := k.Open("x", nil); err == nil {
		t.Error("nothing was opened")
	}
}

func TestDerivedKeysDiffer(t *testing.T) {
	k := key(t, 1)
	a, err := k.Derive("audit")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := k.Derive("seal")
	again, _ := key(t, 1).Derive("audit")
	other, _ := key(t, 2).Derive("audit")
	if len(a) != 32 || bytes.Equal(a, b) || !bytes.Equal(a, again) || bytes.Equal(a, other) {
		t.Errorf("derived %x, %x, %x, %x", a, b, again, other)
	}
}

func TestKeyFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	if _, err := seal.Load(path); !fault.Is(err, fault.Missing) {
		t.Errorf("a file that is not there: %v", err)
	}
	k, err := seal.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	loaded, err := seal.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := loaded.Open("o", k.Seal("o", []byte("x"))); err != nil || string(got) != "x" {
		t.Errorf("the file has another key: %q, %v", got, err)
	}
	if _, err := seal.Create(path); err == nil {
		t.Error("a key was written over")
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	for _, text := range []string{"", "00", "zz", string(bytes.Repeat([]byte("0"), 66))} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.Load(path); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is a key: %v", text, err)
		}
	}
}
