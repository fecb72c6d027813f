package lang

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const manualPath = "../../docs/reference/ci-yaml.md"

func TestManualIsPrintedFromTheTable(t *testing.T) {
	if *update {
		if err := os.WriteFile(manualPath, []byte(Manual()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(manualPath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(page), Manual()); diff != "" {
		t.Errorf("run go generate ./ci/lang (-page +table)\n%s", diff)
	}
}

func TestKeywordsStandOnce(t *testing.T) {
	seen := map[[2]string]bool{}
	for _, k := range Keywords() {
		key := [2]string{k.Where, k.Name}
		if seen[key] {
			t.Errorf("%v twice", key)
		}
		seen[key] = true
		if k.Status == Refused && k.Note == "" {
			t.Errorf("%v is refused without saying what to do", key)
		}
	}
}
