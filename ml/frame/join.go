package frame

import "slices"

// join appends the next chunk's column, which has so many rows. Where the two
// disagree on the kind, the column is a Category and asks to be fed again.
func (b *builder) join(next *builder, rows, expected int) {
	for text, n := range next.spelt {
		b.countSpelling(text, *n)
	}
	b.infinite += next.infinite
	if b.infiniteAt == "" {
		b.infiniteAt = next.infiniteAt
	}
	switch {
	case b.again && b.kind == Category:
	case !next.known:
		b.lack(rows, expected)
	case !b.known:
		before := b.joined.Len()
		b.known, b.kind, b.again = true, next.kind, next.again
		b.dates, b.iso, b.wording, b.words = next.dates, next.iso, next.wording, next.words
		b.settled()
		if b.kind == Category {
			b.joined = gathering{}
			b.lack(before, expected)
		}
		b.take(next, rows, expected)
	case b.agrees(next):
		b.take(next, rows, expected)
	case b.forced:
		b.torn = true
	default:
		b.kind, b.again = Category, true
		b.joined = gathering{}
		b.settled()
	}
}

// agrees tells whether next's values can stand below b's. Dates without a
// common form cannot; of several, the common ones are kept.
func (b *builder) agrees(next *builder) bool {
	if b.kind != next.kind {
		return false
	}
	switch b.kind {
	case Bool:
		if b.wording[0] == "" {
			b.wording = next.wording
		}
		for k, word := range next.words {
			if b.words[k] == "" {
				b.words[k] = word
			}
		}
		return b.forced || b.wording == next.wording
	case Time:
		if b.iso != next.iso {
			return false
		}
		if b.again {
			b.dates &= next.dates
			return b.dates != 0
		}
	}
	return true
}

func (b *builder) take(next *builder, rows, expected int) {
	if b.again {
		return // dates whose form is still open hold no values
	}
	if b.kind != Category {
		b.joined.take(next.values, expected)
		return
	}
	b.codes = roomFor(b.codes, rows, expected)
	ids := make([]int32, len(next.levels))
	for i, level := range next.levels {
		id, ok := b.byText[level]
		if !ok {
			id = int32(len(b.levels)) //nolint:gosec // rows are limited far below
			b.levels = append(b.levels, level)
			b.byText[level] = id
		}
		ids[i] = id
	}
	for _, id := range next.codes {
		if id >= 0 {
			id = ids[id]
		}
		b.codes = append(b.codes, id)
	}
}

// lack adds rows without a value.
func (b *builder) lack(rows, expected int) {
	if b.known && b.kind == Category {
		b.codes = roomFor(b.codes, rows, expected)
		b.pad(rows)
		return
	}
	b.joined.takeMissing(rows, expected)
}

// roomFor makes room at once for the rows that are expected in all: memory that
// is reserved and never touched costs nothing. It does not use slices.Grow for
// the first time, which would clear fresh memory.
func roomFor[T any](s []T, more, expected int) []T {
	switch {
	case len(s)+more <= cap(s):
		return s
	case len(s) == 0:
		return make([]T, 0, max(more, expected))
	}
	return slices.Grow(s, max(more, expected-len(s)))
}
