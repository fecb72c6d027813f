package source_test

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/source"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// columns writes the names, kinds and first values.
func columns(f *frame.Frame) []string {
	var all []string
	for _, c := range f.Columns() {
		text := c.Name + " " + c.Kind.String()
		for i := range c.Len() {
			switch {
			case c.Missing(i):
				text += " ·"
			case c.Kind == frame.Category:
				level, _ := c.Level(i)
				text += " " + level
			default:
				text += " " + strconv.FormatFloat(c.Value(i), 'g', 12, 64)
			}
		}
		all = append(all, text)
	}
	return all
}

func TestSQLite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b#c.db")
	address := url.URL{Scheme: "file", Path: path}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`CREATE TABLE houses (id INTEGER PRIMARY KEY, price REAL, city TEXT, code TEXT, ok BOOLEAN, built DATE, n BIGINT)`,
		`INSERT INTO houses VALUES (2, 0.1, 'Lyon "L"', '007', 1, '2021-02-03', 9007199254740993), (1, NULL, NULL, '12', 0, NULL, 1)`,
		`CREATE TABLE bytes (b BLOB)`, `INSERT INTO bytes VALUES (x'00ff')`,
		`CREATE TABLE hollow (a)`, `CREATE VIEW seen AS SELECT * FROM houses`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	f := fetcher(t, source.Config{})
	table, origin, err := f.Table(t.Context(), "sqlite:"+path, "houses", "", frame.Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"id number 1 2", "price number · 0.1", `city category · Lyon "L"`, "code category 12 007", "ok bool 0 1", "built time · 1612310400", "n category 1 9007199254740993"}
	if diff := cmp.Diff(want, columns(table)); diff != "" {
		t.Error(diff)
	}
	if len(origin.Warnings) > 0 || origin.Name != "houses" {
		t.Errorf("%+v", origin)
	}
	again, same, err := f.Table(t.Context(), "sqlite:"+path, "SELECT * FROM houses ORDER BY id", origin.Digest, frame.Config{})
	if err != nil || again.Digest() != table.Digest() || same.Digest != origin.Digest {
		t.Errorf("the same rows by a query: %v", err)
	}
	_, loose, err := f.Table(t.Context(), "sqlite:"+path, "SELECT (SELECT max(id) FROM houses ORDER BY id) AS m -- ORDER BY id\nFROM houses", "", frame.Config{})
	if err != nil || len(loose.Warnings) != 1 || !strings.Contains(loose.Warnings[0], "ORDER BY") {
		t.Errorf("a query without an order: %v %+v", err, loose)
	}
	for query, words := range map[string]string{
		"bytes":                 `row 1, column "b": bytes (BLOB) are no cell`,
		"hollow":                "the query has no rows",
		"absent":                `there is no table "absent"`,
		"DELETE FROM houses":    "a query begins with SELECT or WITH",
		"SELECT 1 AS a, 2 AS a": "column 2 of the query has no name of its own",
		"SELECT oops":           "no such column: oops",
		"WITH x AS (SELECT 1) DELETE FROM houses": "readonly",
	} {
		_, _, err := f.Table(t.Context(), "sqlite:"+path, query, "", frame.Config{})
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: got %v, want %s", query, err, words)
		}
	}
	_, _, err = f.Table(t.Context(), "sqlite:"+path+"x", "houses", "", frame.Config{})
	wants(t, err, fault.Missing, "no file")
	_, _, err = f.Table(t.Context(), "sqlite:"+path, "", "", frame.Config{})
	wants(t, err, fault.Invalid, "name a table or write a SELECT")
}

func TestPostgres(t *testing.T) {
	server := os.Getenv("DASIER_TEST_POSTGRES")
	if server == "" {
		t.Fatal("DASIER_TEST_POSTGRES is not set: run `make test`, or `export DASIER_TEST_POSTGRES=$(scripts/postgres.sh start)` first")
	}
	conn, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, statement := range []string{"DROP SCHEMA source_test CASCADE", "DROP OWNED BY source_reader", "DROP ROLE source_reader"} {
			if _, err := conn.Exec(context.Background(), statement); err != nil {
				t.Errorf("%s: %v", statement, err)
			}
		}
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, statement := range []string{
		`CREATE SCHEMA source_test`,
		`CREATE TYPE source_test.mood AS ENUM ('good', 'bad')`,
		`CREATE TABLE source_test.houses (id int, part text, price numeric(12,4), area double precision, ok boolean, built date, sold timestamptz, mood source_test.mood, code varchar(9), PRIMARY KEY (id, part))`,
		`INSERT INTO source_test.houses VALUES
			(2, 'b', 12345678.1, 0.1, true, '2021-02-03', '2021-02-03 04:05:06.5+02', 'good', '007'),
			(2, 'a', NULL, 'NaN', false, NULL, NULL, 'bad', '12'),
			(1, 'é "', -1, 1e300, NULL, '1969-12-31', '1970-01-01 00:00+00', NULL, NULL)`,
		`CREATE TABLE source_test.loose (j jsonb, a int[], f float8)`, `INSERT INTO source_test.loose VALUES ('{}', '{1}', 'Infinity')`,
		`CREATE ROLE source_reader LOGIN PASSWORD 's3cret-word'`, `GRANT USAGE ON SCHEMA source_test TO source_reader`, `GRANT SELECT ON source_test.houses TO source_reader`,
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	reader, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	reader.User = url.User("source_reader")
	location := strings.Replace(reader.String(), "source_reader@", "source_reader:${SECRET}@", 1)
	f := fetcher(t, source.Config{}, "SECRET", "s3cret-word")
	table, origin, err := f.Table(t.Context(), location, "source_test.houses", "", frame.Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"id number 1 2 2", `part category é " a b`, "price number -1 · 12345678.1", "area number 1e+300 · 0.1", "ok bool · 0 1",
		"built time -86400 · 1612310400", "sold time 0 · 1612317906.5", "mood category · bad good", "code category · 12 007",
	}
	if diff := cmp.Diff(want, columns(table)); diff != "" {
		t.Error(diff)
	}
	if len(origin.Warnings) != 1 || !strings.Contains(origin.Warnings[0], origin.Digest) {
		t.Errorf("%+v", origin)
	}
	query := "SELECT * FROM source_test.houses ORDER BY id, part;"
	if _, same, err := f.Table(t.Context(), location, query, origin.Digest, frame.Config{}); err != nil || len(same.Warnings) > 0 {
		t.Errorf("the same rows by a query: %v %+v", err, same)
	}
	for query, test := range map[string]struct {
		kind  fault.Kind
		words string
	}{
		"SELECT f FROM source_test.loose":                                        {fault.Denied, "permission denied for table loose"},
		"source_test.absent":                                                     {fault.Missing, "does not exist"},
		"SELECT oops FROM source_test.houses":                                    {fault.Invalid, `column "oops" does not exist (character 8 of the query)`},
		"WITH x AS (DELETE FROM source_test.houses RETURNING *) SELECT * FROM x": {fault.Invalid, "read-only transaction"},
		"SELECT 1; SELECT 2":                                                     {fault.Invalid, "multiple commands"},
		"SELECT $1::int AS a":                                                    {fault.Invalid, "a place for a value"},
		"SELECT 'Infinity'::float8 AS f":                                         {fault.Invalid, `row 1, column "f": the number is infinite`},
		"SELECT ARRAY[1] AS a":                                                   {fault.Invalid, `the column "a" is of type _int4, which is no cell`},
		"SELECT '0044-03-15 BC'::date AS d":                                      {fault.Invalid, "is not between the years 0001 and 9999"},
		"SELECT 1":                                                               {fault.Invalid, "column 1 of the query has no name"},
		"SELECT id FROM source_test.houses WHERE false":                          {fault.Invalid, "the query has no rows"},
	} {
		_, _, err := f.Table(t.Context(), location, query, "", frame.Config{})
		t.Log(query)
		wants(t, err, test.kind, test.words)
	}
	small := fetcher(t, source.Config{MaxBytes: 100}, "SECRET", "s3cret-word")
	_, _, err = small.Table(t.Context(), location, query, "", frame.Config{})
	wants(t, err, fault.Limited, "the rows are more than is read")
	_, _, err = f.Table(t.Context(), "postgres://reader:s3cret@127.0.0.1:1/x", "houses", "", frame.Config{})
	wants(t, err, fault.Unavailable, "postgres://reader@127.0.0.1:1/x cannot be reached")
}
