package train

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
)

// Schema is the JSON schema of model.yaml, for editors: draft 2020-12. The
// parser does not use it; tests hold their keys together, and write the section
// of the candidates from the table of algorithms.
//
//go:embed schema.json
var Schema []byte

// schemaOfCandidates is the section of the schema that says what candidates a
// recipe may list.
func schemaOfCandidates() map[string]any {
	of := map[string]any{}
	simple := map[string]any{}
	names, simpleNames := []any{}, []any{}
	for _, a := range algorithms {
		names = append(names, a.name)
		if !a.composed {
			simpleNames = append(simpleNames, a.name)
			simple[a.name] = a.schema(nil)
			of[a.name] = simple[a.name]
		}
	}
	below := map[string]any{
		"type": "array", "minItems": 2, "description": "The candidates that are combined, each with one value a setting.",
		"items": candidateSchema(simpleNames, simple),
	}
	for _, a := range algorithms {
		if a.composed {
			of[a.name] = a.schema(below)
		}
	}
	return map[string]any{
		"type": "array", "minItems": 1,
		"description": "The models to choose among. Default: linear, ridge, forest and boosting for a number; logistic, forest and boosting for classes.",
		"items":       candidateSchema(names, of),
	}
}

func candidateSchema(names []any, of map[string]any) map[string]any {
	return map[string]any{"oneOf": []any{
		map[string]any{"enum": names},
		map[string]any{
			"type": "object", "description": "One algorithm with its settings.",
			"additionalProperties": false, "properties": of, "minProperties": 1,
		},
	}}
}

func (a algorithm) schema(below any) map[string]any {
	properties := map[string]any{}
	for _, s := range a.settings {
		properties[s.name] = s.schema()
	}
	if below != nil {
		properties["of"] = below
	}
	of := map[string]any{"type": "object", "description": "Settings.", "additionalProperties": false, "properties": properties}
	alternatives := []any{map[string]any{"type": "null"}, of}
	if below != nil {
		of["required"] = []any{"of"}
		alternatives = alternatives[1:]
	}
	return map[string]any{"description": a.about, "oneOf": alternatives}
}

// schema allows one value, a list of them, or a range of numbers.
func (s setting) schema() map[string]any {
	value := map[string]any{}
	switch s.kind {
	case isTruth:
		value["type"] = "boolean"
	case isWord:
		words := []any{}
		for _, w := range s.words {
			words = append(words, w)
		}
		value["enum"] = words
	case isWhole:
		value["type"] = "integer"
	case isNumber:
		value["type"] = "number"
	}
	for bound, v := range map[string]float64{
		map[bool]string{true: "exclusiveMinimum", false: "minimum"}[s.openMin]: s.min,
		map[bool]string{true: "exclusiveMaximum", false: "maximum"}[s.openMax]: s.max,
	} {
		if (s.kind == isNumber || s.kind == isWhole) && !math.IsInf(v, 0) {
			value[bound] = v
		}
	}
	alternatives := []any{value, map[string]any{"type": "array", "minItems": 1, "uniqueItems": true, "items": value}}
	if s.kind == isNumber || s.kind == isWhole {
		ends := map[string]any{"type": "array", "minItems": 2, "maxItems": 2, "items": value}
		alternatives = append(alternatives, map[string]any{
			"type": "object", "description": "A range to draw from: of whole numbers, or of numbers of which every order of magnitude is as likely.",
			"additionalProperties": false, "minProperties": 1, "maxProperties": 1,
			"properties": map[string]any{"log": ends, "int": ends, "range": ends},
		})
	}
	return map[string]any{"description": s.said(), "oneOf": alternatives}
}

// said is the setting's sentence with what is tried by default.
func (s setting) said() string {
	if len(s.tries) == 0 {
		return s.about
	}
	text := ""
	for i, v := range s.tries {
		if i > 0 {
			text += ", "
		}
		text += spell(v)
	}
	return fmt.Sprintf("%s Default: %s.", s.about, text)
}

// withCandidates is a schema with the section written anew.
func withCandidates(text []byte) ([]byte, error) {
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	properties, _ := schema["properties"].(map[string]any)
	properties["candidates"] = schemaOfCandidates()
	written, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the schema: %w", err)
	}
	return append(written, '\n'), nil
}
