package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"dasier/ml/frame"
	"dasier/source"
)

// places is the end of the help of every command that reads tables.
const places = `A table is a file (CSV, Parquet, Excel or JSON lines; CSV and JSON lines also
packed, as .gz or .zst) or at an address: https://…, s3://bucket/…, postgres://…
or sqlite:FILE. A database needs --query. ${NAME} in an address stands for a
variable of the environment; put such an address in single quotes.`

// tableFlags say how a command reads its tables.
type tableFlags struct {
	cmd                      *cobra.Command
	tables                   int // that the command reads
	reading                  func() (frame.Config, error)
	dates, format            string
	sheets, digests, queries []string // one for each table, or one for all
}

// tableFlagsOf adds the flags to a command that reads so many tables.
func tableFlagsOf(cmd *cobra.Command, tables int) *tableFlags {
	f := &tableFlags{cmd: cmd, tables: tables, reading: readingFlags(cmd, "what the header shows")}
	each, alike := "", ""
	if tables > 1 {
		each, alike = "; once for each table", "; once, or once for each table"
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dates, "dates", "", "dmy or mdy: how dates such as 03/04/2021 are meant (default: what the column shows)")
	flags.StringVar(&f.format, "format", "", "csv, parquet, excel or json-lines (default: what the content shows)")
	flags.StringArrayVar(&f.sheets, "sheet", nil, "sheet of an Excel file (default: the first)"+alike)
	flags.StringArrayVar(&f.digests, "sha256", nil, "SHA-256 that the data must have"+each)
	flags.StringArrayVar(&f.queries, "query", nil, "table of a database, or a SELECT"+alike)
	return f
}

// read brings table number i, from 0, and reads it. What is doubtful about the
// way it came goes to the command's standard error.
func (f *tableFlags) read(i int, location string, adapt func(frame.Config) frame.Config) (*frame.Frame, error) {
	config, err := f.config()
	if err != nil {
		return nil, err
	}
	if config.Sheet, err = f.one("sheet", f.sheets, i, true); err != nil {
		return nil, err
	}
	digest, err := f.one("sha256", f.digests, i, false)
	if err != nil {
		return nil, err
	}
	query, err := f.one("query", f.queries, i, true)
	if err != nil {
		return nil, err
	}
	if adapt != nil {
		config = adapt(config)
	}
	table, origin, err := source.New(source.Config{}).Table(f.cmd.Context(), location, query, digest, config)
	if err != nil {
		return nil, err
	}
	for _, warning := range origin.Warnings {
		fmt.Fprintf(f.cmd.ErrOrStderr(), "warning: %s\n", warning)
	}
	return table, nil
}

// config is what is the same for all tables.
func (f *tableFlags) config() (frame.Config, error) {
	config, err := f.reading()
	if err != nil {
		return config, err
	}
	config.Format, config.Dates = frame.Format(f.format), frame.DateOrder(f.dates)
	if !slices.Contains([]frame.Format{"", frame.CSV, frame.Parquet, frame.Excel, frame.JSONLines}, config.Format) {
		return config, fmt.Errorf("--format %q: expected csv, parquet, excel or json-lines", f.format)
	}
	if !slices.Contains([]frame.DateOrder{frame.Unknown, frame.DayFirst, frame.MonthFirst}, config.Dates) {
		return config, fmt.Errorf("--dates %q: expected dmy (day first) or mdy (month first)", f.dates)
	}
	return config, nil
}

// one is what a flag says of table i. What may be the same for all tables needs
// to be said once.
func (f *tableFlags) one(name string, said []string, i int, shared bool) (string, error) {
	switch {
	case len(said) == 0:
		return "", nil
	case len(said) == f.tables:
		return said[i], nil
	case len(said) == 1 && shared:
		return said[0], nil
	case f.tables == 1:
		return "", fmt.Errorf("--%s is given %d times: expected once", name, len(said))
	}
	return "", fmt.Errorf("--%s is given %s: expected once for each of the %d tables", name, times(len(said)), f.tables)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// readingFlags lets a command say how its CSV file is to be read; usual is the
// delimiter when nothing is said.
func readingFlags(cmd *cobra.Command, usual string) func() (frame.Config, error) {
	missing := cmd.Flags().StringSlice("missing", nil, `spellings of a missing value (default: the usual ones; "" for none but the empty field)`)
	delimiter := cmd.Flags().String("delimiter", "", `the character between the fields of a CSV file, such as ";"; tab for the tabulator (default: `+usual+`)`)
	return func() (frame.Config, error) {
		var config frame.Config
		if cmd.Flags().Changed("missing") {
			config.Missing = append([]string{}, *missing...)
		}
		if !cmd.Flags().Changed("delimiter") {
			return config, nil
		}
		character := strings.NewReplacer("tab", "\t", `\t`, "\t").Replace(*delimiter)
		if utf8.RuneCountInString(character) != 1 {
			return config, fmt.Errorf("--delimiter %q: expected one character, such as ; or tab", *delimiter)
		}
		config.Delimiter, _ = utf8.DecodeRuneInString(character)
		return config, nil
	}
}
