package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// logs reads what a container wrote, both streams in the order of writing.
type logs struct {
	io.Reader
	source io.ReadCloser
	copied chan error
}

// Logs reads the last lines of what a container wrote (all with -1), and with
// follow what it goes on to write, until it ends, ctx ends or the reader is
// closed.
func (e *Engine) Logs(ctx context.Context, id string, lines int, follow bool) (io.ReadCloser, error) {
	tail := "all"
	if lines >= 0 {
		tail = strconv.Itoa(lines)
	}
	source, err := e.api.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: tail, Follow: follow})
	if err != nil {
		return nil, e.explain(err, "reading the log of container "+short(id))
	}
	reader, writer := io.Pipe()
	l := &logs{Reader: reader, source: source, copied: make(chan error, 1)}
	go func() {
		_, err := stdcopy.StdCopy(writer, writer, source)
		writer.CloseWithError(err)
		l.copied <- err
	}()
	return l, nil
}

// Close implements io.Closer, and waits for the end of the copying.
func (l *logs) Close() error {
	err := l.source.Close()
	_ = l.Reader.(*io.PipeReader).Close() // never fails
	<-l.copied                            //nolint:errcheck // the reader has heard it
	if err != nil {
		return fmt.Errorf("closing the log: %w", err)
	}
	return nil
}

// LastWords is the end of what a container wrote, for a sentence about why it
// does not run.
func (e *Engine) LastWords(ctx context.Context, id string, lines int) (string, error) {
	reader, err := e.Logs(ctx, id, lines, false)
	if err != nil {
		return "", err
	}
	const most = 16 << 10
	var text bytes.Buffer
	_, err = io.Copy(&text, io.LimitReader(reader, most))
	if err = errors.Join(err, reader.Close()); err != nil {
		return "", err
	}
	return strings.TrimSpace(strings.ToValidUTF8(text.String(), "�")), nil
}
