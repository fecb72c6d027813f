package pipe_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"dasier/pipe"
)

// slow is a writer that takes its first piece only when it may.
type slow struct {
	said        bytes.Buffer
	taken, goOn chan struct{}
	begun       bool
}

func (s *slow) Write(p []byte) (int, error) {
	if !s.begun {
		s.begun = true
		close(s.taken)
		<-s.goOn
	}
	return s.said.Write(p)
}

func opened(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = writer.Close() })
	return reader, writer
}

// TestNothingIsCutOff: all that was written before the end is read, however long
// the reader takes, and although the other end of the pipe stays open.
func TestNothingIsCutOff(t *testing.T) {
	reader, writer := opened(t)
	to := &slow{taken: make(chan struct{}), goOn: make(chan struct{})}
	o := pipe.Copy(to, reader)
	if _, err := writer.WriteString("begin "); err != nil {
		t.Fatal(err)
	}
	<-to.taken
	rest := strings.Repeat("x", 4000) // no more than the smallest pipe holds
	if _, err := writer.WriteString(rest); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- o.End() }()
	close(to.goOn)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if to.said.String() != "begin "+rest {
		t.Errorf("%d bytes were read, want %d", to.said.Len(), len("begin ")+len(rest))
	}
}

// TestWhoHidIsNotWaitedFor has a child that outlives its parent with the pipe, and
// says nothing or very much.
func TestWhoHidIsNotWaitedFor(t *testing.T) {
	for name, hidden := range map[string]string{"silent": "sleep 1000", "loud": "cat /dev/zero"} {
		t.Run(name, func(t *testing.T) {
			reader, writer := opened(t)
			var said bytes.Buffer
			o := pipe.Copy(&said, reader)
			command := exec.CommandContext(t.Context(), "sh", "-c", "echo hello; "+hidden+" & echo $! >&3")
			numbers, number, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			command.Stdout, command.ExtraFiles = writer, []*os.File{number}
			if err := errors.Join(command.Run(), number.Close(), o.End()); err != nil {
				t.Fatal(err)
			}
			text := make([]byte, 20)
			n, err := numbers.Read(text)
			if err = errors.Join(err, numbers.Close()); err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n])))
			if err != nil {
				t.Fatal(err)
			}
			child, err := os.FindProcess(pid)
			if err != nil {
				t.Fatal(err)
			}
			_ = child.Kill() // the loud one may have ended with the pipe
			if !strings.HasPrefix(said.String(), "hello\n") {
				t.Errorf("read %.20q", said.String())
			}
		})
	}
}

func TestTheWholeOutputOfAProgram(t *testing.T) {
	reader, writer := opened(t)
	var said bytes.Buffer
	o := pipe.Copy(&said, reader)
	command := exec.CommandContext(t.Context(), "seq", "1", "100000")
	command.Stdout = writer
	if err := errors.Join(command.Run(), o.End()); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(said.String(), "\n99999\n100000\n") {
		t.Errorf("%d bytes, which end with %q", said.Len(), said.String()[max(0, said.Len()-20):])
	}
}
