package process

import (
	"bufio"
	"os/exec"
	"syscall"
	"testing"
)

// TestUsage: children count from the next reading of the table on, and the dead
// do not.
func TestUsage(t *testing.T) {
	command := exec.CommandContext(t.Context(), "sh", "-c", `sleep 600 & echo begun; read line; kill $!; wait $! 2>/dev/null; echo ended; read line`)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		_ = command.Wait() // it says that it was killed
	}()
	said := bufio.NewScanner(out)
	u := usage{group: command.Process.Pid}
	u.resident() // it knows the shell alone, or nobody yet
	if said.Scan(); said.Text() != "begun" {
		t.Fatalf("said %q", said.Text())
	}
	for range tableEvery { // one of these looks reads the table
		u.resident()
	}
	if u.resident() <= 0 {
		t.Error("living processes have no memory")
	}
	if len(u.known) != 2 {
		t.Errorf("%d processes are known, want the shell and its child", len(u.known))
	}
	if _, err := in.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	if said.Scan(); said.Text() != "ended" {
		t.Fatalf("said %q", said.Text())
	}
	if u.resident(); len(u.known) != 1 {
		t.Errorf("%d processes are known after one ended", len(u.known))
	}
}
