package infer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"dasier/api/infer/oip"
	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// readCSV reads a table with a line of names. Its values are texts; what they
// mean, the model's inputs decide.
func (h *Handler) readCSV(f *endpointFace, c *call) (rows, error) {
	reader := csv.NewReader(bytes.NewReader(c.body))
	reader.ReuseRecord = true
	names, err := reader.Read()
	if err != nil {
		return nil, notCSV(err)
	}
	names = slices.Clone(names)
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	columns, err := f.columns("csv", names)
	if err != nil {
		return nil, err
	}
	var text []byte
	ends := []int{}
	count := 0
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, notCSV(err)
		}
		if count++; count > h.cfg.MaxRows {
			return nil, fault.Errorf(fault.Limited, "the request has more than %d rows: send fewer at once", h.cfg.MaxRows)
		}
		for _, value := range record {
			if len(value) > h.cfg.MaxText {
				return nil, fault.Errorf(fault.Limited, "a text of row %d has %d bytes: at most %d are allowed", count, len(value), h.cfg.MaxText)
			}
			text = append(text, value...)
			ends = append(ends, len(text))
		}
	}
	return f.newGrid(c, count, columns, func(n, k int) oip.Cell {
		at, from := n*len(columns)+k, 0
		if at > 0 {
			from = ends[at-1]
		}
		return oip.LiteralCell(text[from:ends[at]])
	}), nil
}

func notCSV(err error) error {
	if errors.Is(err, io.EOF) {
		return fault.Errorf(fault.Invalid, "the body is empty: expected CSV with a line of column names")
	}
	if syntax, ok := errors.AsType[*csv.ParseError](err); ok {
		return fault.Errorf(fault.Invalid, "the body is not CSV: line %d, column %d: %v", syntax.Line, syntax.Column, syntax.Err)
	}
	return fault.Errorf(fault.Invalid, "the body is not CSV")
}

// missingWords are the texts that stand for nothing in tables; pandas' list.
var missingWords = []string{"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}

// fillLiteral sets an input to a text of a table; false when it is not plainly
// right.
func fillLiteral(row *predict.Row, i int, in *predict.Input, text []byte) bool {
	switch in.Kind {
	case frame.Category:
		// The empty text is missing; a model may well know a level "NA".
		return fillLevel(row, i, in, text) && !slices.Contains(missingWords, string(text)) || len(text) > 0 && row.SetCategoryBytes(i, text)
	case frame.Number:
		x, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
		row.SetNumber(i, x)
		return true
	}
	return false
}

// appendLiteral appends a text of a table as the JSON that it stands for.
func appendLiteral(dst []byte, in *predict.Input, text []byte) []byte {
	trimmed := bytes.TrimSpace(text)
	if slices.Contains(missingWords, string(trimmed)) && !slices.Contains(in.Levels, string(text)) {
		return append(dst, "null"...)
	}
	if in.Kind == frame.Number || in.Kind == frame.Bool {
		if x, err := strconv.ParseFloat(string(trimmed), 64); err == nil && !math.IsInf(x, 0) {
			return strconv.AppendFloat(dst, x, 'g', -1, 64)
		}
	}
	if in.Kind != frame.Category {
		text = trimmed
	}
	return appendText(dst, string(text))
}
