package frame

// Config says how a file is read, whatever its format. The zero value reads
// what people export most.
type Config struct {
	// Name is what errors call the input. Default: the file's base name;
	// ReadCSV: "CSV".
	Name string
	// Format is CSV, Parquet, Excel or JSONLines. Default: found from the
	// content and the name.
	Format Format
	// Delimiter separates the fields of a CSV file. Default: ReadCSV: the comma;
	// Open and Read: found in the header where only one is possible.
	Delimiter rune
	// Sheet is the sheet of an Excel file. Default: the first.
	Sheet string
	// Missing are the spellings of a missing value. Default (nil):
	// UsualMissing. The empty field is always missing.
	Missing []string
	// Kinds forces the kind of the named columns; a cell that is not of it is
	// an error. Names that the file does not have are ignored: who asks for a
	// column notices that it is absent.
	Kinds map[string]Kind
	// Dates says which of day and month comes first in all-digit dates.
	// Default: the column decides, or stays text.
	Dates DateOrder
	// MaxBytes limits the input, and what it is when decompressed. Default:
	// 1 GiB.
	MaxBytes int64
	// MaxRows limits the rows. Default: 20 million.
	MaxRows int
	// MaxColumns limits the columns. Default: 10,000.
	MaxColumns int
	// MaxCells limits rows times columns. Default: 500 million.
	MaxCells int
	// MaxField limits one field, in bytes. Default: 64 KiB.
	MaxField int
}

// CSVConfig is Config: CSV was the first format, and some still say so.
type CSVConfig = Config

func (c Config) withDefaults(name string) Config {
	if c.Name == "" {
		c.Name = name
	}
	if c.Missing == nil {
		c.Missing = UsualMissing
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = 1 << 30
	}
	if c.MaxRows <= 0 {
		c.MaxRows = 20_000_000
	}
	if c.MaxColumns <= 0 {
		c.MaxColumns = 10_000
	}
	if c.MaxCells <= 0 {
		c.MaxCells = 500_000_000
	}
	if c.MaxField <= 0 {
		c.MaxField = 64 << 10
	}
	return c
}

// newBuilders makes a builder for every column.
func (c *Config) newBuilders(names []string) []*builder {
	missing := newSpellings(c.Missing)
	builders := make([]*builder, len(names))
	for i, name := range names {
		builders[i] = c.newBuilder(name, missing)
	}
	return builders
}

func (c *Config) newBuilder(name string, missing *spellings) *builder {
	b := newBuilder(name, missing, everyLayout(c.Dates))
	if kind, forced := c.Kinds[name]; forced {
		b.force(kind)
	}
	return b
}
