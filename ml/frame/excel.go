package frame

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"dasier/fault"

	"github.com/xuri/excelize/v2"
)

// excelErrors are what a formula that fails shows; #N/A counts as missing.
var excelErrors = []string{"#DIV/0!", "#REF!", "#NAME?", "#VALUE!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}

// excelFile is a sheet being read: the first row that has a cell is the
// header. Formulas count as the values that were saved with them. Cells are
// read as the cells of a CSV file are, but that a number with a date's format is
// a date. excelize gives a cell's value as it is saved or as it is shown, and
// only both together tell dates and truth values from numbers.
type excelFile struct {
	book    *excelize.File
	sheet   string
	base    bool // days are counted from 1904
	cfg     Config
	names   []string
	columns []*builder
	rows    int
}

// dateMark is how every date is made to show.
const dateMark = `yyyy\-mm\-dd\Thh:mm:ss`

func readExcel(r io.ReaderAt, size int64, cfg Config) (f *Frame, err error) {
	defer func() {
		if p := recover(); p != nil { // a library on foreign bytes
			f, err = nil, fault.Errorf(fault.Invalid, "%s: the Excel file is damaged", cfg.Name)
		}
	}()
	book, err := excelize.OpenReader(io.NewSectionReader(r, 0, size), excelize.Options{UnzipSizeLimit: cfg.MaxBytes, UnzipXMLSizeLimit: cfg.MaxBytes})
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s: this cannot be read as an Excel file (.xlsx): %s", cfg.Name, shorten(err.Error()))
	}
	defer func() { _ = book.Close() }() // nothing was written
	x := &excelFile{book: book, cfg: cfg}
	if err := x.choose(); err != nil {
		return nil, err
	}
	if err := x.markDates(); err != nil {
		return nil, err
	}
	if err := x.pass(nil); err != nil {
		return nil, err
	}
	wanted := make([]bool, len(x.columns))
	for i, b := range x.columns {
		if !b.again {
			continue
		}
		if !b.settle() {
			return nil, fault.Errorf(fault.Invalid, "%s: %s: day and month could be either in every date: say which comes first", cfg.Name, b.name)
		}
		x.columns[i], wanted[i] = b.restart(), true
	}
	if slices.Contains(wanted, true) {
		if err := x.pass(wanted); err != nil {
			return nil, err
		}
	}
	columns := make([]*Column, len(x.columns))
	for i, b := range x.columns {
		columns[i] = b.column()
	}
	return New(columns...)
}

func (x *excelFile) choose() error {
	sheets := x.book.GetSheetList()
	if x.sheet = x.cfg.Sheet; x.sheet == "" && len(sheets) > 0 {
		x.sheet = sheets[0]
	}
	if !slices.Contains(sheets, x.sheet) {
		return fault.Errorf(fault.Invalid, "%s: there is no sheet %q: the sheets are %q", x.cfg.Name, x.sheet, sheets)
	}
	if props, err := x.book.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		x.base = *props.Date1904
	}
	return nil
}

// markDates has all dates shown alike, and nothing else with them.
func (x *excelFile) markDates() error {
	_, _ = x.book.GetStyle(0) // has the styles read
	styles := x.book.Styles
	if styles == nil || styles.CellXfs == nil {
		return nil
	}
	codes := map[int]string{}
	if styles.NumFmts != nil {
		for _, format := range styles.NumFmts.NumFmt {
			if format != nil {
				codes[format.NumFmtID] = format.FormatCode
			}
		}
	}
	marked, err := x.book.NewStyle(&excelize.Style{CustomNumFmt: new(dateMark)})
	if err != nil {
		return fault.Errorf(fault.Invalid, "%s: the styles cannot be read: %s", x.cfg.Name, shorten(err.Error()))
	}
	mark := styles.CellXfs.Xf[marked].NumFmtID
	for i := range styles.CellXfs.Xf {
		id := styles.CellXfs.Xf[i].NumFmtID
		if id == nil || i == marked {
			continue
		}
		if code, custom := codes[*id]; (custom && isDate(code)) || (!custom && isDateID(*id)) {
			styles.CellXfs.Xf[i].NumFmtID = mark
		} else {
			styles.CellXfs.Xf[i].NumFmtID = new(0)
		}
	}
	return nil
}

// isDateID tells the built-in formats of dates (ECMA-376-1, 18.8.30) from those
// of times of day and of numbers.
func isDateID(id int) bool {
	return (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 54) || id == 57 || id == 58
}

// isDate tells whether a format code shows a day or a year: letters outside
// quotes and brackets.
func isDate(code string) bool {
	var plain strings.Builder
	quoted, bracket := false, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\\', c == '_', c == '*':
			i++ // the next character is shown or measured
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case !bracket:
			plain.WriteByte(c | 0x20)
		}
	}
	return !strings.Contains(plain.String(), "general") && strings.ContainsAny(plain.String(), "yd")
}

// pass feeds the rows to the columns, or to those that are wanted.
func (x *excelFile) pass(wanted []bool) error {
	saved, err := x.book.Rows(x.sheet)
	if err != nil {
		return fault.Errorf(fault.Invalid, "%s: the sheet %q cannot be read: %s", x.cfg.Name, x.sheet, shorten(err.Error()))
	}
	defer func() { _ = saved.Close() }()
	shown, err := x.book.Rows(x.sheet)
	if err != nil {
		return fault.Errorf(fault.Invalid, "%s: the sheet %q cannot be read: %s", x.cfg.Name, x.sheet, shorten(err.Error()))
	}
	defer func() { _ = shown.Close() }()
	problems := problems{name: x.cfg.Name}
	header := false
	x.rows = 0
	for number := 1; saved.Next() && shown.Next(); number++ {
		raw, err := saved.Columns(excelize.Options{RawCellValue: true})
		formatted, err2 := shown.Columns()
		if err := errors.Join(err, err2); err != nil {
			return fault.Errorf(fault.Invalid, "%s:%d: the row cannot be read: %s", x.cfg.Name, number, shorten(err.Error()))
		}
		if !slices.ContainsFunc(raw, func(cell string) bool { return cell != "" }) {
			continue
		}
		if !header {
			header = true
			if err := x.begin(raw, number, wanted != nil); err != nil {
				return err
			}
			continue
		}
		if x.rows++; x.rows > x.cfg.MaxRows {
			return fault.Errorf(fault.Invalid, "%s: the sheet has more than %d rows", x.cfg.Name, x.cfg.MaxRows)
		}
		if x.rows*len(x.names) > x.cfg.MaxCells {
			return fault.Errorf(fault.Invalid, "%s: the sheet has more than %d cells in %d columns: read fewer rows or columns", x.cfg.Name, x.cfg.MaxCells, len(x.names))
		}
		x.row(number, raw, formatted, wanted, &problems)
	}
	if err := errors.Join(saved.Error(), shown.Error()); err != nil {
		return fault.Errorf(fault.Invalid, "%s: the sheet %q is damaged: %s", x.cfg.Name, x.sheet, shorten(err.Error()))
	}
	switch {
	case !header:
		return fault.Errorf(fault.Invalid, "%s: the sheet %q is empty: it needs a header and at least one row", x.cfg.Name, x.sheet)
	case x.rows == 0:
		return fault.Errorf(fault.Invalid, "%s: the sheet %q has a header but no rows", x.cfg.Name, x.sheet)
	}
	for _, b := range x.columns {
		if b.kind == Number && b.infiniteAt != "" && !b.again {
			problems.add(b.infiniteAt)
		}
	}
	return problems.err()
}

func (x *excelFile) begin(cells []string, number int, again bool) error {
	if again {
		return nil
	}
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	x.names = slices.Clone(cells)
	if err := checkNames(x.names, &x.cfg, "%s:"+strconv.Itoa(number)+": "); err != nil {
		return err
	}
	x.columns = x.cfg.newBuilders(x.names)
	return nil
}

func (x *excelFile) row(number int, raw, formatted []string, wanted []bool, problems *problems) {
	for j := range max(len(raw), len(x.names)) {
		var cell string
		if j < len(raw) {
			cell = raw[j]
		}
		place := func(what string) {
			name, err := excelize.CoordinatesToCellName(j+1, number)
			if err != nil {
				name = strconv.Itoa(number)
			}
			column := ""
			if j < len(x.names) {
				column = x.names[j] + ": "
			}
			problems.add(fmt.Sprintf("%s:%s: %s%s", x.cfg.Name, name, column, what))
		}
		switch {
		case j >= len(x.names):
			if cell != "" {
				place("a cell beyond the header's columns: give the column a name, or clear the cell")
			}
			continue
		case wanted != nil && !wanted[j]:
			continue
		case slices.Contains(excelErrors, cell):
			place(fmt.Sprintf("the formula gives %s: correct it, or leave the cell empty", cell))
			x.columns[j].addNothing()
			continue
		case len(cell) > x.cfg.MaxField:
			place(fmt.Sprintf("the cell has %d bytes: at most %d are read", len(cell), x.cfg.MaxField))
			continue
		}
		if j < len(formatted) && formatted[j] != cell {
			cell = x.meant(cell, formatted[j])
		}
		b := x.columns[j]
		if wrong := b.add(cell); wrong != "" {
			place(fmt.Sprintf("%q %s", shorten(cell), wrong))
		} else if b.infinite > 0 && b.infiniteAt == "" {
			b.infiniteAt = fmt.Sprintf("%s:%d: %s: %q is not finite: leave the cell empty if it is unknown", x.cfg.Name, number, b.name, shorten(cell))
		}
	}
}

// meant is the text of a cell that is shown otherwise than it is saved.
func (x *excelFile) meant(saved, shown string) string {
	if (shown == "TRUE" && saved == "1") || (shown == "FALSE" && saved == "0") {
		return shown
	}
	if len(shown) != len("2006-01-02T15:04:05") || shown[10] != 'T' {
		return saved
	}
	days, class := parseNumber(saved)
	if class != plain {
		return saved
	}
	at, err := excelize.ExcelDateToTime(days, x.base)
	if err != nil {
		return saved
	}
	return at.Round(time.Millisecond).Format("2006-01-02T15:04:05.999")
}
