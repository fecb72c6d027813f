package train

import (
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"dasier/ml/frame"
)

// formats are the kinds of files that rows are read from.
var formats = []string{"csv", "parquet", "excel", "jsonl"}

var formatOf = map[string]frame.Format{"csv": frame.CSV, "parquet": frame.Parquet, "excel": frame.Excel, "jsonl": frame.JSONLines}

var checksum = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (d *document) data(section entry, data *Data) {
	for _, e := range d.mapping(section.value, section.path, keys["data"]) {
		switch e.key {
		case "path":
			if data.Path = d.text(e.value, e.path); !fs.ValidPath(data.Path) || data.Path == "." {
				d.fail(e.value, "data.path %q must be a file below the folder of the recipe, such as data/rows.csv", data.Path)
			}
		case "url":
			data.URL = d.address(e)
		case "sha256":
			if data.SHA256 = strings.ToLower(strings.TrimPrefix(d.text(e.value, e.path), "sha256:")); !checksum.MatchString(data.SHA256) {
				d.fail(e.value, "data.sha256 must be 64 hexadecimal digits: `sha256sum FILE` prints them")
			}
		case "query":
			data.Query = strings.TrimSpace(d.text(e.value, e.path))
		case "database":
			data.Database = d.text(e.value, e.path)
		case "format":
			data.Format = d.choice(e.value, e.path, formats)
		case "sheet":
			data.Sheet = d.text(e.value, e.path)
		case "target":
			data.Target = d.text(e.value, e.path)
		case "weight":
			data.Weight = d.text(e.value, e.path)
		case "id":
			data.ID = d.text(e.value, e.path)
		case "time":
			data.Time = d.text(e.value, e.path)
		case "group":
			data.Group = d.text(e.value, e.path)
		case "longitude":
			data.Longitude = d.text(e.value, e.path)
		case "latitude":
			data.Latitude = d.text(e.value, e.path)
		case "missing":
			data.Missing = d.texts(e.value, e.path)
		case "delimiter":
			if data.Delimiter = d.text(e.value, e.path); utf8.RuneCountInString(data.Delimiter) != 1 {
				d.fail(e.value, "data.delimiter must be one character, it is %q", data.Delimiter)
			}
		case "rows":
			data.Rows = map[string]Range{}
			for _, c := range d.mapping(e.value, e.path, nil) {
				data.Rows[c.key] = d.bounds(c)
			}
		}
	}
	d.oneOrigin(section, data)
}

// oneOrigin holds the recipe to one place that the rows come from.
func (d *document) oneOrigin(section entry, data *Data) {
	var origins []string
	for _, name := range []string{"path", "url", "query"} {
		if d.stands(section.path + "." + name) {
			origins = append(origins, name)
		}
	}
	if len(origins) > 1 {
		d.failAt(d.at[section.path+"."+origins[1]], "the rows come from one place: keep data.%s or data.%s", origins[0], origins[1])
	}
	if data.URL != "" && !d.stands("data.sha256") {
		d.failAt(d.at["data.url"], "data.url needs data.sha256: what stands at an address may change, and a model must say what it learned from")
	}
	if data.SHA256 != "" && len(origins) == 1 && origins[0] == "query" {
		d.failAt(d.at["data.sha256"], "the answer of a query has no checksum to hold it to: take data.sha256 away")
	}
	if data.Query != "" && !d.stands("data.database") {
		d.failAt(d.at["data.query"], "data.query needs data.database, such as database: $DATABASE_URL or database: rows.sqlite")
	}
	if data.Database != "" && data.Query == "" {
		d.failAt(d.at["data.database"], "data.database is for data.query: add it, such as query: SELECT * FROM sales")
	}
}

// address is where rows can be fetched.
func (d *document) address(e entry) string {
	text := d.text(e.value, e.path)
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" || !slices.Contains([]string{"https", "http", "s3"}, parsed.Scheme) {
		d.fail(e.value, "%s %q must be an address, such as https://data.example.org/rows.csv or s3://bucket/rows.parquet", e.path, text)
	}
	return text
}

func (d *document) bounds(section entry) Range {
	var r Range
	for _, e := range d.mapping(section.value, section.path, keys["data.rows.*"]) {
		v := d.number(e.value, e.path)
		switch e.key {
		case "min":
			r.Min = &v
		case "max":
			r.Max = &v
		}
	}
	if r.Min != nil && r.Max != nil && *r.Min > *r.Max {
		d.fail(section.value, "%s: min is above max, so no row is left", section.path)
	}
	return r
}
