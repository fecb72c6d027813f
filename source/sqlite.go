package source

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"dasier/fault"

	_ "modernc.org/sqlite" // opens SQLite files
)

// fromSQLite writes the rows of a table or query to the file. The database is
// opened so that nothing can be written to it.
func (f *Fetcher) fromSQLite(ctx context.Context, place *place, query string, file *File) error {
	table, text, err := asQuery(query, place.shown)
	if err != nil {
		return err
	}
	if info, err := os.Stat(place.path); err != nil || info.IsDir() {
		return fault.Errorf(fault.Missing, "no file %q to ask", strings.TrimPrefix(place.shown, "sqlite:"))
	}
	address := url.URL{Scheme: "file", Path: place.path, RawQuery: "mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(5000)"}
	if !strings.HasPrefix(place.path, "/") {
		address = url.URL{Scheme: "file", Opaque: url.PathEscape(place.path), RawQuery: address.RawQuery}
	}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return fault.Errorf(fault.Invalid, "%s cannot be opened: %s", place.shown, err.Error())
	}
	defer func() { _ = db.Close() }() // nothing was written
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return sqliteFault(ctx, place, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if table != nil {
		if text, err = wholeSQLiteTable(ctx, tx, table, file); err != nil {
			return sqliteFault(ctx, place, err)
		}
	} else if !hasOrder(text) {
		file.Warnings = append(file.Warnings, fmt.Sprintf(unordered, "the query"))
	}
	if err := copySQLite(ctx, tx, text, file, f.cfg.MaxBytes); err != nil {
		return sqliteFault(ctx, place, err)
	}
	file.Name, file.format = "query", place.format
	if table != nil {
		file.Name = strings.Join(table, ".")
	}
	return nil
}

func sqliteFault(ctx context.Context, place *place, err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if ctx.Err() != nil {
		return fault.Errorf(fault.Unavailable, "%s: stopped before the rows were read", place.shown)
	}
	return fault.Errorf(fault.Invalid, "%s: %s", place.shown, err.Error())
}

// wholeSQLiteTable is the query for a table in the order of its primary key, or
// of its rows' numbers.
func wholeSQLiteTable(ctx context.Context, tx *sql.Tx, table []string, file *File) (string, error) {
	quoted := make([]string, len(table))
	for i, part := range table {
		quoted[i] = `"` + part + `"` // a name has no quotes: asQuery saw to it
	}
	schema, name := "main", table[len(table)-1]
	if len(table) == 2 {
		schema = table[0]
	}
	text := "SELECT * FROM " + strings.Join(quoted, ".")
	rows, err := tx.QueryContext(ctx, "SELECT name FROM pragma_table_info(?, ?) WHERE pk > 0 ORDER BY pk", name, schema)
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }() // read to its end
	var keys []string
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return "", err
		}
		keys = append(keys, `"`+strings.ReplaceAll(key, `"`, `""`)+`"`)
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	if len(keys) > 0 {
		return text + " ORDER BY " + strings.Join(keys, ", "), nil
	}
	var kind string
	err = tx.QueryRowContext(ctx, "SELECT type FROM pragma_table_list WHERE name = ? COLLATE NOCASE AND schema = ?", name, schema).Scan(&kind)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fault.Errorf(fault.Missing, "%s: there is no table %q", file.shown, strings.Join(table, "."))
	}
	if err != nil {
		return "", err
	}
	if kind != "table" {
		file.Warnings = append(file.Warnings, fmt.Sprintf(unordered, "a "+kind))
		return text, nil
	}
	return text + " ORDER BY rowid", nil
}

func copySQLite(ctx context.Context, tx *sql.Tx, query string, file *File, limit int64) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // read to its end
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	names, truth := make([]string, len(types)), make([]bool, len(types))
	for i, column := range types {
		names[i] = column.Name()
		truth[i] = strings.HasPrefix(strings.ToUpper(column.DatabaseTypeName()), "BOOL")
	}
	out, err := newRowWriter(file, names, limit, file.shown)
	if err != nil {
		return err
	}
	values, places, cells := make([]any, len(names)), make([]any, len(names)), make([][]byte, len(names))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		for i, value := range values {
			if n, whole := value.(int64); truth[i] && whole && (n == 0 || n == 1) {
				value = n == 1
			}
			if cells[i], err = sqliteCell(cells[i][:0], value, out, i); err != nil {
				return err
			}
		}
		if err := out.write(cells); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return out.close()
}

// sqliteCell writes a value by its own type: SQLite's columns have none that
// binds.
func sqliteCell(b []byte, value any, out *rowWriter, column int) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(b, "null"...), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case float64:
		if math.IsInf(v, 0) {
			return nil, out.refuse(column, "the number is infinite: select NULL in its place if it is unknown")
		}
		return strconv.AppendFloat(b, v, 'g', -1, 64), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case time.Time: // of a column that says DATE or DATETIME
		return appendText(b, v.UTC().Format("2006-01-02T15:04:05.999999999")), nil
	case string:
		text, ok := textCell(b, v)
		if !ok {
			return nil, out.refuse(column, "the text is not UTF-8")
		}
		return text, nil
	}
	return nil, out.refuse(column, "bytes (BLOB) are no cell: leave the column out, or select hex() of it")
}
