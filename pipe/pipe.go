// Package pipe reads the output of programs to its end. A program that has ended
// has left its last words in the pipe, and the pipe may stay open all the same: a
// child that hid itself has the other end. So the end of the pipe cannot be waited
// for, and a time limit would cut off what a busy machine has not read yet.
//
// It does not know what the programs are, nor how they end.
package pipe

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// Output copies what programs write into the pipe, until they have ended.
type Output struct {
	to     io.Writer
	reader *os.File
	copied chan error
}

// Copy begins to copy, and goes on until End.
func Copy(to io.Writer, reader *os.File) *Output {
	o := &Output{to: to, reader: reader, copied: make(chan error, 1)}
	go func() {
		_, err := io.Copy(to, reader)
		o.copied <- err
	}()
	return o
}

// End is for when the programs have ended: it copies what they left in the pipe,
// waits for nothing that is not there, and closes the pipe. It is called once.
func (o *Output) End() error {
	// The copying stops at the next read; one that waits stops at once.
	err := o.reader.SetReadDeadline(time.Unix(1, 0))
	said := <-o.copied
	if errors.Is(said, os.ErrDeadlineExceeded) {
		said = o.rest()
	}
	return errors.Join(err, said, o.reader.Close())
}

// most is what a pipe can hold (pipe(7), /proc/sys/fs/pipe-max-size): who writes
// on and on is not listened to for good.
const most = 1 << 20

// rest copies what is in the pipe.
func (o *Output) rest() error {
	if err := o.reader.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("reading the rest of a pipe: %w", err)
	}
	raw, err := o.reader.SyscallConn()
	if err != nil {
		return fmt.Errorf("reading the rest of a pipe: %w", err)
	}
	piece := make([]byte, 32<<10)
	for read := 0; read < most; {
		var n int
		var failed error
		err := raw.Read(func(fd uintptr) bool {
			n, failed = syscall.Read(int(fd), piece)
			return true // also when there is nothing: it is not waited for
		})
		switch {
		case err != nil:
			return fmt.Errorf("reading the rest of a pipe: %w", err)
		case errors.Is(failed, syscall.EINTR):
			continue
		case errors.Is(failed, syscall.EAGAIN):
			return nil
		case failed != nil:
			return fmt.Errorf("reading the rest of a pipe: %w", failed)
		case n <= 0:
			return nil
		}
		if _, err := o.to.Write(piece[:n]); err != nil {
			return err
		}
		read += n
	}
	return nil
}
