package source

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"dasier/fault"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// fromPostgres writes the rows of a table or query to the file. What the address
// leaves out is libpq's variables' (PGHOST, PGUSER, PGPASSWORD, …).
func (f *Fetcher) fromPostgres(ctx context.Context, place *place, query string, file *File) error {
	table, text, err := asQuery(query, place.shown)
	if err != nil {
		return err
	}
	config, err := pgx.ParseConfig(place.url.String())
	if err != nil {
		return fault.Errorf(fault.Invalid, "%s cannot be read as the address of a database", place.shown)
	}
	place.secrets = append(place.secrets, config.Password)
	// The same rows give the same bytes whatever the server's settings are.
	maps.Copy(config.RuntimeParams, map[string]string{
		"default_transaction_read_only": "on", "timezone": "UTC", "datestyle": "ISO, YMD",
		"extra_float_digits": "1", "client_encoding": "UTF8", "application_name": "dasier",
	})
	connecting, cancel := context.WithTimeout(ctx, f.cfg.Patience)
	defer cancel()
	conn, err := pgx.ConnectConfig(connecting, config)
	if err != nil {
		return fault.Errorf(fault.Unavailable, "%s cannot be reached: %s", place.shown, err.Error())
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing was written
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return postgresFault(ctx, place, err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // nothing was written
	p := &postgres{tx: tx, place: place, file: file, limit: f.cfg.MaxBytes}
	if table != nil {
		if text, err = p.wholeTable(ctx, table); err != nil {
			return postgresFault(ctx, place, err)
		}
	} else if !hasOrder(text) {
		file.Warnings = append(file.Warnings, fmt.Sprintf(unordered, "the query"))
	}
	if err := p.copy(ctx, text); err != nil {
		return postgresFault(ctx, place, err)
	}
	file.Name, file.format = "query", place.format
	if table != nil {
		file.Name = strings.Join(table, ".")
	}
	return nil
}

// postgresFault says what the database says, and where in the query.
func postgresFault(ctx context.Context, place *place, err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if ctx.Err() != nil {
		return fault.Errorf(fault.Unavailable, "%s: stopped before the rows were read", place.shown)
	}
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return fault.Errorf(fault.Unavailable, "%s: %s", place.shown, err.Error())
	}
	where := ""
	if said.Position > 0 {
		where = fmt.Sprintf(" (character %d of the query)", said.Position)
	}
	kind := fault.Invalid
	switch said.Code {
	case "42501": // insufficient_privilege
		kind = fault.Denied
	case "42P01": // undefined_table
		kind = fault.Missing
	}
	return fault.Errorf(kind, "%s: %s%s", place.shown, said.Message, where)
}

type postgres struct {
	tx    pgx.Tx
	place *place
	file  *File
	limit int64
}

// wholeTable is the query for a table, in the order of its primary key.
func (p *postgres) wholeTable(ctx context.Context, table []string) (string, error) {
	name := pgx.Identifier(table).Sanitize()
	if len(table) == 1 {
		name = pgx.Identifier{strings.ToLower(table[0])}.Sanitize() // as SQL takes a bare name
		var exact bool
		if err := p.tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", pgx.Identifier(table).Sanitize()).Scan(&exact); err != nil {
			return "", err
		}
		if exact {
			name = pgx.Identifier(table).Sanitize()
		}
	}
	rows, err := p.tx.Query(ctx, `SELECT a.attname FROM pg_index i
		CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
		WHERE i.indrelid = to_regclass($1) AND i.indisprimary ORDER BY k.place`, name)
	if err != nil {
		return "", err
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", err
	}
	text := "SELECT * FROM " + name
	if len(keys) == 0 {
		p.file.Warnings = append(p.file.Warnings, fmt.Sprintf(unordered, "a table without a primary key"))
		return text, nil
	}
	for i, key := range keys {
		keys[i] = pgx.Identifier{key}.Sanitize()
	}
	return text + " ORDER BY " + strings.Join(keys, ", "), nil
}

// writing says how a column's values are written.
type writing uint8

const (
	asText writing = iota
	asNumber
	asBool
	asDate
)

func (p *postgres) copy(ctx context.Context, query string) error {
	described, err := p.tx.Conn().Prepare(ctx, "", query)
	if err != nil {
		return err
	}
	if len(described.ParamOIDs) > 0 {
		return fault.Errorf(fault.Invalid, "%s: the query has a place for a value ($1), which nobody gives: write the value", p.place.shown)
	}
	names, ways := make([]string, len(described.Fields)), make([]writing, len(described.Fields))
	for i, field := range described.Fields {
		names[i] = field.Name
		if ways[i], err = p.wayOf(ctx, field); err != nil {
			return err
		}
	}
	out, err := newRowWriter(p.file, names, p.limit, p.place.shown)
	if err != nil {
		return err
	}
	rows, err := p.tx.Query(ctx, query, pgx.QueryExecModeDescribeExec, pgx.QueryResultFormats{pgx.TextFormatCode})
	if err != nil {
		return err
	}
	defer rows.Close()
	cells := make([][]byte, len(names))
	for rows.Next() {
		for i, raw := range rows.RawValues() {
			if cells[i], err = postgresCell(cells[i][:0], raw, ways[i], out, i); err != nil {
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

// wayOf tells how a type is written; texts, enumerations and identifiers as
// texts. What has parts is refused.
func (p *postgres) wayOf(ctx context.Context, field pgconn.FieldDescription) (writing, error) {
	switch field.DataTypeOID {
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID, pgtype.OIDOID:
		return asNumber, nil
	case pgtype.BoolOID:
		return asBool, nil
	case pgtype.DateOID, pgtype.TimestampOID, pgtype.TimestamptzOID:
		return asDate, nil
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.UUIDOID, pgtype.TimeOID:
		return asText, nil
	}
	var name, category string
	if err := p.tx.QueryRow(ctx, "SELECT typname::text, typcategory::text FROM pg_type WHERE oid = $1", field.DataTypeOID).Scan(&name, &category); err != nil {
		return 0, err
	}
	if category == "E" || category == "S" {
		return asText, nil
	}
	return 0, fault.Errorf(fault.Invalid, "%s: the column %q is of type %s, which is no cell: select its parts, or cast it (%s::text)", p.place.shown, field.Name, name, field.Name)
}

func postgresCell(b, raw []byte, way writing, out *rowWriter, column int) ([]byte, error) {
	if raw == nil {
		return append(b, "null"...), nil
	}
	text := string(raw)
	switch way {
	case asNumber:
		switch text {
		case "NaN":
			return append(b, "null"...), nil
		case "Infinity", "-Infinity":
			return nil, out.refuse(column, "the number is infinite: select NULL in its place if it is unknown")
		}
		return append(b, text...), nil
	case asBool:
		if text == "t" {
			return append(b, "true"...), nil
		}
		return append(b, "false"...), nil
	case asDate:
		if strings.HasSuffix(text, " BC") || strings.HasSuffix(text, "infinity") || strings.IndexByte(text, '-') != 4 {
			return nil, out.refuse(column, fmt.Sprintf("the date %s is not between the years 0001 and 9999", text))
		}
	}
	b, ok := textCell(b, text)
	if !ok {
		return nil, out.refuse(column, "the text is not UTF-8")
	}
	return b, nil
}
