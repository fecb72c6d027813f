package runner

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Colours of the runner's own lines.
const (
	green  = "\x1b[32;1m"
	yellow = "\x1b[33;1m"
	red    = "\x1b[31;1m"
	cyan   = "\x1b[36;1m"
	reset  = "\x1b[0;m"
)

// journal is what a job's log is written through: the output of its processes,
// and the runner's own lines and section marks in between.
type journal struct {
	mu       sync.Mutex
	masker   *masker
	tail     byte // the last byte written
	sections bool
	now      func() time.Time
}

func newJournal(to io.Writer, secrets, prefixes []string, sections bool) *journal {
	return &journal{masker: newMasker(to, secrets, prefixes), tail: '\n', sections: sections, now: time.Now}
}

// Write implements io.Writer, for the output of processes.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(p) > 0 {
		j.tail = p[len(p)-1]
	}
	return j.masker.Write(p)
}

// line writes a line of the runner's own. A line that a process left unfinished
// is finished first.
func (j *journal) line(colour, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if colour != "" {
		text = colour + text + reset
	}
	j.own(text + "\n")
}

// own writes text that begins a line, and lets go of what was held back: what
// the runner writes is in the log at once. The log never fails to take it.
func (j *journal) own(text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	_ = j.masker.Flush()
	if j.tail != '\n' {
		text = "\n" + text
	}
	j.tail = '\n'
	_, _ = j.masker.Write([]byte(text))
	_ = j.masker.Flush()
}

// section does something within a section of the log.
func (j *journal) section(name, title string, do func() error) error {
	if j.sections {
		j.own(fmt.Sprintf("section_start:%d:%s\r\x1b[0K%s%s%s\n", j.now().Unix(), name, cyan, title, reset))
		defer func() { j.own(fmt.Sprintf("section_end:%d:%s\r\x1b[0K", j.now().Unix(), name)) }()
	} else {
		j.line(cyan, "%s", title)
	}
	return do()
}
