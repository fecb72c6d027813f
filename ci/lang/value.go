package lang

import "math"

// Limits of a file. They stand far above what people write and far below what
// hurts.
const (
	maxFileBytes   = 1 << 20
	maxNesting     = 100
	maxValues      = 200_000   // after aliases, extends and references
	textPerValue   = 64        // bytes of a text that count like one more value
	maxMergeWork   = 1_000_000 // entries copied by `<<`, extends and references
	maxJobs        = 500
	maxNameBytes   = 255
	maxExtends     = 11
	maxReferences  = 10
	maxScriptDepth = 10
	maxVariables   = 500 // of one mapping
	maxNeeds       = 50
	maxPatterns    = 50
	maxParallel    = 200
	maxRegexBytes  = 2048
	maxRegexSize   = 5000 // steps with repetitions written out
	maxIfBytes     = 16 << 10
	maxProblems    = 100      // said about one file
	maxJudged      = 32 << 20 // bytes of variables that one Plan looks at, see scope.find
)

type position struct{ line, column int }

type kind uint8

const (
	kindBroken kind = iota // was reported already: whoever meets it says nothing
	kindNull
	kindText
	kindNumber
	kindBoolean
	kindList
	kindDict
	kindReference // !reference, its path in items; none is left after resolving
)

// in a sentence: "must be a string, not ..."
var kindPhrases = [...]string{"a broken value", "empty", "a string", "a number", "true or false", "a list", "a mapping", "a !reference"}

// value is a YAML value with its place. Values are immutable and shared: an
// alias, an inherited key and a reference give the same pointer.
type value struct {
	kind kind
	text string // of a scalar, as written
	// textAt is where the scalar's first character stands; zero when an offset
	// into text is no offset into the line (block scalars).
	textAt  position
	items   []*value
	entries []entry
	at      position
	size    int  // values in it, shared ones counted each time, saturating
	height  int  // levels below and including this one
	refers  bool // a reference is somewhere in it
}

type entry struct {
	key   string
	at    position
	value *value
}

// get finds a key; nil when the value has none.
func (v *value) get(key string) *value {
	if v == nil {
		return nil
	}
	for _, e := range v.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// isSet tells a value that says something from an absent or null one. GitLab
// treats both alike: the keyword is not there.
func (v *value) isSet() bool { return v != nil && v.kind != kindNull }

// phrase names the value in a sentence: "must be a list, not ...".
func (v *value) phrase() string {
	const most = 40
	switch {
	case len(v.text) > most:
	case v.kind == kindBoolean:
		return v.text
	case v.kind == kindNumber:
		return "the number " + v.text
	case v.kind == kindText:
		return "the string " + quoted(v.text)
	}
	return kindPhrases[v.kind]
}

// measured sets size, height and refers from the children. Every list and
// mapping passes through here, so that sharing cannot hide growth.
func measured(v *value) *value {
	size, height := 1, 0
	add := func(child *value) {
		if size > math.MaxInt/2-child.size {
			size = math.MaxInt / 2
		} else {
			size += child.size
		}
		height = max(height, child.height)
		v.refers = v.refers || child.refers
	}
	for _, item := range v.items {
		add(item)
	}
	for _, e := range v.entries {
		add(e.value)
	}
	v.size, v.height = size, height+1
	v.refers = v.refers || v.kind == kindReference
	return v
}

// tree makes values within the limits. Its methods answer a broken value when
// a limit is passed.
type tree struct {
	*findings
	work int
}

// fits reports a value that is too large or too deep, and spends merging work.
func (t *tree) fits(v *value, path string) *value {
	t.work += len(v.items) + len(v.entries)
	switch {
	case t.work > maxMergeWork:
		t.fail(v.at, path, "merging takes too much work: the file's aliases, `extends` or references repeat too much")
	case v.size > maxValues:
		t.fail(v.at, path, "grows to more than %d values once aliases, `extends` and references are in place", maxValues)
	case v.height > maxNesting:
		t.fail(v.at, path, "is nested deeper than %d levels", maxNesting)
	default:
		return v
	}
	return &value{kind: kindBroken, at: v.at, size: 1}
}

// overlay merges over onto base as extends does: mappings key by key at every
// depth, anything else replaced ("extends: Merge details").
func (t *tree) overlay(base, over *value, path string) *value {
	if base.kind != kindDict || over.kind != kindDict {
		return over
	}
	if t.work > maxMergeWork {
		return t.fits(over, path)
	}
	place := make(map[string]int, len(base.entries))
	entries := make([]entry, len(base.entries), len(base.entries)+len(over.entries))
	for i, e := range base.entries {
		place[e.key], entries[i] = i, e
	}
	for _, e := range over.entries {
		if i, ok := place[e.key]; ok {
			e.value = t.overlay(entries[i].value, e.value, path)
			entries[i] = e
			continue
		}
		entries = append(entries, e)
	}
	return t.fits(measured(&value{kind: kindDict, entries: entries, at: over.at}), path)
}
