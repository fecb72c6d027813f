package runner

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// executor runs a job's programs somewhere. A job has one of its own.
type executor interface {
	// run runs a program in a folder with exactly this environment, and sends
	// what it prints to the job's log. It fails with *exitError when the program
	// does. When ctx ends the program is stopped, and the error is ctx's cause.
	// Afterwards nothing that the program has started is left.
	run(ctx context.Context, argv []string, folder string, environment []string) error
}

// findShell is the shell that scripts are written for, if it is there.
func findShell() (string, error) {
	for _, name := range []string{"bash", "sh"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("jobs need a shell: neither bash nor sh is on PATH")
}

// shellScript makes one script of a step's commands: each is shown before it
// runs, and the first that fails ends it. It runs in one shell, so that what a
// command sets holds for the next.
func shellScript(commands []string) string {
	var b strings.Builder
	b.WriteString("set -e\nif (set -o pipefail) 2>/dev/null; then set -o pipefail; fi\n")
	for _, command := range commands {
		command = strings.TrimRight(command, "\r\n")
		shown, _, many := strings.Cut(strings.TrimLeft(command, "\n"), "\n")
		if many {
			shown += " # collapsed multi-line command"
		}
		fmt.Fprintf(&b, "printf '%%s\\n' %s\n%s\n", quote(green+"$ "+shown+reset), command)
	}
	return b.String()
}

// quote makes a word of any text.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// runScript runs a step's commands.
func (b *build) runScript(ctx context.Context, s step, changed map[string]string) error {
	path := filepath.Join(b.folder.files, "script."+strings.Map(fileLetter, s.Name))
	if err := b.folder.write(path, shellScript(s.Script)); err != nil {
		return fmt.Errorf("writing the script: %w", err)
	}
	return b.scripts.run(ctx, []string{b.runner.cfg.shell, path}, b.folder.project, b.environment.list(changed))
}

// fileLetter keeps what is fit for a file's name.
func fileLetter(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
		return r
	}
	return '_'
}
