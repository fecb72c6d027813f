package discuss

import "dasier/git"

// Place is where a position's line stands in the latest version. A line has the
// number of each side that it is on.
type Place struct {
	Path    string
	OldLine int
	NewLine int
}

// Follow carries the lines first to last of a file through its changes. They
// have a place only if none of them changed, and nothing came between them: one
// line added inside a range makes it another.
func Follow(hunks []git.Hunk, first, last int) (int, bool) {
	shift := 0
	for _, h := range hunks {
		if h.Old == 0 { // lines came behind OldStart
			if h.OldStart >= last {
				break
			}
			if h.OldStart >= first {
				return 0, false
			}
		} else {
			if h.OldStart > last {
				break
			}
			if h.OldStart+h.Old > first {
				return 0, false
			}
		}
		shift += h.New - h.Old
	}
	return first + shift, true
}

// traces is what became of files between the commits that threads were written
// at and the latest ones.
type traces struct {
	head, base string
	byPair     map[git.Pair]map[string]git.Traced
	unknown    map[git.Pair]bool // a commit is gone: nothing can be followed
}

// asks lists what is to be traced for the threads, once each.
func asks(threads []Thread, s Subject) (pairs []git.Pair, paths []string) {
	pairSeen, pathSeen := map[git.Pair]bool{}, map[string]bool{}
	add := func(pair git.Pair, path string) {
		if pair.From == pair.To || path == "" {
			return
		}
		if !pairSeen[pair] {
			pairSeen[pair] = true
			pairs = append(pairs, pair)
		}
		if !pathSeen[path] {
			pathSeen[path] = true
			paths = append(paths, path)
		}
	}
	for _, t := range threads {
		if t.Position == nil {
			continue
		}
		if p := *t.Position; p.onNewSide() {
			add(git.Pair{From: p.HeadSHA, To: s.HeadSHA}, p.NewPath)
		}
		if p := *t.Position; p.OldLine > 0 || !p.onNewSide() {
			add(git.Pair{From: p.BaseSHA, To: s.BaseSHA}, p.OldPath)
		}
	}
	return pairs, paths
}

// onNewSide tells whether the position stands in the file as it is at the head:
// always, but for removed lines and deleted files.
func (p Position) onNewSide() bool {
	return p.NewLine > 0 || p.OldLine == 0 && p.NewPath != ""
}

// lines follows a range of a file.
func (tr traces) lines(pair git.Pair, path string, first, last int) (string, int, bool) {
	if pair.From == pair.To {
		return path, first, true
	}
	if tr.unknown[pair] {
		return "", 0, false
	}
	traced, changed := tr.byPair[pair][path]
	switch {
	case !changed:
		return path, first, true
	case traced.Path == "":
		return "", 0, false
	case first == 0: // the file
		return traced.Path, 0, true
	case traced.Opaque:
		return "", 0, false
	}
	now, ok := Follow(traced.Hunks, first, last)
	return traced.Path, now, ok
}

// place follows a position; false means outdated.
func (tr traces) place(p Position) (Place, bool) {
	newPair, oldPair := git.Pair{From: p.HeadSHA, To: tr.head}, git.Pair{From: p.BaseSHA, To: tr.base}
	if !p.onNewSide() {
		path, line, ok := tr.lines(oldPair, p.OldPath, p.OldLine, p.OldLine)
		return Place{Path: path, OldLine: line}, ok
	}
	path, line, ok := tr.lines(newPair, p.NewPath, p.NewLine, p.NewLine)
	if !ok {
		return Place{}, false
	}
	place := Place{Path: path, NewLine: line}
	if p.OldLine > 0 {
		// A line of both sides keeps its place while it is on one of them.
		if _, old, ok := tr.lines(oldPair, p.OldPath, p.OldLine, p.OldLine); ok {
			place.OldLine = old
		}
	}
	return place, true
}
