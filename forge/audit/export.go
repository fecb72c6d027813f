package audit

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// WriteLine writes a line as JSON: what was chained, and its hash.
func WriteLine(w io.Writer, l *Line) error {
	hash, err := json.Marshal(l.Hash)
	if err != nil {
		return fmt.Errorf("encoding a hash: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s,\"hash\":%s}\n", strings.TrimSuffix(l.Body, "}"), hash)
	return err
}

// Sheet writes lines as CSV (RFC 4180), for spreadsheets.
type Sheet struct{ w *csv.Writer }

// NewSheet writes the heading. Close ends the sheet.
func NewSheet(w io.Writer) (*Sheet, error) {
	s := &Sheet{csv.NewWriter(w)}
	return s, s.w.Write([]string{"seq", "at", "username", "via", "address", "job", "project", "action", "target", "reason", "alarm", "before", "after", "hash"})
}

// Write adds a line.
func (s *Sheet) Write(l *Line) error {
	job := ""
	if l.Job != 0 {
		job = strconv.FormatInt(l.Job, 10)
	}
	cells := []string{
		strconv.FormatInt(l.Seq, 10), l.At.Format(time.RFC3339Nano), l.Username, l.Via, l.Address, job, l.Project, l.Action, l.Target, l.Reason,
		strconv.FormatBool(l.Alarm), string(l.Before), string(l.After), l.Hash,
	}
	for i := range cells {
		cells[i] = inert(cells[i])
	}
	return s.w.Write(cells)
}

// Close writes what is still held.
func (s *Sheet) Close() error {
	s.w.Flush()
	return s.w.Error()
}

// inert keeps a spreadsheet from taking what somebody wrote for a formula (OWASP,
// "CSV Injection"): an apostrophe in front makes it text.
func inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(cell[0])) || strings.HasPrefix(cell, "＝") || strings.HasPrefix(cell, "＋") || strings.HasPrefix(cell, "－") || strings.HasPrefix(cell, "＠") {
		return "'" + cell
	}
	return cell
}

// WriteAll writes an export ("csv" or "jsonl") of what walk gives. begin opens
// the place to write to: not before walk is sure to answer.
func WriteAll(form string, begin func() io.Writer, walk func(each func(*Line) error) error) error {
	var w io.Writer
	var sheet *Sheet
	open := func() (err error) {
		if w != nil {
			return nil
		}
		if w = begin(); form == "csv" {
			sheet, err = NewSheet(w)
		}
		return err
	}
	err := walk(func(l *Line) error {
		if err := open(); err != nil {
			return err
		}
		if sheet != nil {
			return sheet.Write(l)
		}
		return WriteLine(w, l)
	})
	if err != nil {
		return err
	}
	if err := open(); err != nil || sheet == nil { // an empty log has a heading, too
		return err
	}
	return sheet.Close()
}
