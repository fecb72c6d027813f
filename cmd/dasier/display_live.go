package main

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vbauerster/mpb/v8/cwriter"
)

// live draws a training in place, on a terminal.
type live struct {
	out    *cwriter.Writer
	file   *os.File
	colour bool
	drawn  int // lines on the screen
}

func newLive(file *os.File, colour bool) *live {
	return &live{out: cwriter.New(file), file: file, colour: colour}
}

// size is the terminal's, or the usual one where it does not tell.
func (l *live) size() (width, height int) {
	width, height, err := l.out.GetTermSize()
	if err != nil || width < 1 || height < 1 {
		return 80, 24
	}
	return width, height
}

// draw replaces what stands there. A terminal that cannot be written to is not
// worth stopping a training for.
func (l *live) draw(s *progressState, now time.Time) {
	width, height := l.size()
	lines := s.lines(now, width, max(height-2, 3), l.colour)
	for _, line := range lines {
		_, _ = l.out.WriteString(line + "\n")
	}
	_ = l.out.Flush(len(lines))
	l.drawn = len(lines)
}

// clear takes the display away, for what is printed in its place.
func (l *live) clear() {
	_ = l.out.Flush(0)
	l.drawn = 0
}

const (
	bold  = "\x1b[1m"
	faint = "\x1b[2m"
	green = "\x1b[32m"
	red   = "\x1b[31m"
	plain = "\x1b[0m"
)

// lines are the display: what is done, how much is left, and the candidates.
func (s *progressState) lines(now time.Time, width, height int, colour bool) []string {
	paint := func(style, text string) string {
		if !colour {
			return text
		}
		return style + text + plain
	}
	head := stageTitles[s.stage]
	if s.stage != "search" || s.plan == nil {
		if seconds := now.Sub(s.at).Seconds(); seconds >= 1 {
			head += fmt.Sprintf(" %s", clock(now.Sub(s.at)))
		}
		if s.total > 1 {
			head += fmt.Sprintf("  %d of %d", s.done, s.total)
		}
		return []string{paint(bold, clip(head, width))}
	}
	lines := []string{paint(bold, clip(fmt.Sprintf("%s: %d rows, by %s", s.plan.Title, s.plan.Rows, s.plan.Metric), width))}
	lines = append(lines, clip(s.bar(now, width), width))
	name := 8
	shown := s.shown(height - 3)
	for _, r := range shown {
		name = max(name, utf8.RuneCountInString(r.name))
	}
	name = min(name, max(width-34, 12))
	for _, r := range shown {
		lines = append(lines, s.candidate(r, name, width, paint))
	}
	if more := len(s.rows) - len(shown); more > 0 {
		lines = append(lines, paint(faint, clip(fmt.Sprintf("  and %d more", more), width)))
	}
	return lines[:min(len(lines), height)]
}

// bar is how far the search is, and how long it may take.
func (s *progressState) bar(now time.Time, width int) string {
	elapsed := now.Sub(s.searching)
	share := 0.0
	if s.total > 0 {
		share = float64(s.done) / float64(s.total)
	}
	text := fmt.Sprintf(" %d/%d fits  %s", s.done, s.total, clock(elapsed))
	if s.done > 0 && s.done < s.total {
		text += fmt.Sprintf("  about %s left", clock(time.Duration(float64(elapsed)/share*(1-share))))
	}
	if s.plan.Budget > 0 {
		text += fmt.Sprintf("  budget %s", clock(max(s.plan.Budget-elapsed, 0)))
	}
	room := min(30, width-utf8.RuneCountInString(text)-1)
	if room < 5 {
		return strings.TrimSpace(text)
	}
	full := int(math.Round(share * float64(room)))
	return strings.Repeat("█", full) + strings.Repeat("░", room-full) + text
}

// candidate is a line: its folds, its score so far, and what it is at.
func (s *progressState) candidate(r *progressRow, name, width int, paint func(style, text string) string) string {
	text := fmt.Sprintf("  %-*s %2d/%-2d", name, clip(r.name, name), r.done, r.folds)
	if !math.IsNaN(r.mean) {
		text += fmt.Sprintf("  %10s", s.plan.Figure(r.mean))
	}
	switch {
	case r.failed != "":
		return paint(red, clip(text+"  failed", width))
	case r.name == s.best:
		return paint(green, clip(text+"  ◂ best so far", width))
	case r.steps > 1:
		return clip(text+fmt.Sprintf("  %d of %d", r.step, r.steps), width)
	case r.running > 0:
		return clip(text, width)
	}
	return paint(faint, clip(text, width))
}

// shown are the candidates that there is room for: those at work, then the best.
func (s *progressState) shown(room int) []*progressRow {
	if len(s.rows) <= room {
		return s.rows
	}
	ordered := s.ordered()
	slices.SortStableFunc(ordered, func(a, b *progressRow) int { return cmp.Compare(b.running, a.running) })
	return ordered[:max(room-1, 1)]
}

// ordered are the candidates, the best first.
func (s *progressState) ordered() []*progressRow {
	ordered := slices.Clone(s.rows)
	slices.SortStableFunc(ordered, func(a, b *progressRow) int {
		switch {
		case math.IsNaN(a.mean) || math.IsNaN(b.mean):
			return cmp.Compare(b.done, a.done)
		case s.plan != nil && s.plan.Greater:
			return cmp.Compare(b.mean, a.mean)
		}
		return cmp.Compare(a.mean, b.mean)
	})
	return ordered
}

// clip keeps a line within the terminal's width: a wrapped line would be drawn
// over at the wrong place.
func clip(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	if width < 2 {
		return string([]rune(text)[:max(width, 0)])
	}
	return string([]rune(text)[:width-1]) + "…"
}

// clock is minutes and seconds.
func clock(d time.Duration) string {
	seconds := int(d.Round(time.Second).Seconds())
	if seconds >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}
