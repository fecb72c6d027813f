package sklearn

import (
	"unsafe"

	"dasier/ml/pickle"
)

// A file may have one part stand in many places, and say of ten thousand columns
// a million times that they pass: what following a model makes is bounded for all
// of its parts together.
const (
	maxColumns  = 5_000_000 // made or computed, each time again
	maxBeside   = 500_000   // of one design: package predict's bound
	maxLinks    = 200       // of one column
	nameBytes   = 32        // of a column's name, which weigh as much as a column
	maxRepeated = 16 << 20  // bytes of boosters that are read again
	maxWord     = 200       // bytes of a step's name, in places and in names of columns
)

// widen counts columns that a part makes or computes, whose names have so many
// bytes each.
func (b *builder) widen(p part, columns, name int) error {
	if b.wide += columns * (1 + name/nameBytes); b.wide > maxColumns {
		return p.wrong("the model makes more than %d columns on its way, or names that are longer", maxColumns)
	}
	return nil
}

// short refuses columns to which more is done than any model does: each link is
// copied with those before it.
func (d *design) short(p part) error {
	for j := range d.columns {
		if len(d.columns[j].links) > maxLinks {
			return p.wrong("more than %d things are done to the column %q", maxLinks, word(d.columns[j].name))
		}
	}
	return d.builder.widen(p, len(d.columns), 0)
}

// handle counts the model inside a wrapper of XGBoost's or LightGBM's: its bytes
// may be those of ten thousand other wrappers.
func (r *reader) handle(p part) error {
	b := p
	if child, ok := p.child("_Booster"); ok {
		b = child
	}
	for _, name := range []string{"handle", "_handle"} {
		var at *byte
		n := 0
		switch v := b.get(name).(type) {
		case string:
			at, n = unsafe.StringData(v), len(v) //nolint:gosec // to tell one text from its equal
		case pickle.Bytes:
			at, n = unsafe.SliceData(v), len(v) //nolint:gosec // as above
		}
		if r.handles[at] && n > 0 {
			if r.repeated += n; r.repeated > maxRepeated {
				return p.wrong("the file has the same booster in too many places")
			}
		}
		if r.handles == nil {
			r.handles = map[*byte]bool{}
		}
		r.handles[at] = true
	}
	return nil
}

// encode counts the numbers of an encoder's tables: as many as it has categories,
// for each of the columns that it makes.
func (b *builder) encode(p part, categories, columns int) error {
	if columns > 0 && categories > (tableRoom-b.encoded)/columns {
		return p.wrong("the categories of its inputs need more than %d numbers: group the rare ones (min_frequency or max_categories)", tableRoom)
	}
	b.encoded += categories * columns
	return nil
}

// word is a step's name, cut where it is longer than any that a person gives.
func word(name string) string {
	if len(name) > maxWord {
		return name[:maxWord] + "…"
	}
	return name
}
