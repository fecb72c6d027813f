package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/prep"
)

// table is the data of a recipe, checked against it.
type table struct {
	all    *frame.Frame // the rows in use
	rows   []int        // their places in the file, from 0
	left   []string     // why rows of the file are not in use
	inputs *frame.Frame // the columns that may become features
	target learn.Target // in its unit, and with the rows' weights
	prep   prep.Config
	digest string // of the file

	positive string // why the probability told is that of this class, where the recipe does not say
}

// Tables brings the table that a location names, as source.Fetcher does: from an
// address, or the answer of a query. The digest, where it is not empty, is that of
// what must come.
type Tables func(ctx context.Context, location, query, digest string, reading frame.Config) (*frame.Frame, *frame.Origin, error)

// Check tells whether the data fit the recipe, without training: they can be
// read, every column that the recipe names exists, and the target is usable.
func Check(ctx context.Context, r *Recipe, dir fs.FS, tables Tables) error {
	_, err := load(ctx, r, dir, tables)
	return err
}

func load(ctx context.Context, r *Recipe, dir fs.FS, tables Tables) (*table, error) {
	all, origin, err := r.read(ctx, dir, tables)
	if err != nil {
		return nil, err
	}
	if err := r.checkColumns(all); err != nil {
		return nil, err
	}
	t := &table{digest: origin.Digest, left: origin.Warnings}
	if err := t.takeRows(r, all); err != nil {
		return nil, err
	}
	if err := t.takeTarget(r); err != nil {
		return nil, err
	}
	if err := t.takeInputs(r); err != nil {
		return nil, err
	}
	return t, r.suits(t.target, t.inputs)
}

// read brings the rows from where they are.
func (r *Recipe) read(ctx context.Context, dir fs.FS, tables Tables) (*frame.Frame, *frame.Origin, error) {
	d := &r.Data
	if d.Path == "" && tables == nil {
		return nil, nil, r.wrong(fault.Invalid, "data.url", "the rows are not in a file here, and nothing can fetch them")
	}
	switch {
	case d.URL != "":
		f, origin, err := tables(ctx, d.URL, "", d.SHA256, r.reading())
		return f, origin, r.pointed(err, "data.url")
	case d.Query != "":
		f, origin, err := tables(ctx, d.location(), d.Query, "", r.reading())
		return f, origin, r.pointed(err, "data.query")
	}
	file, err := dir.Open(d.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, r.wrong(fault.Missing, "data.path", "there is no file %q beside the recipe", d.Path)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("opening data: %w", err)
	}
	defer func() { _ = file.Close() }() // only read from
	f, origin, err := frame.ReadContext(ctx, d.Path, file, r.reading())
	if err != nil {
		return nil, nil, err
	}
	if want := "sha256:" + d.SHA256; d.SHA256 != "" && origin.Digest != want {
		return nil, nil, r.wrong(fault.Invalid, "data.sha256", "%s is not what the recipe was written for: its checksum is %s", d.Path, origin.Digest)
	}
	return f, origin, nil
}

// pointed points a failure at the value of the recipe that it is about.
func (r *Recipe) pointed(err error, path string) error {
	if err == nil {
		return nil
	}
	return r.wrong(fault.KindOf(err), path, "%s", fault.Message(err))
}

// location is the database as package source reads it: $NAME and a bare file are
// spelled out.
func (d *Data) location() string {
	location := environmentName.ReplaceAllString(d.Database, "$${$1}")
	if !strings.Contains(location, ":") && !strings.HasPrefix(location, "$") {
		return "sqlite:" + location
	}
	return location
}

var environmentName = regexp.MustCompile(`\$([A-Za-z_][A-Za-z0-9_]*)`)

// From is what people call the data.
func (d *Data) From() string {
	switch {
	case d.Path != "":
		return d.Path
	case d.URL != "":
		return path.Base(d.URL)
	}
	return "the query"
}

// reading says how the file is read.
func (r *Recipe) reading() frame.Config {
	cfg := frame.Config{Name: r.Data.From(), Missing: r.Data.Missing, Sheet: r.Data.Sheet, Format: formatOf[r.Data.Format], Kinds: map[string]frame.Kind{}}
	if r.Data.Delimiter != "" {
		cfg.Delimiter, _ = utf8.DecodeRuneInString(r.Data.Delimiter)
	}
	for name, c := range r.Features.Columns {
		if c.Kind != nil {
			cfg.Kinds[name] = *c.Kind
		}
	}
	return cfg
}

// wrong is a fault that points at a value of the recipe.
func (r *Recipe) wrong(kind fault.Kind, path, format string, args ...any) error {
	return fault.Errorf(kind, "%w", Problems{r.problem(path, format, args...)})
}

// problem is a complaint about a value of the recipe.
func (r *Recipe) problem(path, format string, args ...any) Problem {
	at := r.at[path]
	return Problem{File: r.file, Position: Position{max(at.Line, 1), max(at.Column, 1)}, Message: fmt.Sprintf(format, args...)}
}

// mentions lists every column name that the recipe has, with its path.
func (r *Recipe) mentions() [][2]string {
	d := &r.Data
	mentions := [][2]string{
		{"data.target", d.Target},
		{"data.weight", d.Weight},
		{"data.id", d.ID},
		{"data.time", d.Time},
		{"data.group", d.Group},
		{"data.longitude", d.Longitude},
		{"data.latitude", d.Latitude},
	}
	for i, name := range r.Features.Drop {
		mentions = append(mentions, [2]string{indexed("features.drop", i), name})
	}
	for name := range r.Features.Columns {
		mentions = append(mentions, [2]string{"features.columns." + name, name})
	}
	for name := range d.Rows {
		mentions = append(mentions, [2]string{"data.rows." + name, name})
	}
	for i, set := range r.Features.Interactions {
		for k, name := range set {
			mentions = append(mentions, [2]string{indexed(indexed("features.interactions", i), k), name})
		}
	}
	for i, set := range r.Features.Products {
		for k, name := range set {
			mentions = append(mentions, [2]string{indexed(indexed("features.products", i), k), name})
		}
	}
	for i, name := range r.Serve.Inputs {
		mentions = append(mentions, [2]string{indexed("serve.inputs", i), name})
	}
	return slices.DeleteFunc(mentions, func(m [2]string) bool { return m[1] == "" })
}

func indexed(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func (r *Recipe) checkColumns(f *frame.Frame) error {
	var names []string
	for _, c := range f.Columns() {
		names = append(names, c.Name)
	}
	var problems Problems
	fail := func(path, format string, args ...any) { problems = append(problems, r.problem(path, format, args...)) }
	for _, m := range r.mentions() {
		if _, ok := f.Column(m[1]); !ok {
			near := didYouMean(m[1], names)
			if near == "" {
				near = "; its columns are " + some(names)
			}
			fail(m[0], "%s has no column %q%s", r.Data.From(), m[1], near)
		}
	}
	special := r.special()
	for name := range r.Features.Columns {
		if role := special[name]; role != "" {
			fail("features.columns."+name, "the column %q is the %s, so it cannot be a feature", name, role)
		}
	}
	for i, name := range r.Serve.Inputs {
		if role := special[name]; role != "" || slices.Contains(r.Features.Drop, name) {
			fail(indexed("serve.inputs", i), "the column %q is no input of the model", name)
		}
	}
	return problems.err()
}

// special gives the role of the columns that are not features.
func (r *Recipe) special() map[string]string {
	roles := map[string]string{r.Data.ID: "id", r.Data.Time: "time", r.Data.Weight: "weight", r.Data.Group: "group", r.Data.Target: "target"}
	delete(roles, "")
	return roles
}

// takeRows keeps the rows that the recipe wants.
func (t *table) takeRows(r *Recipe, all *frame.Frame) error {
	out := make([]bool, all.Rows())
	for _, c := range all.Columns() {
		bounds, bounded := r.Data.Rows[c.Name]
		if !bounded {
			continue
		}
		if c.Kind == frame.Category {
			return r.wrong(fault.Invalid, "data.rows."+c.Name, "the column %q is text and has no bounds", c.Name)
		}
		count := 0
		for i, v := range c.Numbers().All() {
			if bounds.Min != nil && v < *bounds.Min || bounds.Max != nil && v > *bounds.Max {
				out[i] = true
				count++
			}
		}
		t.left = append(t.left, fmt.Sprintf("%s of %s not used: %s is %s", plural(count, "row"), r.Data.From(), c.Name, bounds.outside()))
	}
	for i := range out {
		if !out[i] {
			t.rows = append(t.rows, i)
		}
	}
	if len(t.rows) == 0 {
		return r.wrong(fault.Invalid, "data.rows", "no row of %s is within data.rows: widen the bounds", r.Data.From())
	}
	t.all = all.Take(t.rows)
	return nil
}

// outside says what is beyond the bounds.
func (r Range) outside() string {
	switch {
	case r.Min == nil && r.Max == nil:
		return "never outside the bounds"
	case r.Min == nil:
		return fmt.Sprintf("above %g", *r.Max)
	case r.Max == nil:
		return fmt.Sprintf("below %g", *r.Min)
	}
	return fmt.Sprintf("below %g or above %g", *r.Min, *r.Max)
}

// takeInputs picks the columns that may become features, and their treatment.
func (t *table) takeInputs(r *Recipe) error {
	t.prep = prep.Config{Columns: map[string]prep.Column{}, Missing: r.Features.Missing, Rare: r.Features.Rare, Seed: r.Split.Seed}
	special := r.special()
	var names []string
	for _, c := range t.all.Columns() {
		listed, isListed := r.Features.Columns[c.Name]
		coordinate := c.Name == r.Data.Longitude || c.Name == r.Data.Latitude
		if special[c.Name] != "" || slices.Contains(r.Features.Drop, c.Name) || !r.Features.Auto && !isListed && !coordinate {
			continue
		}
		names = append(names, c.Name)
		if isListed {
			t.prep.Columns[c.Name] = listed.prepared()
		}
		if said := t.mixture(c); said != "" && listed.Kind == nil && listed.Treatment == prep.Auto {
			t.left = append(t.left, said)
		}
	}
	if len(names) == 0 {
		return r.wrong(fault.Invalid, "features", "no column of %s is left as a feature: drop fewer, or list some under features.columns", r.Data.From())
	}
	var err error
	t.inputs, err = t.all.Select(names...)
	return err
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
