package sklearn

import (
	"strings"

	"dasier/ml/pickle"
	"dasier/ml/stage"
)

// keysOf are the keys of the dicts that a DictVectorizer was fitted on, in the
// order of its columns, and what each column is: its key, and the text that it
// stands for ("city=Paris") or none.
func keysOf(p part) (keys []string, columns []dictColumn, err error) {
	names := p.names("feature_names_")
	if len(names) == 0 {
		return nil, nil, p.wrong(neverFitted)
	}
	separator := p.text("separator")
	if separator == "" {
		separator = "="
	}
	seen := map[string]bool{}
	for _, name := range names {
		key, text, isText := strings.Cut(name, separator)
		columns = append(columns, dictColumn{name: name, key: key, text: text, isText: isText})
		if known, is := seen[key]; is && known != isText {
			return nil, nil, p.wrong("what stands at %q is a number in some rows and a text in others", key)
		}
		if _, is := seen[key]; !is {
			seen[key] = isText
			keys = append(keys, key)
		}
	}
	return keys, columns, nil
}

type dictColumn struct {
	name, key, text string
	isText          bool
}

// dictVectorizer reads one: texts become a column per text, and numbers stay what
// they are. What a row does not have is 0.
func dictVectorizer(p part, d *design) (*design, error) {
	keys, columns, err := keysOf(p)
	if err != nil {
		return nil, err
	}
	if len(d.columns) != len(keys) {
		return nil, p.wrong("it takes rows with the keys %q, and gets %d columns", keys[:min(len(keys), manyEntries)], len(d.columns))
	}
	if err := d.builder.widen(p, len(columns), 0); err != nil {
		return nil, err
	}
	at, texts := map[string]int{}, map[string][]any{}
	for i, key := range keys {
		at[key] = i
	}
	for _, c := range columns {
		if c.isText {
			texts[c.key] = append(texts[c.key], c.text)
		}
	}
	known, place := map[string]*categories{}, map[string][]int{}
	for _, key := range keys {
		if texts[key] == nil {
			continue
		}
		k, err := readCategories(p, key, &pickle.List{Items: texts[key]})
		if err != nil {
			return nil, err
		}
		if err := d.declare(p, &d.columns[at[key]], k, false); err != nil {
			return nil, err
		}
		known[key], place[key] = k, everyColumn(len(k.labels))
	}
	out, next := d.with(nil), map[string]int{}
	out.sparse = p.truth("sparse", true)
	for _, said := range columns {
		c := &d.columns[at[said.key]]
		if !said.isText {
			if err := d.number(p, c); err != nil {
				return nil, err
			}
			number := c.then(stage.Step{Op: "impute"})
			number.name, number.stored = said.name, true
			out.columns = append(out.columns, number)
			continue
		}
		out.columns = append(out.columns, tabled(c, table{place: place[said.key], hot: next[said.key]}, known[said.key], said.name))
		next[said.key]++
	}
	return out, nil
}
