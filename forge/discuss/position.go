package discuss

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"dasier/fault"
	"dasier/git"
)

// textLimit is how large a file may be whose lines can be talked about.
const textLimit = 8 << 20

// What a thread keeps of the code at its position: a few lines, so that one
// that is outdated still says what it was about.
const (
	keptLines  = 4
	keptLength = 500
)

// locate checks a position, and fills in the thread's place in the code.
func (s *Service) locate(ctx context.Context, subject Subject, p Position, t *Thread) error {
	if err := p.check(subject); err != nil {
		return err
	}
	if p.NewPath == "" && p.NewLine > 0 {
		p.NewPath = p.OldPath
	}
	if p.OldPath == "" && p.OldLine > 0 {
		p.OldPath = p.NewPath
	}
	changed, err := s.code.ChangedFiles(ctx, subject.Project, p.BaseSHA, p.HeadSHA)
	if err != nil {
		return err
	}
	if !slices.Contains(changed, p.NewPath) && !slices.Contains(changed, p.OldPath) {
		return fault.Errorf(fault.Invalid, "file %q does not change between these commits", cmpOr(p.NewPath, p.OldPath)).At("position.new_path")
	}
	t.Position = &p
	var before, after []string
	if p.OldLine > 0 {
		if before, err = s.lines(ctx, subject, p.BaseSHA, p.OldPath, p.OldLine, "position.old_line"); err != nil {
			return err
		}
		t.Lines, t.FileLines = excerpt(before, p.OldLine), len(before)
	}
	if p.NewLine > 0 {
		if after, err = s.lines(ctx, subject, p.HeadSHA, p.NewPath, p.NewLine, "position.new_line"); err != nil {
			return err
		}
		t.Lines, t.FileLines = excerpt(after, p.NewLine), len(after)
	}
	if p.OldLine > 0 && p.NewLine > 0 && before[p.OldLine-1] != after[p.NewLine-1] {
		return fault.Errorf(fault.Invalid, "line %d before and line %d after are not the same line: name one of them", p.OldLine, p.NewLine).At("position.old_line")
	}
	return nil
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (p Position) check(subject Subject) error {
	if !git.IsSHA(p.BaseSHA) || !subject.knows(p.BaseSHA) {
		return fault.Errorf(fault.Invalid, "%q is no commit that a version of this request begins or ends at", p.BaseSHA).At("position.base_sha")
	}
	if !git.IsSHA(p.HeadSHA) || !subject.knows(p.HeadSHA) {
		return fault.Errorf(fault.Invalid, "%q is no commit that a version of this request begins or ends at", p.HeadSHA).At("position.head_sha")
	}
	for _, path := range []string{p.OldPath, p.NewPath} {
		clean, err := git.CleanPath(path)
		if err != nil || clean != path {
			return fault.Errorf(fault.Invalid, "%q is no path of a file", path).At("position.new_path")
		}
		if !utf8.ValidString(path) {
			return fault.Errorf(fault.Invalid, "the file's name is not UTF-8: comment on the request instead").At("position.new_path")
		}
	}
	const mostLines = 10_000_000
	switch {
	case p.OldPath == "" && p.NewPath == "":
		return fault.Errorf(fault.Invalid, "a position names a file").At("position.new_path")
	case p.OldLine < 0 || p.OldLine > mostLines:
		return fault.Errorf(fault.Invalid, "no line %d", p.OldLine).At("position.old_line")
	case p.NewLine < 0 || p.NewLine > mostLines:
		return fault.Errorf(fault.Invalid, "no line %d", p.NewLine).At("position.new_line")
	}
	return nil
}

// lines reads a file that has the wanted line.
func (s *Service) lines(ctx context.Context, subject Subject, sha, path string, wanted int, field string) ([]string, error) {
	data, err := s.code.ReadFile(ctx, subject.Project, sha, path, textLimit)
	if err != nil {
		return nil, err
	}
	if isBinary(data) {
		return nil, fault.Errorf(fault.Invalid, "%q is a binary file and has no lines: comment on the file (line 0)", path).At(field)
	}
	lines := fileLines(data)
	if wanted > len(lines) {
		return nil, fault.Errorf(fault.Invalid, "%q has %d lines, and so no line %d", path, len(lines), wanted).At(field)
	}
	return lines, nil
}

// isBinary is git's own rule: a NUL among the first 8,000 bytes.
func isBinary(data []byte) bool {
	return bytes.IndexByte(data[:min(len(data), 8000)], 0) >= 0
}

// fileLines cuts a file as git does: at each line feed, and there is no empty
// line behind the last one.
func fileLines(data []byte) []string {
	if len(data) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// excerpt is the line and some before it, as text that can be kept.
func excerpt(lines []string, line int) []string {
	kept := make([]string, 0, keptLines)
	for _, text := range lines[max(0, line-keptLines):line] {
		text = strings.TrimSuffix(text, "\r")
		text = strings.ToValidUTF8(text[:min(len(text), keptLength)], "\uFFFD")
		kept = append(kept, strings.ReplaceAll(text, "\x00", "\uFFFD"))
	}
	return kept
}
