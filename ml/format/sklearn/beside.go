package sklearn

import "fmt"

// precede gives what stands beside a model and makes its columns of texts or of
// dicts, in order: a vectorizer, and a TfidfTransformer behind it. It is applied
// where nobody says otherwise, and where it makes as many columns as the model
// takes; else it is told of.
func (r *root) precede(hint Hint) []part {
	if len(r.before) == 0 {
		return nil
	}
	var list, behind []part
	for _, p := range r.before {
		if p.class() == "TfidfTransformer" {
			behind = append(behind, p)
		} else {
			list = append(list, p)
		}
	}
	said := columnsSaid{n: -1}
	said.look(r.part, 0)
	if len(list) == 1 && len(behind) <= 1 && hint.Object == "" && said.names == nil && said.n == makes(list[0]) && (len(hint.Columns) != said.n || said.n == 1) {
		list = append(list, behind...)
		for _, p := range list {
			r.notes = append(r.notes, fmt.Sprintf("what the model takes is made by %q (%s), which stands beside it and is applied", p.path, p.class()))
		}
		return list
	}
	for _, p := range r.before {
		r.notes = append(r.notes, fmt.Sprintf("beside the model stands %q (%s), which is not applied: rows are taken as the model takes them", p.path, p.class()))
	}
	return nil
}

// makes is how many columns a vectorizer makes; -1 when it does not tell.
func makes(p part) int {
	if p.class() == "DictVectorizer" {
		_, columns, err := keysOf(p)
		if err != nil {
			return -1
		}
		return len(columns)
	}
	l, err := lexiconOf(p)
	if err != nil {
		return -1
	}
	return l.Size()
}
