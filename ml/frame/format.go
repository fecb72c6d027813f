package frame

// Format is how a file holds a table.
type Format string

// The formats.
const (
	CSV       Format = "csv" // and with other delimiters
	Parquet   Format = "parquet"
	Excel     Format = "excel" // .xlsx
	JSONLines Format = "json-lines"
)
