package runner

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestShellScript runs generated scripts in both shells that there may be.
func TestShellScript(t *testing.T) {
	for name, c := range map[string]struct {
		commands []string
		want     []string
		code     int
	}{
		"nothing":           {nil, []string{""}, 0},
		"shown and run":     {[]string{"echo 'it''s'", "echo two"}, []string{"$ echo 'it''s'", "its", "$ echo two", "two", ""}, 0},
		"state is kept":     {[]string{"X=1; cd /", `echo "$X $PWD"`}, []string{"$ X=1; cd /", `$ echo "$X $PWD"`, "1 /", ""}, 0},
		"the first failure": {[]string{"(exit 4)", "echo no"}, []string{"$ (exit 4)", ""}, 4},
		"allowed failure":   {[]string{"false || true", "echo yes"}, []string{"$ false || true", "$ echo yes", "yes", ""}, 0},
		"many lines":        {[]string{"for i in 1 2\ndo echo $i\ndone\n"}, []string{"$ for i in 1 2 # collapsed multi-line command", "1", "2", ""}, 0},
		"here document":     {[]string{"cat <<END\na $((1+1))\nEND\n", "echo b"}, []string{"$ cat <<END # collapsed multi-line command", "a 2", "$ echo b", "b", ""}, 0},
		"exit":              {[]string{"exit 0", "echo no"}, []string{"$ exit 0", ""}, 0},
		"wrong syntax":      {[]string{"echo one", "fi"}, []string{"$ echo one", "one", "$ fi"}, 2},
		"percent":           {[]string{`printf '%s %%\n' a`}, []string{`$ printf '%s %%\n' a`, "a %", ""}, 0},
	} {
		for _, shell := range []string{"bash", "sh"} {
			t.Run(name+" in "+shell, func(t *testing.T) {
				command := exec.CommandContext(t.Context(), shell, "-c", shellScript(c.commands)) // #nosec G204 -- the test's own
				out, err := command.Output()
				code := 0
				if exit, ok := errors.AsType[*exec.ExitError](err); ok {
					code = exit.ExitCode()
				} else if err != nil {
					t.Fatal(err)
				}
				got := strings.Split(strings.NewReplacer(green, "", reset, "").Replace(string(out)), "\n")
				if name == "wrong syntax" {
					got = nil // where a shell notices is its own affair
					c.want = nil
				}
				if diff := cmp.Diff(c.want, got); diff != "" || code != c.code {
					t.Errorf("exit code %d, want %d; output (-want +got):\n%s", code, c.code, diff)
				}
			})
		}
	}
}

func FuzzReadStat(f *testing.F) {
	f.Add("12 (a (b) c) S 1 12 12 0 -1")
	f.Add("12 (x) Z 1 1 1")
	f.Add(")")
	f.Fuzz(func(_ *testing.T, text string) { readStat(text) })
}

func TestReadStat(t *testing.T) {
	for text, want := range map[string]struct {
		member member
		alive  bool
	}{
		"12 (sleep) S 1 11 10 0 -1 4194304": {member{parent: 1, group: 11, session: 10}, true},
		"12 (a) b (c)) R 7 8 9 0":           {member{parent: 7, group: 8, session: 9}, true},
		"12 (sleep) Z 1 11 10 0":            {member{}, false},
		"12 (sleep) S 1 11":                 {member{}, false},
		"12 (sleep) S x y z":                {member{}, false},
		"":                                  {member{}, false},
	} {
		if got, alive := readStat(text); got != want.member || alive != want.alive {
			t.Errorf("%q: %+v %v, want %+v %v", text, got, alive, want.member, want.alive)
		}
	}
}
