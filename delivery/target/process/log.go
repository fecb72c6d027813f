package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// logFile is what the programs of one endpoint wrote, one after the other. It
// is bounded: when the file has half of the limit it becomes the old one, and
// the old one before goes.
type logFile struct {
	path string
	half int64

	mu      sync.Mutex
	file    *os.File
	size    int64         // of file
	start   int64         // where file begins, counted over all that was written
	old     int64         // bytes of the old file
	changed chan struct{} // closed when something was written
}

func openLog(path string, limit int64) (*logFile, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600) // #nosec G304 -- our own folder
	if err != nil {
		return nil, fmt.Errorf("opening a service's log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening a service's log: %w", err), file.Close())
	}
	l := &logFile{path: path, half: limit / 2, file: file, size: info.Size(), changed: make(chan struct{})}
	if info, err := os.Stat(path + ".old"); err == nil {
		l.old = info.Size()
		l.start = l.old
	}
	return l, nil
}

func (l *logFile) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

// Write implements io.Writer.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size > 0 && l.size+int64(len(p)) > l.half {
		if err := l.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(p)
	l.size += int64(n)
	close(l.changed)
	l.changed = make(chan struct{})
	return n, err
}

func (l *logFile) rotate() error {
	if err := errors.Join(l.file.Close(), os.Rename(l.path, l.path+".old")); err != nil {
		return fmt.Errorf("turning a service's log over: %w", err)
	}
	file, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("turning a service's log over: %w", err)
	}
	l.start, l.old = l.start+l.size, l.size
	l.file, l.size = file, 0
	return nil
}

// read reads from a position that counts over all that was written; what is not
// kept any more is passed over. It tells where the next read begins, and what is
// closed when there is more.
func (l *logFile) read(p []byte, at int64) (n int, next int64, changed <-chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at = max(at, l.start-l.old)
	if at >= l.start {
		n, err = l.file.ReadAt(p, at-l.start)
	} else {
		var old *os.File
		if old, err = os.Open(l.path + ".old"); err == nil {
			n, err = old.ReadAt(p[:min(int64(len(p)), l.start-at)], l.old-(l.start-at))
			err = errors.Join(err, old.Close())
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("reading a service's log: %w", err)
	}
	return n, at + int64(n), l.changed, err
}

// tail reads the last lines, and what follows.
func (l *logFile) tail(ctx context.Context, lines int, follow bool) (io.ReadCloser, error) {
	at, err := l.lastLines(lines)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	return &tail{log: l, ctx: ctx, cancel: cancel, at: at, follow: follow}, nil
}

// lastLines finds where the last lines begin, going backwards.
func (l *logFile) lastLines(lines int) (int64, error) {
	l.mu.Lock()
	end, begin := l.start+l.size, l.start-l.old
	l.mu.Unlock()
	if lines <= 0 {
		return end, nil
	}
	const block = 64 << 10
	buffer := make([]byte, block)
	for at := end; at > begin; {
		from := max(begin, at-block)
		part := buffer[:at-from]
		for got := 0; got < len(part); {
			n, _, _, err := l.read(part[got:], from+int64(got))
			if err != nil {
				return 0, err
			}
			if n == 0 {
				return from, nil // turned over meanwhile
			}
			got += n
		}
		for i := len(part); i > 0; {
			i = bytes.LastIndexByte(part[:i], '\n')
			if i < 0 {
				break
			}
			if from+int64(i)+1 == end {
				continue // the newline that ends the last line
			}
			if lines--; lines == 0 {
				return from + int64(i) + 1, nil
			}
		}
		at = from
	}
	return begin, nil
}

// tail is one reader of a log.
type tail struct {
	log    *logFile
	ctx    context.Context //nolint:containedctx // the reader's life
	cancel context.CancelFunc
	at     int64
	follow bool
}

// Read implements io.Reader: with follow it waits for more.
func (t *tail) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, next, changed, err := t.log.read(p, t.at)
		t.at = next
		if n > 0 || err != nil {
			return n, err
		}
		if !t.follow {
			return 0, io.EOF
		}
		select {
		case <-changed:
		case <-t.ctx.Done():
			return 0, io.EOF
		}
	}
}

// Close implements io.Closer.
func (t *tail) Close() error {
	t.cancel()
	return nil
}

// lastWords keeps the end of what a program wrote, for the sentence that says
// why it did not start.
type lastWords struct {
	mu   sync.Mutex
	text []byte
}

const mostWords = 4 << 10

func (w *lastWords) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, p...)
	if over := len(w.text) - mostWords; over > 0 {
		w.text = append(w.text[:0], w.text[over:]...)
	}
	return len(p), nil
}

// String is whole lines, at most twenty.
func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := w.text
	if len(text) >= mostWords {
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			text = text[i+1:]
		}
	}
	lines := bytes.Split(bytes.TrimRight(text, "\n"), []byte("\n"))
	if len(lines) > 20 {
		lines = lines[len(lines)-20:]
	}
	return string(bytes.ToValidUTF8(bytes.Join(lines, []byte("\n")), []byte("?")))
}
