package joblog_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"dasier/ci"
	"dasier/ci/joblog"
)

func open(t *testing.T, root string) *joblog.Store {
	t.Helper()
	s, err := joblog.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t *testing.T, s *joblog.Store, id ci.JobID) string {
	t.Helper()
	log, err := s.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(log)
	if err := errors.Join(err, log.Close()); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAppendTakesOnlyTheNextByte(t *testing.T) {
	s := open(t, t.TempDir())
	steps := []struct {
		at   int64
		data string
		size int64
		err  error
	}{
		{0, "hello ", 6, nil},
		{0, "hello ", 6, ci.ErrOffset}, // the answer was lost, it comes again
		{7, "world", 6, ci.ErrOffset},  // a gap
		{6, "world", 11, nil},
		{11, "", 11, nil},
	}
	for _, step := range steps {
		size, err := s.Append(t.Context(), 7001, step.at, []byte(step.data))
		if size != step.size || !errors.Is(err, step.err) {
			t.Errorf("append %q at %d: got %d, %v; want %d, %v", step.data, step.at, size, err, step.size, step.err)
		}
	}
	if got := read(t, s, 7001); got != "hello world" {
		t.Errorf("the log is %q", got)
	}
	if err := s.Seal(t.Context(), 7001); err != nil {
		t.Error(err)
	}
}

func TestALogThatWasNeverWrittenIsEmpty(t *testing.T) {
	s := open(t, t.TempDir())
	if size, err := s.Size(t.Context(), 5); size != 0 || err != nil {
		t.Errorf("size %d, %v", size, err)
	}
	if got := read(t, s, 5); got != "" {
		t.Errorf("the log is %q", got)
	}
	if err := s.Seal(t.Context(), 5); err != nil {
		t.Error(err)
	}
}

// Of several writers that want the same place, one wins; no byte is mixed.
func TestWritersOfOneLogTakeTurns(t *testing.T) {
	s := open(t, t.TempDir())
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			line := fmt.Sprintf("writer %d\n", n)
			for at := int64(0); ; {
				size, err := s.Append(t.Context(), 1, at, []byte(line))
				if err == nil {
					return
				}
				if !errors.Is(err, ci.ErrOffset) {
					t.Error(err)
					return
				}
				at = size
			}
		})
	}
	wait.Wait()
	lines := strings.Split(strings.TrimSpace(read(t, s, 1)), "\n")
	if len(lines) != 8 {
		t.Fatalf("want eight whole lines, got %q", lines)
	}
	for n := range 8 {
		if !strings.Contains(strings.Join(lines, "\n"), fmt.Sprintf("writer %d", n)) {
			t.Errorf("writer %d is missing in %q", n, lines)
		}
	}
}

// A process acknowledges bytes and is killed: all that it acknowledged is there.
func TestAcknowledgedBytesSurviveKill(t *testing.T) {
	root := t.TempDir()
	if os.Getenv("JOBLOG_WRITER") != "" {
		writeForever(os.Getenv("JOBLOG_WRITER"))
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestAcknowledgedBytesSurviveKill") // #nosec G204 -- this test itself
	child.Env = append(os.Environ(), "JOBLOG_WRITER="+root)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := int64(0)
	for acknowledged < 20_000 {
		var size string
		if _, err := fmt.Fscanln(out, &size); err != nil {
			t.Fatal(err)
		}
		if acknowledged, err = strconv.ParseInt(size, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the writer ended by itself")
	}
	if got := int64(len(read(t, open(t, root), 42))); got < acknowledged {
		t.Errorf("%d bytes were acknowledged, %d are there", acknowledged, got)
	}
}

func writeForever(root string) {
	s, err := joblog.Open(root)
	if err != nil {
		panic(err)
	}
	for size := int64(0); ; {
		if size, err = s.Append(context.Background(), 42, size, []byte("a line of a log\n")); err != nil {
			panic(err)
		}
		fmt.Println(size)
	}
}
