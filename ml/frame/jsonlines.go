package frame

import (
	"bytes"
	"fmt"

	"dasier/fault"

	"github.com/valyala/fastjson"
)

// maxSparse limits rows times columns within one chunk: a hostile file could
// name thousands of columns after thousands of empty rows.
const maxSparse = 1 << 25

// jsonFile is a file of JSON lines being read: one flat object a line, whose
// keys are the columns, in order of appearance. A key that a line lacks is a
// missing value there, and so is null.
type jsonFile struct {
	in       *input
	cfg      Config
	missing  *spellings
	columns  []*builder
	byName   map[string]int
	decided  map[string]*builder // pass two: the columns that are fed again
	rows     int
	problems problems
}

func readJSONLines(in *input, cfg Config) (*Frame, error) {
	f := &jsonFile{in: in, cfg: cfg, missing: newSpellings(cfg.Missing), byName: map[string]int{}}
	if err := f.pass(); err != nil {
		return nil, err
	}
	f.decided = map[string]*builder{}
	for i, b := range f.columns {
		if b.torn || (b.again && !b.settle()) {
			return nil, fault.Errorf(fault.Invalid, "%s: %s: the dates are of different forms, or day and month could be either in every one: write them as 2021-12-31", cfg.Name, b.name)
		}
		if b.again {
			f.decided[b.name] = b.restart()
			f.columns[i] = b.restart()
		}
	}
	if len(f.decided) > 0 {
		before := f.rows
		if err := f.pass(); err != nil {
			return nil, err
		}
		if f.rows != before {
			return nil, fault.Errorf(fault.Conflict, "%s: the file changed while it was read: read it again", cfg.Name)
		}
	}
	columns := make([]*Column, len(f.columns))
	for i, b := range f.columns {
		columns[i] = b.column()
	}
	return New(columns...)
}

func (f *jsonFile) pass() error {
	next, err := f.in.open(&f.cfg, false)
	if err != nil {
		return err
	}
	f.rows, f.problems = 0, problems{name: f.cfg.Name}
	if err := inOrder(next, func() *jsonRows { return &jsonRows{file: f} }, f.join); err != nil {
		return err
	}
	if f.rows == 0 && f.problems.count == 0 {
		return fault.Errorf(fault.Invalid, "%s: the file is empty: it needs an object a line", f.cfg.Name)
	}
	for _, b := range f.columns {
		if b.kind == Number && b.infiniteAt != "" && !b.again {
			f.problems.add(b.infiniteAt)
		}
	}
	if err := f.problems.err(); err != nil {
		return err
	}
	if len(f.columns) == 0 {
		return fault.Errorf(fault.Invalid, "%s: the objects have no keys, so there are no columns", f.cfg.Name)
	}
	return nil
}

func (f *jsonFile) join(p *jsonRows) error {
	if p.fatal != nil {
		return p.fatal
	}
	before := f.rows
	if f.rows += p.count; f.rows > f.cfg.MaxRows {
		return fault.Errorf(fault.Invalid, "%s: the file has more than %d rows", f.cfg.Name, f.cfg.MaxRows)
	}
	f.problems.join(&p.problems)
	joined := make([]bool, len(f.columns), len(f.columns)+len(p.columns))
	for _, b := range p.columns {
		at, known := f.byName[b.name]
		if !known {
			if at = len(f.columns); at >= f.cfg.MaxColumns {
				return fault.Errorf(fault.Invalid, "%s: the objects have more than %d different keys: is one of them data?", f.cfg.Name, f.cfg.MaxColumns)
			}
			column := f.cfg.newBuilder(b.name, f.missing)
			column.lack(before, 0)
			f.byName[b.name] = at
			f.columns = append(f.columns, column)
			joined = append(joined, false)
		}
		f.columns[at].join(b, p.count, 0)
		joined[at] = true
	}
	if f.rows*len(f.columns) > f.cfg.MaxCells {
		return fault.Errorf(fault.Invalid, "%s: the file has more than %d cells in %d columns: read fewer rows or columns", f.cfg.Name, f.cfg.MaxCells, len(f.columns))
	}
	empty := newBuilder("", f.missing, 0)
	for i, done := range joined {
		if b := f.columns[i]; !done && (f.decided == nil || f.decided[b.name] != nil) {
			b.join(empty, p.count, 0)
		}
	}
	return nil
}

// jsonRows parses the chunks of one pass.
type jsonRows struct {
	file     *jsonFile
	parser   fastjson.Parser
	columns  []*builder
	filled   []int // by column: rows it has
	byName   map[string]int
	again    map[string]*builder // columns of the chunk that are texts after all
	count    int
	line     int
	problems problems
	fatal    error
}

func (p *jsonRows) parse(c *chunk) {
	p.again = p.file.decided
	p.read(c)
	var texts map[string]*builder
	for _, b := range p.columns {
		if b.again && b.kind == Category {
			if texts == nil {
				texts = map[string]*builder{}
			}
			texts[b.name] = b.restart()
		}
	}
	if texts == nil || p.fatal != nil || p.problems.count > 0 {
		return
	}
	all := p.columns
	p.again = texts
	p.read(c)
	for i, b := range all {
		if _, text := texts[b.name]; text {
			all[i] = p.columns[p.byName[b.name]]
		}
	}
	p.columns = all
}

func (p *jsonRows) read(c *chunk) {
	p.columns, p.filled, p.byName = nil, nil, map[string]int{}
	p.count, p.fatal, p.problems = 0, nil, problems{name: p.file.cfg.Name}
	if bad, what := misfit(c.text); bad >= 0 {
		before := c.text[:bad]
		p.fatal = fault.Errorf(fault.Invalid, "%s:%d:%d: %s", p.file.cfg.Name, c.line+bytes.Count(before, []byte{'\n'}), bad-bytes.LastIndexByte(before, '\n'), what)
		return
	}
	p.line = c.line
	for text := c.text; len(text) > 0; p.line++ {
		end, after := lineEnd(text, 0)
		line := bytes.TrimSpace(text[:end])
		text = text[after:]
		if len(line) > 0 {
			p.row(line)
		}
		if p.count*len(p.columns) > maxSparse {
			p.fatal = fault.Errorf(fault.Invalid, "%s:%d: the objects have %d different keys so far, and most lack most: is one of the keys data?", p.file.cfg.Name, p.line, len(p.columns))
			return
		}
	}
	for i, b := range p.columns {
		p.fill(i, b, p.count)
	}
}

func (p *jsonRows) complain(format string, args ...any) {
	p.problems.add(fmt.Sprintf("%s:%d: %s", p.file.cfg.Name, p.line, fmt.Sprintf(format, args...)))
}

func (p *jsonRows) row(line []byte) {
	p.count++
	if err := fastjson.ValidateBytes(line); err != nil {
		p.complain("this is no JSON: write one object a line")
		return
	}
	value, err := p.parser.ParseBytes(line)
	if err != nil {
		p.complain("this is no JSON that can be read: %s", shorten(err.Error()))
		return
	}
	object, err := value.Object()
	if err != nil {
		p.complain("a %s: write one object a line", value.Type())
		return
	}
	object.Visit(func(key []byte, v *fastjson.Value) { p.cell(string(key), v) })
}

func (p *jsonRows) cell(key string, v *fastjson.Value) {
	at, known := p.byName[key]
	if !known {
		if p.again != nil && p.again[key] == nil {
			return
		}
		if len(bytes.TrimSpace([]byte(key))) == 0 || len(key) > p.file.cfg.MaxField {
			p.complain("a key is empty or longer than %d bytes: a column needs a name", p.file.cfg.MaxField)
			return
		}
		at = len(p.columns)
		b := p.again[key]
		if b == nil {
			b = p.file.cfg.newBuilder(key, p.file.missing)
		}
		b = b.clone()
		b.settled()
		p.byName[b.name] = at
		p.columns, p.filled = append(p.columns, b), append(p.filled, 0)
	}
	b := p.columns[at]
	if p.filled[at] == p.count {
		p.complain("the key %q stands twice", key)
		return
	}
	p.fill(at, b, p.count-1)
	p.filled[at]++
	wrong, text := "", ""
	switch v.Type() {
	case fastjson.TypeNull:
		b.addNothing()
	case fastjson.TypeObject, fastjson.TypeArray:
		p.complain("%s: a value within a value cannot be a cell: write its parts under keys of their own", key)
		b.addNothing()
		return
	case fastjson.TypeString:
		text = string(v.GetStringBytes())
		wrong = b.addQuoted(text)
	default:
		text = v.String()
		wrong = b.add(text)
	}
	switch {
	case len(text) > p.file.cfg.MaxField:
		p.complain("%s: the value has %d bytes: at most %d are read", key, len(text), p.file.cfg.MaxField)
	case wrong != "":
		p.complain("%s: %q %s", key, shorten(text), wrong)
	case b.infinite > 0 && b.infiniteAt == "":
		b.infiniteAt = fmt.Sprintf("%s:%d: %s: %q is not finite: write null if it is unknown", p.file.cfg.Name, p.line, key, shorten(text))
	}
}

// fill adds what the rows before lacked.
func (p *jsonRows) fill(at int, b *builder, rows int) {
	for ; p.filled[at] < rows; p.filled[at]++ {
		b.addNothing()
	}
}
