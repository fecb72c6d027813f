package runner_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dasier/ci"
	"dasier/ci/runner"
)

// TestAnAttackersScriptDoesNotPrintSecrets: it prints a secret in every way that
// the log is meant to catch. What is left must not lead back to it.
func TestAnAttackersScriptDoesNotPrintSecrets(t *testing.T) {
	s := newServer(t, ci.Config{})
	s.start(runner.Config{})
	// With bytes that every encoding treats otherwise, and long enough that
	// base64 breaks its lines.
	secret := "Tr0ub4dor&3 /+?=%\"é\\'" + strings.Repeat("correct-horse~", 6)
	key := "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSjAgEAAo\n-----END KEY-----\n"
	id := s.pipeline(`
attack:
  script:
    - set +x
    - printf '%s\n' "1 $SECRET end"
    - printf '%s' "$SECRET" | fold -w 7 | tr -d '\n'; echo " 2 end"
    - printf '%s' "$SECRET" | base64
    - printf 'a%s' "$SECRET" | base64 -w 0; echo
    - printf 'ab%s' "$SECRET" | base64 -w 64
    - printf 'user:%s' "$SECRET" | base64 | tr '+/' '-_'
    - printf '%s' "$SECRET" | od -An -v -tx1 | tr -d ' \n'; echo
    - printf '%s' "$SECRET" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%/g'; echo
    - printf '%s' "$SECRET" | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g'; echo
    - printf '%q\n' "$SECRET" || true
    - printf '%s' "$SECRET" | sed 's/\\/\\\\/g; s/"/\\"/g; s/^/{"password":"/; s/$/"}/'; echo
    - set -x; test -n "$SECRET"; set +x
    - cat "$KEY"; sed 's/^/| /' "$KEY"; base64 "$KEY"
    - awk 'NR==2' "$KEY" | tr -d '\n' | base64
    - for i in $(seq 1 ${#SECRET}); do printf '%s' "${SECRET:$((i-1)):1}"; done; echo " 3 end"
    - ls -l "$KEY"; stat -c 'mode %a' "$KEY"; sha256sum <"$KEY"; echo "$KEY" >"$CI_PROJECT_DIR/where"
  artifacts:
    paths: [where]
`, nil, ci.Variable{Key: "SECRET", Value: secret, Masked: true, Raw: true}, ci.Variable{Key: "KEY", Value: key, Masked: true, Raw: true, File: true})
	j, text := s.ended(id, ci.Success, "", 0)
	contains(t, text, "1 [MASKED] end", "[MASKED] 2 end", "[MASKED] 3 end", `{"password":"[MASKED]"}`, "| [MASKED]", "mode 600")
	for _, piece := range []string{
		"Tr0ub4", "correct-horse", "horse~cor", "orse~", "VHIwdWI0", "RyMHVi", "UcjB1YjRkb3", "Y29ycmVjdC1ob3JzZX", "jb3JyZWN0LWhvcnNlf", "b3JyZWN0LWhvcnNl",
		hex.EncodeToString([]byte("Tr0ub4")), hex.EncodeToString([]byte("horse")), "%54%72", `\x54\x72`, "MIIEvQIB", "BAQEFAAS", "END KEY", "TUlJRXZRSUJBREFO", "TUlJRX",
	} {
		if strings.Contains(text, piece) {
			t.Errorf("the log has %q:\n%s", piece, text)
		}
	}
	// The file held what it should, and went with the job.
	sum := sha256.Sum256([]byte(key))
	contains(t, text, hex.EncodeToString(sum[:]))
	where := strings.TrimSpace(s.artifact(j.ID, "where"))
	if !filepath.IsAbs(where) || filepath.Base(where) != "KEY" {
		t.Fatalf("the file was at %q", where)
	}
	s.eventually("the file goes with the job", func() bool {
		_, err := os.Stat(where)
		return os.IsNotExist(err)
	})
}
