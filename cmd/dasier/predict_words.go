package main

import (
	"bytes"
	"encoding/json"

	"dasier/ml/explain"
	"dasier/ml/predict"
)

// wordHeader names the columns of an explanation by words: two per text.
func wordHeader(program *predict.Program) []string {
	var names []string
	for i, in := range program.Inputs() {
		if program.Worded(i) {
			names = append(names, "words of "+in.Name, "other words of "+in.Name)
		}
	}
	return names
}

// words adds, of every text, the words that moved the answer as a JSON object, the
// heaviest first, and what all the others add.
func (w *answersWriter) words(row *predict.Row) {
	for _, told := range explain.InWords(w.program, row) {
		w.record = append(w.record, wordObject(told.Words))
		w.numbers(told.Rest)
	}
}

func wordObject(words []explain.Word) string {
	var object bytes.Buffer
	encoder := json.NewEncoder(&object)
	encoder.SetEscapeHTML(false) // it is a cell of a table, where < is <
	object.WriteByte('{')
	for k, word := range words {
		if k > 0 {
			object.WriteByte(',')
		}
		_ = encoder.Encode(word.Text) // a text is always JSON, and a buffer takes all
		object.Truncate(object.Len() - 1)
		object.WriteString(":" + decimal(word.Effect))
	}
	object.WriteByte('}')
	return object.String()
}
