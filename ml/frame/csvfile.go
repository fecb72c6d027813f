package frame

import (
	"errors"

	"dasier/fault"
)

// csvFile is a CSV file being read.
type csvFile struct {
	in       *input
	cfg      Config
	names    []string
	header   int        // bytes of the first chunk before the rows
	models   []*builder // what is decided of the columns before a pass; nil: not wanted
	columns  []*builder // the columns so far
	rows     int
	expected int // rows in all, about
	problems problems
}

// csvRows parses the chunks of one pass.
type csvRows struct {
	*rows
	file  *csvFile
	first bool // of the chunks
	size  int  // of the chunk
}

func (p *csvRows) parse(c *chunk) {
	for i, model := range p.file.models {
		if model != nil {
			p.builders[i].reset(model)
		}
	}
	p.first, p.size = c.first, len(c.text)
	p.read(c, p.file.begin(c))
}

// begin is where the rows of a chunk begin.
func (f *csvFile) begin(c *chunk) int {
	if c.first {
		return f.header
	}
	return 0
}

func (f *csvFile) frame() (*Frame, error) {
	next, err := f.in.open(&f.cfg, true)
	if err != nil {
		return nil, err
	}
	// The header is read before the rest is handed out.
	var first chunk
	if _, err := next(&first); err != nil {
		return nil, err
	}
	if f.names, f.header, err = readHeader(&first, &f.cfg); err != nil {
		return nil, err
	}
	f.models = f.cfg.newBuilders(f.names)
	f.columns = f.cfg.newBuilders(f.names)
	unread := true
	if err := f.pass(func(c *chunk) (bool, error) {
		if unread {
			unread = false
			*c = first
			return true, nil
		}
		return next(c)
	}); err != nil {
		return nil, err
	}
	if err := f.again(); err != nil {
		return nil, err
	}
	columns := make([]*Column, len(f.columns))
	for i, b := range f.columns {
		columns[i] = b.column()
	}
	return New(columns...)
}

// errEnough ends a pass whose problems say why.
var errEnough = errors.New("the rest of the file cannot be read")

// pass reads the file once.
func (f *csvFile) pass(next feed) error {
	f.rows, f.problems = 0, problems{name: f.cfg.Name}
	err := inOrder(next, func() *csvRows {
		p := &csvRows{rows: newRows(&f.cfg, f.names), file: f}
		p.builders = make([]*builder, len(f.models))
		for i, model := range f.models {
			if model != nil {
				p.builders[i] = model.clone()
				p.builders[i].settled()
			}
		}
		return p
	}, f.join)
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return f.found(f.columns)
}

// join takes in a chunk's rows.
func (f *csvFile) join(p *csvRows) error {
	if p.fatal != nil {
		return p.fatal
	}
	f.rows += p.count
	if f.rows > f.cfg.MaxRows {
		return fault.Errorf(fault.Invalid, "%s: the file has more than %d rows", f.cfg.Name, f.cfg.MaxRows)
	}
	if f.rows*len(f.names) > f.cfg.MaxCells {
		return fault.Errorf(fault.Invalid, "%s: the file has more than %d cells in %d columns: read fewer rows or columns", f.cfg.Name, f.cfg.MaxCells, len(f.names))
	}
	f.problems.join(&p.problems)
	if p.first && f.in.size > 0 && p.size > 0 {
		// Two per cent more than the first chunk promises.
		f.expected = min(int(float64(f.in.size)/float64(p.size)*float64(p.count)*1.02)+16, f.cfg.MaxRows)
	}
	for i, b := range p.builders {
		if b != nil {
			f.columns[i].join(b, p.count, f.expected)
		}
	}
	if p.broken {
		return errEnough
	}
	return nil
}

// found says what a pass found wrong.
func (f *csvFile) found(columns []*builder) error {
	if f.rows == 0 && f.problems.count == 0 {
		return fault.Errorf(fault.Invalid, "%s: the file has a header but no rows", f.cfg.Name)
	}
	for _, b := range columns {
		if b != nil && b.kind == Number && b.infiniteAt != "" && !b.again {
			f.problems.add(b.infiniteAt)
		}
	}
	return f.problems.err()
}

// again reads the columns once more of which only the whole file tells what
// they are.
func (f *csvFile) again() error {
	wanted := false
	for i, b := range f.columns {
		f.models[i] = nil
		switch {
		case b.torn:
			return f.complain()
		case !b.again:
			continue
		case !b.settle():
			return fault.Errorf(fault.Invalid, "%s: %s: day and month could be either in every date: say which comes first", f.cfg.Name, b.name)
		}
		wanted = true
		f.columns[i] = b.restart()
		f.models[i] = b.restart()
	}
	if !wanted {
		return nil
	}
	before := f.rows
	next, err := f.in.open(&f.cfg, true)
	if err != nil {
		return err
	}
	if err := f.pass(next); err != nil {
		return err
	}
	if f.rows != before {
		return fault.Errorf(fault.Conflict, "%s: the file changed while it was read: read it again", f.cfg.Name)
	}
	return nil
}

// complain reads in one go, to find the very cell at which dates that must be
// dates cease to be like the ones above them.
func (f *csvFile) complain() error {
	next, err := f.in.open(&f.cfg, true)
	if err != nil {
		return err
	}
	r := newRows(&f.cfg, f.names)
	r.builders = f.cfg.newBuilders(f.names)
	f.rows, f.problems = 0, problems{name: f.cfg.Name}
	var c chunk
	for {
		more, err := next(&c)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		r.feedAll(&c, f.begin(&c))
		f.rows += r.count
		f.problems.join(&r.problems)
	}
	if err := f.found(r.builders); err != nil {
		return err
	}
	return fault.Errorf(fault.Conflict, "%s: the file changed while it was read: read it again", f.cfg.Name)
}
