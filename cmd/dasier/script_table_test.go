package main

import (
	"database/sql"
	"encoding/csv"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // writes the databases of stories
)

// filesScript serves the script's folder to whoever asks, as somebody's data
// server does, and puts its address into $FILES. The script's end stops it.
func filesScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 0, "files")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	server := &http.Server{Handler: http.FileServer(http.Dir(ts.MkAbs("."))), ReadHeaderTimeout: patience}
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(l) })
	ts.Defer(func() {
		_ = server.Close()
		served.Wait()
	})
	ts.Setenv("FILES", "http://"+l.Addr().String())
}

// sqliteScript does what a file of SQL says in a database file.
func sqliteScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 2, "sqlite DATABASE SQL-FILE")
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(ts.ReadFile(args[1])) //nolint:noctx // a script's helper is stopped with its test
	ts.Check(err)
	ts.Check(db.Close())
}

// parquetScript writes a table of CSV as Parquet: columns whose every value is a
// number as numbers, the others as text.
func parquetScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 2, "parquet CSV PARQUET")
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[0]))).ReadAll()
	ts.Check(err)
	header, rows := rows[0], rows[1:]
	group := parquet.Group{}
	number := map[string]bool{}
	for i, name := range header {
		number[name] = true
		for _, row := range rows {
			if _, err := strconv.ParseFloat(row[i], 64); err != nil {
				number[name] = false
			}
		}
		group[name] = parquet.String()
		if number[name] {
			group[name] = parquet.Leaf(parquet.DoubleType)
		}
	}
	file, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	w := parquet.NewGenericWriter[map[string]any](file, parquet.NewSchema("rows", group))
	for _, row := range rows {
		values := map[string]any{}
		for i, name := range header {
			values[name] = row[i]
			if number[name] {
				values[name], _ = strconv.ParseFloat(row[i], 64) // it was one
			}
		}
		_, err := w.Write([]map[string]any{values})
		ts.Check(err)
	}
	ts.Check(w.Close())
	ts.Check(file.Close())
}
