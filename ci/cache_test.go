package ci

import (
	"context"
	"slices"
	"strings"
	"testing"

	"dasier/ci/lang"
	"dasier/fault"
	"dasier/forge/project"
)

// commitFiles stands for a commit's files; nothing else of Code is asked here.
type commitFiles struct {
	Code
	of map[string]string
}

func (f commitFiles) File(_ context.Context, _ project.ID, _, path string) ([]byte, error) {
	text, ok := f.of[path]
	if !ok {
		return nil, fault.Errorf(fault.Missing, "no file %q", path)
	}
	return []byte(text), nil
}

func TestCacheKeys(t *testing.T) {
	key := func(of map[string]string, protected bool, c lang.Cache) lang.Cache {
		t.Helper()
		s := &Service{code: commitFiles{of: of}}
		got, err := s.caches(t.Context(), &Pipeline{Protected: protected}, &Spec{Cache: []lang.Cache{c}})
		if err != nil {
			t.Fatal(err)
		}
		return got[0]
	}
	one, other := map[string]string{"go.sum": "a", "go.mod": "b"}, map[string]string{"go.sum": "c", "go.mod": "b"}
	named := lang.Cache{Key: "$CI_COMMIT_REF_SLUG", FallbackKeys: []string{"main"}}

	if got := key(one, false, lang.Cache{}); got.Key != "default-non_protected" {
		t.Errorf("a cache without a key has the key %q", got.Key)
	}
	if got := key(one, true, named); got.Key != "$CI_COMMIT_REF_SLUG-protected" || !slices.Equal(got.FallbackKeys, []string{"main-protected"}) {
		t.Errorf("on a protected branch the keys are %q and %q", got.Key, got.FallbackKeys)
	}
	named.Unprotect = true
	if got := key(one, true, named); got.Key != "$CI_COMMIT_REF_SLUG-non_protected" {
		t.Errorf("shared by all branches, the key is %q", got.Key)
	}
	// Nobody's branch names the cache of protected ones.
	for _, evil := range []lang.Cache{{Key: "default-protected", Unprotect: true}, {Key: "default-protected"}, {Key: "a", FallbackKeys: []string{"default-protected"}, Unprotect: true}} {
		got := key(one, false, evil)
		for _, name := range append(got.FallbackKeys, got.Key) {
			if !strings.HasSuffix(name, "-non_protected") {
				t.Errorf("the key %q of an unprotected branch may be that of a protected one", name)
			}
		}
	}

	byFiles := lang.Cache{Key: "go", KeyFiles: []string{"go.sum", "go.mod"}, Unprotect: true}
	first := key(one, false, byFiles).Key
	if len(first) != len("go-")+40+len("-non_protected") {
		t.Errorf("the key of files is %q", first)
	}
	if again := key(map[string]string{"go.sum": "a", "go.mod": "b"}, false, byFiles).Key; again != first {
		t.Errorf("the same files have the keys %q and %q", first, again)
	}
	if changed := key(other, false, byFiles).Key; changed == first {
		t.Errorf("changed files keep the key %q", first)
	}
	if none := key(nil, false, byFiles).Key; none != "go-default-non_protected" {
		t.Errorf("without the files the key is %q", none)
	}
}
